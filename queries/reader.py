"""Reader: the one place where a question meets the data.

The one idea: a question gets exactly the files of its scope, a deadline and a row limit, and its
answer says which of them it hit. DuckDB itself is locked to the scope's folders, so a mistake in a
question cannot read past them either.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from access.scope import Scope
from queries.answers import Answers
from queries.errors import QuestionError, TooBig, TooSlow
from queries.filters import EVERY_SPAN, Condition
from queries.rolled import ROLLED, Rolled, Span
from queries.snapshot import File, Snapshot, Snapshots
from settings import Settings
from telemetry.grains import FINEST
from telemetry.schema import READABLE, ROLLUPS, SPANS, Table

log = logging.getLogger(__name__)

MAX_ROWS = 10_000
"""Rows that one answer may hold; a longer one is cut and says so."""

FOREVER = datetime.max.replace(tzinfo=UTC)

_ENGINES = 32
_ASIDE_MEMORY_MB = 512
_ASIDE_SECONDS = 3600.0
_CONDITION = re.compile(r"\$condition\b")
_GRAINS = re.compile(r"(?:rolled|called)\w*\(\s*('\w+'|\[[^]]*\])")
_ROLLED = re.compile(r"\$rolled\b")
_TRAILING = re.compile(r"(\s*--[^\n]*)+\s*$")
_HERE = Path(__file__).parent
_MACROS = _HERE / "macros.sql"

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Rows of a question and what must be said about them."""

    rows: list[Row]
    truncated: bool = False
    files: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None
    seconds: float = 0.0
    source: str = "spans"
    """What was read: `spans`, or `rollups: day, hour` and so on with spans for the rest."""

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def one(self) -> Row:
        """The only row of a question that always has exactly one."""
        (row,) = self.rows
        return row


@dataclass
class _Opened:
    """What a question is given to read."""

    versions: dict[str, int] = field(default_factory=dict)
    files: int = 0
    source: str = "spans"


@dataclass(frozen=True)
class Found:
    """Files of a table at one version."""

    version: int
    files: list[File]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)


