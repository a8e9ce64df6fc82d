"""The graph of a trace: who gave work to whom."""
