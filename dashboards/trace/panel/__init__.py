"""The span panel: everything that is known about the span that the link names."""
