"""What sets a selection apart from the rest."""
