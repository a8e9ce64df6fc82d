"""Alerts: what is stuck."""
