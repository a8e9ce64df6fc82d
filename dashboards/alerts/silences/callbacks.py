"""Callbacks of silences: alerts that tell nobody for a time."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
