"""Checks: whether a rule makes sense, before it is saved and not when it should have fired.

The one idea: every problem is found at once, each with its field and the next step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from math import isfinite
from typing import Any, Final, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from access.people import CONTROL
from access.scope import Scope
from alerts import metrics, spec, sql, windows
from alerts.amounts import said
from alerts.errors import MeasureError, Problem, Refused
from alerts.rules import (
    SECOND,
    ZERO,
    Anomaly,
    Budget,
    Comparator,
    Condition,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from queries import fields

LONGEST_NAME: Final = 120
LONGEST_TEXT: Final = 2_000
LONGEST_VALUE: Final = 200
MOST_LABELS: Final = 20
MOST_CHANNELS: Final = 20
MOST_GROUPED: Final = 3
MOST_LISTED: Final = 500

LEAST_EVERY: Final = 10 * SECOND
MOST_EVERY: Final = timedelta(days=1)
MOST_WINDOW: Final = timedelta(days=31)
MOST_PATIENCE: Final = timedelta(days=7)

OWN_LABELS: Final = ("rule", "severity", "type")
"""Labels that every alert has, so that a rule cannot give itself others."""

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")

Problems = Iterator[Problem]
Refusal = Callable[[str], str | None]


def refuse(scope: Scope, rule: Rule, now: datetime) -> None:
    """Raise Refused with every problem of the rule, also what only the org's data can tell."""
    found = list(problems(rule)) or list(unknown(rule, in_org(scope, now)))
    if found:
        raise Refused(found)


def in_org(scope: Scope, now: datetime) -> Refusal:
    """Says why a metric's name cannot be used in the org; None when it can. Asks once a name."""
    return cache(lambda name: metrics.refusal(scope, name, now))


def unknown(rule: Rule, refusal: Refusal) -> Problems:
    """Whether the rule names a metric that nobody knows."""
    if isinstance(rule.condition, Threshold | Anomaly):
        said_no = refusal(rule.condition.metric)
        if said_no:
            yield Problem("metric", said_no)


def problems(rule: Rule) -> Problems:
    """Everything that is wrong with a rule in itself, the first field first."""
    wrong = [*_mistyped(rule), *_mistyped(rule.condition)]
    if wrong:
        # what is not of its type cannot be compared
        yield from wrong
        return
    if not all(_can_be_kept(text) for text in (rule.name, *_strings(spec.spec_of(rule)))):
        yield Problem("name", "A text here holds characters that cannot be kept. Type it anew.")
        return
    yield from _texts(rule)
    yield from _search(rule)
    yield from _times(rule)
    yield from _labels(rule)
    yield from _condition(rule.condition)


# the rule itself


def _mistyped(thing: Rule | Condition) -> Problems:
    hints = spec.hints_of(type(thing))
    for name, hint in hints.items():
        value = getattr(thing, name)
        if get_origin(hint) is Literal and value not in get_args(hint):
            words = ", ".join(get_args(hint))
            yield Problem(name, f"{_shown(name)} is one of {words}, not {_quoted(value)}.")
        elif hint in (float, float | None) and not _is_number(value, hint):
            yield Problem(name, f"{_shown(name)} is a number.")
        elif hint is int and (isinstance(value, bool) or not isinstance(value, int)):
            yield Problem(name, f"{_shown(name)} is a whole number.")
        elif hint is timedelta and not isinstance(value, timedelta):
            yield Problem(name, f"{_shown(name)} is a duration such as 5m.")
        elif hint in (str, str | None) and not isinstance(value, get_args(hint) or str):
            yield Problem(name, f"{_shown(name)} is a text.")


def _is_number(value: Any, hint: Any) -> bool:
    if value is None:
        return hint is not float
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from _strings([*value, *value.values()])
        case list():
            for each in value:
                yield from _strings(each)


