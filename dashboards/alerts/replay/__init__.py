"""The time machine: what a rule would have done."""
