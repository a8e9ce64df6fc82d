"""Columns and the attributes that fill them: complete, without contradiction, and asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import pytest
from cast import NOW, World, span

from queries import overview, reader, traces
from queries.filters import TimeRange
from queries.search import condition
from telemetry import semconv
from telemetry.schema import PARTITIONS, TABLES, Column, Table

DAY = TimeRange(NOW - timedelta(days=1), NOW + timedelta(minutes=5))
EVERY_COLUMN = [
    pytest.param(column, id=f"{table.name}.{column.name}")
    for table in TABLES.values()
    for column in table
]


@pytest.mark.parametrize("column", EVERY_COLUMN)
def test_every_column_says_what_it_means(column: Column) -> None:
    assert column.meaning.endswith(".")


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_names_each_column_once(table: Table) -> None:
    names = [column.name for column in table]
    assert len(set(names)) == len(names)
    assert {*PARTITIONS, table.time, *table.identity, *table.pruned_by} <= set(names)


@pytest.mark.parametrize("name", semconv.SOURCES)
def test_attributes_fill_columns_that_exist(name: str) -> None:
    assert any(name == column.name for table in TABLES.values() for column in table)


def test_an_attribute_fills_one_column() -> None:
    sources = [source for names in semconv.SOURCES.values() for source in names]
    assert len(set(sources)) == len(sources)


def test_only_known_columns_are_kept_for_the_resource() -> None:
    assert semconv.RESOURCE_ONLY.issubset(semconv.SOURCES)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_reader_gives_every_column_with_its_type(world: World, table: Table) -> None:
    """Through an engine of a scope, over the file without rows."""
    asked = world.app.reader
    engine = asked._engine(world.scope("alice")).cursor()
    files = [str(asked._empty(table.name))]
    described = engine.execute(f"describe select * from {table.name}($files)", {"files": files})
    found = {name: kind for name, kind, *_ in described.fetchall()}
    assert set(found) == {column.name for column in table} - {"date"}
    for column in table:
        if column.name not in PARTITIONS:
            assert found[column.name] == sql_type(reader._duckdb_type(column.type))


def sql_type(short: str) -> str:
    """The type as DuckDB spells it out."""
    return str(duckdb.sql(f"select null::{short}").types[0])


CALLS: dict[str, dict[str, Any]] = {
    "OpenTelemetry": {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cost": 0.25,
    },
    "OpenTelemetry before 1.27": {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 120,
        "gen_ai.usage.completion_tokens": 30,
        "aeos.cost_usd": 0.25,
    },
    "OpenInference": {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o",
        "llm.token_count.prompt": "120",
        "llm.token_count.completion": "30",
        "llm.cost.total": 0.25,
    },
    "Langfuse": {
        "langfuse.observation.type": "GENERATION",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cost": 0.25,
    },
}


@pytest.mark.parametrize("dialect", CALLS)
def test_a_model_call_is_counted_in_every_dialect(world: World, dialect: str) -> None:
    world.send("acme", span("call", **CALLS[dialect]))
    assert overview.models(world.scope("alice"), DAY).one == {
        "model": "gpt-4o",
        "calls": 1,
        "input_tokens": 120,
        "output_tokens": 30,
        "cost_usd": 0.25,
    }
    filters = traces.TraceFilters(DAY, condition("provider=openai"))
    assert traces.count(world.scope("alice"), filters).spans == 1


def test_only_calls_of_a_model_count_as_such(world: World) -> None:
    others = ("invoke_agent", "execute_tool", "AGENT", "SPAN", "Chat", "")
    world.send(
        "acme",
        *[
            span(number=i, **{"gen_ai.operation.name": kind, "gen_ai.request.model": f"by {kind}"})
            for i, kind in enumerate((*semconv.MODEL_CALLS, *others), 1)
        ],
    )
    rows = overview.models(world.scope("alice"), DAY)
    assert {row["model"] for row in rows} == {f"by {kind}" for kind in semconv.MODEL_CALLS}


def test_a_trace_adds_up_its_model_calls_only(world: World) -> None:
    used = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10}
    world.send(
        "acme",
        span("agent", number=1, **used, **{"gen_ai.operation.name": "invoke_agent"}),
        span("call", number=2, parent=1, **used, **{"gen_ai.operation.name": "chat"}),
    )
    filters = traces.TraceFilters(DAY)
    (row,) = traces.search_traces(world.scope("alice"), filters, traces.Page()).rows
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"]) == (100, 10, None)


def test_charlie_sees_none_of_acmes_calls(world: World) -> None:
    world.send("acme", span("call", **CALLS["OpenTelemetry"]))
    assert overview.models(world.scope("charlie"), DAY).rows == []