class Reader:
    """Answers questions over the lake in `settings.lake_dir`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = settings.lake_dir.resolve()
        self._snapshots = {
            name: Snapshots(table, self._root / name) for name, table in READABLE.items()
        }
        self._engines: OrderedDict[frozenset[str] | None, duckdb.DuckDBPyConnection] = OrderedDict()
        self._lock = threading.Lock()
        self._answers: Answers[Answer] = Answers()
        for table in READABLE.values():
            _make_empty_file(self._empty(table.name), table)

    def read(
        self,
        scope: Scope,
        question: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        max_rows: int = MAX_ROWS,
        **params: Any,
    ) -> Answer:
        """Rows of `<question>.sql` for `scope`.

        `since` and `until` choose the files and are `$since` and `$until` in the SQL; a table's
        files are `$spans`, `$logs` or `$metric_points` there, and `$condition` stands for what
        `condition`, a Condition, demands. `$rolled` stands for rollups and what they leave of the
        range of `rolled`, a Rolled. `version` asks the spans as they were then. Raises TooSlow,
        TooBig and Gone.
        """
        ask = partial(
            self._read, scope, question, since=since, until=until, max_rows=max_rows, **params
        )
        if "rolled" not in params:
            return ask()
        versions = (self._snapshots[t.name].newest().version for t in (SPANS, ROLLUPS))
        name = (scope.org, scope.orgs, question, since, until, max_rows, *versions)
        return self._answers.get((*name, *sorted(params.items())), ask)

    def _read(
        self,
        scope: Scope,
        question: str,
        *,
        since: datetime | None,
        until: datetime | None,
        max_rows: int,
        **params: Any,
    ) -> Answer:
        started = time.perf_counter()
        with self._asked(scope, question, since, until, params) as (cursor, opened):
            rows = cursor.fetchmany(max_rows + 1)
            names = [column[0] for column in cursor.description or ()]
        return Answer(
            rows=[_row(names, row) for row in rows[:max_rows]],
            truncated=len(rows) > max_rows,
            files=opened.files,
            versions=opened.versions,
            as_of=datetime.now(UTC),
            seconds=time.perf_counter() - started,
            source=opened.source,
        )

    def columns(
        self, scope: Scope, question: str, *, max_rows: int, **params: Any
    ) -> tuple[pa.Table, Answer]:
        """Like `read`, but as Arrow: for answers so long that a dict for each row takes too long.

        The Answer has no rows of its own.
        """
        started = time.perf_counter()
        params["_lazy"] = True
        with self._asked(scope, question, None, None, params) as (relation, opened):
            table = relation.limit(max_rows + 1).to_arrow_table()
        return table.slice(0, max_rows), Answer(
            rows=[],
            truncated=len(table) > max_rows,
            files=opened.files,
            versions=opened.versions,
            as_of=datetime.now(UTC),
            seconds=time.perf_counter() - started,
        )

    def table(
        self,
        scope: Scope,
        question: str,
        *,
        since: datetime,
        until: datetime,
        max_rows: int,
        few: bool = False,
        **params: Any,
    ) -> pa.Table:
        """Like `read`, but as Arrow, for whoever computes with the rows. Raises TooBig for more
        than `max_rows`. When they are `few`, making Arrow of them costs less than to plan it."""
        params["_lazy"] = not few
        with self._asked(scope, question, since, until, params) as (result, _):
            rows = _arrow_of(result, max_rows + 1) if few else result.to_arrow_table()
        if len(rows) > max_rows:
            raise TooBig(f"This has more than {max_rows:,} parts. Ask about less at once.")
        return rows

    @contextmanager
    def aside(self, scope: Scope) -> Iterator[Aside]:
        """A DuckDB of its own for what takes long, so that it takes nothing from other questions.

        It has one thread and little memory; what does not fit goes to disk.
        """
        spill = self._settings.data_dir.resolve() / "spill"
        engine = self._open(
            None if scope.org is None else scope.orgs, 1, _ASIDE_MEMORY_MB, str(spill)
        )
        try:
            yield Aside(self, scope, engine)
        finally:
            engine.close()

    def files(
        self,
        scope: Scope,
        table: str,
        since: datetime | None = None,
        until: datetime | None = None,
        version: int | None = None,
    ) -> Found:
        """The files of `scope` that may hold rows in the range, at `version` or now. Raises Gone.

        Without a version, a file that is swept in this moment is no reason to complain.
        """
        snapshots = self._snapshots[table]
        snapshot = snapshots.newest() if version is None else snapshots.at(version, scope.org)
        files = snapshot.files(scope.orgs, since, until)
        if version is not None:
            snapshots.refuse_missing(version, scope.org, files)
        return Found(snapshot.version, files)

    def paths(self, scope: Scope, table: str, since: datetime, until: datetime) -> list[str]:
        """Paths of `files`, or of one without rows: for whoever reads them elsewhere."""
        found = self.files(scope, table, since, until).files
        return [file.path for file in found] or [str(self._empty(table))]

    def hold(self, scope: Scope, version: int | None, now: datetime) -> int | None:
        """Keep the spans that `scope` sees at `version`, or now, for as long as pins last.

        The version, to ask for them again; None while there is no table. Raises Gone.
        """
        if self._snapshots[SPANS.name].newest().version < 0:
            return None
        return self._snapshots[SPANS.name].hold(version, scope.org, now)

    def versions(self) -> dict[str, int]:
        """Version of each table, -1 where nothing was written yet."""
        return {name: s.newest().version for name, s in self._snapshots.items()}

    def is_empty(self) -> bool:
        """Whether no table holds a file yet."""
        return not any(s.newest().by_org for s in self._snapshots.values())

    def trouble(self) -> str | None:
        """Why no question can be answered now, or None."""
        try:
            self.versions()
            duckdb.sql("select 1")
        except Exception:
            log.exception("no question can be answered")
            return "The telemetry tables cannot be read."
        return None

    def close(self) -> None:
        """Let go of every DuckDB; the next question opens them again."""
        with self._lock:
            engines, self._engines = self._engines, OrderedDict()
        for engine in engines.values():
            engine.close()

    @contextmanager
    def _asked(
        self,
        scope: Scope,
        question: str,
        since: datetime | None,
        until: datetime | None,
        params: dict[str, Any],
    ) -> Iterator[tuple[Any, _Opened]]:
        """A cursor that has run the question, closed afterwards; a relation for `columns`."""
        condition: Condition = params.pop("condition", EVERY_SPAN)
        sql = load(question).on(condition)
        deadline = params.pop("_deadline", self._settings.query_seconds)
        lazy = params.pop("_lazy", False)
        cursor: duckdb.DuckDBPyConnection | None = params.pop("_cursor", None)
        pinned: int | None = params.pop("version", None)
        rolled: Rolled | None = params.pop("rolled", None)
        params |= {"since": since, "until": until, **dict(condition.params)}
        opened = _Opened()
        for table in READABLE:
            if f"${table}" in sql.names:
                version = pinned if table == SPANS.name else None
                found = self.files(scope, table, since, until, version)
                params[table] = [file.path for file in found.files] or [str(self._empty(table))]
                opened.versions[table] = found.version
                opened.files += len(found.files)
        if rolled:
            _refuse_finer(sql, rolled, params.get("grain"))
            asked_of = self._rolled(scope, rolled, pinned, opened)
            params |= {f"rolled_{name}": value for name, value in asked_of.items()}
        bound = {name: value for name, value in params.items() if f"${name}" in sql.names}
        cursor = cursor or self._engine(scope).cursor()
        timer = threading.Timer(deadline, cursor.interrupt)
        timer.start()
        try:
            # only a relation becomes Arrow without a second copy of its rows
            result = cursor.sql(sql.text, params=bound) if lazy else cursor.execute(sql.text, bound)
            yield result, opened
        except duckdb.InterruptException as error:
            log.warning("question %s was interrupted; it may take %.1f s", question, deadline)
            raise TooSlow(
                f"This took longer than {deadline:g} s and was stopped. Try a shorter time range."
            ) from error
        except duckdb.OutOfMemoryException as error:
            log.warning("question %s ran out of memory: %s", question, error)
            raise TooBig("This needs too much memory. Try a shorter time range.") from error
        except duckdb.Error as error:
            log.exception("question %s failed", question)
            raise QuestionError(
                "The data could not be read. Try again; the server's log has the cause."
            ) from error
        finally:
            timer.cancel()
            cursor.close()

    def _rolled(
        self, scope: Scope, wanted: Rolled, pinned: int | None, opened: _Opened
    ) -> dict[str, Any]:
        """What `$rolled` is: the parts of the range, and files for each; see `queries.rolled`.

        All comes from the spans when they are asked at a version, or rollups are absent or late.
        """
        parts = wanted.raw
        rollups = self._snapshots[ROLLUPS.name].newest()
        fresh: Snapshot | None = None
        if pinned is None and rollups.reached is not None:
            parts = wanted.parts(rollups.edges_until if wanted.edges else FOREVER)
            fresh = self._snapshots[SPANS.name].fresh(rollups.reached) if parts.levels else None
        if fresh is None:
            parts, rollups, fresh = wanted.raw, Snapshot(), Snapshot()
        ends = wanted.ends(parts)
        whole = (parts.whole.since, parts.whole.until)
        paths = {
            "spans": self._holding(scope, ends, pinned),
            "fresh": set() if wanted.edges else _paths(fresh.files(scope.orgs, *whole)),
            "rollups": _paths(rollups.files(scope.orgs, *whole)),
            "around": set(),
        }
        if wanted.edges:
            paths["around"] = self._holding(scope, [end.around for end in ends], pinned)
        opened.files += len(set().union(*paths.values()))
        newest = self._snapshots[SPANS.name].newest().version
        opened.versions[SPANS.name] = newest if pinned is None else pinned
        if parts.levels:
            opened.source = f"rollups: {', '.join(parts.levels)}".replace("_", " ")
            opened.versions[ROLLUPS.name] = rollups.version
        empty = {ROLLUPS.name: str(self._empty(ROLLUPS.name))}
        nothing = str(self._empty(SPANS.name))
        files = {name: sorted(found) or [empty.get(name, nothing)] for name, found in paths.items()}
        return {**wanted.params, **parts.params, **files}

    def _holding(self, scope: Scope, times: list[Span], pinned: int | None) -> set[str]:
        """Paths of the spans' files that may hold some of these times."""
        found = (self.files(scope, SPANS.name, t.since, t.until, pinned).files for t in times)
        return {path for files in found for path in _paths(files)}

    def _engine(self, scope: Scope) -> duckdb.DuckDBPyConnection:
        """DuckDB locked to the folders of the scope; staff's "All orgs" share one."""
        key = None if scope.org is None else scope.orgs
        with self._lock:
            engine = self._engines.pop(key, None) or self._open(
                key, self._settings.query_threads, self._settings.query_memory_mb
            )
            self._engines[key] = engine
            while len(self._engines) > _ENGINES:
                self._engines.popitem(last=False)
            return engine

    def _open(
        self, orgs: frozenset[str] | None, threads: int, memory_mb: int, spill: str = ""
    ) -> duckdb.DuckDBPyConnection:
        engine = duckdb.connect(":memory:")
        for statement in _statements():
            engine.execute(statement)
        engine.execute("set global timezone = 'UTC'")
        engine.execute(f"set threads = {threads}")
        engine.execute(f"set memory_limit = '{memory_mb}MiB'")
        # files of a table never change, so their footers may be kept and need no second look
        engine.execute("set global parquet_metadata_cache = true")
        engine.execute("set validate_external_file_cache = 'NO_VALIDATION'")
        engine.execute(f"set temp_directory = {_literal(spill)}")
        folders = ", ".join(_literal(path) for path in self._folders(orgs))
        engine.execute(f"set allowed_directories = [{folders}]")
        engine.execute("set enable_external_access = false")
        engine.execute("set lock_configuration = true")
        return engine

    def _folders(self, orgs: frozenset[str] | None) -> list[str]:
        if orgs is None:
            return [f"{self._root}/"]
        return [f"{self._root}/empty/"] + [
            f"{self._root}/{table}/org_id={org}/" for table in READABLE for org in sorted(orgs)
        ]

    def _empty(self, table: str) -> Path:
        return self._root / "empty" / f"{table}.parquet"


