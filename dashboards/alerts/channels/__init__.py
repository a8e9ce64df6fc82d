"""Channels: where notifications go, whether they arrive, and what became of each."""
