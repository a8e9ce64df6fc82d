"""Pipeline: how telemetry arrives right now."""
