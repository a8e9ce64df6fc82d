"""Rules in YAML: read with the line and key of every mistake, written so that they come back equal.

rules:
  - name: Slow checkout
    condition: api.response_time.p95 > 500ms
    duration: 5m
    severity: warning
    actions: [slack, email]
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import time, timedelta
from typing import Any, Final, get_args

import yaml

from alerts import amounts, checks, metrics
from alerts.amounts import AmountError
from alerts.errors import Miswritten, Problem
from alerts.nodes import Listing, Mapping, Node, Scalar, read
from alerts.rules import (
    TYPES,
    Budget,
    Comparator,
    Condition,
    Rule,
    Threshold,
    type_of,
)
from alerts.spec import hints_of
from records.alerts import ChannelKind

EXAMPLE: Final = "error_rate > 5%"
MOST: Final = 1_000
MOST_MISTAKES: Final = 20

INBOX: Final = "inbox"
"""An action that needs no channel: the inbox is told always."""

Check = Callable[[Rule], Iterable[Problem]]


@dataclass(frozen=True)
class Target:
    """A channel that an action may name, by its name or by its kind."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True)
class Loaded:
    """The rules of a text. `notes` say what is still missing for them to be heard."""

    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Reading:
    """What one rule was read from: the places of its fields, and what else there is to say."""

    whole: Node
    places: dict[str, Scalar]
    notes: list[str]

    def wrong(self, field: str, sentence: str) -> Miswritten:
        place = self.places.get(field)
        return _wrong(place or self.whole, sentence, place.text if place else "")


# reading


def load(text: str, targets: Sequence[Target] = (), check: Check = checks.problems) -> Loaded:
    """The rules of a YAML text. Raises Miswritten with every mistake in them.

    `check` says what is wrong with a rule that was read; it is told at the line that says it.
    """
    rules: dict[str, Rule] = {}
    mistakes: list[Miswritten] = []
    notes: list[str] = []
    for name, node in _rules(read(text)):
        reading = _Reading(node, {}, notes)
        try:
            rule = _rule(reading, name, targets)
            mistakes += [reading.wrong(p.field, p.sentence) for p in check(rule)]
            if rule.name in rules:
                raise reading.wrong(
                    "name", "Another rule here has this name. Choose one of its own."
                )
            rules[rule.name] = rule
        except Miswritten as mistake:
            mistakes.append(mistake)
        if len(mistakes) > MOST_MISTAKES:
            break
    if mistakes:
        raise Miswritten.together(mistakes)
    return Loaded(tuple(rules.values()), tuple(dict.fromkeys(notes)))


def _rules(whole: Node) -> list[tuple[Scalar | None, Node]]:
    """Each rule with the key that names it, if one does."""
    if isinstance(whole, Mapping):
        keys = {key.text: value for key, value in whole.entries}
        if "condition" in keys:
            return [(None, whole)]
        inner = next((keys[key] for key in ("rules", "alerts") if key in keys), None)
        if inner is not None:
            _refuse_others(whole, {"rules", "alerts", "version"})
            whole = inner
    match whole:
        case Listing(items=()) | Mapping(entries=()):
            raise _wrong(whole, "There is no rule here. Write one, or choose another file.")
        case Listing():
            found: list[tuple[Scalar | None, Node]] = [(None, item) for item in whole.items]
        case Mapping():
            found = list(whole.entries)
        case _:
            raise _wrong(whole, f"Write rules as a list, each with a condition such as {EXAMPLE}.")
    if len(found) > MOST:
        raise _wrong(whole, f"There are more than {MOST:,} rules. Split the text.")
    return found


def _refuse_others(whole: Mapping, known: set[str]) -> None:
    for key, _ in whole.entries:
        if key.text not in known:
            raise _wrong(key, f"Nothing is called so here. {_instead(key.text, known)}", key.text)


