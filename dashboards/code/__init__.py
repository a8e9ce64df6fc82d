"""Code Inspector: which functions ran, and how well."""
