"""Views kept under a name."""
