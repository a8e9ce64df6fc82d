"""The service map: who calls whom, drawn and listed."""
