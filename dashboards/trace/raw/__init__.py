"""The trace as it is stored."""
