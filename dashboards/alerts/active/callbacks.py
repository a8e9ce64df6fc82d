"""Callbacks of active alerts, and everything about one of them."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
