"""The source pane: the code that ran, with what its spans say in the margin."""
