"""The quiet line that says what is not shown."""
