"""The reader: a question gets the files of its scope, a deadline and a row limit, no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cast import NOW, World, make_world, span
from deltalake import DeltaTable

from access.scope import Scope
from queries import code, export, overview, reader, trace, traces, watched
from queries.errors import NotFound, QuestionError, TooBig, TooSlow
from queries.filters import FIRST_PAGE, Condition, TimeRange, TraceFilters

DAY = TimeRange(NOW - timedelta(days=1), NOW + timedelta(minutes=5))
ALL = TraceFilters(DAY)
TRACE = f"{1:032x}"


@pytest.fixture(scope="module")
def shared(new_world: Callable[..., World]) -> World:
    """Twelve spans of acme in one trace, two of globex, today; and one of acme a week ago."""
    world = new_world()
    world.send("acme", *[span(f"a{i}", number=i + 1, ago=60 - i) for i in range(12)])
    world.send("acme", span("old", trace=7, ago=7 * 86_400))
    world.send("globex", *[span(f"g{i}", trace=2, number=i + 1) for i in range(2)])
    return world


@pytest.fixture
def write_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Writes a question of one's own; answers its name."""
    monkeypatch.setattr(reader, "_HERE", tmp_path)
    reader.load.cache_clear()

    def write(text: str) -> str:
        (tmp_path / "own.question.sql").write_text(text, encoding="utf-8")
        return "own.question"

    yield write
    reader.load.cache_clear()


def files(world: World, org: str) -> list[str]:
    """Files of an org's spans."""
    stored = DeltaTable(world.app.settings.lake_dir / "spans")
    return stored.file_uris(file_pruning_predicate=[("org_id", "=", org)])


