"""Access: who may see what. A Scope is made in `scope`, for a person whom `login` let in."""
