"""Drafts: a rule as a form of texts, and the rule that a form says.

The one idea: a form is only texts, so half a rule is a form too; what cannot be read is a problem
of its field. A draft in a link is the same form as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import time, timedelta
from typing import Any, Final, get_origin

from alerts import amounts, checks, measures, metrics, sentences
from alerts.errors import Problem
from alerts.rules import (
    TYPES,
    Anomaly,
    Budget,
    Condition,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
    type_of,
)
from alerts.spec import hints_of
from queries import choices, search

Value = str | list[str]
Form = dict[str, Value]

LONGEST: Final = 3_500
"""Characters of a draft in a link."""

MOST: Final = 500
OWN: Final = (
    "name",
    "description",
    "severity",
    "search",
    "every",
    "window",
    "for_",
    "keep_firing",
    "no_data",
    "cooldown",
)
"""Fields of the rule itself that are written as a text each."""

CARRIED: Final = ("name", "description", "severity", "cooldown", "labels", "channels")

AGGREGATED: Final = frozenset(metrics.AGGREGATES)

BLANK: Final[dict[str, Condition]] = {
    "threshold": Threshold(metric="duration.p95", comparator=">", limit=500e6),
    "staleness": Staleness(kind="frozen"),
    "budget": Budget(measure="cost", period="day", limit=20.0),
    "heartbeat": Heartbeat(of="agent"),
    "anomaly": Anomaly(metric="error_rate"),
    "sql_query": SqlQuery(
        sql="select count(*) as failed\nfrom spans\nwhere status = 'error'",
        comparator=">",
        limit=10.0,
    ),
    "failures": Failures(),
}
"""What a new rule of each type begins with."""


@dataclass(frozen=True)
class Draft:
    """A rule that a form says as far as it can be read, and what is wrong with the form."""

    rule: Rule
    problems: tuple[Problem, ...]


def blank(type_: str) -> Form:
    """The form of a new rule."""
    condition = BLANK.get(type_, BLANK["threshold"])
    window = timedelta(hours=1) if isinstance(condition, Staleness) else timedelta(minutes=5)
    patience = timedelta(minutes=5) if isinstance(condition, Threshold) else timedelta(0)
    return form_of(Rule(name="", condition=condition, window=window, for_=patience))


# a rule as a form


def form_of(rule: Rule) -> Form:
    """Every field as a person would write it."""
    form: Form = {"type": type_of(rule.condition)}
    form |= {name: _written(getattr(rule, name), "") for name in OWN}
    form["labels"] = ", ".join(f"{name}={value}" for name, value in rule.labels)
    form["channels"] = list(rule.channels)
    unit = measures.unit(rule)
    for each in fields(rule.condition):
        form[each.name] = _written(getattr(rule.condition, each.name), unit)
    return {**form, **_metric_of(form), **_where_of(rule)}


def _written(value: Any, unit: str) -> Value:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case timedelta():
            return amounts.said(value)
        case time():
            return f"{value:%H:%M}"
        case tuple() if value and isinstance(value[0], float):
            return ", ".join(f"{100 * each:g}%" for each in value)
        case tuple():
            return ", ".join(value)
        case float():
            return amounts.written(value, unit)
    return str(value)


def _metric_of(form: Form) -> Form:
    """A metric as its name and how its points are taken together."""
    words = str(form.get("metric", "")).split(maxsplit=1)
    if len(words) == 2 and words[0].lower() in AGGREGATED:
        return {"metric": words[1], "aggregate": words[0].lower()}
    return {"metric": " ".join(words), "aggregate": ""} if words else {}


def _where_of(rule: Rule) -> Form:
    """A search as a service, a process and the rest, when it asks for one of them."""
    found: Form = {"search": rule.search, "service_name": "", "process_name": ""}
    if isinstance(rule.condition, Staleness | SqlQuery):
        return found
    for name, key in (("service_name", "service"), ("process_name", "name")):
        value, rest = _taken_out(str(found["search"]), key)
        found |= {name: value, "search": rest}
    return found


def _taken_out(text: str, key: str) -> tuple[str, str]:
    """The one value that a search demands of a field by itself, and the search without it."""
    try:
        named = choices.named(text, key)
        value = named[0] if len(named) == 1 else None
        rest = choices.without(text, key)
        same = value and _joined(rest, key, value) == _joined(rest, key, _only(text, key))
    except search.SearchError:
        return "", text
    return (value, rest) if value and same else ("", text)


def _only(text: str, key: str) -> str:
    """The value of a field's only term, when that term is just `key=value`."""
    terms = search.terms(text)
    (place,) = choices.own(text, key) or (0,)
    value = choices.named(text, key)[0] or ""
    return value if terms[place].text in (search.term(key, value), f"{key}:{value}") else ""


def _joined(rest: str, key: str, value: str) -> str:
    return f"{search.term(key, value)} {rest}".strip() if value else ""


# a form as a rule


def draft(form: Mapping[str, Any], base: Rule | None = None) -> Draft:
    """The rule of a form; fields that it does not have are those of `base` or of a new rule."""
    values = whole(form_of(base) if base else blank("threshold"), form)
    reading = _Reading(values)
    condition = reading.condition(TYPES[str(values["type"])])
    rule = replace(base or Rule(name="", condition=condition), condition=condition)
    rule = replace(rule, **reading.own())
    named = rule.name or "Unnamed"
    found = reading.problems or list(checks.problems(replace(rule, name=named)))
    if not found and not rule.name:
        rule = replace(rule, name=sentences.title(rule))
    return Draft(rule, tuple(found))


