"""The sandbox: runs the SQL of a rule in a child process that is ended after its time.

Neither memory nor time of this process are at stake: DuckDB minds its own limits between
functions, but not inside one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from access.errors import NotFound
from access.scope import Scope
from alerts import sql as language
from alerts.errors import MeasureError
from alerts.rules import Labels
from queries import reader
from telemetry.schema import READABLE

SECONDS = 3.0
MAX_ROWS = 100
AT_ONCE = 2
"""Children that may run at the same time; the rest wait for their turn."""

CHILD = Path(__file__).with_name("sandbox_child.py")

Value = float | int | bool | str | None

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Rows:
    """The answer of a rule's SQL: at most MAX_ROWS rows, and whether there were more."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    truncated: bool

    @property
    def groups(self) -> list[tuple[Labels, float | None]]:
        """Each row as labels and a value: the first column is the value, the others are labels.

        Raises MeasureError when a value is no number, or two rows have the same labels.
        """
        found: dict[Labels, float | None] = {}
        for value, *labels in self.rows:
            named = tuple(
                (name, _label(label)) for name, label in zip(self.columns[1:], labels, strict=True)
            )
            if named in found:
                raise MeasureError(SAME_LABELS)
            found[named] = _number(value, self.columns[0])
        return list(found.items())


def run(
    scope: Scope, sql: str, since: datetime, until: datetime, *, seconds: float = SECONDS
) -> Rows:
    """Rows of `sql` over what the org's views hold in [since, until).

    Raises Refused for SQL that is not allowed, MeasureError when it does not end well or in time.
    """
    if scope.org is None:
        raise NotFound
    written = language.checked(sql)
    asked = {
        "sql": written,
        "views": [_view(scope, name, since, until) for name in language.tables(written)],
        "since": since.isoformat(),
        "until": until.isoformat(),
        "max_rows": MAX_ROWS,
        "seconds": max(1, round(seconds)),
    }
    with _turns:
        return _rows(_ended(asked, seconds))


def _view(scope: Scope, name: str, since: datetime, until: datetime) -> dict[str, Any]:
    """A table of the lake as the child makes it: the org's files, and the macro that reads them."""
    return {
        "name": name,
        "made_by": f"{name}_of",
        "macro": reader.table_macro(name, f"{name}_of"),
        "files": reader.the_reader().paths(scope, name, since, until),
        "time": READABLE[name].time,
    }


def _ended(asked: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What the child said. It is killed after its time, and gets nothing of our environment."""
    with subprocess.Popen(  # noqa: S603 - a script of ours, nothing of it written by a user
        [sys.executable, "-I", "-X", "utf8", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    ) as child:
        try:
            said, _ = child.communicate(json.dumps(asked).encode(), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise MeasureError(
                f"The SQL took longer than {seconds:g} s and was stopped. "
                "Ask for less: a shorter window, or fewer columns."
            ) from error
        finally:
            child.kill()
    try:
        answer: dict[str, Any] = json.loads(said)
    except ValueError as error:
        # it was ended from outside: by the kernel, for memory or time, or by its own allocator
        raise MeasureError(TOO_BIG) from error
    return answer


def _rows(said: dict[str, Any]) -> Rows:
    if said.get("too_big"):
        raise MeasureError(TOO_BIG)
    if "wrong" in said:
        raise MeasureError(f"The SQL does not run: {said['wrong'].rstrip('.')}.")
    rows = tuple(tuple(row) for row in said["rows"])
    return Rows(tuple(said["columns"]), rows, said["truncated"])


def _number(value: Value, column: str) -> float | None:
    if isinstance(value, str):
        raise MeasureError(f"The first column, {column}, is no number. Begin with the value.")
    return None if value is None else float(value)


def _label(value: Value) -> str:
    return "" if value is None else str(value)


TOO_BIG = "The SQL needs too much memory. Ask for less: a shorter window, or fewer columns."
SAME_LABELS = "Two rows of the SQL have the same labels. Group by all columns after the first one."
