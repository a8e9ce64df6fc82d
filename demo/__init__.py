"""Believable telemetry of three made-up organisations, sent through the real receiver."""
