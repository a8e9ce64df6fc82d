"""The statistics of a trace by operation, and the clocks of its services."""
