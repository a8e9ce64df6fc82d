"""Views of the cards: numbers in, cards out, each leading to exactly what it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.overview.asked import Asked
from dashboards.overview.glance.numbers import Card, Change, Number, change, points
from dashboards.parts import cards as parts
from dashboards.parts import faces, formats
from queries.choices import written_duration
from queries.filters import TimeRange
from queries.overview import Course, Spent
from queries.reader import Row
from telemetry.semconv import MODEL_CALLS

UNHEALTHY = 0.05
"""Share of error spans from which a number is drawn as an alarm."""

MODEL_SPANS = f"operation={','.join(MODEL_CALLS)}"
"""The search for the spans whose tokens and cost are summed."""

WHEN = {"a day earlier": "yesterday", "a week earlier": "last week"}
"""What the times compared with are called when the range ends now."""


@dataclass(frozen=True)
class Glance:
    """All that the cards tell: the range, the times it is compared with by name, and today."""

    totals: Row
    before: Mapping[str, Row]
    course: Course
    today: TimeRange
    spent: Spent
    spent_before: Mapping[str, Spent]


def show(about: Asked, found: Glance) -> list[Component]:
    """The cards, or what to do when there is nothing to count."""
    if not found.totals["spans"]:
        return [
            faces.empty(
                "No spans in this time range.",
                "Choose a longer range, or send telemetry to /v1/traces with an ingest key.",
            )
        ]
    made = (
        error_rate(about, found),
        traces(about, found),
        spans(about, found),
        latency(about, found),
        agents(about, found),
        tokens(about, found),
        cost(about, found),
    )
    return [draw(card) for card in made]


def error_rate(about: Asked, found: Glance) -> Card:
    share = found.totals["errors"] / found.totals["spans"]
    value, _, unit = formats.percent(found.totals["errors"], found.totals["spans"]).rpartition(" ")
    return Card(
        "errors",
        "Error rate",
        [Number(value, unit, about.spans("status:error"))],
        f"{found.totals['errors']:,} of {formats.count(found.totals['spans'])} spans",
        [e / n if n else 0 for e, n in zip(found.course.errors, found.course.spans, strict=True)],
        _all(
            points(share, row["errors"] / row["spans"] if row["spans"] else None, _when(about, key))
            for key, row in found.before.items()
        ),
        alarm=share >= UNHEALTHY,
    )


def traces(about: Asked, found: Glance) -> Card:
    return _throughput(about, found, "traces", "Traces", "is:root")


def spans(about: Asked, found: Glance) -> Card:
    return _throughput(about, found, "spans", "Spans", "")


def _throughput(about: Asked, found: Glance, key: str, label: str, q: str) -> Card:
    count = found.totals[key]
    over = {"traces": found.course.traces, "spans": found.course.spans}[key]
    return Card(
        key,
        label,
        [Number(formats.rate(count / about.range.length.total_seconds()), "/s", about.spans(q))],
        f"{count:,} {'root spans' if key == 'traces' else 'in all'}",
        over,
        _all(change(count, row[key], _when(about, when)) for when, row in found.before.items()),
    )


def latency(about: Asked, found: Glance) -> Card:
    known = found.totals["quantiles_ns"]
    return Card(
        "latency",
        "Latency p95",
        [
            _quantile(about, name, known[place] if known else None)
            for name, place in (("p95", 1), ("p50", 0), ("p99", 2))
        ],
        "duration of a span",
        [quantiles[1] if quantiles else 0 for quantiles in found.course.quantiles_ns],
        _all(
            change(
                known[1],
                row["quantiles_ns"][1] if row["quantiles_ns"] else None,
                _when(about, when),
                "worse",
            )
            for when, row in found.before.items()
            if known
        ),
    )


def _quantile(about: Asked, name: str, ns: float | None) -> Number:
    value, _, unit = formats.duration(ns).rpartition(" ")
    q = "" if ns is None else f"duration>={written_duration(round(ns))}"
    return Number(value or formats.NOTHING, unit if value else "", about.spans(q), name)


def agents(about: Asked, found: Glance) -> Card:
    return Card(
        "agents",
        "Active agents",
        [Number(formats.count(found.totals["agents"]), "", about.spans("exists:agent"))],
        "with spans in the range",
        found.course.agents,
        _all(
            change(found.totals["agents"], row["agents"], _when(about, when))
            for when, row in found.before.items()
        ),
    )


def tokens(about: Asked, found: Glance) -> Card:
    spent = found.spent
    return Card(
        "tokens",
        "Tokens today",
        [Number(*_scaled(_tokens(spent)), about.spans(MODEL_SPANS, found.today))],
        f"{spent.calls:,} model calls",
        spent.tokens_over,
        _all(
            change(_tokens(spent), _tokens(then), when) for when, then in found.spent_before.items()
        ),
    )


def cost(about: Asked, found: Glance) -> Card:
    spent = found.spent
    return Card(
        "cost",
        "Cost today",
        [Number(formats.money(spent.cost_usd), "", about.spans(MODEL_SPANS, found.today))],
        "as reported",
        spent.cost_over,
        _all(
            change(spent.cost_usd, then.cost_usd, when, "worse")
            for when, then in found.spent_before.items()
        ),
    )


def _tokens(spent: Spent) -> int:
    return spent.input_tokens + spent.output_tokens


def _scaled(count: int) -> tuple[str, str]:
    """A count and its unit, apart."""
    value, _, unit = formats.count(count).partition(" ")
    return value, unit


def _when(about: Asked, key: str) -> str:
    """What the time compared with is called."""
    return WHEN.get(key, key) if about.is_relative else key


def _all(changes: Iterable[Change | None]) -> list[Change]:
    return [each for each in changes if each]


def draw(card: Card) -> Component:
    """A card. All of it leads where its first number does; further numbers lead on their own."""
    first, *rest = card.numbers
    return html.Div(
        [
            html.H2(card.label, className="card-label"),
            dcc.Link(
                [html.Span(first.value), html.Span(first.unit, className="card-unit")],
                href=first.href,
                className="card-value card-open",
                title=f"Show the spans behind {card.label.lower()}",
            ),
            html.Div([_further(number) for number in rest], className="card-more")
            if rest
            else html.Div(card.note, className="card-note"),
            html.Ul([_change(each) for each in card.changes], className="card-changes"),
            parts.sparkline(_whole(card.over), f"{card.label} over time"),
        ],
        className=f"card card-{card.key}" + (" card-alarm" if card.alarm else ""),
    )


def _whole(over: Sequence[float]) -> Sequence[float]:
    """Without the first and the last interval: mostly cut, they would look like a fall."""
    return over[1:-1] if len(over) > 4 else over


def _further(number: Number) -> Component:
    return dcc.Link(
        [html.Span(number.label, className="muted"), f" {number.value} {number.unit}"],
        href=number.href,
    )


def _change(each: Change) -> Component:
    return html.Li(each.words, className=each.tone)
