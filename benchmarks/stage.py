"""The stage: a data folder with one org, one person who may read it, and its generated spans."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from access.people import add_member, create_org, create_person, find_person_by_email
from access.scope import Scope, scope_for
from benchmarks import lake
from queries import reader
from queries.filters import TimeRange
from records.store import Records
from settings import Settings

ORG = "acme"
PERSON = "bench@acme.example"
END = datetime(2026, 1, 15, 14, tzinfo=UTC)
"""Not midnight: a range of 24 h lies in the folders of two days."""

DAY = TimeRange(END - timedelta(days=1), END)


@dataclass(frozen=True)
class Stage:
    """Where the questions are asked, and as whom."""

    settings: Settings
    scope: Scope

    def cool(self) -> None:
        """Forget what was read: a new reader, and the table's files out of the system's cache."""
        for path in self.settings.lake_dir.rglob("*.parquet"):
            drop_from_cache(path)
        reader.connect(self.settings)


def raised(folder: Path, spans: int) -> Stage:
    """The stage with `spans` spans in `folder`, made when it is not there from an earlier run."""
    home = folder / f"{spans}-spans-{lake.digest()}"
    settings = settings_for(home)
    complete = home / "complete"
    home.mkdir(parents=True, exist_ok=True)
    records = Records(settings.records_database)
    try:
        if not complete.exists():
            settle(records)
            lake.build(settings.lake_dir, ORG, spans, END)
            complete.touch()
        scope = scope_for(find_person_by_email(records, PERSON), ORG)
    finally:
        records.close()
    reader.connect(settings)
    return Stage(settings, scope)


def settings_for(home: Path, port: int = 8050) -> Settings:
    """Settings as delivered, whatever the environment says, but for the folder and the port."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    chosen = {"data_dir": home, "port": port, "demo": "off"}
    return Settings.model_construct(**(defaults | chosen))


def settle(records: Records) -> None:
    """The org and its member."""
    records.migrate()
    with records.session() as session:
        create_org(session, ORG, ORG.capitalize())
        add_member(session, create_person(session, PERSON, "Bench"), ORG, "member")


def drop_from_cache(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)
