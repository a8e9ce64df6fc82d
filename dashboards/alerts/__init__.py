"""Alerts: what fires, why it does or does not, and what is watched."""
