"""The flame graph of a trace."""