class Aside:
    """A DuckDB of one export: asks one question after the other, each answered in Arrow."""

    def __init__(self, reader: Reader, scope: Scope, engine: duckdb.DuckDBPyConnection) -> None:
        self._reader = reader
        self._scope = scope
        self._engine = engine
        self._cursor = engine

    def batches(self, question: str, rows: int, **params: Any) -> Iterator[pa.RecordBatch]:
        """All rows of a question, `rows` at a time, without a limit."""
        self._cursor = self._engine.cursor()
        params |= {"_deadline": _ASIDE_SECONDS, "_lazy": True, "_cursor": self._cursor}
        since, until = params.pop("since"), params.pop("until")
        with self._reader._asked(self._scope, question, since, until, params) as (relation, *_):
            yield from relation.to_arrow_reader(rows)

    def interrupt(self) -> None:
        """Stop the question that is being answered; it ends with TooSlow."""
        with suppress(duckdb.Error):
            self._cursor.interrupt()


def _arrow_of(cursor: duckdb.DuckDBPyConnection, max_rows: int) -> pa.Table:
    names = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchmany(max_rows)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table(dict(zip(names, map(list, columns), strict=True)))


def _refuse_finer(sql: Sql, rolled: Rolled, chosen: str | None) -> None:
    """A question that reads levels which one of its grains has not would miss rows."""
    grains = [*sql.grains, *([chosen] if "$grain" in sql.names and chosen else [])]
    if finer := [grain for grain in grains if FINEST[grain] > rolled.finest]:
        raise ValueError(f"This question is also by {finer}: say so in `over`.")


