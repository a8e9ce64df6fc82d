"""The store: the one door to the records. A session commits when its block ends well."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import (
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,  # noqa: A004 - the pool's, not the builtin
)
from sqlalchemy.orm import Session, sessionmaker

from records.engine import engine_for
from records.errors import RecordsError
from records.models import Org

__all__ = ["Records", "RecordsError"]

MIGRATIONS = Path(__file__).parent / "migrations"
UNREACHABLE = (OperationalError, InterfaceError, InternalError, TimeoutError)

# Any number: it only has to be the same in every process that migrates.
MIGRATION_LOCK = 7_263_114

log = logging.getLogger(__name__)


class Records:
    """The records database behind one URL; safe to share between threads."""

    engine: Engine

    def __init__(self, url: str) -> None:
        self.engine = engine_for(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(
            self.engine.execution_options(reading=True, postgresql_readonly=True)
        )

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits when the block ends well and rolls back when it raises."""
        try:
            with self._sessions.begin() as session:
                yield session
        except UNREACHABLE as error:
            raise self._unreachable(error) from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions only: on SQLite it waits for nobody's turn to write."""
        try:
            with self._readers() as session:
                yield session
        except UNREACHABLE as error:
            raise self._unreachable(error) from error

    def migrate(self) -> None:
        """Bring the tables to the newest form. Several processes may ask at once."""
        try:
            with self.engine.begin() as connection:
                _take_migration_lock(connection)
                command.upgrade(alembic_config(connection), "head")
        except SQLAlchemyError as error:
            raise self._unreachable(error) from error

    def trouble(self) -> str | None:
        """Why the records cannot be read and written right now; None when they can."""
        try:
            with self.engine.connect() as connection:
                _refuse_read_only(connection)
                connection.execute(select(Org.slug).limit(1))
        except RecordsError as error:
            return str(error)
        except SQLAlchemyError as error:
            return str(self._unreachable(error))
        return None

    def reachable(self) -> bool:
        """Whether the records can be read and written right now."""
        return self.trouble() is None

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()

    def _unreachable(self, error: SQLAlchemyError) -> RecordsError:
        log.warning("records: %s", error)
        where = self.engine.url.render_as_string(hide_password=True)
        return RecordsError(
            f"The records database {where} cannot be used: {_cause(error)}. "
            "Check that it is running, reachable and writable."
        )


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration in code, working on a connection that is already open."""
    config = Config()
    # Alembic interpolates options, so a percent sign in the path is doubled.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _take_migration_lock(connection: Connection) -> None:
    """Hold other migrations back; on SQLite the transaction itself does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def _refuse_read_only(connection: Connection) -> None:
    """Raise when nothing can be written; on SQLite the transaction itself could not begin."""
    postgresql = connection.dialect.name == "postgresql"
    if postgresql and connection.scalar(text("show transaction_read_only")) == "on":
        raise RecordsError("The records database is read only at the moment.")


def _cause(error: SQLAlchemyError) -> str:
    """The first line of what the database itself said."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__
