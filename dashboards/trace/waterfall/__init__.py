"""The waterfall: one grid over the rows of a trace, of which the browser holds a window."""
