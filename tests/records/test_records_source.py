"""Manifests on both databases: what is lacking, what is whole, what goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select

from access import people
from records import models
from records.store import Records
from telemetry.errors import TooLarge
from telemetry.source import manifests
from telemetry.source.contents import Contents
from telemetry.source.manifests import Entry, Manifest

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def contents(records: Records, tmp_path: Path) -> Contents:
    with records.session() as session:
        for slug in ("acme", "globex"):
            people.create_org(session, slug, slug)
    return Contents(tmp_path / "source")


def manifest(*texts: str, revision: str = "r1", org: str = "acme") -> Manifest:
    entries = (
        Entry(f"{at}.py", sha256(text.encode()).hexdigest(), len(text.encode()))
        for at, text in enumerate(texts)
    )
    return Manifest(org, "pay", revision, tuple(entries))


def take(
    records: Records, contents: Contents, sent: Manifest, now: datetime = NOON, most: int = 1000
) -> int:
    lacking = manifests.take(records, contents, sent, key_id=None, most_bytes=most, now=now)
    return len(lacking)


def rows(records: Records, table: type[models.Base]) -> int:
    with records.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_it_is_whole_when_nothing_is_lacking(records: Records, contents: Contents) -> None:
    sent = manifest("a", "b", "a")
    assert take(records, contents, sent) == 2
    contents.put("acme", b"a")
    assert take(records, contents, sent) == 1
    contents.put("acme", b"b")
    assert take(records, contents, sent) == 0
    assert take(records, contents, sent) == 0
    with records.reading() as session:
        (row,) = session.scalars(select(models.SourceRevision))
    assert (row.complete, row.files, row.bytes, row.uploaded_at) == (True, 3, 3, NOON)


def test_what_broke_off_a_day_ago_is_forgotten(records: Records, contents: Contents) -> None:
    take(records, contents, manifest("never sent", revision="old"))
    take(records, contents, manifest("new", revision="new"), NOON + timedelta(days=2))
    assert rows(records, models.SourceRevision) == 1
    assert rows(records, models.SourceFile) == 1


def test_a_content_stays_while_somebody_names_it(records: Records, contents: Contents) -> None:
    for text in ("shared", "mine"):
        contents.put("acme", text.encode())
    assert take(records, contents, manifest("shared", "mine")) == 0
    assert take(records, contents, manifest("shared", revision="r2")) == 0
    assert take(records, contents, manifest("shared")) == 0
    assert contents.get("acme", sha256(b"shared").hexdigest()) == b"shared"
    assert contents.get("acme", sha256(b"mine").hexdigest()) is None
    assert contents.get("globex", sha256(b"shared").hexdigest()) is None


def test_the_same_content_counts_once_towards_the_limit(
    records: Records, contents: Contents
) -> None:
    take(records, contents, manifest("x" * 400))
    take(records, contents, manifest("x" * 400, "y", revision="r2"))
    with pytest.raises(TooLarge):
        take(records, contents, manifest("z" * 700, revision="r3"))
    assert rows(records, models.SourceRevision) == 2


def test_a_damaged_content_is_not_shown(
    records: Records, contents: Contents, tmp_path: Path
) -> None:
    digest = contents.put("acme", b"good")
    (tmp_path / "source" / "acme" / digest[:2] / digest).write_bytes(b"evil")
    assert contents.get("acme", digest) is None
    assert contents.get("acme", "../../etc/passwd") is None


def test_only_named_contents_are_wanted(records: Records, contents: Contents) -> None:
    take(records, contents, manifest("a"))
    digests = [sha256(text).hexdigest() for text in (b"a", b"b")]
    assert manifests.wanted(records, "acme", digests) == {digests[0]}
    assert manifests.wanted(records, "globex", digests) == set()