def whole(base: Form, form: Mapping[str, Any]) -> Form:
    """A form with every field: what it lacks is that of `base`, or of a new rule of its type."""
    type_ = _text(form, "type") or str(base["type"])
    type_ = type_ if type_ in TYPES else "threshold"
    begun = base if type_ == base["type"] else {**blank(type_), **_carried(base)}
    return {**begun, **plain(form), "type": type_}


def _carried(base: Form) -> Form:
    """What a rule of another type keeps: whom it tells and how it is called."""
    return {name: base[name] for name in CARRIED if name in base}


def plain(form: Mapping[str, Any]) -> Form:
    """Only texts and lists of texts, of a length that a rule may have."""
    found: Form = {}
    for name, value in list(form.items())[:MOST]:
        if isinstance(value, list):
            found[str(name)] = [each[:200] for each in value[:MOST] if isinstance(each, str)]
        elif isinstance(value, str | int | float):
            found[str(name)] = str(value)[:20_000]
    return found


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


class _Reading:
    """A form being read; what cannot be read is noted and stays as in a new rule."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.problems: list[Problem] = []

    def own(self) -> dict[str, Any]:
        hints = hints_of(Rule)
        found = {name: self._value(Rule, name, hints[name], "") for name in OWN}
        found["search"] = self._search()
        found["labels"] = self._labels()
        found["channels"] = tuple(_several(self.form.get("channels", [])))
        found["name"] = " ".join(found["name"].split())
        return found

    def condition(self, type_: type[Condition]) -> Condition:
        if type_ in (Threshold, Anomaly):
            self.form = {**self.form, "metric": self._metric()}
        unit = self._unit(type_)
        hints = hints_of(type_)
        values = {
            each.name: self._value(type_, each.name, hints[each.name], unit)
            for each in fields(type_)
        }
        return type_(**values)

    def _metric(self) -> str:
        name, aggregate = _text(self.form, "metric"), _text(self.form, "aggregate").lower()
        known = metrics.find(name) if name else None
        if known is None or not known.points or aggregate not in AGGREGATED:
            return name
        return f"{aggregate} {name}"

    def _unit(self, type_: type[Condition]) -> str:
        if type_ in (Threshold, Anomaly):
            name = _text(self.form, "metric")
            return metrics.find(name).unit if name else ""
        if type_ is Budget:
            return "usd" if _text(self.form, "measure") == "cost" else "count"
        return ""

    def _search(self) -> str:
        text = _text(self.form, "search")
        try:
            for name, key in (("process_name", "name"), ("service_name", "service")):
                value = _text(self.form, name)
                text = f"{search.term(key, value)} {text}".strip() if value else text
        except search.SearchError as error:
            self.problems.append(Problem("search", str(error)))
        return text

    def _labels(self) -> tuple[tuple[str, str], ...]:
        found = []
        for part in _several(self.form.get("labels", "")):
            name, equal, value = (each.strip() for each in part.partition("="))
            if not (name and equal):
                sentence = f'Write labels as name=value, such as team=shop, not "{part[:40]}".'
                self.problems.append(Problem("labels", sentence))
                continue
            found.append((name, value))
        return tuple(sorted(found))

    def _value(self, type_: type[Any], name: str, hint: Any, unit: str) -> Any:
        """What a field says, or what it is in a new rule when it cannot be read."""
        text = self.form.get(name, "")
        try:
            return _read(hint, text, unit, optional=_is_optional(hint))
        except ValueError as error:
            said = str(error) if isinstance(error, amounts.AmountError) else _HOW.get(hint, _ODD)
            self.problems.append(Problem(name, said))
            return _usual(type_, name)


_ODD: Final = "This cannot be read. Choose or write it anew."
_HOW: Final[dict[Any, str]] = {
    int: "Write a whole number, such as 5.",
    float: "Write a number, such as 0.5.",
    time | None: "Write a time of day such as 20:00.",
}


def _usual(type_: type[Any], name: str) -> Any:
    """What a field is in a new rule."""
    new = Rule(name="", condition=BLANK["threshold"])
    of = {type(condition): condition for condition in BLANK.values()}
    return getattr(of.get(type_, new), name)


def _is_optional(hint: Any) -> bool:
    return hint in (str | None, float | None, time | None)


def _read(hint: Any, value: Value, unit: str, *, optional: bool) -> Any:
    """The value of a field of this type. Raises ValueError."""
    text = value.strip() if isinstance(value, str) else "yes" if value == ["yes"] else ""
    if optional and not text:
        return None
    if get_origin(hint) is tuple:
        return tuple(_each(hint, _several(value)))
    return _READERS.get(hint, lambda text, unit: text)(text, unit)


def _each(hint: Any, parts: Iterable[str]) -> Iterator[Any]:
    for part in parts:
        yield amounts.amount(part, "ratio") if hint == tuple[float, ...] else part


def _several(value: Value) -> list[str]:
    parts = value if isinstance(value, list) else value.replace("\n", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


_READERS: Final[dict[Any, Callable[[str, str], Any]]] = {
    timedelta: lambda text, unit: amounts.duration(text or "0s"),
    float: amounts.amount,
    float | None: amounts.amount,
    int: lambda text, unit: int(text.replace(",", "")),
    bool: lambda text, unit: text == "yes",
    time | None: lambda text, unit: time.fromisoformat(text),
}


# a draft in a link


def from_link(text: str) -> Form:
    """The form that a link carries; nothing when it is none."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return plain(found) if isinstance(found, dict) else {}


def to_link(form: Form, base: Form) -> str:
    """What of a form is not as in `base`, as a link carries it; "" when it is too much."""
    changed = {name: value for name, value in form.items() if base.get(name) != value}
    text = json.dumps(changed, ensure_ascii=False, separators=(",", ":")) if changed else ""
    return text if len(text) <= LONGEST else ""
