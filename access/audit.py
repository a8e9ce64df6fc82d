"""The audit log: who did what. A row is written in the caller's session, so it stands or falls with
the deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from access.clock import utc_now
from records import models


def record(
    session: Session,
    action: str,
    *,
    person: str | None = None,
    org: str | None = None,
    subject: str | None = None,
    details: dict[str, Any] | None = None,
    address: str | None = None,
    at: datetime | None = None,
) -> None:
    """Write one row; `person` is an id, None for the program itself."""
    session.add(
        models.AuditEntry(
            at=at or utc_now(),
            person_id=person,
            org=org,
            action=action,
            subject=subject,
            details=details or {},
            address=address,
        )
    )