def _can_be_kept(text: str) -> bool:
    """PostgreSQL keeps neither NUL nor half a character."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _texts(rule: Rule) -> Problems:
    if not rule.name.strip():
        yield Problem("name", "Give the rule a name.")
    elif len(rule.name) > LONGEST_NAME:
        yield Problem("name", f"A rule's name has at most {LONGEST_NAME} characters.")
    elif CONTROL.search(rule.name):
        yield Problem("name", "A rule's name is one line without control characters.")
    if len(rule.description) > LONGEST_TEXT:
        yield Problem("description", f"A description has at most {LONGEST_TEXT:,} characters.")
    if len(rule.channels) > MOST_CHANNELS:
        yield Problem("channels", f"A rule tells at most {MOST_CHANNELS} channels.")


def _search(rule: Rule) -> Problems:
    if len(rule.search) > LONGEST_TEXT:
        yield Problem("search", f"A rule's search has at most {LONGEST_TEXT:,} characters.")
        return
    if isinstance(rule.condition, SqlQuery):
        if rule.search.strip():
            yield Problem("search", "A query in SQL has its own where. Leave the search empty.")
        return
    try:
        windows.condition(rule.search)
    except MeasureError as error:
        yield Problem("search", str(error))


def _times(rule: Rule) -> Problems:
    yield from _between("every", rule.every, LEAST_EVERY, MOST_EVERY)
    yield from _between("window", rule.window, SECOND, MOST_WINDOW)
    for name in ("for_", "keep_firing", "cooldown"):
        yield from _between(name, getattr(rule, name), ZERO, MOST_PATIENCE)


def _between(name: str, value: timedelta, least: timedelta, most: timedelta) -> Problems:
    if value < least:
        what = "cannot be negative" if least == ZERO else f"is at least {said(least)}"
        yield Problem(name, f"{_shown(name)} {what}, not {said(value)}.")
    elif value > most:
        yield Problem(name, f"{_shown(name)} is at most {said(most)}, not {said(value)}.")


def _labels(rule: Rule) -> Problems:
    if len(rule.labels) > MOST_LABELS:
        yield Problem("labels", f"A rule has at most {MOST_LABELS} labels.")
    names = [name for name, _ in rule.labels]
    for name in dict.fromkeys(names):
        if not _LABEL.fullmatch(name):
            yield Problem(
                "labels",
                f"{_quoted(name)} cannot name a label: use letters, digits, _, . and -, "
                "and begin with a letter.",
            )
        elif name in OWN_LABELS:
            yield Problem("labels", f"Every alert has the label {name} already. Name it otherwise.")
        elif names.count(name) > 1:
            yield Problem("labels", f"The label {name} is there twice. Keep one of them.")
    if any(len(value) > LONGEST_VALUE for _, value in rule.labels):
        yield Problem("labels", f"A label's value has at most {LONGEST_VALUE} characters.")


# its condition


def _condition(condition: Condition) -> Problems:
    match condition:
        case Threshold():
            yield from _grouping(condition.by)
            yield from _limits(condition.comparator, condition.limit, condition.recovery)
            yield from _attainable(condition)
        case Staleness():
            yield from _staleness(condition)
        case Budget():
            yield from _budget(condition)
        case Heartbeat():
            yield from _between("silent_for", condition.silent_for, LEAST_EVERY, MOST_WINDOW)
            yield from _listed("roster", condition.roster)
        case Anomaly():
            yield from _anomaly(condition)
        case SqlQuery():
            yield from _query(condition)
        case Failures():
            if not condition.service.strip():
                yield Problem("service", "Name the service to watch, or * for any.")
            if not 1 <= condition.in_a_row <= 1_000:
                yield Problem("in_a_row", "In a row is a number of failures from 1 to 1,000.")


def _limits(comparator: Comparator, limit: float, recovery: float | None) -> Problems:
    """A recovery on the wrong side would end an alert while it fires."""
    if recovery is None:
        return
    above = comparator in (">", ">=")
    if recovery > limit if above else recovery < limit:
        side, other = ("above", "below") if above else ("below", "above")
        yield Problem(
            "recovery",
            f"These thresholds contradict each other: the alert fires {side} {limit:g} and would "
            f"recover while it still fires, at {recovery:g}. Put the recovery at {limit:g} or "
            f"{other} it.",
        )


def _attainable(condition: Threshold) -> Problems:
    """A limit that is always or never met tells nobody anything."""
    metric = metrics.find(condition.metric)
    limit, comparator = condition.limit, condition.comparator
    if metrics.is_own(metric) and limit < 0:
        yield Problem("limit", f"The {metric.says} is never below 0. Choose a higher limit.")
    elif metrics.is_own(metric) and (limit, comparator) in ((0, ">="), (0, "<")):
        met = "always" if comparator == ">=" else "never"
        yield Problem("limit", f"The {metric.says} is {met} {comparator} 0. Choose another limit.")
    elif metric.unit == "ratio" and limit > 1:
        yield Problem(
            "limit",
            f"The {metric.says} is a share, never above 100 %. Write 5 % as 5% or 0.05.",
        )
    elif metric.unit == "ratio" and (limit, comparator) in ((1, ">"), (1, "<=")):
        met = "always" if comparator == "<=" else "never"
        yield Problem(
            "limit", f"The {metric.says} is {met} {comparator} 100 %. Choose another limit."
        )


def _grouping(by: tuple[str, ...]) -> Problems:
    if len(by) > MOST_GROUPED:
        yield Problem("by", f"An alert is grouped by at most {MOST_GROUPED} keys.")
    for key in by:
        found = fields.find(key)
        if found is None:
            near = fields.alike(key)
            hint = f'Did you mean "{near}"?' if near else "Use a key of the search language."
            yield Problem("by", f"There is no key {_quoted(key)} to group by. {hint}")
        elif isinstance(found, fields.Field) and found.of_trace:
            yield Problem("by", f"{_quoted(key)} is of whole traces. Group by a key of spans.")
        elif key in OWN_LABELS:
            yield Problem("by", f"Every alert has the label {key} already. Group by another key.")
    if len(set(by)) < len(by):
        yield Problem("by", "The same key is there twice. Keep one of them.")


def _staleness(condition: Staleness) -> Problems:
    if not 1 <= condition.more_than <= 100_000:
        yield Problem("more_than", "More than is a number of readings from 1 to 100,000.")
    if condition.tolerance < 0:
        yield Problem("tolerance", "The tolerance cannot be negative.")
    yield from _between("lasting", condition.lasting, ZERO, MOST_WINDOW)
    yield from _between("silent_for", condition.silent_for, LEAST_EVERY, MOST_WINDOW)
    yield from _between("lag", condition.lag, SECOND, MOST_WINDOW)
    yield from _listed("ignore", condition.ignore)
    yield from _listed("roster", condition.roster)
    yield from _zone(condition.zone)
    if (condition.ignore_from is None) != (condition.ignore_until is None):
        yield Problem("ignore_from", "Say both when ignoring begins and when it ends, or neither.")
    elif condition.ignore_from is not None:
        if condition.ignore_from == condition.ignore_until:
            yield Problem("ignore_until", "Ignoring ends when it begins. Choose another end.")
        if not condition.ignore:
            yield Problem("ignore", "Say which values to ignore at that time, such as 0.")


def _budget(condition: Budget) -> Problems:
    if condition.limit <= 0:
        yield Problem("limit", "A budget is more than 0.")
    steps = condition.warn_at
    if not all(_is_number(step, float) and 0 < step <= 10 for step in steps):
        yield Problem("warn_at", "Warn at shares of the budget above 0, such as 50%, 80%, 100%.")
    elif list(steps) != sorted(set(steps)):
        yield Problem("warn_at", "Name each share to warn at once, the lowest first.")
    elif not steps and not condition.forecast:
        yield Problem("warn_at", "Say at which share of the budget to warn, such as 80%.")
    yield from _zone(condition.zone)


def _anomaly(condition: Anomaly) -> Problems:
    yield from _grouping(condition.by)
    if not 0 < condition.sensitivity <= 100:
        yield Problem("sensitivity", "The sensitivity is a number of deviations from 0 to 100.")
    if not 1 <= condition.minimum_weeks <= 52:
        yield Problem("minimum_weeks", "The minimum history is 1 to 52 weeks.")


def _query(condition: SqlQuery) -> Problems:
    yield from _limits(condition.comparator, condition.limit, condition.recovery)
    try:
        sql.checked(condition.sql)
    except Refused as error:
        yield from error.problems


def _listed(name: str, values: tuple[str, ...]) -> Problems:
    if len(values) > MOST_LISTED:
        yield Problem(name, f"{_shown(name)} lists at most {MOST_LISTED} names.")
    elif any(not isinstance(value, str) or not 0 < len(value) <= 200 for value in values):
        yield Problem(name, f"{_shown(name)} lists texts of 1 to 200 characters.")


def _zone(name: str) -> Problems:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        yield Problem(
            "zone", f"There is no time zone {_quoted(name)}. Write one like Europe/Berlin or UTC."
        )


# how things are called


def _shown(field: str) -> str:
    """The field as a sentence begins with it."""
    words = {"for_": "For", "keep_firing": "Keep firing for"}
    return words.get(field, field.replace("_", " ").capitalize())


def _quoted(value: Any) -> str:
    return f'"{str(value)[:80]}"'
