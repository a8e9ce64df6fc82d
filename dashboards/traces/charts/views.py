"""Views of charts: what the list holds over time, as bars or by latency, ready to be brushed.

The one idea: the time axis counts milliseconds since 1970 and only its labels are local, so that an
hour that a clock shows twice is still two hours, and a brush says exactly what was brushed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboards.parts import charts, formats, timeline
from queries.buckets import Buckets
from queries.explore import LEVELS, Cell, Heatmap, Histogram

Figure = dict[str, Any]

_SCALE = [[0, "rgba(91,141,239,.16)"], [0.5, "rgba(91,141,239,.62)"], [1, charts.CALM]]
_LEAST_ROWS = 9


def chart(found: Histogram | Heatmap, zone: ZoneInfo, revision: str) -> Figure:
    """The figure; `revision` names the place that it belongs to."""
    if isinstance(found, Heatmap):
        return heatmap(found, zone, revision)
    return histogram(found, zone, revision)


def histogram(found: Histogram, zone: ZoneInfo, revision: str) -> Figure:
    """Bars of spans over time, their errors at the bottom."""
    well = [spans - errors for spans, errors in zip(found.spans, found.errors, strict=True)]
    return {
        "data": [
            timeline.bars(found.buckets, found.errors, "errors", charts.ALARM, zone),
            timeline.bars(found.buckets, well, "without error", charts.CALM, zone),
        ],
        "layout": {
            **timeline.layout(found.buckets, zone, revision),
            "barmode": "stack",
            "selectdirection": "h",
            "yaxis": {**timeline.axis(), "rangemode": "tozero", "nticks": 3, "tickformat": "~s"},
            "meta": {"edges": timeline.milliseconds(found.buckets.edges)},
        },
    }


def heatmap(found: Heatmap, zone: ZoneInfo, revision: str) -> Figure:
    """Spans by time and duration; the more there are, the stronger the colour."""
    cut, rows = found.buckets, _rows(found.cells)
    at = {(cell.bucket, cell.level): cell for cell in found.cells}
    cells = [[at.get((i, level)) for i in range(len(cut))] for level in rows.levels]
    return {
        "data": [
            {
                "type": "heatmap",
                # edges, so that the cells at both ends are as wide as their time
                "x": timeline.milliseconds(cut.edges),
                "y": [rows.first + i for i in range(len(rows.levels) + 1)],
                "z": [[cell.spans**0.4 if cell else None for cell in row] for row in cells],
                "text": [[_cell(cell, cut, zone) for cell in row] for row in cells],
                "hovertemplate": "%{text}<extra></extra>",
                "hoverongaps": False,
                "colorscale": _SCALE,
                "showscale": False,
                "xgap": 1,
                # many thin rows read better without lines between them
                "ygap": 1 if len(rows.levels) <= 14 else 0,
                "zmin": 0,
            },
            _failed_cells(found, rows),
        ],
        "layout": {
            **timeline.layout(cut, zone, revision),
            "selectdirection": "any",
            "yaxis": {
                **timeline.axis(),
                "range": [rows.first, rows.high + 1],
                **_duration_ticks(rows),
            },
            "meta": {"edges": timeline.milliseconds(cut.edges), "low": rows.low, "high": rows.high},
        },
    }


@dataclass(frozen=True)
class Rows:
    """The rows of the map: levels from `low` to `high`, and below them one for spans without a
    duration if there are any."""

    low: int
    high: int
    unknown: bool

    @property
    def first(self) -> int:
        """Where the lowest row begins on the axis; a level begins at its own number."""
        return self.low - 1 if self.unknown else self.low

    @property
    def levels(self) -> list[int | None]:
        known = list(range(self.low, self.high + 1))
        return [None, *known] if self.unknown else [*known]

    def middle(self, level: int | None) -> float:
        return (self.low - 1 if level is None else level) + 0.5


def _rows(cells: Sequence[Cell]) -> Rows:
    """All levels in use, and enough beside them to read the axis."""
    known = [cell.level for cell in cells if cell.level is not None] or [12, 16]
    low, high = min(known), max(known)
    while high - low < _LEAST_ROWS - 1:
        low, high = max(low - 1, 0), min(high + 1, len(LEVELS))
    return Rows(low, high, any(cell.level is None for cell in cells))


def nothing() -> Component:
    """No bars: the list below says what would bring some."""
    return html.P("Nothing matches in this time range.", className="face muted")


def note(found: Histogram | Heatmap) -> str:
    """What one bar, or one column, is, and what can be done."""
    step = timeline.step_words(found.buckets.step)
    if isinstance(found, Histogram):
        return f"{step} a bar, errors in red. Drag to narrow the time."
    return f"{step} a column, errors marked red. Drag to narrow time and duration."


def label(found: Histogram | Heatmap, zone: ZoneInfo) -> str:
    """The chart in a sentence, for those who cannot see it."""
    since, until = found.buckets.edges[0], found.buckets.edges[-1]
    return (
        f"{sum(_spans(found)):,} spans from {formats.minute(since, zone)} "
        f"to {formats.minute(until, zone)}, "
        f"{formats.zone_label(zone, until)}"
    )


def _failed_cells(found: Heatmap, rows: Rows) -> dict[str, Any]:
    """A mark in every cell with errors, the larger the more of its spans have failed."""
    edges = timeline.milliseconds(found.buckets.edges)
    failed = [cell for cell in found.cells if cell.errors]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [(edges[cell.bucket] + edges[cell.bucket + 1]) / 2 for cell in failed],
        "y": [rows.middle(cell.level) for cell in failed],
        "marker": {
            "color": charts.ALARM,
            "symbol": "diamond",
            "size": [2.5 + 3.5 * cell.errors / cell.spans for cell in failed],
            "line": {"width": 0},
        },
        "selected": timeline.UNTOUCHED,
        "unselected": timeline.UNTOUCHED,
        "hoverinfo": "skip",
    }


def _cell(cell: Cell | None, cut: Buckets, zone: ZoneInfo) -> str:
    """What the pointer is told about a cell."""
    if cell is None:
        return ""
    errors = f", {cell.errors:,} errors" if cell.errors else ""
    when = timeline.interval(cut, cell.bucket, zone)
    return f"{when}<br>{between(cell.level)}: {cell.spans:,}{errors}"


def between(level: int | None) -> str:
    """The durations of a level in words."""
    if level is None:
        return "no duration"
    if level == 0:
        return f"under {_round(LEVELS[0])}"
    if level == len(LEVELS):
        return f"{_round(LEVELS[-1])} and more"
    return f"{_round(LEVELS[level - 1])} – {_round(LEVELS[level])}"


def _round(ns: int) -> str:
    """A limit between levels, which needs no digits behind the point."""
    unit, size = next(u for u in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)) if ns >= u[1])
    return f"{ns / size:,.3g} {unit}" if ns < 1000 * size else f"{ns // size:,} {unit}"


def _spans(found: Histogram | Heatmap) -> list[int]:
    return found.spans if isinstance(found, Histogram) else [cell.spans for cell in found.cells]


def _duration_ticks(rows: Rows) -> dict[str, Any]:
    """A tick for every factor of ten, or for every second one where there are many."""
    decades = [level for level in range(1, len(LEVELS) + 1, 4) if rows.low <= level <= rows.high]
    shown = decades[:: 1 + len(decades) // 6]
    words = [_round(LEVELS[level - 1]) for level in shown]
    if not rows.unknown:
        return {"tickvals": shown, "ticktext": words}
    return {"tickvals": [rows.middle(None), *shown], "ticktext": ["none", *words]}
