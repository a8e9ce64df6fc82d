"""Callbacks of channels: where notifications go, and what became of them."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
