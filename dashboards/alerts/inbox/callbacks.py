"""Callbacks of the inbox of notices, and the bell that counts those unread."""

from __future__ import annotations

from dash import Dash


def register(app: Dash) -> None:
    """Nothing to wire yet."""
