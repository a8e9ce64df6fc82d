"""Trace Explorer: find a span or a trace, and read it."""
