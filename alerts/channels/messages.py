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
_HEADINGS: dict[Kind, str] = {
    "firing": "Firing",
    "resolved": "Resolved",
    "reminder": "Still firing",
    "test": "Test",
}


@dataclass(frozen=True)
class Message:
    """Something to tell. `since` is when the incident began, `at` when this happened in the data.

    `link` is a path of ours; what is sent leads to the address under which people open it.
    """

    kind: Kind
    severity: Severity
    rule: str
    title: str
    text: str
    labels: Labels
    value: float | None
    since: datetime
    at: datetime
    link: str = ""

    @property
    def heading(self) -> str:
        """One line: what happened to what. Never holds a line break."""
        return f"{_HEADINGS[self.kind]} ({self.severity}): {one_line(self.title)}"

    @property
    def payload(self) -> dict[str, Any]:
        """As the outbox keeps it."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "rule": self.rule[:LONGEST_TITLE],
            "title": self.title[:LONGEST_TITLE],
            "text": self.text[:LONGEST_TEXT],
            "labels": [list(label) for label in self.labels],
            "value": self.value,
            "since": self.since.isoformat(),
            "at": self.at.isoformat(),
            "link": self.link,
        }


def message_of(payload: Mapping[str, Any]) -> Message:
    """The message that was kept as `payload`."""
    return Message(
        kind=payload["kind"],
        severity=payload["severity"],
        rule=payload["rule"],
        title=payload["title"],
        text=payload["text"],
        labels=tuple((name, value) for name, value in payload["labels"]),
        value=payload["value"],
        since=datetime.fromisoformat(payload["since"]),
        at=datetime.fromisoformat(payload["at"]),
        link=payload["link"],
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
    """The message's link in full, or "" where nobody said how people open the page."""


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
    if notification.link:
        parts += ["", notification.link]
    return "\n".join(parts)
