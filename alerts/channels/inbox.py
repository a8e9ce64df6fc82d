"""The inbox in the page. It needs no sending: a notice is a row, written with what it tells of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from alerts.channels.messages import Message, lines, one_line
from records import alerts as tables


def post(
    session: Session,
    *,
    org: str,
    rule_id: str | None,
    incident_id: str | None,
    message: Message,
    now: datetime,
) -> None:
    """Put a notice into the inbox of `org`; it stands or falls with the caller's session."""
    session.add(
        tables.AlertInbox(
            org=org,
            rule_id=rule_id,
            incident_id=incident_id,
            at=now,
            severity=message.severity,
            title=one_line(message.heading),
            text=lines(message.text),
            link=message.link,
        )
    )
