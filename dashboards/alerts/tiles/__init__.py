"""The numbers above the active alerts, which filter them."""
