"""Callbacks of what happened to alerts, and why each evaluation spoke or stayed silent."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
