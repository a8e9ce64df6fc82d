"""Links, exports and lines for a notebook."""