def _rule(reading: _Reading, named: Scalar | None, targets: Sequence[Target]) -> Rule:
    if not isinstance(reading.whole, Mapping):
        hint = f"Write a rule as keys and values, such as condition: {EXAMPLE}."
        raise _wrong(reading.whole, hint, named.text if named else "")
    values: dict[str, Any] = {"name": named.text} if named else {}
    special: dict[str, tuple[Scalar, Node]] = {}
    for key, node in reading.whole.entries:
        field, read_as = _KEYS.get(key.text, ("", None))
        if not field:
            raise _wrong(key, f"A rule has no such key. {_instead(key.text, _KEYS)}", key.text)
        if field in reading.places:
            before = reading.places[field].text
            raise _wrong(key, f"This says the same as {before}. Keep one of them.", key.text)
        reading.places[field] = key
        if read_as is None:
            special[field] = (key, node)
        else:
            values[field] = _taken(key, node, read_as)
    _add_condition(reading, special, values)
    if "channels" in special:
        values["channels"] = _channels(*special["channels"], targets, reading.notes)
    return Rule(**values)


def _add_condition(
    reading: _Reading, special: dict[str, tuple[Scalar, Node]], values: dict[str, Any]
) -> None:
    if "condition" not in special:
        raise _wrong(reading.whole, f"A rule needs a condition, such as {EXAMPLE}.", "condition")
    key, node = special.pop("condition")
    match node:
        case Mapping():
            for other in special.keys() & {"by", "recovery"}:
                raise _wrong(special[other][0], "Write this within the condition.", other)
            values["condition"] = _structured(reading, key, node)
        case Scalar():
            if "name" not in values and node.text.strip():
                values["name"] = " ".join(node.text.split())[: checks.LONGEST_NAME]
            values["condition"] = _threshold(reading, key, node, special, values)
        case _:
            raise _wrong(key, f"Write one condition, such as {EXAMPLE}.", key.text)
    if "name" not in values:
        raise _wrong(reading.whole, "Give the rule a name.", "name")


_THRESHOLD = re.compile(
    r"([^<>=≤≥]{1,300}?)\s*(>=|<=|≥|≤|>|<)\s*([^<>=]{1,80}?)(?:\s+for\s+([^<>=]+))?"
)
_COMPARATORS: Final[dict[str, Comparator]] = {
    ">": ">", "<": "<", ">=": ">=", "<=": "<=", "≥": ">=", "≤": "<=",
}  # fmt: skip


def _threshold(
    reading: _Reading,
    key: Scalar,
    node: Scalar,
    special: dict[str, tuple[Scalar, Node]],
    values: dict[str, Any],
) -> Threshold:
    """`metric > limit`, where `for 5m` may follow."""
    found = _THRESHOLD.fullmatch(node.text.strip()) if len(node.text) <= 500 else None
    if found is None:
        raise _wrong(
            node, f"Write a condition as metric, comparator and limit, such as {EXAMPLE}.", key.text
        )
    metric, comparator, limit, lasting = found.groups()
    if lasting:
        if "for_" in values:
            other = reading.places["for_"].text
            raise _wrong(node, f"How long is said twice. Leave out {other} or for.", key.text)
        reading.places["for_"] = key
        values["for_"] = _taken(key, Scalar(lasting, node.line), _duration)
    unit = metrics.find(metric).unit
    for field in ("metric", "limit", "comparator"):
        reading.places[field] = key
    return Threshold(
        metric=" ".join(metric.split()),
        comparator=_COMPARATORS[comparator],
        limit=_taken(key, Scalar(limit, node.line), _amount_of(unit)),
        recovery=_taken(*special["recovery"], _amount_of(unit)) if "recovery" in special else None,
        by=_taken(*special["by"], _texts) if "by" in special else (),
    )


def _structured(reading: _Reading, key: Scalar, node: Mapping) -> Condition:
    """A condition whose `type` says what else it has."""
    entries = {name.text: (name, value) for name, value in node.entries}
    if "type" not in entries:
        raise _wrong(node, f"Say its type: {', '.join(TYPES)}.", "type")
    name, value = entries.pop("type")
    word = _taken(name, value, _text)
    if word not in TYPES:
        raise _wrong(name, f"There is no such type. {_instead(word, TYPES)}", "type")
    type_ = TYPES[word]
    known = {field.name.rstrip("_"): field for field in fields(type_)}
    unit = _unit(type_, {k: v.text for k, (_, v) in entries.items() if isinstance(v, Scalar)})
    values = {}
    for text, (place, part) in entries.items():
        if text not in known:
            sentence = f"A condition of type {word} has no such key. {_instead(text, known)}"
            raise _wrong(place, sentence, text)
        reading.places[known[text].name] = place
        read_as = _reader(type_, known[text].name, unit)
        values[known[text].name] = _taken(place, part, read_as)
    for text, field in known.items():
        if field.default is MISSING and text not in entries:
            raise _wrong(key, f"A condition of type {word} needs {text}. Add it.", text)
    return type_(**values)


