"""Callbacks of the numbers above the active alerts, which filter them."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
