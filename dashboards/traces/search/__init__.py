"""The box of the search language, and its terms as pills."""
