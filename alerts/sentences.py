"""Sentences: a rule read back in words, so that its author can hear what it says.

The one idea: the first sentence says what is told and when; every other one says one more thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from alerts import metrics
from alerts.rules import (
    ZERO,
    Anomaly,
    Budget,
    Comparator,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from queries import choices, search

VERBS: Final = {"info": "Note", "warning": "Warn", "critical": "Alarm"}
WORDS: Final[dict[Comparator, str]] = {
    ">": "above",
    ">=": "at or above",
    "<": "below",
    "<=": "at or below",
}
RECOVERED: Final[dict[Comparator, str]] = {
    ">": "at or below",
    ">=": "below",
    "<": "at or above",
    "<=": "above",
}
_LENGTHS: Final = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def headline(rule: Rule) -> str:
    """What the rule says, such as `Warn when p95 of checkout stays above 500 ms for 5 minutes`."""
    lasting = f" for {lasts(rule.for_)}" if rule.for_ else ""
    return f"{VERBS[rule.severity]} when {_case(rule, 'stays' if lasting else 'is')}{lasting}."


def title(rule: Rule) -> str:
    """A name for a rule that was given none, such as `p95 of checkout above 500 ms`."""
    words = _case(rule, "").split()
    name = " ".join(words)[:100]
    return name[:1].upper() + name[1:] if words else "Rule"


def details(rule: Rule, channels: Mapping[str, str] | None = None) -> list[str]:
    """What else there is to know; `channels` are names by id."""
    said = [
        _rhythm(rule),
        _ending(rule),
        _missing(rule),
        _telling(rule, channels or {}),
    ]
    return [each for each in said if each]


def lasts(length: timedelta) -> str:
    """A duration in words: 5 minutes, 1 hour 30 minutes, a quarter of a second as 250 ms."""
    left, parts = length, []
    for word, one in _LENGTHS:
        n, left = divmod(left, one)
        if n:
            parts.append(f"{n:,} {word}{'' if n == 1 else 's'}")
    if left:
        parts.append(f"{left / timedelta(milliseconds=1):g} ms")
    return " ".join(parts) or "0 seconds"


def _case(rule: Rule, verb: str) -> str:
    match rule.condition:
        case Threshold() as condition:
            return _threshold(rule, condition, verb)
        case Anomaly() as condition:
            return _anomaly(rule, condition, verb)
        case Staleness() as condition:
            return _staleness(rule, condition, verb)
        case Budget() as condition:
            return _budget(rule, condition, verb)
        case Heartbeat() as condition:
            return _heartbeat(rule, condition, verb)
        case Failures() as condition:
            service = "any external service" if condition.service == "*" else condition.service
            times = f"{condition.in_a_row:,} times in a row"
            return _words(f"calls of {service}{_among(rule)} fail", times)
        case SqlQuery() as condition:
            limit = metrics.said(condition.limit, "")
            return _words("the value of the query", verb, WORDS[condition.comparator], limit)


def _threshold(rule: Rule, condition: Threshold, verb: str) -> str:
    metric = metrics.find(condition.metric)
    limit = metrics.said(condition.limit, metric.unit)
    side = WORDS[condition.comparator]
    return _words(f"{metric.says}{_of(rule)}{_each(condition.by)}", verb, side, limit)


def _anomaly(rule: Rule, condition: Anomaly, verb: str) -> str:
    side = {"above": "above", "below": "below", "both": "away from"}[condition.direction]
    far = f"{condition.sensitivity:g} deviations {side} its median at this hour of the week"
    what = metrics.find(condition.metric).says
    return _words(f"{what}{_of(rule)}{_each(condition.by)}", verb, far)


def _staleness(rule: Rule, condition: Staleness, verb: str) -> str:
    data = condition.data or "any watched variable"
    whose = f" of {condition.process}" if condition.process else ""
    what = f"{data}{whose}{_among(rule)}"
    match condition.kind:
        case "silent":
            return _words(what, verb, "silent for", lasts(condition.silent_for))
        case "lagging":
            return _words(what, "arrives more than", lasts(condition.lag), "late")
    near = f" within {condition.tolerance:g}" if condition.tolerance else ""
    least = f" and for at least {lasts(condition.lasting)}" if condition.lasting else ""
    times = f"repeats the same value{near} more than {condition.more_than:,} times in a row"
    return _words(what, times + least + _ignoring(condition))


def _ignoring(condition: Staleness) -> str:
    if not condition.ignore:
        return ""
    hours = ""
    if condition.ignore_from and condition.ignore_until:
        hours = (
            f" from {condition.ignore_from:%H:%M} to {condition.ignore_until:%H:%M} "
            f"({condition.zone})"
        )
    return f", values {_listed(condition.ignore, 'or')} aside{hours}"


def _budget(rule: Rule, condition: Budget, verb: str) -> str:
    unit = "usd" if condition.measure == "cost" else "count"
    limit = metrics.said(condition.limit, unit) + ("" if unit == "usd" else " tokens")
    whose = "" if condition.by == "org" else f" of any {condition.by}"
    steps = _listed([f"{100 * step:g} %" for step in condition.warn_at], "or")
    passed = [f"reaches {steps} of {limit}"] if steps else []
    forecast = [f"is on its way beyond {'it' if steps else limit}"] if condition.forecast else []
    what = f"{condition.measure} of the {condition.period}{whose}{_among(rule)}"
    return _words(what, ", or ".join([*passed, *forecast]))


def _heartbeat(rule: Rule, condition: Heartbeat, verb: str) -> str:
    names = _listed(condition.roster, "or") or condition.names or ""
    any_ = f"any {condition.of}" if names in ("", "*") else f"the {condition.of} {names}"
    return _words(f"{any_}{_among(rule)}", verb, "not seen for", lasts(condition.silent_for))


def _of(rule: Rule) -> str:
    """Whose numbers they are: the service and the process, and what else is searched."""
    try:
        processes, services = (_included(rule.search, key) for key in ("name", "service"))
        rest = _without(
            rule.search, [*(["name"] if processes else []), *(["service"] if services else [])]
        )
    except search.SearchError:
        # what cannot be read is refused elsewhere, with its reason
        return _among(rule)
    if not (processes or services):
        return _among(rule)
    of = _listed(processes, "or") + (" in " if processes and services else "")
    of += _listed(services, "or")
    return f" of {of}" + (f" matching {rest}" if rest else "")


def _without(text: str, keys: Sequence[str]) -> str:
    for key in keys:
        text = choices.without(text, key)
    return text


def _included(text: str, key: str) -> list[str]:
    """The values of a key that the search asks for and does not leave out."""
    named = [name for name in choices.named(text, key) if name]
    if all(choices.mark(text, key, name) is choices.Mark.INCLUDED for name in named):
        return named
    return []


def _among(rule: Rule) -> str:
    return f" of spans matching {rule.search.strip()}" if rule.search.strip() else ""


def _each(by: Sequence[str]) -> str:
    return f" for any {_listed(by, 'and')}" if by else ""


def _rhythm(rule: Rule) -> str:
    every = "second" if rule.every == timedelta(seconds=1) else lasts(rule.every)
    every = every.removeprefix("1 ") if every in ("1 minute", "1 hour", "1 day") else every
    window = ""
    if not isinstance(rule.condition, Budget | Heartbeat):
        window = f" at the last {lasts(rule.window)}".replace("last 1 ", "last ")
    return f"It looks every {every}{window}."


def _ending(rule: Rule) -> str:
    patience = f" and has been so for {lasts(rule.keep_firing)}" if rule.keep_firing else ""
    condition = rule.condition
    if isinstance(condition, Threshold | SqlQuery) and condition.recovery is not None:
        unit = metrics.find(condition.metric).unit if isinstance(condition, Threshold) else ""
        side = RECOVERED[condition.comparator]
        return f"It ends once it is {side} {metrics.said(condition.recovery, unit)}{patience}."
    if isinstance(condition, Staleness) and condition.kind == "frozen":
        return f"It ends once the value really changes{patience}."
    return f"It ends once this is over{patience}." if patience else "It ends once this is over."


def _missing(rule: Rule) -> str:
    match rule.no_data:
        case "alert":
            return "Having no data is an alert of its own."
        case "ok":
            return "Having no data counts as being well."
    return "Without data it stays as it was."


def _telling(rule: Rule, channels: Mapping[str, str]) -> str:
    names = [channels.get(each, "a channel that is gone") for each in rule.channels]
    told = _listed(["the inbox", *names], "and")
    most = f", at most once in {lasts(rule.cooldown)}" if rule.cooldown > ZERO else ""
    return f"It tells {told}{most}."


def _listed(parts: Sequence[str], word: str) -> str:
    """One, two and three."""
    if len(parts) > 6:
        parts = [*parts[:5], f"{len(parts) - 5:,} more"]
    *most, last = parts or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def _words(*parts: str) -> str:
    return " ".join(part for part in parts if part)
