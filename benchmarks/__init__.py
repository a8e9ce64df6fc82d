"""The promises, measured: `python -m benchmarks` prints them as one table."""