def _paths(files: list[File]) -> set[str]:
    return {file.path for file in files}


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _row(names: list[str], values: tuple[Any, ...]) -> Row:
    """A row by column name; ids are binary at rest and hex everywhere else."""
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in zip(names, values, strict=True)
    }


@dataclass(frozen=True)
class Sql:
    """The text of a question and the parameters it names, as `$name`."""

    text: str
    names: frozenset[str]

    @property
    def grains(self) -> list[str]:
        """The grains of rollups that it names."""
        named = " ".join(_GRAINS.findall(self.text))
        return [word for word in re.findall(r"'(\w+)'", named) if word in FINEST]

    def on(self, condition: Condition) -> Sql:
        """The question about the spans that meet `condition`."""
        if "$condition" not in self.names:
            return self
        named = {f"${name}" for name, _ in condition.params}
        text = _CONDITION.sub(lambda _: f"({condition.sql})", self.text)
        return Sql(text, (self.names - {"$condition"}) | named)


def spelled(text: str, prefix: str = "$rolled_") -> str:
    """`$rolled` written out as what it consists of.

    One parameter each: a struct of them would be copied wherever one of them is used, and planned
    for longer than most questions run.
    """
    return _ROLLED.sub(", ".join(prefix + name for name in ROLLED), text)


