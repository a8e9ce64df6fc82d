"""Watched variables: frozen, silent or lagging."""
