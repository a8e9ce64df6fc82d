"""Silences: alerts that tell nobody for a time."""
