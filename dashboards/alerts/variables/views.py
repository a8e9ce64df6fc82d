"""Views of the Alerts tab: rows in, components and grid rows out."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from dashboards.alerts.variables.layout import COLUMNS, ORG_COLUMN
from dashboards.parts import faces, formats
from queries.reader import Answer, Row

SHOWN = 1_000
"""Runs sent to the page, the newest."""


def columns(*, many: bool) -> list[dict[str, Any]]:
    return [*([ORG_COLUMN] if many else []), *COLUMNS]


def rows(runs: Answer, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [_row(index, run, zone) for index, run in enumerate(runs.rows[:SHOWN])]


def _row(index: int, run: Row, zone: ZoneInfo) -> dict[str, Any]:
    """A run of equal values. Its id leads to the span of its last reading, if it has one."""
    lasted = (run["until"] - run["since"]).total_seconds()
    return {
        "id": f"{run['org_id']}:{run['trace_id'] or ''}:{run['span_id'] or ''}:{index}",
        "org": run["org_id"],
        "state": "stuck" if run["lasting"] else "changed",
        "process": formats.shorten(formats.visible(run["process"]), 200),
        "service": formats.shorten(run["service_name"], 100),
        "data": _data(run),
        "value": formats.shorten(run["data_value"], 100),
        "readings": run["readings"],
        "readings_text": f"{run['readings']:,} ×",
        "lasted": lasted,
        "lasted_text": formats.duration(lasted * 1e9),
        "since": formats.second(run["since"], zone),
        "until": formats.second(run["until"], zone),
    }


def _data(run: Row) -> str:
    """Name of the variable; a gauge says that it is one."""
    name = formats.shorten(run["data_name"], 100)
    return f"{name} (gauge)" if run["source"] == "gauge" else name


def summary(runs: Answer, zone: ZoneInfo) -> str:
    lasting = sum(run["lasting"] for run in runs)
    cut = f"the newest {SHOWN:,} of " if len(runs) > SHOWN else ""
    cut += "more than " if runs.truncated else ""
    when = formats.as_of(runs.as_of, zone)
    return f"{lasting:,} stuck now, {cut}{len(runs):,} in this time range{when}"


def nothing(runs: Answer) -> Component | None:
    if runs.rows:
        return None
    return faces.empty(
        "No variable is stuck.", "Every watched variable changed at least every 5 readings."
    )