def rewrite(world: World, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change the files of acme's spans behind everybody's back."""
    for path in files(world, "acme"):
        pq.write_table(change(pq.ParquetFile(path).read()), path)


@pytest.mark.parametrize(
    ("limit", "shown", "cut"), [(11, 11, True), (12, 12, False), (13, 12, False)]
)
def test_an_answer_says_whether_it_was_cut(
    shared: World, limit: int, shown: int, cut: bool
) -> None:
    answer = reader.read(shared.scope("alice"), "trace.spans", trace_id=TRACE, max_rows=limit)
    assert (len(answer), answer.truncated) == (shown, cut)


def test_a_condition_stands_where_the_question_says_so(
    shared: World, write_sql: Callable[..., str]
) -> None:
    name = write_sql(
        "select name from listed($spans, $since, $until) where $condition order by name"
    )
    alice, day = shared.scope("alice"), DAY.params
    wanted = Condition("name = $q0 or name = $q1", (("q0", "a1"), ("q1", "a10")))
    found = reader.read(alice, name, **day, condition=wanted)
    assert [row["name"] for row in found] == ["a1", "a10"]
    assert len(reader.read(alice, name, **day)) == 12
    assert len(reader.read(shared.scope("charlie"), name, **day, condition=wanted)) == 0


def test_a_value_of_a_condition_is_never_sql(shared: World, write_sql: Callable[..., str]) -> None:
    name = write_sql("select name from listed($spans, $since, $until) where $condition")
    for value in ("' or true --", "$condition", "a1) or (true", "\\1"):
        hostile = Condition("name = $q0", (("q0", value),))
        answer = reader.read(shared.scope("alice"), name, **DAY.params, condition=hostile)
        assert answer.rows == []


def test_an_answer_says_where_it_comes_from(shared: World) -> None:
    before = time.time()
    answer = overview.last_errors(shared.scope("alice"), DAY)
    assert answer.as_of
    assert before <= answer.as_of.timestamp() <= time.time()
    assert 0 < answer.seconds < 5
    assert answer.versions == {"spans": shared.app.reader.versions()["spans"]}


def test_only_files_of_the_org_and_the_range_are_opened(shared: World) -> None:
    week = TimeRange(NOW - timedelta(days=8), DAY.until)
    opened = {
        (who, range_): overview.totals(shared.scope(who), range_).files
        for who in ("alice", "charlie", "sam")
        for range_ in (DAY, week)
    }
    assert opened[("alice", week)] - opened[("alice", DAY)] == 1
    assert opened[("charlie", week)] == opened[("charlie", DAY)] > 0
    assert opened[("sam", week)] == opened[("alice", week)] + opened[("charlie", week)]


def test_a_scope_without_orgs_reads_nothing(shared: World) -> None:
    nobody = Scope("nobody", frozenset(), None)
    reader.use(shared.app.reader)
    answer = overview.totals(nobody, DAY)
    assert (answer.one["spans"], answer.files) == (0, 0)


def test_questions_over_no_tables_are_answered(world: World) -> None:
    assert world.app.reader.is_empty()
    alice = world.scope("alice")
    assert overview.totals(alice, DAY).one["spans"] == 0
    assert traces.search(alice, ALL, FIRST_PAGE).rows == []
    assert traces.search_traces(alice, ALL, FIRST_PAGE).rows == []
    assert traces.count(alice, ALL) == traces.Matched(0, 0)
    assert code.functions(alice, DAY).rows == []
    assert watched.stuck(alice, DAY).rows == []
    with world.app.reader.aside(alice) as aside:
        assert list(export.texts(alice, ALL, aside)) == []
    with pytest.raises(NotFound):
        trace.spans(alice, TRACE)


def test_a_table_that_appears_later_is_found(world: World) -> None:
    alice = world.scope("alice")
    assert traces.count(alice, ALL).spans == 0
    world.send("acme", span())
    assert traces.count(alice, ALL).spans == 1
    assert not world.app.reader.is_empty()


def test_a_new_version_is_found_though_its_log_entry_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a night in which nobody asked and the log was cleaned up."""
    monkeypatch.setattr("queries.snapshot.LOOK_SECONDS", 0.0)
    world.send("acme", span(number=1))
    alice = world.scope("alice")
    assert traces.count(alice, ALL).spans == 1
    world.send("acme", span(number=2))
    table = DeltaTable(world.app.settings.lake_dir / "spans")
    table.create_checkpoint()
    log = world.app.settings.lake_dir / "spans" / "_delta_log"
    for entry in log.glob("*.json"):
        entry.unlink()
    assert traces.count(alice, ALL).spans == 2


def test_columns_that_old_files_lack_are_null(world: World) -> None:
    world.send("acme", span(gen_ai__request__model="m", code__function__name="f"))
    rewrite(world, lambda rows: rows.drop_columns(["model", "code_function", "events"]))
    world.send("acme", span("new", number=2, gen_ai__request__model="m"))
    found = trace.spans(world.scope("alice"), TRACE).columns
    assert sorted(zip(found["name"], found["model"], strict=True)) == [("new", "m"), ("pay", None)]
    assert [row["function"] for row in code.functions(world.scope("alice"), DAY)] == ["new", "pay"]


def test_columns_that_the_schema_does_not_know_are_ignored(world: World) -> None:
    world.send("acme", span())
    rewrite(world, lambda rows: rows.append_column("later", pa.array(["x"] * rows.num_rows)))
    assert traces.count(world.scope("alice"), ALL).spans == 1


def test_a_broken_file_is_a_sentence_not_a_crash(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.send("acme", span())
    Path(files(world, "acme")[0]).write_bytes(b"no parquet")
    with pytest.raises(QuestionError, match=r"^The data could not be read\. Try again"):
        traces.count(world.scope("alice"), ALL)
    assert "traces.count failed" in caplog.text


ENDLESS = "select sum(i * i % 7) as n from range(1000000000000) t(i)"


def test_a_question_is_stopped_at_its_deadline(
    tmp_path: Path, write_sql: Callable[..., str]
) -> None:
    world = make_world(tmp_path / "data", query_seconds=0.2)
    started = time.monotonic()
    with pytest.raises(TooSlow, match=r"^This took longer than 0\.2 s and was stopped\. Try a"):
        reader.read(world.scope("alice"), write_sql(ENDLESS))
    assert time.monotonic() - started < 3
    # and the next one is answered as if nothing had been
    reader.load.cache_clear()
    assert reader.read(world.scope("alice"), write_sql("select 1 as n")).one == {"n": 1}
    world.app.close()


def test_an_export_has_a_deadline_of_its_own(
    world: World, write_sql: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_ASIDE_SECONDS", 0.2)
    question = write_sql(ENDLESS)
    with world.app.reader.aside(world.scope("alice")) as aside, pytest.raises(TooSlow):
        list(aside.batches(question, 10, since=None, until=None))


def test_one_slow_question_does_not_stop_the_others(
    tmp_path: Path, write_sql: Callable[..., str]
) -> None:
    """Both are asked in one scope, so of one DuckDB."""
    world = make_world(tmp_path / "data", query_seconds=1.0)
    scope, asked = world.scope("alice"), world.app.reader
    slow, ended = write_sql(ENDLESS), []

    def ask() -> None:
        with pytest.raises(TooSlow):
            asked.read(scope, slow)
        ended.append(slow)

    reader.load(slow)
    other = threading.Thread(target=ask)
    other.start()
    (Path(reader._HERE) / "own.quick.sql").write_text("select 1 as n")
    while other.is_alive():
        assert asked.read(scope, "own.quick").one == {"n": 1}
    other.join()
    assert ended
    world.app.close()


def test_a_question_that_needs_too_much_memory_is_stopped(
    tmp_path: Path, write_sql: Callable[..., str]
) -> None:
    world = make_world(tmp_path / "data", query_memory_mb=128, query_seconds=60)
    greedy = "select list(i) as all from range(100000000) t(i)"
    with pytest.raises(TooBig, match=r"^This needs too much memory\. Try a shorter"):
        reader.read(world.scope("alice"), write_sql(greedy))
    world.app.close()


@pytest.mark.parametrize(
    "text",
    [
        "copy (select 1) to 'x.parquet'",
        "insert into spans select 1",
        "create table t as select 1",
        "attach 'x.db'",
        "set memory_limit = '1TB'",
        "pragma database_size",
        "select 1; select 2",
        "select 1; copy (select 1) to 'x.parquet'",
        "",
    ],
)
def test_a_question_is_one_select(write_sql: Callable[..., str], text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a SELECT|values to unpack"):
        reader.load(write_sql(text))


WAYS = (
    "its path",
    "a way round",
    "a wildcard",
    "any depth",
    "a link",
    "the log",
    "the records",
    "the machine",
)
FUNCTIONS = ("read_parquet", "read_text", "read_blob", "read_csv", "glob")


def hidden(world: World, name: str) -> dict[str, Any]:
    """What alice may not read, by the way it is named."""
    path = files(world, "globex")[0]
    lake = world.app.settings.lake_dir.resolve()
    relative = Path(path).relative_to(lake / "spans")
    return {
        "its path": path,
        "a way round": f"{lake}/spans/org_id=acme/../{relative}",
        "a wildcard": f"{lake}/spans/*/*/*.parquet",
        "any depth": f"{lake}/**/*.parquet",
        "a link": f"file://{path}",
        "the log": f"{lake}/spans/_delta_log/*.json",
        "the records": f"{world.app.settings.data_dir.resolve()}/records.sqlite",
        "the machine": "/etc/passwd",
    }[name]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_alices_engine_reads_no_file_but_hers(shared: World, way: str, function: str) -> None:
    """Even a question that named one: DuckDB itself is locked to the folders of the scope."""
    alice = shared.scope("alice")
    engine = shared.app.reader._engine(alice).cursor()
    mine = files(shared, "acme")[0]
    assert engine.execute("select count(*) from read_parquet(?)", [mine]).fetchone()
    rows: list[Any] = []
    with suppress(duckdb.Error):
        rows = engine.execute(f"select * from {function}(?)", [hidden(shared, way)]).fetchall()
    assert rows == []


@pytest.mark.parametrize(
    "statement",
    [
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "reset allowed_directories",
        "set memory_limit = '1TB'",
        "attach 'other.db' as other",
        "install httpfs",
        "load httpfs",
        "copy (select 1) to 'observatory-test.csv'",
    ],
)
def test_an_engine_cannot_be_unlocked(shared: World, statement: str) -> None:
    engine = shared.app.reader._engine(shared.scope("alice")).cursor()
    with pytest.raises(duckdb.Error):
        engine.execute(statement)


def test_engines_are_kept_by_scope_not_by_person(shared: World) -> None:
    asked = shared.app.reader
    alice, bob = shared.scope("alice"), shared.scope("bob")
    assert asked._engine(alice) is asked._engine(bob)
    assert asked._engine(alice) is asked._engine(shared.scope("sam", "acme"))
    assert asked._engine(alice) is not asked._engine(shared.scope("charlie"))
    assert asked._engine(alice) is not asked._engine(shared.scope("sam"))


def test_charlie_reads_only_globex(shared: World) -> None:
    charlie = shared.scope("charlie")
    assert traces.count(charlie, ALL).spans == 2
    assert {row["org_id"] for row in traces.search(charlie, ALL, FIRST_PAGE).rows} == {"globex"}
    with pytest.raises(NotFound):
        trace.spans(charlie, TRACE)


def test_many_people_may_ask_at_once(shared: World) -> None:
    asked, wrong = shared.app.reader, []
    scopes = {name: shared.scope(name) for name in ("alice", "charlie", "sam")}
    expected = {"alice": 12, "charlie": 2, "sam": 14}

    def ask(name: str) -> None:
        for _ in range(20):
            answer = asked.read(scopes[name], "traces.count", **ALL.params)
            if answer.one["spans"] != expected[name]:
                wrong.append((name, answer.one))

    threads = [threading.Thread(target=ask, args=(name,)) for name in [*expected] * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_times_are_utc_whatever_the_machine_says(shared: World) -> None:
    row = trace.spans(shared.scope("charlie"), f"{2:032x}").row(0)
    assert row["start_time"].utcoffset() == timedelta(0)
    assert row["start_time"] == NOW - timedelta(seconds=60)
