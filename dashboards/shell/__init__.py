"""The frame around every room: header, context bar, and the state in the URL."""
