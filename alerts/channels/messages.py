"""Messages: what a notification says, the same for every channel; each channel dresses it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from alerts.secrets import Secret

Kind = Literal["firing", "resolved", "reminder", "test"]
Severity = Literal["info", "warning", "critical"]
Labels = tuple[tuple[str, str], ...]

LONGEST_TITLE = 200
LONGEST_TEXT = 4_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True)
class Message:
    """Something to tell. `since` is when the incident began, `at` when this happened."""

    kind: Kind
    severity: Severity
    rule: str
    title: str
    text: str
    labels: Labels
    value: float | None
    since: datetime
    at: datetime
    description: str = ""

    @property
    def heading(self) -> str:
        """One line: what happened to what. Never holds a line break."""
        return one_line(f"[{self.severity}] {self.title}")


def message_of(payload: Mapping[str, Any]) -> Message:
    """The message that an evaluation put into the outbox."""
    return Message(
        kind=payload["kind"],
        severity=payload["severity"],
        rule=payload["rule"],
        title=payload["title"],
        text=payload["text"],
        labels=tuple(sorted((name, str(value)) for name, value in payload["labels"].items())),
        value=payload["value"],
        since=datetime.fromisoformat(payload["began_at"]),
        at=datetime.fromisoformat(payload["at"]),
        description=payload.get("description") or "",
    )


@dataclass(frozen=True)
class Channel:
    """A way to tell somebody, opened: with its secret, for whoever sends and nobody else."""

    id: str
    org: str
    kind: str
    name: str
    config: Mapping[str, Any]
    secret: Secret = field(repr=False)


@dataclass(frozen=True)
class Notification:
    """A message on its way. `id` stays the same however often it is sent."""

    id: str
    org: str
    incident: str
    message: Message
    link: str
    """Where to look at it in the page, or "" where nobody said how people open the page."""


def one_line(text: str) -> str:
    """Hostile text as one line of plain characters."""
    return " ".join(_CONTROL.sub(" ", text).split())[:LONGEST_TITLE]


def lines(text: str) -> str:
    """Hostile text with its line breaks, and no other control characters."""
    return _CONTROL.sub(" ", text)[:LONGEST_TEXT]


def plain(notification: Notification) -> str:
    """The body for people, in plain text."""
    said = notification.message
    parts = [
        lines(said.text),
        "",
        f"Rule: {one_line(said.rule)}",
        f"Since: {said.since:%Y-%m-%d %H:%M:%S} UTC",
        *(f"{one_line(name)}: {one_line(value)}" for name, value in said.labels),
    ]
    if said.description:
        parts += ["", lines(said.description)]
    if notification.link:
        parts += ["", notification.link]
    return "\n".join(parts)
