"""Choices: which values of a facet a search includes or leaves out, and the search after a click.

The one idea: a facet's own terms are those that compare its field or ask whether it exists; all
values that are included stand in one term (`service=a,b`), because they are alternatives.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from queries import search
from queries.expression import Compare, Exists, Expression, Not, Value
from queries.grammar import parse
from queries.search import Term
from queries.written import duration


class Mark(StrEnum):
    """What a search says about one value of a facet."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    FREE = ""


def own(text: str, key: str) -> list[int]:
    """Which terms of the search are about this field and nothing else."""
    return [i for i, term in enumerate(search.terms(text)) if _is_own(term, key)]


def without(text: str, key: str) -> str:
    """The search without any demand on this field."""
    dropped = set(own(text, key))
    return " ".join(term.text for i, term in enumerate(search.terms(text)) if i not in dropped)


def named(text: str, key: str) -> list[str | None]:
    """The values of the field that the search names, None being the lack of any."""
    found: dict[str | None, None] = {}
    for index in own(text, key):
        inner = _inner(search.terms(text)[index])
        if isinstance(inner, Exists):
            found[None] = None
        elif isinstance(inner, Compare) and inner.operator in ("=", ":"):
            found |= {
                v.text: None for v in inner.values if inner.operator == "=" or not v.is_pattern
            }
    return list(found)


def mark(text: str, key: str, value: str | None) -> Mark:
    """What the search says about `value`, None being the lack of one."""
    for index in own(text, key):
        term = search.terms(text)[index]
        if _names(term, value):
            return Mark.EXCLUDED if _leaves_out(term) else Mark.INCLUDED
    return Mark.FREE


def include(text: str, key: str, value: str | None) -> str:
    """The search that also finds `value`; one that named it already is free of it again."""
    if mark(text, key, value) is not Mark.FREE:
        return _free(text, key, value)
    for index in own(text, key):
        term = search.terms(text)[index]
        if _leaves_out(term):
            continue
        if value is not None and _is_plain(term):
            more = search.term(key, value).split("=", 1)[1]
            return search.replaced(text, index, _written(term, [*_texts(term), more]))
        # a value and the lack of any are no alternatives that one term could hold
        return search.replaced(text, index, search.term(key, value))
    return search.with_term(text, search.term(key, value))


def exclude(text: str, key: str, value: str | None) -> str:
    """The search that leaves `value` out; one that did so already is free of it again."""
    free = _free(text, key, value)
    if mark(text, key, value) is Mark.EXCLUDED:
        return free
    return search.with_term(free, search.term(key, value, exclude=True))


def only(text: str, key: str, value: str | None) -> str:
    """The search whose only demand on the field is this value."""
    return search.with_term(without(text, key), search.term(key, value))


def _free(text: str, key: str, value: str | None) -> str:
    """The search that says nothing about `value`."""
    theirs = set(own(text, key))
    parts = [
        _less(term, value) if i in theirs and _names(term, value) else term.text
        for i, term in enumerate(search.terms(text))
    ]
    return " ".join(part for part in parts if part)


def _less(term: Term, value: str | None) -> str:
    """The term without one of its values; empty when that was all it said."""
    inner = _inner(term)
    if not isinstance(inner, Compare):
        return ""
    kept = [
        written
        for each, written in zip(inner.values, _texts(term), strict=True)
        if not _is(inner, each, value)
    ]
    return _written(term, kept) if kept else ""


def _written(term: Term, values: list[str]) -> str:
    inner = _inner(term)
    assert isinstance(inner, Compare)  # noqa: S101 - only these have values
    return f"{'-' if term.negated else ''}{inner.field.key}{inner.operator}{','.join(values)}"


def _texts(term: Term) -> list[str]:
    """The values of a comparison, each as it was written."""
    inner = _inner(term)
    values = inner.values if isinstance(inner, Compare) else ()
    return [term.text[value.start : value.end] for value in values]


def _inner(term: Term) -> Expression:
    found = parse(term.text)
    return found.part if isinstance(found, Not) else found


def _is_own(term: Term, key: str) -> bool:
    inner = _inner(term)
    if isinstance(inner, Exists):
        return [field.key for field in inner.fields] == [key]
    return isinstance(inner, Compare) and inner.field.key == key


def _is_plain(term: Term) -> bool:
    """Whether the term lists values, to which one can be added."""
    inner = _inner(term)
    return isinstance(inner, Compare) and inner.operator in ("=", ":")


def _leaves_out(term: Term) -> bool:
    """Whether the values that a term names are those it does not find."""
    return term.negated != isinstance(_inner(term), Exists)


def _names(term: Term, value: str | None) -> bool:
    inner = _inner(term)
    if isinstance(inner, Exists):
        return value is None
    return isinstance(inner, Compare) and any(_is(inner, each, value) for each in inner.values)


def _is(comparison: Compare, named: Value, value: str | None) -> bool:
    """Whether a value of the term is this very value; `:` does not mind the case."""
    if value is None or comparison.operator not in ("=", ":"):
        return False
    if comparison.operator == "=":
        return named.text == value
    return not named.is_pattern and named.text.lower() == value.lower()


def lasting(text: str, least: int | None, under: int | None) -> str:
    """The search for durations (ns) from `least` to just under `under`, None being no limit.

    Limits that say less than the new ones give way to them.
    """
    kept = [
        term.text for term in search.terms(text) if not _is_looser(_inner(term), term, least, under)
    ]
    added = [
        f"duration{operator}{written_duration(ns)}"
        for operator, ns in ((">=", least), ("<", under))
        if ns is not None
    ]
    found = " ".join(kept)
    for each in added:
        found = search.with_term(found, each)
    return found


def _is_looser(inner: Expression, term: Term, least: int | None, under: int | None) -> bool:
    if term.negated or not isinstance(inner, Compare) or inner.field.key != "duration":
        return False
    if inner.operator == ">=" and least is not None:
        return duration(inner.values[0], "duration") <= least
    if inner.operator == "<" and under is not None:
        return duration(inner.values[0], "duration") >= under
    return False


def written_duration(ns: int) -> str:
    """A duration as the search language writes it, exact."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if ns >= size and ns * 1000 % size == 0:
            return f"{Decimal(ns) / size:f}{unit}"
    return f"{ns}ns"
