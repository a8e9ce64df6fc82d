"""Below the rate: which services and operations there are."""
