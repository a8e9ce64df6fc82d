"""Views of the cohort tab: runs and judged steps in, sentences, grid rows and a figure out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import log10
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import charts, faces, formats
from dashboards.parts.hues import hue
from dashboards.shell.link import Link
from queries.cohort import MAX_RUNS, MAX_SPANS, Cohort, Run
from queries.reader import Answer
from queries.tree import Trace
from queries.unusual import FEW, Step, Verdict

SHOWN = 500
"""Steps sent to the page, the most unusual and most costly."""

BINS = 36

MARK = charts.HUES[2]


def nobody(found: Cohort, days: int) -> Component:
    """No other run to stand among."""
    operation = formats.shorten(formats.visible(found.operation.name), 80)
    if found.capped:
        return faces.empty(
            f"This run of {operation} is too large to be put beside others.",
            f"Together with one more it has over {MAX_SPANS:,} spans. Compare it with one trace.",
        )
    hint = "Choose more days" if days < 14 else "Wait for the next runs"
    day = "the day" if days == 1 else f"the {days} days"
    return faces.empty(
        f"No other run of {operation} in {day} before this one.",
        f"{hint}, or paste the id of a trace above to compare with it.",
    )


def sentence(found: Cohort, trace: Trace, steps: list[Step], days: int) -> list[Component]:
    """How the whole run stands, and what is unusual in it."""
    operation = formats.shorten(formats.visible(found.operation.name), 80)
    runs, day = len(found.runs), "the day" if days == 1 else f"the {days} days"
    quicker = found.quicker(trace.length_ns)
    of_runs = f"{runs:,} {'run' if runs == 1 else 'runs'} of {operation}"
    parts: list[Component] = [
        html.H2(f"This run was {_standing(quicker, runs)} {of_runs} in {day} before it.")
    ]
    if (words := _unusual(steps)) is not None:
        parts.append(html.P(words))
    if runs < FEW:
        parts.append(html.P("So few runs say little about what is usual.", className="notice"))
    if found.capped:
        cut = (
            f"Counted are the newest {runs:,}: a cohort holds at most {MAX_RUNS:,} runs and "
            f"{MAX_SPANS:,} spans."
        )
        parts.append(html.P(cut, className="notice"))
    return parts


def _standing(quicker: int, runs: int) -> str:
    if quicker == runs:
        return "slower than all" if runs > 1 else "slower than the only one of"
    if not quicker:
        return "no slower than any of"
    return f"slower than {_percent(quicker / runs)} of"


WORDS = {
    Verdict.FAILED: ("step failed that seldom fails", "steps failed that seldom fail"),
    Verdict.SLOWER: ("step was unusually slow", "steps were unusually slow"),
    Verdict.SKIPPED: ("was skipped that most runs have", "were skipped that most runs have"),
    Verdict.REPEATED: ("was repeated more often than usual", "were repeated more often than usual"),
    Verdict.NEW: ("is new", "are new"),
}


def _unusual(steps: list[Step]) -> str:
    """How many steps stand out, and how."""
    counted = Counter(step.verdict for step in steps)
    found = [
        f"{counted[verdict]:,} {words[counted[verdict] > 1]}"
        for verdict, words in WORDS.items()
        if counted[verdict]
    ]
    return f"{', '.join(found)}." if found else "Every step of it was as usual."


def links(found: Cohort, trace: Trace, link: Link) -> list[Component]:
    """Runs worth comparing with: they are A, this run is B."""
    choices = (
        ("median", found.median),
        ("fastest", found.fastest),
        ("latest without errors", found.latest_ok),
        ("latest with errors", found.latest_failed),
    )
    return [
        html.Span("Compare with", className="muted"),
        *(_link(word, run, trace, link) for word, run in choices if run is not None),
    ]


def _link(word: str, run: Run, trace: Trace, link: Link) -> Component:
    href = link.shared.to(
        "/compare", trace=run.trace_id, other=trace.trace_id, version=link.version
    )
    return dcc.Link([f"{word} ", html.Strong(formats.duration(run.duration_ns))], href=href)


# the table


def rows(steps: list[Step], trace: Trace) -> list[dict[str, Any]]:
    return [_row(number, step, trace) for number, step in enumerate(steps[:SHOWN])]


def _row(number: int, step: Step, trace: Trace) -> dict[str, Any]:
    """A step: numbers to sort by, and each in words. Its id says which span it opens."""
    row = step.row
    own, total, usual = row["my_own_ns"], row["my_total_ns"], row["own_ns"] or (None, None)
    _, *above, name = ("", *(formats.shorten(formats.visible(each), 80) for each in step.names))
    return {
        "id": f"{number}:{row['my_span_id'] or ''}",
        "step": name,
        "above": " › ".join(above),
        # all steps are below the same root
        "within": " › ".join(above[1:][-2:]),
        "service": formats.shorten(formats.visible(row["service_name"]), 80),
        "hue": hue(row["service_name"], trace.services),
        "kind": step.verdict,
        "verdict": _verdict(step),
        **_time("own", own),
        **_time("usual", usual[0]),
        **_time("usual_95", usual[1]),
        "rank": step.slower_than if step.slower_than is not None and row["runs"] >= FEW else -1,
        "rank_text": _percent(step.slower_than if row["runs"] >= FEW else None),
        "total": total or 0,
        "total_text": _ranked_time(total, step.longer_than if row["runs"] >= FEW else None),
        "calls": row["my_calls"] or 0,
        "calls_text": _calls(step),
        "seen": step.seen,
        "seen_text": formats.percent(row["runs"], step.of_runs),
    }


def _time(name: str, ns: float | None) -> dict[str, Any]:
    return {name: ns or 0, f"{name}_text": formats.duration(ns)}


def _percent(share: float | None) -> str:
    """A share without decimals, which is only all or nothing when it is."""
    if share is None:
        return formats.NOTHING
    return f"{round(100 * share) if share in (0, 1) else min(max(round(100 * share), 1), 99)} %"


def _ranked_time(total: int | None, longer_than: float | None) -> str:
    if total is None:
        return formats.NOTHING
    rank = "" if longer_than is None else f" · {_percent(longer_than)}"
    return f"{formats.duration(total)}{rank}"


def _calls(step: Step) -> str:
    mine, usual = step.row["my_calls"] or 0, (step.row["calls"] or (None,))[0]
    if usual is None or usual == mine:
        return f"{mine:,}"
    return f"{mine:,}, not {usual:g}" if mine else f"0, not {usual:g}"


def _verdict(step: Step) -> str:
    """The verdict as a few words that say what it rests on."""
    below = f", with {step.below:,} below" if step.below else ""
    share = formats.percent(step.row["runs"], step.of_runs)
    match step.verdict:
        case Verdict.NEW:
            return f"new: no other run has it{below}"
        case Verdict.SKIPPED:
            return f"skipped: {share} of runs have it{below}"
        case Verdict.FAILED:
            return f"failed: {_failures(step)} of the runs fail here"
        case Verdict.REPEATED:
            return f"{step.row['my_calls']:,} times, usually {step.row['calls'][0]:g}"
        case Verdict.SLOWER:
            return f"slower than {_percent(step.slower_than)}"
        case Verdict.FASTER:
            return f"faster than {_percent(1 - (step.slower_than or 0))}"
        case Verdict.RARE:
            return f"rare: {share} of runs have it"
        case Verdict.USUAL:
            return "as usual"


def _failures(step: Step) -> str:
    failed: int = step.row["failed_runs"]
    return formats.percent(failed, step.row["runs"]) if failed else "none"


def summary(found: Cohort, steps: list[Step], answer: Answer, zone: ZoneInfo) -> list[Component]:
    cut = f"{SHOWN:,} of " if len(steps) > SHOWN or answer.truncated else ""
    more = "more than " if answer.truncated else ""
    spans = sum(run.spans for run in found.runs)
    return [
        html.Span(f"{cut}{more}{len(steps):,} steps, the most unusual and costly first"),
        html.Span(
            f"{len(found.runs):,} runs with {spans:,} spans{formats.as_of(answer.as_of, zone)}"
        ),
    ]


# the durations


def spread(found: Cohort, trace: Trace) -> charts.Figure:
    """How long the runs took, with the place of this one; the axis is logarithmic."""
    places = [log10(max(run.duration_ns, 1_000)) for run in found.runs]
    mine = log10(max(trace.length_ns, 1_000))
    low, high = min(*places, mine), max(*places, mine)
    low, high = (low - 0.1, high + 0.1) if high - low < 0.2 else (low, high)
    wide = (high - low) / BINS
    counts = Counter(min(int((place - low) / wide), BINS - 1) for place in places)
    centres = [low + (number + 0.5) * wide for number in range(BINS)]
    edges = [formats.duration(10 ** (low + number * wide)) for number in range(BINS + 1)]
    words = [f"{begin} – {end}" for begin, end in pairwise(edges)]
    ticks = _ticks(low, high)
    base = charts.nothing()["layout"]
    return {
        "data": [
            {
                "type": "bar",
                "x": centres,
                "y": [counts[number] for number in range(BINS)],
                "width": wide * 0.86,
                "customdata": words,
                "marker": {"color": charts.CALM, "line": {"width": 0}},
                "hovertemplate": "%{customdata}<br>%{y:,} runs<extra></extra>",
            }
        ],
        "layout": {
            **base,
            "showlegend": False,
            "margin": {"l": 36, "r": 12, "t": 22, "b": 24},
            "bargap": 0.1,
            "xaxis": {
                "range": [low - wide, high + wide],
                "tickvals": [log10(ns) for ns in ticks],
                "ticktext": [formats.duration(ns) for ns in ticks],
                "zeroline": False,
                "gridcolor": "rgba(0,0,0,0)",
                "fixedrange": True,
            },
            "yaxis": {
                "gridcolor": charts.GRID,
                "zeroline": False,
                "rangemode": "tozero",
                "nticks": 4,
                "fixedrange": True,
            },
            "shapes": [
                {"type": "line", "x0": mine, "x1": mine, "yref": "paper", "y0": 0, "y1": 1}
                | {"line": {"color": MARK, "width": 2, "dash": "dot"}}
            ],
            "annotations": [
                {"x": mine, "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False}
                | {"text": "this run", "font": {"color": MARK, "size": 12}}
                | {"xanchor": _anchor((mine - low) / (high - low))}
            ],
        },
    }


def _anchor(place: float) -> str:
    """Which way a word at this place of the axis reaches, so that it stays inside."""
    return "left" if place < 0.1 else "right" if place > 0.9 else "center"


def _ticks(low: float, high: float) -> list[float]:
    """Round durations between two powers of ten: two or three of them, or their neighbours."""
    steps = (1, 3) if high - low > 1.5 else (1, 2, 5) if high - low > 0.6 else range(1, 10)
    found = [step * 10.0**power for power in range(3, 20) for step in steps]
    inside = [ns for ns in found if low <= log10(ns) <= high]
    every = max(1, round(len(inside) / 6))
    return inside[::every]


def spread_note(found: Cohort, trace: Trace) -> str:
    """The chart in words."""
    mine = f"This run {formats.duration(trace.length_ns)}"
    if found.median is None:
        return mine
    return f"{mine}, median of its cohort {formats.duration(found.median.duration_ns)}"
