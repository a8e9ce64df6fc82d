"""Both databases of the records: SQLite in a folder, and a throw-away PostgreSQL server."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from records.store import Records

names = count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The folder of a PostgreSQL server's socket; the server lives as long as the tests."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed (Debian: apt-get install postgresql)")
    user = unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        start(programs, folder, user)
        yield str(folder)
        run([programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], folder, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """An empty database of its own on the server."""
    name = f"records_{next(names)}"
    admin = create_engine(
        f"postgresql+psycopg://postgres@/postgres?host={postgresql_server}",
        isolation_level="AUTOCOMMIT",
    )
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    admin.dispose()
    return f"postgresql+psycopg://postgres@/{name}?host={postgresql_server}"


@pytest.fixture(params=["sqlite", "postgresql"])
def records_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def empty_records(records_url: str) -> Iterator[Records]:
    """Records whose tables are not made yet."""
    records = Records(records_url)
    yield records
    records.close()


@pytest.fixture
def records(empty_records: Records) -> Records:
    empty_records.migrate()
    return empty_records


def find_programs() -> Path | None:
    """The folder of the newest PostgreSQL server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version_of, reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def version_of(initdb: Path) -> float:
    version = initdb.parent.parent.name
    return float(version) if version.replace(".", "", 1).isdigit() else 0


def unprivileged_user() -> str | None:
    """Who runs the server: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL refuses to run as root and there is no other user to run it as")


def start(programs: Path, folder: Path, user: str | None) -> None:
    data = folder / "data"
    how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    run([programs / "initdb", "-D", data, *how], folder, user)
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    log = folder / "log"
    run([programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start"], folder, user)


def run(command: list[str | Path], folder: Path, user: str | None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"PostgreSQL could not be started here: {done.stderr.decode()[-300:]}")
