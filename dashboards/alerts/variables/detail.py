"""Detail: one variable, what is wrong with it, where it came from and who watches it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts.board import Alert
from alerts.freshness import MISSED, MORE_THAN, Variable
from alerts.silences import Matcher, written
from dashboards.alerts.variables import views
from dashboards.alerts.variables.chosen import Chosen
from dashboards.alerts.variables.course import Run
from dashboards.parts import faces, formats, tables
from dashboards.shell.link import Link
from queries import search

MARGIN = timedelta(seconds=1)


def head(
    names: Chosen,
    found: Variable | None,
    watching: Sequence[Alert],
    link: Link,
    now: datetime,
    zone: ZoneInfo,
    *,
    edits: bool,
) -> Component:
    """Its name, what is wrong in sentences, the numbers, and ways onward."""
    return html.Div(
        [
            _title(names, link),
            _sentences(found, now, zone),
            _facts(found, now, zone) if found else None,
            _ways(names, found, link, edits=edits),
            _watching(watching, link, now),
        ],
        className="variables-head",
    )


def _title(names: Chosen, link: Link) -> Component:
    return html.Header(
        [
            html.Div(
                [
                    html.H2(formats.shorten(formats.visible(names.data), 120)),
                    html.Span(
                        " · ".join(
                            formats.shorten(name, 100)
                            for name in (names.process, names.service, views.series(names.series))
                            if name and name != names.data
                        ),
                        className="muted",
                    ),
                ],
                className="stack",
            ),
            html.Span(
                dcc.Link("Close", href=link.to("/alerts", variable=""), className="button"),
            ),
        ]
    )


def _sentences(found: Variable | None, now: datetime, zone: ZoneInfo) -> Component:
    if found is None:
        return html.P(
            "Nothing of it was read in this time range. Choose a longer one.", className="notice"
        )
    told = [html.P(text, className="variables-trouble") for text in troubles(found, now, zone)]
    return html.Div(told or html.P("It comes when it is due, and its value moves."))


def troubles(found: Variable, now: datetime, zone: ZoneInfo) -> list[str]:
    """What is wrong, a sentence each."""
    told = []
    if "silent" in found.kinds and found.last_reading and found.cadence:
        expected = views.length(found.cadence.total_seconds())
        told.append(
            f"Silent: it came about every {expected} and was last read "
            f"{formats.ago(found.last_reading, now)}; after {MISSED} missed readings that is odd."
        )
    elif "silent" in found.kinds:
        told.append("Silent: a rule expects it, and it never came in this time range.")
    if "frozen" in found.kinds and found.since:
        told.append(
            f"Frozen: {views.value(found.value)} came {found.run_length:,} times in a row since "
            f"{formats.second(found.since, zone)}; more than {MORE_THAN} is odd."
        )
    if "lagging" in found.kinds and found.lag:
        late = views.length(found.lag.total_seconds())
        told.append(f"Lagging: its last reading arrived {late} after it was measured.")
    return told


def _facts(found: Variable, now: datetime, zone: ZoneInfo) -> Component:
    facts = (
        ("Value", views.value(found.value)),
        ("In a row", f"{found.run_length:,} ×"),
        ("Since", formats.second(found.since, zone) if found.since else formats.NOTHING),
        ("Comes every", _length(found.cadence)),
        (
            "Last reading",
            formats.second(found.last_reading, zone) if found.last_reading else "never",
        ),
        (
            "Last change",
            formats.second(found.last_change, zone)
            if found.last_change
            else "none in this time range",
        ),
        ("Lag", _length(found.lag)),
        ("Readings", f"{found.readings:,}"),
    )
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(text)]) for name, text in facts],
        className="variables-facts",
    )


def _length(span: timedelta | None) -> str:
    return views.length(None if span is None else span.total_seconds())


def _ways(names: Chosen, found: Variable | None, link: Link, *, edits: bool) -> Component:
    """The spans with these readings in their exact window, the last trace, a silence."""
    ways: list[Component] = []
    if found and found.trace_id and found.since and found.last_reading:
        ways.append(
            dcc.Link(
                "Spans of this run",
                href=spans(names, found.since, found.last_reading, link),
                className="button",
            )
        )
        place = {"trace": found.trace_id, "span": found.span_id or ""}
        ways.append(
            dcc.Link("Last trace", href=link.shared.to("/trace", **place), className="button")
        )
    if edits:
        matchers = tuple(Matcher(name, text) for name, text in _labels(names))
        ways.append(
            dcc.Link(
                "Silence",
                href=link.shared.to(
                    "/alerts", section="silences", silence="new", matchers=written(matchers)
                ),
                className="button",
            )
        )
    return html.Div(ways, className="variables-ways")


def spans(names: Chosen, since: datetime, until: datetime, link: Link) -> str:
    """Address of the spans with readings from the first of these moments to the last."""
    text = " ".join(
        search.term(key, value)
        for key, value in (
            ("service", names.service),
            ("name", names.process),
            ("data", names.data),
        )
    )
    return link.shared.to(
        "/traces", q=text, range="24h", since=_instant(since), until=_instant(until + MARGIN)
    )


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _labels(names: Chosen) -> list[tuple[str, str]]:
    found = [("service", names.service), ("process", names.process), ("data", names.data)]
    return [*found, ("series", names.series)] if names.series else found


def _watching(alerts: Sequence[Alert], link: Link, now: datetime) -> Component:
    if not alerts:
        return html.P("No rule watches this variable.", className="muted")
    lines = [
        html.Li(
            [
                dcc.Link(
                    formats.shorten(alert.rule.name, 80),
                    href=link.shared.to("/alerts", section="rules", rule=alert.rule.id),
                ),
                html.Span(views.alert_word(alert, now), className="muted"),
            ]
        )
        for alert in alerts
    ]
    return html.Ul(lines, className="variables-watching")


def note(shown: int, known: int) -> str:
    """What of the readings the chart stands for."""
    if shown < known:
        return f"The newest {shown:,} of {known:,} readings. Choose a shorter range to see all."
    return f"{known:,} readings" if known != 1 else "1 reading"


def runs(repeats: Sequence[Run], zone: ZoneInfo) -> Component:
    """The stretches in which it gave the same value too often."""
    if not repeats:
        return faces.empty(f"No value came more than {MORE_THAN} times in a row.")
    rows = [
        (
            views.value(run.value),
            html.Span(f"{run.readings:,} ×", className="num"),
            html.Span(formats.second(run.since, zone), className="time"),
            views.length((run.until - run.since).total_seconds()),
        )
        for run in repeats
    ]
    return html.Div(
        [html.H3("Same value too often"), tables.plain(("Value", "In a row", "Since", "For"), rows)]
    )
