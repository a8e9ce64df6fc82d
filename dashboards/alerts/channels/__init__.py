"""Channels: where notifications go, and what became of them."""
