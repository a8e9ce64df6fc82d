"""The store: sessions that commit or roll back, plain sentences, both databases."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from records import engine, models
from records.store import Records, RecordsError

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def org(slug: str = "acme", **more: object) -> models.Org:
    return models.Org(
        **{"slug": slug, "name": "Acme", "plan": "free", "settings": {}, "created_at": NOON} | more
    )


def person(email: str, person_id: str = "p1") -> models.Person:
    return models.Person(id=person_id, email=email, name="Alice", created_at=NOON)


def add_and_fail(records: Records) -> None:
    with records.session() as session:
        with session.begin_nested():
            session.add(org())
        raise RuntimeError


def count_orgs(session: Session) -> int | None:
    return session.scalar(select(func.count()).select_from(models.Org))


def test_a_session_commits_when_its_block_ends_well(records: Records) -> None:
    with records.session() as session:
        session.add(org(settings={"retention": 30, "name": "Ünï"}))
    with records.reading() as session:
        assert session.get_one(models.Org, "acme").settings == {"retention": 30, "name": "Ünï"}


def test_a_session_keeps_nothing_when_its_block_raises(records: Records) -> None:
    with pytest.raises(RuntimeError):
        add_and_fail(records)
    with records.reading() as session:
        assert count_orgs(session) == 0


def test_a_savepoint_that_fails_leaves_the_rest_standing(records: Records) -> None:
    with records.session() as session:
        session.add(org())
        session.flush()
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(person("Alice@Acme.example"))
    with records.reading() as session:
        assert count_orgs(session) == 1


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_a_time_comes_back_as_the_same_moment_in_utc(records: Records, zone: timezone) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=zone)
    with records.session() as session:
        session.add(org(created_at=moment))
    with records.reading() as session:
        found = session.scalars(select(models.Org.created_at)).one()
        assert found == moment
        assert found.tzinfo is UTC
        later = models.Org.created_at > moment - timedelta(seconds=1)
        assert session.scalars(select(models.Org.slug).where(later)).one() == "acme"


def test_a_time_without_a_zone_is_refused(records: Records) -> None:
    naive = datetime(2026, 3, 1, 12, 0)
    with pytest.raises(StatementError, match="without a zone"), records.session() as session:
        session.add(org(created_at=naive))


def test_an_email_is_unique_in_any_case(records: Records) -> None:
    with records.session() as session:
        session.add(person("alice@acme.example"))
    for again in ("alice@acme.example", "Alice@acme.example"):
        with pytest.raises(IntegrityError), records.session() as session:
            session.add(person(again, "p2"))


def test_a_plan_nobody_sells_is_refused(records: Records) -> None:
    with (
        pytest.raises((IntegrityError, StatementError)),
        records.session() as session,
    ):
        session.add(org(plan="gold"))


def test_a_key_of_an_org_that_does_not_exist_is_refused(records: Records) -> None:
    key = models.IngestKey(
        id="0" * 12, org="nowhere", name="k", prefix="obs_", key_hash="h", created_at=NOON
    )
    with pytest.raises(IntegrityError), records.session() as session:
        session.add(key)


def test_audit_rows_outlive_what_they_name(records: Records) -> None:
    with records.session() as session:
        session.add(org())
        session.add(models.AuditEntry(at=NOON, org="acme", action="org.created", details={"a": 1}))
    with records.session() as session:
        session.delete(session.get_one(models.Org, "acme"))
    with records.reading() as session:
        row = session.scalars(select(models.AuditEntry)).one()
        assert (row.org, row.details) == ("acme", {"a": 1})


def test_writers_at_once_wait_for_each_other(records: Records) -> None:
    with records.session() as session:
        session.add(org(settings={"n": 0}))

    def add_one(_: int) -> None:
        for _ in range(5):
            with records.session() as session:
                row = session.get_one(models.Org, "acme", with_for_update=True)
                row.settings = {"n": row.settings["n"] + 1}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(8)))
    with records.reading() as session:
        assert session.get_one(models.Org, "acme").settings == {"n": 40}


def test_a_reader_is_not_held_up_by_a_writer(records: Records) -> None:
    with records.session() as writer:
        writer.add(org())
        writer.flush()
        with records.reading() as reader:
            assert count_orgs(reader) == 0


def test_what_a_reading_session_writes_is_not_kept(records: Records) -> None:
    with records.reading() as session:
        session.add(org())
    with records.reading() as session:
        assert count_orgs(session) == 0


def test_it_is_reachable_when_it_can_be_read_and_written(records: Records) -> None:
    assert records.trouble() is None
    assert records.reachable()


def test_it_is_not_reachable_before_its_tables_are_made(empty_records: Records) -> None:
    assert not empty_records.reachable()
    assert "cannot be used" in (empty_records.trouble() or "")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "malformed"),
        ("records.sqlite", "malformed"),
        ("postgresql+psycopg://user:s3cret@host:notaport/x", "malformed"),
        ("mysql://user:s3cret@host/x", "only in SQLite or PostgreSQL"),
        ("postgresql+asyncpg://user:s3cret@host/x", "only in SQLite or PostgreSQL"),
        ("sqlite://", "a file of their own"),
        ("sqlite:///:memory:", "a file of their own"),
    ],
)
def test_a_url_it_cannot_use_is_one_plain_sentence(url: str, sentence: str) -> None:
    with pytest.raises(RecordsError, match=sentence) as refused:
        Records(url)
    assert "s3cret" not in str(refused.value)


def test_a_server_that_is_not_there_is_one_plain_sentence_without_the_password() -> None:
    records = Records("postgresql://alice:s3cret@127.0.0.1:1/observatory")
    with pytest.raises(RecordsError, match="cannot be used") as refused:
        records.migrate()
    with pytest.raises(RecordsError), records.session() as session:
        count_orgs(session)
    assert "s3cret" not in str(refused.value)
    assert not records.reachable()
    records.close()


def test_a_folder_that_cannot_be_made_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(RecordsError, match="cannot be made"):
        Records(f"sqlite:///{tmp_path / 'file' / 'records.sqlite'}")


def test_a_file_that_is_no_database_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_text("this is no database at all" * 100)
    records = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    with pytest.raises(RecordsError, match="not a database"):
        records.migrate()
    records.close()


def test_a_database_held_by_somebody_else_is_in_trouble_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 50)
    path = tmp_path / "records.sqlite"
    records = Records(f"sqlite:///{path}")
    records.migrate()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin immediate")
    with pytest.raises(RecordsError, match="locked"), records.session() as session:
        session.add(org())
    assert "locked" in (records.trouble() or "")
    holder.execute("rollback")
    holder.close()
    assert records.reachable()
    records.close()


def test_a_journal_that_can_lose_data_is_not_used() -> None:
    assert engine.journal_mode((3, 40, 1)) == "truncate"
    assert engine.journal_mode((3, 51, 3)) == "wal"


def test_sqlite_is_opened_with_foreign_keys_and_patience(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'new' / 'records.sqlite'}")
    records.migrate()
    with records.engine.connect() as connection:
        ask = {
            pragma: connection.exec_driver_sql(f"pragma {pragma}").scalar()
            for pragma in ("foreign_keys", "busy_timeout", "journal_mode")
        }
    wanted = engine.journal_mode(sqlite3.sqlite_version_info)
    assert ask == {"foreign_keys": 1, "busy_timeout": 5000, "journal_mode": wanted}
    records.close()


def test_threads_share_one_store(records: Records) -> None:
    met = threading.Barrier(6)

    def look() -> int | None:
        met.wait()
        with records.reading() as session:
            return count_orgs(session)

    with ThreadPoolExecutor(6) as pool:
        assert [f.result() for f in [pool.submit(look) for _ in range(6)]] == [0] * 6
