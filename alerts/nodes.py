"""Nodes: a YAML text as texts, lists and mappings that know their lines, and nothing else of YAML.

The one idea: no value is guessed. Every scalar stays the text it was written as, so that `no`, `0`
and `1:30` are no surprise. Anchors, aliases and tags are refused before anything is built of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from alerts.errors import Miswritten

LONGEST: Final = 500_000
DEEPEST: Final = 8
MOST: Final = 50_000
"""Nodes in one text."""

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """A text. `plain` when it was written without quotes."""

    text: str
    line: int
    plain: bool = False

    @property
    def is_null(self) -> bool:
        return self.plain and self.text.lower() in ("", "~", "null")


@dataclass(frozen=True)
class Listing:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Mapping:
    """Keys in their order; none is there twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int


Node = Scalar | Listing | Mapping


def read(text: str) -> Node:
    """The one document of a text. Raises Miswritten."""
    if len(text) > LONGEST:
        raise Miswritten(f"The text is longer than {LONGEST:,} characters. Split it.", 1)
    try:
        events = _events(text)
        first = next(events, None)
        if first is None:
            raise Miswritten("There is nothing here. Paste rules, or choose another file.", 1)
        node = _node(first, events, 1)
        rest = next(events, None)
    except yaml.MarkedYAMLError as error:
        raise _broken(error, text) from error
    except yaml.YAMLError as error:
        raise Miswritten(
            "A character here cannot be in YAML. Save the text as UTF-8.", 1
        ) from error
    if rest is not None:
        raise Miswritten("A second document begins here. Keep one, without ---.", _line(rest))
    return node


def _events(text: str) -> Iterator[Event]:
    """Events of nodes, each looked at before anything is built of it."""
    frame = (StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent)
    for n, event in enumerate(yaml.parse(text, Loader=LOADER)):
        if n > MOST:
            raise Miswritten(f"The text has more than {MOST:,} parts. Split it.", _line(event))
        if isinstance(event, frame):
            continue
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise Miswritten(
                "Anchors and aliases (& and *) are not taken. Write each value out.", _line(event)
            )
        if getattr(event, "tag", None) not in (None, "!"):
            raise Miswritten("Tags (!) are not taken. Leave it out.", _line(event))
        yield event


def _node(event: Event, events: Iterator[Event], depth: int) -> Node:
    if depth > DEEPEST:
        raise Miswritten(f"This lies deeper than {DEEPEST} levels. Write it flatter.", _line(event))
    match event:
        case ScalarEvent():
            return Scalar(event.value, _line(event), event.style is None)
        case SequenceStartEvent():
            return Listing(tuple(_items(events, SequenceEndEvent, depth)), _line(event))
        case MappingStartEvent():
            return _mapping(event, events, depth)
    raise Miswritten("This is not YAML that rules are written in.", _line(event))


def _items(events: Iterator[Event], end: type[Any], depth: int) -> Iterator[Node]:
    for event in events:
        if isinstance(event, end):
            return
        yield _node(event, events, depth + 1)


def _mapping(event: Event, events: Iterator[Event], depth: int) -> Mapping:
    parts = iter(_items(events, MappingEndEvent, depth))
    entries: dict[str, tuple[Scalar, Node]] = {}
    for key in parts:
        value = next(parts)
        if not isinstance(key, Scalar):
            raise Miswritten("A key is a text, not a list or mapping.", key.line)
        if key.text in entries:
            raise Miswritten("This key is there twice. Keep one.", key.line, key.text[:80])
        entries[key.text] = (key, value)
    return Mapping(tuple(entries.values()), _line(event))


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 1


def _broken(error: yaml.MarkedYAMLError, text: str) -> Miswritten:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context or "it cannot be read").split())[:120]
    # what is missing at the end is missing in the last line
    line = min(mark.line, text.count("\n")) + 1 if mark else 1
    return Miswritten(f"This is not YAML: {problem}. Check indentation and quotes.", line)