def _unit(type_: type[Condition], said: dict[str, str]) -> str:
    """The unit of the limits of a condition."""
    if type_ is Budget:
        return "usd" if said.get("measure") == "cost" else "count"
    return metrics.find(said.get("metric", "")).unit if type_ is Threshold else ""


def _reader(type_: type[Condition], field: str, unit: str) -> Callable[[Node], Any]:
    """How a field of a condition is read, told from its type."""
    if field in ("limit", "recovery"):
        return _amount_of(unit)
    hint = hints_of(type_)[field]
    if hint == time | None:
        return _time
    if hint == tuple[float, ...]:
        return _shares
    readers = {timedelta: _duration, int: _whole, float: _amount_of(""), bool: _flag}
    return readers.get(hint, _texts if hint == tuple[str, ...] else _text)


def _channels(
    key: Scalar, node: Node, targets: Sequence[Target], notes: list[str]
) -> tuple[str, ...]:
    """Ids of the channels that actions name; one by its name, or all of a kind."""
    found: list[str] = []
    for action in _taken(key, node, _texts):
        word = action.lower()
        named = [t.id for t in targets if t.name == action] or [
            t.id for t in targets if t.kind == word or t.name.lower() == word
        ]
        if not named and word not in (*get_args(ChannelKind), INBOX):
            known = [*get_args(ChannelKind), INBOX, *(target.name for target in targets)]
            raise _wrong(
                key, f'No channel is called "{action[:80]}". {_instead(word, known)}', key.text
            )
        if not named and word != INBOX:
            notes.append(
                f"There is no channel for {word} yet. Until you add one and choose it in the rule, "
                "only the inbox is told."
            )
        found += named
    return tuple(dict.fromkeys(found))


# readers of one value; each raises AmountError with what to write instead


def _taken(key: Scalar, node: Node, read_as: Callable[[Node], Any]) -> Any:
    try:
        return read_as(node)
    except AmountError as error:
        raise _wrong(node, str(error), key.text) from error


def _text(node: Node) -> str:
    if not isinstance(node, Scalar):
        raise AmountError("Write one text here, not a list or mapping.")
    return "" if node.is_null else node.text


def _duration(node: Node) -> timedelta:
    return amounts.duration(_text(node))


def _amount_of(unit: str) -> Callable[[Node], float]:
    return lambda node: amounts.amount(_text(node), unit)


def _whole(node: Node) -> int:
    text = _text(node)
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise AmountError("Write a whole number, such as 5.")
    return int(text)


def _flag(node: Node) -> bool:
    word = _text(node).lower()
    if word not in ("true", "yes", "on", "false", "no", "off"):
        raise AmountError("Write true or false.")
    return word in ("true", "yes", "on")


def _time(node: Node) -> time | None:
    text = _text(node)
    if not text:
        return None
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = time(tzinfo=None)
        text = ""
    if not text or found.tzinfo:
        raise AmountError("Write a time of day, such as 22:30.")
    return found


def _texts(node: Node) -> tuple[str, ...]:
    match node:
        case Listing():
            return tuple(_text(item) for item in node.items)
        case Scalar(is_null=True):
            return ()
        case Scalar():
            return (node.text,)
    raise AmountError("Write a list here, such as [one, two].")


def _shares(node: Node) -> tuple[float, ...]:
    return tuple(amounts.amount(text, "ratio") for text in _texts(node))


def _labels(node: Node) -> tuple[tuple[str, str], ...]:
    if not isinstance(node, Mapping):
        raise AmountError("Write labels as names and values, such as team: shop.")
    return tuple(sorted((key.text, _text(value)) for key, value in node.entries))


def _no_data(node: Node) -> str:
    word = _text(node)
    return "keep" if word in ("keep last", "keep_last") else word


