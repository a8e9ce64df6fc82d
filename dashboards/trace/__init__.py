"""One trace: its waterfall and the other ways to look at it."""
