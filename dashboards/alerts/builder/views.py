"""Views of the rule builder: its sentence, its chart, and what would have happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, floor, log10
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts import metrics, sentences
from alerts.errors import Problem
from alerts.rules import Labels, Rule, Threshold
from alerts.trials import Incident, Trial, incidents
from dashboards.alerts.active.chart import limit
from dashboards.parts import charts, faces, formats, timeline
from dashboards.parts.charts import Figure

MOST_LINES = 8
MOST_BANDS = 200
SHOWN = 8


def head(rule: Rule | None, *, edits: bool, back: str) -> list[Any]:
    title = "New rule" if rule is None else f"Change “{formats.shorten(rule.name, 80)}”"
    note = "" if rule is None else f"Revision {rule.revision}"
    if not edits:
        note = "You can try values here. Admins and owners of the organisation save them."
    return [
        dcc.Link("← Rules", href=back, className="builder-back"),
        html.H1(title),
        html.Span(note, className="muted"),
    ]


def sentence(rule: Rule, channels: Mapping[str, str], problems: Sequence[Problem]) -> Component:
    """The rule read back; while something is wrong, that it cannot be read yet."""
    if problems:
        count = len(problems)
        what = "one field says" if count == 1 else f"{count} fields say"
        return html.Div(
            [
                html.P("This is no rule yet.", className="builder-says"),
                html.P(f"It is read back here once {what} something that can be taken:"),
                html.Ul([html.Li(each.sentence) for each in problems]),
            ],
            className="builder-unread",
        )
    return html.Div(
        [
            html.P(sentences.headline(rule), className="builder-says"),
            html.P(" ".join(sentences.details(rule, channels)), className="muted"),
        ]
    )


# the chart


def figure(trial: Trial, zone: ZoneInfo) -> Figure:
    """Lines of the values, the limit, and grounds where it would have fired."""
    shown = drawn(trial)
    if not shown:
        return charts.nothing()
    bounds = _bounds(trial.rule)
    known = [v for labels in shown for v in trial.values[labels] if v is not None]
    return {
        "data": [_line(trial, labels, place, zone) for place, labels in enumerate(shown)],
        "layout": {
            **plain_layout(trial.range.since, trial.range.until, zone),
            "uirevision": "builder",
            "showlegend": len(shown) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "margin": {"l": 62, "r": 12, "t": 28 if len(shown) > 1 else 10, "b": 24},
            "shapes": [*_bands(trial), *(_bound(*each) for each in bounds)],
            "annotations": [_named(*each, trial.unit) for each in bounds],
            "yaxis": {
                **timeline.axis(),
                **ticks([*known, *(value for value, _ in bounds)], trial.unit),
            },
        },
    }


def plain_layout(since: datetime, until: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What the charts of rules have in common: the time axis, and nothing to drag."""
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 11, "color": charts.INK},
        "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif", "size": 12}},
        "separators": ".,",
        "dragmode": False,
        "xaxis": {
            **timeline.axis(),
            "type": "linear",
            "range": timeline.milliseconds([since, until]),
            "gridcolor": "rgba(0,0,0,0)",
            **timeline.time_ticks(since, until, zone),
        },
    }


def drawn(trial: Trial) -> list[Labels]:
    """The groups that are drawn: those that would have fired most, then the most extreme."""
    fired: dict[Labels, int] = {}
    for each in incidents(trial.replay):
        fired[each.labels] = fired.get(each.labels, 0) + 1

    def rank(labels: Labels) -> tuple[float, float, Labels]:
        peak = max(v for v in trial.values[labels] if v is not None)
        return -fired.get(labels, 0), -peak, labels

    return sorted(trial.values, key=rank)[:MOST_LINES]


def _line(trial: Trial, labels: Labels, place: int, zone: ZoneInfo) -> dict[str, Any]:
    name = plain(said(labels) or metric_name(trial.rule))
    values = trial.values[labels]
    colour = charts.HUES[place % len(charts.HUES)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": timeline.milliseconds(trial.columns),
        "y": values,
        "name": name,
        "line": {"color": colour, "width": 1.6},
        "marker": {"color": colour, "size": 3},
        "customdata": [
            f"{formats.minute(at, zone)}<br>{name}: {metrics.said(value, trial.unit)}"
            for at, value in zip(trial.columns, values, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "connectgaps": False,
    }


def metric_name(rule: Rule) -> str:
    condition = rule.condition
    return metrics.find(condition.metric).says if isinstance(condition, Threshold) else "value"


def _bounds(rule: Rule) -> list[tuple[float, str]]:
    """The limit and, where it is another, the value at which it is well again."""
    bound = limit(rule, ())
    recovery = getattr(rule.condition, "recovery", None)
    found = [(bound, "solid")] if bound is not None else []
    return found + ([(recovery, "dot")] if recovery is not None and recovery != bound else [])


def _bound(value: float, dash: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": {"color": charts.ALARM, "width": 1.3, "dash": dash},
    }


def _named(value: float, dash: str, unit: str) -> dict[str, Any]:
    word = "well again at " if dash == "dot" else ""
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "y",
        "y": value,
        "yanchor": "top" if dash == "dot" else "bottom",
        "showarrow": False,
        "text": word + metrics.said(value, unit),
        "font": {"size": 10, "color": charts.ALARM},
    }


def _bands(trial: Trial) -> list[dict[str, Any]]:
    """A ground for each time in which it would have fired, the longest first."""
    found = sorted(incidents(trial.replay), key=lambda each: each.lasted(trial.range.until))
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": each.began.timestamp() * 1000,
            "x1": (each.ended or trial.range.until).timestamp() * 1000,
            "y0": 0,
            "y1": 1,
            "fillcolor": "rgba(229,72,77,.12)",
            "line": {"color": "rgba(229,72,77,.35)", "width": 0.5},
            "layer": "below",
        }
        for each in found[-MOST_BANDS:]
    ]


