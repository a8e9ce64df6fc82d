"""Manifests: which files a revision of a service consists of. A revision counts once it is whole.

The one idea: a manifest is sent, answered with what is lacking, and sent again until nothing is;
so an upload that broke off goes on where it was, and one that is repeated changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from records import models
from records.store import Records
from telemetry.errors import TooLarge
from telemetry.source.contents import Contents

PENDING_FOR: Final = timedelta(days=1)
"""How long an upload that broke off is remembered."""

MOST_REVISIONS: Final = 200
"""Revisions kept of one service; the oldest go first."""

AT_ONCE: Final = 500
"""Values in one statement; SQLite takes a limited number."""


@dataclass(frozen=True)
class Entry:
    """A file as a manifest names it."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The files of one revision of a service."""

    org: str
    service: str
    revision: str
    entries: tuple[Entry, ...]

    @property
    def bytes(self) -> int:
        return sum(entry.size for entry in self.entries)

    @property
    def digest(self) -> str:
        """Names the set of files, in whatever order they came."""
        lines = sorted(f"{entry.sha256} {entry.path}\n" for entry in self.entries)
        return sha256("".join(lines).encode()).hexdigest()


def take(
    records: Records,
    contents: Contents,
    manifest: Manifest,
    *,
    key_id: str | None,
    most_bytes: int,
    now: datetime,
) -> list[str]:
    """Note a manifest; returns the hashes whose contents are lacking. None lacking: it is whole.

    Raises TooLarge when the org's source would outgrow `most_bytes`.
    """
    unnamed: set[str] = set()
    with records.session() as session:
        row = _row(session, manifest)
        if row is None:
            unnamed |= _forget_broken(session, manifest.org, now)
            _refuse_outgrowing(session, manifest, most_bytes)
            row = _added(session, manifest, key_id, now)
        lacking = contents.lacking(manifest.org, ((e.sha256, e.size) for e in manifest.entries))
        if not lacking and not row.complete:
            unnamed |= _complete(session, row, now)
    # after the commit: a file that is gone too early is worse than one that stays too long
    contents.drop(manifest.org, unnamed)
    return lacking


def wanted(records: Records, org: str, digests: Sequence[str]) -> set[str]:
    """Those hashes that a manifest of the org names."""
    file = models.SourceFile
    found: set[str] = set()
    with records.reading() as session:
        for some in _portions(digests):
            named = select(file.sha256).where(file.org == org, file.sha256.in_(some))
            found.update(session.scalars(named))
    return found


def _row(session: Session, manifest: Manifest) -> models.SourceRevision | None:
    row = models.SourceRevision
    return session.scalar(
        select(row).where(
            row.org == manifest.org,
            row.service == manifest.service,
            row.revision == manifest.revision,
            row.digest == manifest.digest,
        )
    )


def _added(
    session: Session, manifest: Manifest, key_id: str | None, now: datetime
) -> models.SourceRevision:
    row = models.SourceRevision(
        id=uuid4().hex,
        org=manifest.org,
        service=manifest.service,
        revision=manifest.revision,
        digest=manifest.digest,
        uploaded_at=now,
        key_id=key_id,
        files=len(manifest.entries),
        bytes=manifest.bytes,
        complete=False,
    )
    session.add(row)
    session.flush()
    session.execute(
        insert(models.SourceFile),
        [
            {
                "id": uuid4().hex,
                "revision_id": row.id,
                "org": manifest.org,
                "path": entry.path,
                "sha256": entry.sha256,
                "size": entry.size,
            }
            for entry in manifest.entries
        ],
    )
    return row


def _refuse_outgrowing(session: Session, manifest: Manifest, most_bytes: int) -> None:
    file = models.SourceFile
    each = (
        select(func.max(file.size).label("size"))
        .where(file.org == manifest.org)
        .group_by(file.sha256)
        .subquery()
    )
    held = session.scalar(select(func.coalesce(func.sum(each.c.size), 0))) or 0
    if held + manifest.bytes > most_bytes:
        raise TooLarge(
            f"The source of this organisation would be larger than {most_bytes:,} bytes. "
            "Send fewer files, or ask the operator to raise OBSERVATORY_SOURCE_MAX_BYTES."
        )


def _complete(session: Session, row: models.SourceRevision, now: datetime) -> set[str]:
    """The revision counts from now on, in place of what was sent under its name before.

    Returns the hashes that nobody names any more, as the two below do.
    """
    row.complete = True
    row.uploaded_at = now
    session.flush()
    table = models.SourceRevision
    same = (table.org == row.org, table.service == row.service, table.id != row.id)
    replaced = list(session.scalars(select(table.id).where(*same, table.revision == row.revision)))
    newest = (
        select(table.id)
        .where(*same, table.revision != row.revision, table.complete)
        .order_by(table.uploaded_at.desc())
        .offset(MOST_REVISIONS - 1)
    )
    return _drop(session, row.org, [*replaced, *session.scalars(newest)])


def _forget_broken(session: Session, org: str, now: datetime) -> set[str]:
    table = models.SourceRevision
    old = select(table.id).where(
        table.org == org, table.complete.is_(False), table.uploaded_at < now - PENDING_FOR
    )
    return _drop(session, org, list(session.scalars(old)))


def _drop(session: Session, org: str, ids: Sequence[str]) -> set[str]:
    if not ids:
        return set()
    file = models.SourceFile
    of_these = set(session.scalars(select(file.sha256).where(file.revision_id.in_(ids))))
    session.execute(delete(file).where(file.revision_id.in_(ids)))
    session.execute(delete(models.SourceRevision).where(models.SourceRevision.id.in_(ids)))
    still: set[str] = set()
    for some in _portions(sorted(of_these)):
        named = select(file.sha256).where(file.org == org, file.sha256.in_(some))
        still.update(session.scalars(named))
    return of_these - still


def _portions(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + AT_ONCE] for at in range(0, len(values), AT_ONCE))
