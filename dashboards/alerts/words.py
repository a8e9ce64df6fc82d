"""Words: how states, kinds, reasons and severities are called on the page, and how times are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboards.parts import formats

STATES: Final = {
    "firing": "Firing",
    "recovering": "Recovering",
    "pending": "Pending",
    "no_data": "No data",
    "error": "Error",
    "inactive": "OK",
}

KINDS: Final = {
    "fired": "Fired",
    "refired": "Firing again",
    "pending": "Pending",
    "cleared": "Cleared",
    "recovering": "Recovering",
    "resolved": "Resolved",
    "no_data": "No data",
    "error": "Error",
    "flapping": "Flapping",
    "acknowledged": "Acknowledged",
    "unacknowledged": "Acknowledgement taken back",
    "snoozed": "Snoozed",
    "unsnoozed": "Snooze ended",
    "note": "Note",
}
"""Kinds of events in the history."""

LOOKS: Final = {
    "fired": "firing",
    "refired": "firing",
    "resolved": "inactive",
    "cleared": "inactive",
    "flapping": "pending",
    "acknowledged": "person",
    "unacknowledged": "person",
    "snoozed": "person",
    "unsnoozed": "person",
    "note": "person",
}
"""Kinds that look like a state of another name."""

REASONS: Final = {
    "fired": "Fired",
    "still_firing": "Still firing",
    "pending": "Pending",
    "below_threshold": "Below the threshold",
    "recovering": "Recovering",
    "resolved": "Resolved",
    "no_data": "No data",
    "no_data_kept": "No data, state kept",
    "error": "Could not be measured",
    "silenced": "Silenced",
    "snoozed": "Snoozed",
    "cooldown": "Cooldown",
    "acknowledged": "Acknowledged",
    "sent": "Told",
}
"""The one reason of an evaluation: why it spoke or stayed silent."""


def state(name: str) -> Component:
    """A state as a mark of its own shape and a word."""
    return mark(name, STATES.get(name, name))


def mark(look: str, word: str) -> Component:
    hidden: dict[str, Any] = {"aria-hidden": "true"}
    return html.Span([html.I(**hidden), word], className=f"alert-mark alert-mark-{look}")


def severity(name: str) -> Component:
    return html.Span(name, className=f"alert-severity alert-severity-{name}")


def group(labels: dict[str, str]) -> str:
    """What tells the alert from others of its rule, in one line."""
    shown = [f"{formats.visible(name)} {formats.visible(value)}" for name, value in labels.items()]
    return formats.shorten(" · ".join(shown), 200)


def lasting(length: timedelta) -> str:
    """How long, in the two units that matter."""
    seconds = max(0, int(length.total_seconds()))
    for big, small, size, part in (("d", "h", 86400, 3600), ("h", "min", 3600, 60)):
        if seconds >= size:
            return f"{seconds // size} {big} {seconds % size // part:02d} {small}"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def since(moment: datetime, now: datetime) -> str:
    return lasting(now - moment)