_KEYS: Final[dict[str, tuple[str, Callable[[Node], Any] | None]]] = {
    "name": ("name", _text),
    "alert": ("name", _text),
    "description": ("description", _text),
    "condition": ("condition", None),
    "by": ("by", None),
    "recovery": ("recovery", None),
    "search": ("search", _text),
    "filter": ("search", _text),
    "severity": ("severity", _text),
    "every": ("every", _duration),
    "interval": ("every", _duration),
    "window": ("window", _duration),
    "duration": ("for_", _duration),
    "for": ("for_", _duration),
    "keep_firing_for": ("keep_firing", _duration),
    "no_data": ("no_data", _no_data),
    "cooldown": ("cooldown", _duration),
    "labels": ("labels", _labels),
    "actions": ("channels", None),
    "channels": ("channels", None),
    "enabled": ("enabled", _flag),
}
"""Keys of a rule, the field each is of, and how it is read; what needs more to be read has none."""

_WRITTEN: Final = {
    field: next(key for key, (of, _) in _KEYS.items() if of == field)
    for field, _ in _KEYS.values()
    if field not in ("by", "recovery")
}
"""Fields of a rule and the key that is written for each."""


def _wrong(node: Node, sentence: str, key: str = "") -> Miswritten:
    return Miswritten(sentence, node.line, key[:80])


def _instead(word: str, known: Iterable[str]) -> str:
    """What may have been meant, or all that there is."""
    words = list(known)
    near = difflib.get_close_matches(word[:80].lower(), words, n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else f"Use one of {', '.join(words[:30])}."


# writing


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # it has no types
    """Writes every text so that it comes back."""


def _quoted(dumper: _Dumper, text: str) -> Any:
    # other line breaks than ours come back as spaces unless they are escaped
    style = '"' if re.search("[\x85\u2028\u2029\ufeff\r]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


def dump(rules: Iterable[Rule], targets: Sequence[Target] = ()) -> str:
    """The rules as YAML that `load` reads as the same rules."""
    names = {target.id: target.name for target in targets}
    said = {"rules": [dict(_said(rule, names)) for rule in rules]}
    how = {"sort_keys": False, "allow_unicode": True, "width": 10_000}
    return str(yaml.dump(said, Dumper=_Dumper, **how))


def _said(rule: Rule, names: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Keys and values of a rule, without what is usual."""
    condition = dict(_condition_said(rule.condition))
    usual = Rule(name="", condition=rule.condition)
    for field, key in _WRITTEN.items():
        value = getattr(rule, field)
        if field == "condition":
            yield from condition.items()
        elif field == "channels":
            if value:
                yield key, [names.get(channel, channel) for channel in value]
        elif field in ("name", "severity") or value != getattr(usual, field):
            yield key, dict(value) if field == "labels" else _plain(value)


def _condition_said(condition: Condition) -> Iterator[tuple[str, Any]]:
    if isinstance(condition, Threshold) and _one_line(condition):
        unit = metrics.find(condition.metric).unit
        limit = amounts.written(condition.limit, unit)
        yield "condition", f"{condition.metric} {condition.comparator} {limit}"
        if condition.by:
            yield "by", list(condition.by)
        if condition.recovery is not None:
            yield "recovery", amounts.written(condition.recovery, unit)
    else:
        yield "condition", {"type": type_of(condition), **dict(_fields_said(condition))}


def _one_line(condition: Threshold) -> bool:
    """Whether a line of metric, comparator and limit is read as the same."""
    metric = condition.metric
    return metric == " ".join(metric.split()) and not re.search(r"[<>=≤≥]", metric) and bool(metric)


def _fields_said(condition: Condition) -> Iterator[tuple[str, Any]]:
    unit = _unit(
        type(condition), {k: str(getattr(condition, k, "")) for k in ("measure", "metric")}
    )
    for field in fields(condition):
        value = getattr(condition, field.name)
        if value == field.default and field.default is not MISSING:
            continue
        if field.name in ("limit", "recovery"):
            value = amounts.written(value, unit)
        elif field.name == "warn_at":
            value = [amounts.written(share, "ratio") for share in value]
        yield field.name.rstrip("_"), _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case timedelta():
            return amounts.said(value)
        case time():
            return value.isoformat("auto")
        case tuple():
            return list(value)
    return value
