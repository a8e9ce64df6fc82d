"""The main chart: rate, errors or duration over time."""
