"""Active alerts, and everything about one of them."""
