"""The logs of a trace in time order."""
