"""Views of the pipeline: its standing as one line of facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboards.parts import formats
from telemetry.pipeline import Standing, State

WORDS = {
    State.OK: "Writing without delay",
    State.DELAYED: "Telemetry is shown late",
    State.CIRCUIT_OPEN: "Telemetry is kept, but not shown",
}


def line(
    standing: Standing, newest: datetime | None, now: datetime, zone: ZoneInfo
) -> list[Component]:
    """The writer's word first, then the numbers."""
    return [_state(standing, zone), html.Dl(list(_facts(standing, newest, now)))]


def _state(standing: Standing, zone: ZoneInfo) -> Component:
    since = (
        f", since {formats.second(standing.since, zone)} {formats.zone_label(zone, standing.since)}"
        if standing.since
        else ""
    )
    said = f"{WORDS[standing.state]}{since}. {formats.shorten(standing.reason, 200)}".strip()
    return html.Div(
        [
            html.Strong(
                [html.I(), standing.state.value],
                className=f"state state-{standing.state.value.lower().replace('_', '-')}",
            ),
            html.Span(said.removesuffix(" ."), className="state-reason"),
        ],
        className="pipeline-state",
        role="status",
    )


def _facts(standing: Standing, newest: datetime | None, now: datetime) -> Iterator[Component]:
    yield _fact("Newest data", formats.ago(newest, now) if newest else "none yet")
    yield _fact("Ingest", f"{formats.rate(standing.rate)} items/s", "Mean of the last minute")
    if standing.depth:
        depth = standing.depth
        waiting = f"{formats.count(depth.items)} items"
        if depth.oldest_us:
            oldest = datetime.fromtimestamp(depth.oldest_us / 1e6, now.tzinfo)
            waiting += f", oldest {formats.ago(oldest, now)}"
        yield _fact("Queue", waiting, f"{depth.batches:,} requests, {depth.size:,} bytes")
        yield _fact(
            "Set aside",
            f"{formats.count(depth.set_aside)} requests",
            "Requests that could not be written and are kept apart",
            bad=bool(depth.set_aside),
        )
    yield _rejected(standing)


def _rejected(standing: Standing) -> Component:
    total = sum(standing.rejected.values())
    if not total:
        return _fact("Rejected", "none", "Since the server was started")
    reasons = [
        html.Li([html.Span(f"{count:,}", className="num"), formats.shorten(reason, 120)])
        for reason, count in standing.rejected.items()
    ]
    return html.Div(
        [
            html.Dt("Rejected"),
            html.Dd(
                html.Details(
                    [
                        html.Summary(formats.count(total), className="bad"),
                        html.Ul(reasons, className="menu menu-reasons"),
                    ],
                    className="drop drop-right",
                )
            ),
        ]
    )


def _fact(name: str, value: str, title: str = "", *, bad: bool = False) -> Component:
    more: dict[str, Any] = {"title": title} if title else {}
    return html.Div([html.Dt(name), html.Dd(value, className="bad" if bad else "")], **more)
