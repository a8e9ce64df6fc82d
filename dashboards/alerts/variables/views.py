"""Views of the staleness board: variables in, grid rows and sentences out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts.board import Alert
from alerts.freshness import Board, Variable
from alerts.rules import Labels
from alerts.runs import labels_of
from dashboards.alerts.variables.chosen import Chosen
from dashboards.alerts.variables.layout import COLUMNS, ORG_COLUMN
from dashboards.parts import faces, formats
from dashboards.shell.link import Link

FRESH: Final = "fresh"
WORDS: Final = {
    "": "All",
    "frozen": "Frozen",
    "silent": "Silent",
    "lagging": "Lagging",
    FRESH: "Fresh",
}
"""What can be chosen, and how it is called."""

MEANINGS: Final = {
    "": "Every watched variable: data on spans (aeos.data.*) and metric gauges.",
    "frozen": "The same value more than 5 times in a row.",
    "silent": "Three readings were missed, or it is on a rule's roster and never came.",
    "lagging": "It arrives more than 5 minutes after it was measured.",
    FRESH: "It comes when it is due, and its value moves.",
}

_RANK: Final = {"silent": 0, "frozen": 1, "lagging": 2}

Watch = Mapping[tuple[str, Labels], Alert]
"""Org and labels of a variable → the most urgent alert of a rule that watches it."""


def watch(alerts: Iterable[Alert]) -> Watch:
    """The alerts, the most urgent first, by what they are about."""
    found: dict[tuple[str, Labels], Alert] = {}
    for alert in alerts:
        found.setdefault((alert.rule.org, _named_labels(alert.group.items())), alert)
    return found


def _named_labels(labels: Iterable[tuple[str, str]]) -> Labels:
    """Labels in order; who is on a roster and never came has no service."""
    return tuple(sorted((name, value) for name, value in labels if value))


def about(alerts: Iterable[Alert], names: Chosen) -> list[Alert]:
    """The alerts of rules that watch one variable."""
    labels = _named_labels(labels_of((names.service, names.process, names.data, names.series)))
    return [alert for alert in alerts if _named_labels(alert.group.items()) == labels]


def columns(*, many: bool) -> list[dict[str, Any]]:
    return [*([ORG_COLUMN] if many else []), *COLUMNS]


def chosen(variables: Sequence[Variable], link: Link) -> list[Variable]:
    """Those that the URL asks for, in an order that only changes when a state does."""
    text = link.find.casefold()
    found = [v for v in variables if _is(v, link.kind) and text in _named(v)]
    return sorted(
        found, key=lambda v: (_RANK.get(_worst(v), 9), v.org, v.process, v.data, v.series)
    )


def _is(variable: Variable, kind: str) -> bool:
    if kind == FRESH:
        return not variable.kinds
    return not kind or kind in variable.kinds


def _worst(variable: Variable) -> str:
    return variable.kinds[0] if variable.kinds else ""


def _named(variable: Variable) -> str:
    return "\n".join(
        (variable.process, variable.data, variable.service, variable.series)
    ).casefold()


def kinds(variables: Sequence[Variable], link: Link) -> list[Component]:
    """A way to each kind of trouble, with how many are in it."""
    counts = Counter[str](kind for variable in variables for kind in variable.kinds or (FRESH,))
    counts[""] = len(variables)
    return [_kind(kind, counts[kind], link) for kind in WORDS]


def _kind(kind: str, count: int, link: Link) -> Component:
    here = kind == link.kind
    return dcc.Link(
        [html.Span(WORDS[kind]), html.Span(formats.count(count), className="num")],
        href=link.to("/alerts", kind=kind, variable=""),
        title=MEANINGS[kind],
        className=f"kind kind-{kind or 'all'}" + (" kind-here" if here else ""),
    )


def rows(
    variables: Sequence[Variable], watch: Watch, now: datetime, zone: ZoneInfo
) -> list[dict[str, Any]]:
    return [_row(each, _watching(watch, each), now, zone) for each in variables]


def _watching(watch: Watch, each: Variable) -> Alert | None:
    labels = _named_labels(each.labels)
    if each.org:
        return watch.get((each.org, labels))
    return next((alert for (_, key), alert in watch.items() if key == labels), None)


def _row(each: Variable, alert: Alert | None, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    lasted = _between(each.since, each.last_reading)
    return {
        "id": f"{each.org}:{Chosen(each.service, each.process, each.data, each.series)}",
        "org": each.org,
        "variable": str(Chosen(each.service, each.process, each.data, each.series)),
        "state": state(each),
        "kinds": list(each.kinds),
        "process": formats.shorten(formats.visible(each.process), 200),
        "service": formats.shorten(each.service, 100),
        "data": data_name(each),
        "value": value(each.value),
        "run": each.run_length,
        "run_text": f"{each.run_length:,} ×" if each.run_length else formats.NOTHING,
        "lasted": lasted,
        "lasted_text": length(lasted or None),
        "cadence": _seconds(each.cadence),
        "cadence_text": length(_seconds(each.cadence)),
        # sorted by: the same for as long as nothing new was read
        "silence": -each.last_reading.timestamp() if each.last_reading else None,
        "silence_text": formats.ago(each.last_reading, now) if each.last_reading else "never",
        "last": formats.second(each.last_reading, zone) if each.last_reading else "never",
        "changed": formats.second(each.last_change, zone) if each.last_change else formats.NOTHING,
        "lag": _seconds(each.lag),
        "lag_text": length(_seconds(each.lag)),
        "alert": alert_word(alert, now) if alert else "no rule",
        "rule": formats.shorten(alert.rule.name, 120) if alert else "no rule watches it",
    }


def state(each: Variable) -> str:
    return ", ".join(each.kinds) or FRESH


def data_name(each: Variable) -> str:
    """Name of the variable; that of a gauge is its process already, its attributes tell more."""
    if each.data != each.process:
        return formats.shorten(formats.visible(each.data), 100)
    return series(each.series) or "gauge"


def series(text: str) -> str:
    """What the attributes of a metric say, without their names."""
    said = re.findall(r"='\"?(.*?)\"?'(?=, |}$)", text)
    return formats.shorten(", ".join(said) or text, 120)


def value(text: str | None) -> str:
    if text is None:
        return formats.NOTHING
    return formats.shorten(text, 100) or "(empty)"


def length(seconds: float | None) -> str:
    return formats.NOTHING if seconds is None else formats.duration(max(seconds, 0.0) * 1e9)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _between(since: datetime | None, until: datetime | None) -> float | None:
    return None if since is None or until is None else (until - since).total_seconds()


def alert_word(alert: Alert, now: datetime) -> str:
    """Where a rule stands that watches it; a rule that is content says only that it watches."""
    if alert.snoozed_until and now < alert.snoozed_until:
        return "snoozed"
    if alert.silenced_by and alert.state != "inactive":
        return "silenced"
    words = {"inactive": "watched", "no_data": "no data"}
    return words.get(alert.state, alert.state)


def summary(board: Board, shown: int, now: datetime, zone: ZoneInfo) -> str:
    """How many, out of how many, and when."""
    cut = f" (the {len(board.variables):,} read last of {board.known:,})"
    all_of_them = "" if board.known <= len(board.variables) else cut
    plural = "variable" if shown == 1 else "variables"
    when = formats.as_of(now, zone)
    return f"{shown:,} {plural} read in this time range{all_of_them}{when}"


def nothing(board: Board, shown: int, link: Link) -> Component | None:
    if shown:
        return None
    if not board.variables:
        return faces.empty(
            "No watched variable was read in this time range.",
            "Put aeos.data.<name> on your spans or send a metric gauge, or choose a longer range.",
        )
    if link.find:
        return faces.empty(
            "No variable here has this in its name.", "Search for less, or choose All."
        )
    return faces.empty(
        f"No variable is {link.kind}." if link.kind in WORDS else "There is no such kind.",
        "Choose All to see the others.",
    )
