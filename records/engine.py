"""Engines: from the URL of the records to a SQLAlchemy engine with our ways of opening it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from records.errors import RecordsError

EXAMPLES = "sqlite:///folder/records.sqlite or postgresql+psycopg://user:password@host/name"
BUSY_MS = 5_000
CONNECT_SECONDS = 5
POOL_SIZE = 16

# Older libraries can corrupt a write-ahead log when two connections commit and checkpoint at the
# same instant.
FIRST_SOUND_WAL = (3, 51, 3)


def engine_for(url: str) -> Engine:
    """An engine for `url`; nothing is opened yet. Raises RecordsError for a URL we cannot use."""
    parsed = parse(url)
    return sqlite(parsed) if parsed.get_backend_name() == "sqlite" else postgresql(parsed)


def parse(url: str) -> URL:
    """The parts of `url`. The message never repeats it: it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise RecordsError(
            f"The URL of the records database is malformed. Write it like {EXAMPLES}."
        ) from error
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return parsed
    if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise RecordsError(
        f"The records cannot be kept in {parsed.drivername!r}, only in SQLite or PostgreSQL. "
        f"Write the URL like {EXAMPLES}."
    )


def sqlite(url: URL) -> Engine:
    """SQLite in a file; its folder is made when it is missing."""
    if not url.database or url.database == ":memory:":
        raise RecordsError(f"The records need a file of their own. Write the URL like {EXAMPLES}.")
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordsError(
            f"The folder {folder} for the records cannot be made: {error.strerror}."
        ) from error
    engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=POOL_SIZE, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def postgresql(url: URL) -> Engine:
    """PostgreSQL through psycopg; a connection the server has dropped is replaced unnoticed."""
    return create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"},
    )


def journal_mode(version: tuple[int, ...]) -> str:
    """The journal SQLite of this version can be trusted with under several threads."""
    return "wal" if version >= FIRST_SOUND_WAL else "truncate"


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin only before a write, and commit with the outermost savepoint.
    connection.isolation_level = None
    connection.execute(f"pragma busy_timeout = {BUSY_MS}")
    connection.execute(f"pragma journal_mode = {journal_mode(sqlite3.sqlite_version_info)}")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma synchronous = full")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another has written in
    # between; one that asks for its turn at the start waits for it.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("begin" if reading else "begin immediate")
