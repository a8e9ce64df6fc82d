"""Views of the list of alerts: rows of the grid, what they come to, and what to say when empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc
from dash.development.base_component import Component

from alerts import measures, metrics
from alerts.board import Alert, Board, Tile
from dashboards.alerts import words
from dashboards.alerts.active import chart
from dashboards.alerts.active.chosen import key_of
from dashboards.alerts.active.layout import COLUMNS, ORG_COLUMN, WIDE_COLUMNS
from dashboards.alerts.sections import Asked, Section
from dashboards.alerts.tiles.views import TITLES, chosen
from dashboards.parts import faces, formats

SHOWN = 1_000
"""Alerts sent to the page, the most urgent."""


def columns(about: Asked) -> list[dict[str, Any]]:
    """Those that there is room for beside an open alert."""
    org, more = [ORG_COLUMN] if about.many else [], [] if about.link.alert else WIDE_COLUMNS
    return [*org, *COLUMNS, *more]


def filtered(board: Board, about: Asked) -> list[Alert]:
    """The alerts of the chosen tile, or all that ask for somebody, that hold the text."""
    tile, text = chosen(about.link), about.link.find.casefold()
    return [
        alert
        for alert in board.alerts
        if _is_in(alert, tile, about.now) and (not text or text in _text(alert))
    ]


def _is_in(alert: Alert, tile: Tile | None, now: datetime) -> bool:
    tiles = alert.tiles(now)
    return tile in tiles if tile else bool(tiles - {Tile.OK, Tile.SNOOZED})


def _text(alert: Alert) -> str:
    labels = [f"{name}={value}" for name, value in alert.labels.items()]
    return " ".join([alert.rule.name, *labels, alert.text]).casefold()


def rows(alerts: Sequence[Alert], about: Asked) -> list[dict[str, Any]]:
    return [_row(alert, about) for alert in alerts[:SHOWN]]


def _row(alert: Alert, about: Asked) -> dict[str, Any]:
    """An alert. Its id leads to it, inside its org."""
    began = alert.opened_at or alert.since
    lasts = (about.now - began).total_seconds()
    return {
        "id": f"{alert.rule.org}:{key_of(alert)}",
        "org": alert.rule.org,
        "state": alert.state,
        "state_text": words.STATES.get(alert.state, alert.state),
        "severity": alert.rule.severity,
        "name": formats.shorten(formats.visible(alert.rule.name), 160),
        "group": words.group(alert.group),
        "value": alert.value,
        "value_text": _value(alert),
        "text": formats.shorten(alert.text, 200),
        "lasts": lasts,
        "lasts_text": words.since(began, about.now),
        "since": formats.second(began, about.zone),
        "marks": marks(alert, about.now, about.zone),
    }


def _value(alert: Alert) -> str:
    """The value with the threshold that it is held against."""
    if alert.value is None:
        return formats.NOTHING
    unit = measures.unit(alert.rule)
    bound = chart.limit(alert.rule, tuple(sorted(alert.group.items())))
    against = f" / {metrics.said(bound, unit)}" if bound is not None else ""
    return metrics.said(alert.value, unit) + against


def marks(alert: Alert, now: datetime, zone: ZoneInfo) -> str:
    """What people and silences made of it, and whether it flaps."""
    found = ["Flapping"] if alert.flapping else []
    if alert.acknowledged_at:
        found.append(f"Acknowledged by {formats.shorten(alert.acknowledged_by or 'somebody', 60)}")
    if alert.snoozed_until and now < alert.snoozed_until:
        found.append(f"Snoozed until {formats.minute(alert.snoozed_until, zone)}")
    if alert.silenced_by:
        found.append(f"Silenced by {formats.shorten(alert.silenced_by, 80)}")
    return " · ".join(found)


def summary(found: Sequence[Alert], board: Board, about: Asked) -> str:
    """How many of how many, evaluated until when, and in which zone all times stand."""
    cut = f"the most urgent {SHOWN:,} of " if len(found) > SHOWN else ""
    more = "more than " if board.truncated else ""
    newest = max((a.evaluated_at for a in board.alerts if a.evaluated_at), default=None)
    until = f", evaluated until {formats.second(newest, about.zone)}" if newest else ""
    zone = formats.zone_label(about.zone, about.now)
    return f"{cut}{len(found):,} of {more}{len(board.alerts):,} alerts{until} · {zone}"


def nothing(found: Sequence[Alert], board: Board, about: Asked) -> Component | None:
    """What an empty list means here."""
    if found:
        return None
    tile = chosen(about.link)
    if about.link.find:
        return faces.empty("No alert holds this text.", "Look for less, or for another label.")
    if not board.alerts:
        return _no_rules(about)
    if tile and tile is not Tile.OK:
        return faces.empty(
            f"Nothing is {TITLES[tile].lower()}."
            if tile is not Tile.NO_DATA
            else "Every rule has data."
        )
    return faces.empty(
        "Nothing asks for anybody.",
        f"{board.counts[Tile.OK]:,} alerts are OK. What happened before is in the history.",
    )


def _no_rules(about: Asked) -> Component:
    face = faces.empty(
        "No rule has been evaluated yet.",
        "Rules are evaluated a few seconds after they are made.",
    )
    to_rules = about.link.shared.to("/alerts", section=Section.RULES.value)
    face.children.append(dcc.Link("Open the rules", href=to_rules))
    return face
