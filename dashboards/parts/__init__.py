"""Pure pieces that several rooms share: rows in, components out."""
