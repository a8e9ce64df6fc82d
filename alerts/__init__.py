"""Alerts: rules over telemetry, whom they tell, and why each one spoke or stayed silent."""
