"""Timeline: the time axis of a chart, its bars, and how an interval of it is called.

The one idea: the axis counts milliseconds since 1970 and only its labels are local, so that an
hour that a clock shows twice is still two hours, and a brush says exactly what was brushed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.parts.charts import CALM, GRID, INK
from queries.buckets import Buckets

_TICKS = 9
_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400, 43200)
)
UNTOUCHED = {"marker": {"opacity": 1}}
"""What a brush makes of the points: nothing."""


def bars(
    cut: Buckets, counts: Sequence[int], name: str, colour: str, zone: ZoneInfo
) -> dict[str, Any]:
    """A bar for each interval."""
    edges = milliseconds(cut.edges)
    ends = list(pairwise(edges))
    return {
        "type": "bar",
        "x": [(a + b) / 2 for a, b in ends],
        "y": list(counts),
        "width": [0.86 * (b - a) for a, b in ends],
        "name": name,
        "customdata": [interval(cut, i, zone) for i in range(len(cut))],
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": "%{customdata}<br>%{y:,} " + name + "<extra></extra>",
        "selected": UNTOUCHED,
        "unselected": UNTOUCHED,
    }


def interval(cut: Buckets, index: int, zone: ZoneInfo) -> str:
    """Which time an interval is, for the pointer."""
    since, until = (cut.edges[i].astimezone(zone) for i in (index, index + 1))
    if cut.step >= timedelta(days=1):
        return f"{since:%Y-%m-%d %H:%M} – {until:%Y-%m-%d %H:%M}"
    seconds = "" if cut.step >= timedelta(minutes=1) else ":%S"
    return f"{since:%Y-%m-%d %H:%M}{since.strftime(seconds)} – {until.strftime('%H:%M' + seconds)}"


def step_words(step: timedelta) -> str:
    """How long a bar is."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if step.total_seconds() >= size:
            return f"{step.total_seconds() / size:g} {unit}"
    return f"{step.total_seconds():g} s"


def milliseconds(moments: Sequence[datetime]) -> list[float]:
    """Moments as places on the axis."""
    return [moment.timestamp() * 1000 for moment in moments]


def layout(cut: Buckets, zone: ZoneInfo, revision: str) -> dict[str, Any]:
    """Layout of a chart over the intervals; `revision` names the place that it belongs to."""
    edges = milliseconds(cut.edges)
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 11, "color": INK},
        "margin": {"l": 52, "r": 10, "t": 6, "b": 20},
        "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif", "size": 12}},
        "separators": ".,",
        "showlegend": False,
        "dragmode": "select",
        "newselection": {"line": {"color": CALM, "width": 1, "dash": "solid"}},
        "activeselection": {"fillcolor": CALM, "opacity": 0.2},
        # drawn again, it stays as it is; what was brushed goes when the range does
        "uirevision": revision,
        "selectionrevision": revision,
        "xaxis": {
            **axis(),
            "type": "linear",
            "range": [edges[0], edges[-1]],
            "gridcolor": "rgba(0,0,0,0)",
            **time_ticks(cut.edges[0], cut.edges[-1], zone),
        },
    }


def axis() -> dict[str, Any]:
    """What all axes have in common."""
    return {"fixedrange": True, "zeroline": False, "gridcolor": GRID, "ticks": ""}


def time_ticks(since: datetime, until: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Round times of the zone's clock; midnight is named by its day."""
    length = until - since
    step = next((s for s in _STEPS if s * _TICKS >= length), length / _TICKS)
    wall = since.astimezone(zone).replace(tzinfo=None)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    wall = midnight + -(-(wall - midnight) // step) * step
    places, words = [], []
    while (moment := wall.replace(tzinfo=zone).astimezone(UTC)) < until:
        if moment >= since:
            places.append(moment.timestamp() * 1000)
            words.append(f"{wall:%b} {wall.day}" if wall == _day(wall) else f"{wall:%H:%M}")
        wall += step
    return {"tickvals": places, "ticktext": words}


def _day(wall: datetime) -> datetime:
    return wall.replace(hour=0, minute=0, second=0, microsecond=0)
