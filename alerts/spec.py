"""Spec: a rule as the JSON that the records keep, and back to the same rule."""

from __future__ import annotations

from dataclasses import fields
from datetime import time, timedelta
from typing import Any, Final, get_origin, get_type_hints

from alerts.rules import TYPES, Condition, Rule, type_of

OWN_COLUMNS: Final = {"id", "org", "name", "enabled", "revision"}
"""Fields of a rule that are no part of its spec."""


def spec_of(rule: Rule) -> dict[str, Any]:
    """All of a rule that has no column of its own."""
    spec = {k: v for k, v in values_of(rule).items() if k not in OWN_COLUMNS}
    return {**spec, "condition": condition_spec(rule.condition)}


def condition_spec(condition: Condition) -> dict[str, Any]:
    return {"type": type_of(condition), **values_of(condition)}


def rule_of(spec: dict[str, Any], **own: Any) -> Rule:
    """The rule that a spec and the columns beside it say."""
    condition = {k: v for k, v in spec["condition"].items() if k != "type"}
    type_ = TYPES[spec["condition"]["type"]]
    rest = {k: v for k, v in spec.items() if k != "condition"}
    return Rule(condition=type_(**_read(type_, condition)), **_read(Rule, rest), **own)


def values_of(thing: Rule | Condition) -> dict[str, Any]:
    """Each field as JSON keeps it."""
    return {field.name: _kept(getattr(thing, field.name)) for field in fields(thing)}


def _kept(value: Any) -> Any:
    match value:
        case timedelta():
            return value.total_seconds()
        case time():
            return value.isoformat("auto")
        case tuple():
            return [_kept(each) for each in value]
    return value


def _read(type_: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    # what an older form kept and this one does not know is left out
    hints = hints_of(type_)
    return {name: _as(hints[name], value) for name, value in values.items() if name in hints}


def hints_of(type_: type[Any]) -> dict[str, Any]:
    """The type of each field."""
    return _HINTS[type_]


_HINTS: Final = {type_: get_type_hints(type_) for type_ in (Rule, *TYPES.values())}


def _as(hint: Any, value: Any) -> Any:
    if hint is timedelta:
        return timedelta(seconds=value)
    if hint == time | None:
        return None if value is None else time.fromisoformat(value)
    if get_origin(hint) is tuple:
        return tuple(tuple(each) if isinstance(each, list) else each for each in value)
    return value
