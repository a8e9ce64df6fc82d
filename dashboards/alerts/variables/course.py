"""Course: the readings of one variable as runs of equal values, and as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.freshness import MORE_THAN
from dashboards.parts import charts, formats, timeline
from queries.filters import TimeRange
from queries.reader import Row

MOST_LEVELS = 12
"""Different texts that a chart can stand beside its axis."""


@dataclass(frozen=True)
class Run:
    """Equal readings in a row."""

    value: str | None
    quoted: bool
    readings: int
    since: datetime
    until: datetime

    @property
    def number(self) -> float | None:
        """Its value where that is a number."""
        if self.value is None or self.quoted:
            return None
        try:
            return float(self.value)
        except ValueError:
            return None


def runs(readings: Sequence[Row]) -> list[Run]:
    """The runs, oldest first, of readings that come newest first."""
    found: list[Run] = []
    for row in reversed(readings):
        last = found[-1] if found else None
        if last and (last.value, last.quoted) == (row["data_value"], row["quoted"]):
            found[-1] = Run(last.value, last.quoted, last.readings + 1, last.since, row["time"])
        else:
            found.append(Run(row["data_value"], row["quoted"], 1, row["time"], row["time"]))
    return found


def repeats(found: Sequence[Run], most: int = 8) -> list[Run]:
    """The runs that are longer than they should be, newest first."""
    return [run for run in reversed(found) if _is_long(run)][:most]


def _is_long(run: Run) -> bool:
    return run.readings > MORE_THAN and run.value is not None


def figure(
    found: Sequence[Run], range_: TimeRange, zone: ZoneInfo, revision: str
) -> dict[str, Any]:
    """Values over time, in steps; what came too often in a row lies on a ground of its own."""
    if not found:
        return charts.nothing()
    numbers = [run.number for run in found]
    levels = list(dict.fromkeys(run.value or "" for run in found))
    if any(number is not None for number in numbers):
        drawn = _line(found, numbers, zone)
        axis: dict[str, Any] = {"nticks": 4, "tickformat": "~g"}
    else:
        places = {level: place for place, level in enumerate(levels)}
        drawn = _line(found, [float(places[run.value or ""]) for run in found], zone)
        axis = _named(levels)
    return {
        "data": [drawn],
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Inter, system-ui, sans-serif", "size": 11, "color": charts.INK},
            "margin": {"l": 48, "r": 8, "t": 8, "b": 22},
            "showlegend": False,
            "dragmode": False,
            "uirevision": revision,
            "separators": ".,",
            "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif", "size": 12}},
            "shapes": [_ground(run) for run in found if _is_long(run)][-200:],
            "xaxis": {
                **timeline.axis(),
                "type": "linear",
                "range": timeline.milliseconds([range_.since, range_.until]),
                "gridcolor": "rgba(0,0,0,0)",
                **timeline.time_ticks(range_.since, range_.until, zone),
            },
            "yaxis": {**timeline.axis(), **axis},
        },
    }


def _line(found: Sequence[Run], heights: Sequence[float | None], zone: ZoneInfo) -> dict[str, Any]:
    """A step for each run; one that has no value is a gap."""
    places = [p for run in found for p in timeline.milliseconds([run.since, run.until])]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": places,
        "y": [height for height in heights for _ in (0, 1)],
        "line": {"color": charts.CALM, "width": 1.5, "shape": "hv"},
        "marker": {"color": charts.CALM, "size": 3},
        "customdata": [_told(run, zone) for run in found for _ in (0, 1)],
        "hovertemplate": "%{customdata}<extra></extra>",
        "connectgaps": False,
    }


def _told(run: Run, zone: ZoneInfo) -> str:
    times = "" if run.readings == 1 else f", {run.readings:,} × in a row"
    since, until = formats.second(run.since, zone), formats.clock(run.until, zone)
    when = since if run.readings == 1 else f"{since} – {until}"
    return f"{as_text(run.value)}{times}<br>{when}"


def as_text(value: str | None) -> str:
    """A value for plotly, which would read markup."""
    shown = formats.shorten(value, 60) if value is not None else "no value"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _named(levels: Sequence[str]) -> dict[str, Any]:
    shown = levels if len(levels) <= MOST_LEVELS else []
    texts = [as_text(formats.shorten(level, 12)) for level in shown]
    return {
        "tickvals": list(range(len(shown))),
        "ticktext": texts,
        "range": [-0.5, len(levels) - 0.5],
    }


def _ground(run: Run) -> dict[str, Any]:
    since, until = timeline.milliseconds([run.since, run.until])
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": since,
        "x1": until,
        "y0": 0,
        "y1": 1,
        "fillcolor": charts.ALARM,
        "opacity": 0.13,
        "line": {"width": 0},
        "layer": "below",
    }
