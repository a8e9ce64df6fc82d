"""The rules of the organisation."""
