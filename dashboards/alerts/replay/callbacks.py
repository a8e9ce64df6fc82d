"""Callbacks of the time machine: what a rule would have done."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
