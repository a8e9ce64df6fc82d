"""Chart of an alert: its value against the threshold, and when the condition was met."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil, floor, log10
from typing import Any
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from alerts import metrics
from alerts.board import Alert
from alerts.measures import Course
from alerts.rules import (
    Budget,
    Failures,
    Heartbeat,
    Labels,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from dashboards.alerts.active.chosen import Chosen
from dashboards.parts import charts, faces, formats, timeline
from dashboards.parts.charts import Figure
from queries.filters import TimeRange

TICKS = 4


def limit(rule: Rule, labels: Labels) -> float | None:
    """The number that the condition is met beyond, in the unit of the rule's values; an anomaly
    has none that stays."""
    match rule.condition:
        case Threshold(limit=number) | SqlQuery(limit=number):
            return number
        case Budget(limit=number):
            return number * _share(labels)
        case Staleness(kind="silent", silent_for=length) | Heartbeat(silent_for=length):
            return length.total_seconds() * 1e9
        case Staleness(kind="lagging", lag=length):
            return length.total_seconds() * 1e9
        case Staleness(more_than=number) | Failures(in_a_row=number):
            return float(number)
    return None


def _share(labels: Labels) -> float:
    """Which part of a budget this group warns at; a forecast is held against all of it."""
    part = dict(labels).get("budget", "").removesuffix("%")
    return float(part) / 100 if part.replace(".", "", 1).isdigit() else 1.0


def figure(course: Course, chosen: Chosen, range_: TimeRange, zone: ZoneInfo) -> Figure:
    """One group's values, the limit as a dashed line, the incident as a ground."""
    if chosen.alert is None:
        return charts.nothing()
    labels = tuple(sorted(chosen.alert.group.items()))
    values = course.values.get(labels, [])
    if not any(value is not None for value in values):
        return charts.nothing()
    bound = limit(chosen.alert.rule, labels)
    incident = (chosen.began, chosen.ended or range_.until) if chosen.began else None
    known = [value for value in [*values, bound] if value is not None]
    return {
        "data": [
            _line(course.instants, values, course.unit, zone),
            _met(course, labels, values),
        ],
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Inter, system-ui, sans-serif", "size": 11, "color": charts.INK},
            "margin": {"l": 58, "r": 10, "t": 8, "b": 22},
            "showlegend": False,
            "dragmode": False,
            "uirevision": f"{chosen.rule_id} {chosen.group_key}",
            "separators": ".,",
            "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif", "size": 12}},
            "shapes": [*_ground(incident), *_bound(bound)],
            "annotations": _named(bound, course.unit),
            "xaxis": {
                **timeline.axis(),
                "type": "linear",
                "range": timeline.milliseconds([range_.since, range_.until]),
                "gridcolor": "rgba(0,0,0,0)",
                **timeline.time_ticks(range_.since, range_.until, zone),
            },
            "yaxis": {**timeline.axis(), **_ticks(known, course.unit)},
        },
    }


def _line(
    instants: Sequence[datetime], values: Sequence[float | None], unit: str, zone: ZoneInfo
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": timeline.milliseconds(instants),
        "y": list(values),
        "line": {"color": charts.CALM, "width": 1.6},
        "marker": {"color": charts.CALM, "size": 3},
        "customdata": [
            f"{formats.second(at, zone)}<br>{metrics.said(value, unit)}"
            for at, value in zip(instants, values, strict=False)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "connectgaps": False,
    }


def _met(course: Course, labels: Labels, values: Sequence[float | None]) -> dict[str, Any]:
    """A mark where the condition was met."""
    places = course.breached.get(labels, [])
    return {
        "type": "scatter",
        "mode": "markers",
        "x": timeline.milliseconds([course.instants[place] for place in places]),
        "y": [values[place] for place in places],
        "marker": {"color": charts.ALARM, "size": 5, "symbol": "diamond"},
        "hoverinfo": "skip",
    }


def _ground(incident: tuple[datetime, datetime] | None) -> list[dict[str, Any]]:
    if incident is None:
        return []
    since, until = timeline.milliseconds(incident)
    rect = {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": since,
        "x1": until,
        "y0": 0,
        "y1": 1,
    }
    return [{**rect, "fillcolor": "rgba(229,72,77,.1)", "line": {"width": 0}, "layer": "below"}]


def _bound(bound: float | None) -> list[dict[str, Any]]:
    if bound is None:
        return []
    line = {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": bound,
        "y1": bound,
    }
    return [{**line, "line": {"color": charts.ALARM, "width": 1.2, "dash": "dash"}}]


def _named(bound: float | None, unit: str) -> list[dict[str, Any]]:
    if bound is None:
        return []
    place = {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "y",
        "y": bound,
        "yanchor": "bottom",
    }
    font = {"size": 10, "color": charts.ALARM}
    return [{**place, "text": metrics.said(bound, unit), "showarrow": False, "font": font}]


def _ticks(known: Sequence[float], unit: str) -> dict[str, Any]:
    """Round numbers with their unit; what is never negative begins at zero."""
    if not known:
        return {"visible": False}
    low, high = min(0.0, *known), max(known)
    step = _step((high - low or 1.0) / TICKS, unit)
    places = [step * n for n in range(floor(low / step), ceil(high / step) + 1)]
    return {
        "range": [places[0], max(places[-1], high + (high - low or 1.0) * 0.1)],
        "tickvals": places,
        "ticktext": [metrics.said(place, unit) if place else "0" for place in places],
    }


def _step(least: float, unit: str) -> float:
    """The smallest round number that is not less: of a clock for durations, else 1, 2 or 5."""
    if unit == "ns" and least > 1e9:
        found = next((step * 1e9 for step in _CLOCK if step * 1e9 >= least), None)
        if found:
            return found
    power = 10.0 ** floor(log10(least))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least * 0.999)


_CLOCK = (
    1,
    2,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
    600,
    1200,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
)
"""Seconds, minutes and hours that are round on a clock."""


def nothing(course: Course, alert: Alert) -> Component | None:
    labels = tuple(sorted(alert.group.items()))
    if any(value is not None for value in course.values.get(labels, [])):
        return None
    return faces.empty("There are no values to draw.", "Nothing was measured in this time.")
