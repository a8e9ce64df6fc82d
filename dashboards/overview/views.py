"""Views of the Overview's own panels: rows in, components out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.overview.asked import Asked
from dashboards.overview.glance.views import MODEL_SPANS
from dashboards.overview.rows import failed, more
from dashboards.parts import cards as parts
from dashboards.parts import charts, faces, formats, tables
from queries import search
from queries.reader import Answer, Row

SHOWN_GROUPS = 7
SHOWN_MODELS = 8
SHOWN_QUIET = 5
SHOWN_ORGS = 50

QUIET = timedelta(minutes=15)
"""How long a service, or an org, may send nothing before that is worth a word."""


class Health(StrEnum):
    """How an org is doing, the worst first."""

    FAILING = "Failing"
    DEGRADED = "Degraded"
    SILENT = "Silent"
    HEALTHY = "Healthy"


LIMITS = {Health.FAILING: 0.05, Health.DEGRADED: 0.01}
"""Share of error spans from which an org is called so."""


def groups(answer: Answer, about: Asked) -> tuple[charts.Figure, list[Component]]:
    """Shares of the process groups, and a legend in which each leads to its spans."""
    if not answer.rows:
        return charts.nothing(), [faces.empty("No process groups in this time range.")]
    top = answer.rows[:SHOWN_GROUPS]
    rest = answer.rows[0]["known_spans"] - sum(row["spans"] for row in top)
    figure = charts.donut(
        [(formats.shorten(row["process_group"], 40), row["spans"]) for row in top]
        + ([("others", rest)] if rest else [])
    )
    # a click on a share leads where its line of the legend does
    hrefs = [_group_href(row, about) for row in top]
    figure["data"][0]["customdata"] = [*hrefs, ""] if rest else hrefs
    legend = [_group(i, row, hrefs[i]) for i, row in enumerate(top)]
    return figure, [*legend, _others(answer.rows[0]["known"] - len(top), rest)] if rest else legend


def _group_href(row: Row, about: Asked) -> str:
    return about.spans(search.term("group", row["process_group"]))


def _group(place: int, row: Row, href: str) -> Component:
    share = formats.percent(row["errors"], row["spans"])
    return html.Li(
        [
            html.Span(className=f"dot hue-{place}"),
            dcc.Link(formats.shorten(row["process_group"], 40) or "(no name)", href=href),
            html.Span(formats.count(row["spans"]), className="num"),
            html.Span(f"{share} errors" if row["errors"] else "", className="num muted"),
        ]
    )


def _others(number: int, spans: int) -> Component:
    return html.Li(
        [
            html.Span(className=f"dot hue-{SHOWN_GROUPS}"),
            html.Span(f"+{number:,} more"),
            html.Span(formats.count(spans), className="num"),
            html.Span(),
        ]
    )


def errors(answer: Answer, about: Asked) -> Component:
    """The newest errors, each leading to its span."""
    title = "Last errors"
    if not answer.rows:
        return parts.panel(
            title, faces.empty("No errors in this time range.", "Everything that ran went well.")
        )
    rows = [_error(row, about) for row in answer]
    headings = ["Time", *(["Org"] if about.many else []), "Process", "Exception"]
    note = formats.zone_label(about.zone, answer.rows[0]["start_time"])
    return parts.panel(title, tables.plain(headings, rows, "errors"), note)


def _error(row: Row, about: Asked) -> list[Any]:
    there = about.link.shared.to(
        "/trace",
        trace=row["trace_id"],
        span=row["span_id"],
        org=row["org_id"] if about.many else about.link.org,
    )
    return [
        dcc.Link(formats.stamp(row["start_time"], about.zone), href=there, className="time"),
        *([row["org_id"]] if about.many else []),
        html.Span(
            [
                html.Span(formats.shorten(row["name"], 60) or "(no name)"),
                html.Span(formats.shorten(row["service_name"], 40), className="muted"),
            ],
            className="stack",
        ),
        html.Span(
            [
                html.Span(formats.shorten(row["exception_type"], 60) or "Error", className="bad"),
                html.Span(formats.shorten(row["message"], 140), className="muted"),
            ],
            className="stack",
        ),
    ]


def models(answer: Answer, about: Asked) -> Component:
    """Calls, tokens and cost of each model."""
    title = "Models"
    if not answer.rows:
        return parts.panel(title, faces.empty("No model was called in this time range."))
    rows = [
        [
            dcc.Link(
                formats.shorten(row["model"], 40) or "(no name)",
                href=about.spans(f"{MODEL_SPANS} {search.term('model', row['model'])}"),
            ),
            html.Span(formats.count(row["calls"]), className="num"),
            html.Span(formats.count(row["input_tokens"]), className="num"),
            html.Span(formats.count(row["output_tokens"]), className="num"),
            html.Span(formats.money(row["cost_usd"]), className="num"),
        ]
        for row in answer.rows[:SHOWN_MODELS]
    ]
    return parts.panel(
        title,
        tables.plain(["Model", "Calls", "Tokens in", "Out", "Cost"], rows, "numbers"),
        more(len(answer.rows), SHOWN_MODELS, "calls of models only"),
    )


def attention(firing: int, stuck: Answer, services: Sequence[Row], about: Asked) -> Component:
    """What asks for somebody: alerts that fire, stuck variables, services that fell silent."""
    quiet = [row for row in services if about.now - row["newest"] > QUIET]
    return parts.panel(
        "Needs attention",
        html.Ul(
            [_firing(firing, about), _stuck(stuck, about), _quiet(quiet, len(services), about)],
            className="attention",
        ),
        dcc.Link("Alerts", href=about.link.shared.to("/alerts")),
    )


def _firing(firing: int, about: Asked) -> Component:
    if not firing:
        return _item("good", "No alert is firing", "Nobody is waited for.")
    text = f"{firing:,} alert{'s' if firing > 1 else ''} firing"
    link = dcc.Link(text, href=about.link.shared.to("/alerts", tile="firing"))
    return _item("bad", link, "Each says why, and leads to the spans behind it.")


def _stuck(stuck: Answer, about: Asked) -> Component:
    lasting = [row for row in stuck if row["lasting"]]
    if not lasting:
        return _item("good", "No variable is stuck", "None repeated itself in the last hour.")
    names = ", ".join(formats.shorten(row["data_name"], 30) for row in lasting[:3])
    rest = f" +{len(lasting) - 3:,} more" if len(lasting) > 3 else ""
    link = dcc.Link(
        f"{len(lasting):,} watched variable{'s' if len(lasting) > 1 else ''} stuck",
        href=about.link.shared.to("/alerts", section="variables", kind="frozen"),
    )
    return _item("bad", link, f"The same value again and again in the last hour: {names}{rest}")


def _quiet(quiet: Sequence[Row], known: int, about: Asked) -> Component:
    if not known:
        return _item("none", "No service sent anything", "There is nothing to be stale.")
    if not quiet:
        return _item(
            "good",
            "All data is fresh",
            f"All {known:,} services sent spans in the last 15 minutes.",
        )
    stalest = sorted(quiet, key=lambda row: row["newest"])[:SHOWN_QUIET]
    rows = [
        html.Li(
            [
                dcc.Link(
                    formats.shorten(row["service_name"], 40) or "(no name)",
                    href=about.spans(search.term("service", row["service_name"])),
                ),
                html.Span(formats.ago(row["newest"], about.now), className="num muted"),
            ]
        )
        for row in stalest
    ]
    rest = len(quiet) - len(stalest)
    return _item(
        "warn",
        f"{len(quiet):,} of {known:,} services sent nothing for over 15 minutes",
        html.Ul([*rows, html.Li(f"+{rest:,} more") if rest else None], className="quiet-services"),
    )


def _item(tone: str, title: Any, more: Any) -> Component:
    return html.Li([html.I(), html.Strong(title), html.Div(more)], className=f"item item-{tone}")


def orgs(answer: Answer, about: Asked) -> Component:
    """Every org, the unhealthiest first; a click enters it."""
    known = {row["org_id"]: row for row in answer}
    nothing: Row = {"spans": 0, "errors": 0, "p95_ns": None, "cost_usd": None, "newest": None}
    found = [known.get(org, {**nothing, "org_id": org}) for org in sorted(about.scope.orgs)]
    if not found:
        return parts.panel("Organisations", faces.empty("There is no active organisation yet."))
    found.sort(key=lambda row: _unhealthiest(row, about))
    rows = [_org(row, about) for row in found[:SHOWN_ORGS]]
    headings = ["Org", "Health", "Error rate", "Errors", "Spans", "p95", "Cost", "Newest span"]
    return parts.panel(
        "Organisations",
        tables.plain(headings, rows, "orgs numbers"),
        more(len(found), SHOWN_ORGS, "unhealthiest first"),
    )


def health(row: Row, about: Asked) -> Health:
    """How an org is doing: by its errors, or by its silence."""
    share = row["errors"] / row["spans"] if row["spans"] else 0
    for word, limit in LIMITS.items():
        if share >= limit:
            return word
    if row["newest"] is None or (about.is_relative and about.now - row["newest"] > QUIET):
        return Health.SILENT
    return Health.HEALTHY


def _unhealthiest(row: Row, about: Asked) -> tuple[int, float, str]:
    share = row["errors"] / row["spans"] if row["spans"] else 0
    return list(Health).index(health(row, about)), -share, row["org_id"]


def _org(row: Row, about: Asked) -> list[Any]:
    word = health(row, about)
    return [
        dcc.Link(row["org_id"], href=about.link.shared.to("/", org=row["org_id"])),
        html.Span([html.I(), word.value], className=f"health health-{word.value.lower()}"),
        failed(row["errors"], row["spans"]),
        html.Span(formats.count(row["errors"]), className="num"),
        html.Span(formats.count(row["spans"]), className="num"),
        html.Span(formats.duration(row["p95_ns"]), className="num"),
        html.Span(formats.money(row["cost_usd"]), className="num"),
        _newest(row["newest"], about.now),
    ]


def _newest(newest: datetime | None, now: datetime) -> str:
    return formats.ago(newest, now) if newest else "no spans"
