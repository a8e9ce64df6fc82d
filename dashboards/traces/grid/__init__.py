"""The rows of the Trace Explorer, a page at a time."""
