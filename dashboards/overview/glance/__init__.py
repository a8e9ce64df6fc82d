"""Cards: the range in a few numbers, each leading to what it counts."""