def ticks(known: Sequence[float], unit: str) -> dict[str, Any]:
    """Round places from the least to the most, named with their unit."""
    low, high = min([0.0, *known]), max([0.0, *known])
    length = (high - low) or 1.0
    step = _round_step(length / 4, unit)
    places = [step * i for i in range(ceil(low / step), int(high / step + 0.5) + 1)]
    return {
        "range": [low - (0.08 * length if low < 0 else 0), high + 0.14 * length],
        "tickvals": places,
        "ticktext": [metrics.said(place, unit) for place in places],
    }


_LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)


def _round_step(least: float, unit: str) -> float:
    """The next round number; durations from a second on are round by the clock."""
    if unit == "ns" and 1e9 <= least <= _LENGTHS[-1] * 1e9:
        return next(each * 1e9 for each in _LENGTHS if each * 1e9 >= least)
    power = 10.0 ** floor(log10(least))
    return next((n * power for n in (1, 2, 2.5, 5) if n * power >= least), 10 * power)


def plain(text: str) -> str:
    """Text for a chart, which would take markup for markup."""
    line = formats.shorten(text, 60)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def said(labels: Labels) -> str:
    """A group in words: its values alone where there is one label."""
    values = [value or "(none)" for _, value in labels]
    return values[0] if len(values) == 1 else ", ".join(f"{n} {v}" for n, v in labels)


def note(trial: Trial, zone: ZoneInfo, *, cut: bool) -> str:
    """Which time it is about, and what is left out."""
    since, until = trial.range.since, trial.range.until
    hidden = len(trial.values) - MOST_LINES
    more = f" {MOST_LINES} of {len(trial.values):,} groups are drawn." if hidden > 0 else ""
    part = " The end of the range; the time machine shows all of it." if cut else ""
    return (
        f"{formats.minute(since, zone)} – {formats.minute(until, zone)} "
        f"{formats.zone_label(zone, until)}.{part}{more}"
    )


# what would have happened


def outcome(trial: Trial, zone: ZoneInfo) -> Component:
    """How often, for how long, and the last times."""
    found = incidents(trial.replay)
    errors = [run for run in trial.replay.evaluations if run.reason == "error"]
    if errors:
        return faces.failed(errors[-1].text)
    if not found:
        quiet = "It would not have fired in this time."
        return html.P([html.Strong(quiet), " " + counted(trial)], className="builder-quiet")
    newest = sorted(found, key=lambda each: each.began, reverse=True)
    rows = [html.Li(_incident(each, trial, zone)) for each in newest[:SHOWN]]
    more = len(found) - SHOWN
    return html.Div(
        [
            html.P([html.Strong(headline(trial)), " " + counted(trial)]),
            html.Ul(rows),
            html.P(f"And {more:,} more before.", className="muted") if more > 0 else None,
        ]
    )


def headline(trial: Trial) -> str:
    """How often it would have fired, and how often somebody would have been told."""
    found, told = incidents(trial.replay), trial.replay.notices
    groups = len({each.labels for each in found})
    of = f" in {groups:,} groups" if groups > 1 else ""
    return (
        f"It would have fired {times(len(found))}{of} "
        f"and sent {len(told):,} notification{'' if len(told) == 1 else 's'}."
    )


def counted(trial: Trial) -> str:
    return f"{trial.replay.instants:,} evaluations were replayed."


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _incident(each: Incident, trial: Trial, zone: ZoneInfo) -> list[Component]:
    lasted = each.lasted(trial.range.until)
    words = lasts(lasted) if each.ended else f"{lasts(lasted)}, still firing"
    return [
        html.Span(formats.minute(each.began, zone), className="time"),
        html.Span(words, className="builder-lasted"),
        html.Span(formats.shorten(said(each.labels), 80), className="builder-group-name"),
        html.Span(formats.shorten(each.text, 160), className="muted"),
    ]


def lasts(length: timedelta) -> str:
    return formats.duration(length.total_seconds() * 1e9)
