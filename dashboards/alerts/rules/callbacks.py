"""Callbacks of the rules of the organisation."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
