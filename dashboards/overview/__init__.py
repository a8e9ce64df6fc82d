"""Overview: how an org is doing, at a glance."""