@cache
def load(question: str) -> Sql:
    """The SQL of `<subject>.<function>`. Raises ValueError unless it is one SELECT."""
    text = spelled((_HERE / f"{question}.sql").read_text(encoding="utf-8"))
    (statement,) = duckdb.extract_statements(text)
    if statement.type != duckdb.StatementType.SELECT:
        raise ValueError(f"{question}.sql is not a SELECT")
    return Sql(text, frozenset(f"${name}" for name in statement.named_parameters))


def _macro(table: Table, name: str = "", only: frozenset[str] = frozenset()) -> str:
    """`spans(files)` and its like: the table, or `only` some columns, over a list of files.

    An explicit schema keeps columns that only newer files have; org_id lives in the folder's name.
    """
    columns = ", ".join(
        f"'{c.name}': {{name: '{c.name}', type: '{_duckdb_type(c.type)}', default_value: null}}"
        for c in table.columns
        if c.name not in ("org_id", "date") and (not only or c.name in only)
    )
    return (
        f"create macro {name or table.name}(files) as table "
        "select * exclude (filename), regexp_extract(filename, 'org_id=([^/]+)/', 1) as org_id "
        f"from read_parquet(files, filename = true, schema = map {{{columns}}})"
    )


def table_macro(table: str, name: str) -> str:
    """The statement that makes the macro of a table under another name."""
    return _macro(READABLE[table], name)


_COUNTED = frozenset(
    {
        "start_time",
        "duration_ns",
        "status",
        "parent_span_id",
        "name",
        "service_name",
        "service_version",
        "process_group",
        "subsystem",
        "agent_name",
        "model",
        "operation",
        "exception_type",
        "code_function",
        "code_file",
        "code_revision",
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "cost_usd",
        "memory_delta_bytes",
    }
)
"""Columns of spans that rollups count; DuckDB plans longer the more columns a table has."""


def _tables() -> list[str]:
    """The macros that depend on how tables look at rest."""
    tables = [_macro(table) for table in READABLE.values()]
    return [*tables, _macro(SPANS, "counted_spans", _COUNTED)]


@cache
def _statements() -> list[str]:
    """What makes every macro, in their order."""
    statements = _tables()
    pieces = spelled(_MACROS.read_text(encoding="utf-8"), "rolled_")
    statements += [s.query for s in duckdb.extract_statements(pieces)]
    return statements


def macros() -> dict[str, str]:
    """Every macro that a question may use: name → the statement that makes it, in their order."""
    statements = _statements()
    found = [re.search(r"create macro (\w+)\(", statement) for statement in statements]
    return {
        name[1]: _TRAILING.sub("", statement[name.start() :]).rstrip("; \n")
        for name, statement in zip(found, statements, strict=True)
        if name
    }


def _duckdb_type(arrow: Any) -> str:
    return _DUCKDB_TYPES[str(arrow)]


_DUCKDB_TYPES = {
    "string": "varchar",
    "binary": "blob",
    "int64": "bigint",
    "int32": "integer",
    "double": "double",
    "bool": "boolean",
    "timestamp[us, tz=UTC]": "timestamptz",
    "map<string, string>": "map(varchar, varchar)",
    "map<int32, int64>": "map(integer, bigint)",
    "map<double, int64>": "map(double, bigint)",
    "decimal128(38, 0)": "decimal(38, 0)",
}


def _make_empty_file(path: Path, table: Table) -> None:
    """A file without rows, because DuckDB cannot read a list of none."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.arrow.empty_table(), path)


_default: Reader | None = None
_in_use: ContextVar[Reader | None] = ContextVar("reader", default=None)


def connect(settings: Settings) -> Reader:
    """Make the process's reader; questions use it from then on."""
    global _default
    _default = Reader(settings)
    return _default


def use(reader: Reader) -> None:
    """Let the present context, such as one request, ask `reader`: a process may hold two apps."""
    _in_use.set(reader)


def the_reader() -> Reader:
    reader = _in_use.get() or _default
    if reader is None:
        raise RuntimeError("queries.reader.connect was not called")
    return reader


def read(scope: Scope, question: str, **params: Any) -> Answer:
    """`Reader.read` of the reader in use."""
    return the_reader().read(scope, question, **params)
