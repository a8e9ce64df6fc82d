"""Silences: who is muted, when, and what a new one would mute."""
