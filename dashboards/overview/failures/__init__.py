"""Below the errors: which exceptions, and where they begin."""
