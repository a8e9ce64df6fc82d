"""Spans over time and by latency, to be brushed."""
