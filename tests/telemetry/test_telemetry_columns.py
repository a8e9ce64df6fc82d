"""Which attribute fills which column of a span."""

from __future__ import annotations

import json
from typing import Any

import pytest
from otlp_cast import NOON, SECOND, span, traces, value

from telemetry import flatten, otlp, schema, semconv

RESOURCE_SOURCES = [(c, s) for c in sorted(semconv.RESOURCE_ONLY) for s in semconv.SOURCES[c]]
SPAN_SOURCES = [
    (column.name, source)
    for column in schema.SPANS
    for source in column.sources
    if column.name not in semconv.RESOURCE_ONLY and source != semconv.DROPPED
]
SAMPLES: dict[str, tuple[Any, Any]] = {"ttft_ms": (0.25, 250.0), "cost_usd": (0.5, 0.5)}


def rows(*spans: Any, **given: Any) -> list[dict[str, Any]]:
    body = traces(*spans, **given).SerializeToString()
    return list(flatten.to_table(otlp.TRACES, body, "acme", 7_000_000).to_pylist())


def row(attributes: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    shared = {name: given.pop(name) for name in ("resource", "name", "version") if name in given}
    (only,) = rows(span(1, attributes, **given), **shared)
    return only


def sample(column: str) -> tuple[Any, Any]:
    """What to send for a column, and what it then holds."""
    if column in SAMPLES:
        return SAMPLES[column]
    kind = next(c.type for c in schema.SPANS if c.name == column)
    return (41, 41) if kind in (schema.INT, schema.LONG) else ("hello", "hello")


@pytest.mark.parametrize(("column", "source"), SPAN_SOURCES)
def test_an_attribute_of_the_span_fills_its_column(column: str, source: str) -> None:
    sent, expected = sample(column)
    found = row({source: sent})
    assert found[column] == expected
    assert json.loads(dict(found["attributes"])[source]) == sent


@pytest.mark.parametrize(("column", "source"), SPAN_SOURCES + RESOURCE_SOURCES)
def test_an_attribute_of_the_resource_fills_it_too(column: str, source: str) -> None:
    sent, expected = sample(column)
    assert row(resource={source: sent})[column] == expected


@pytest.mark.parametrize(("column", "source"), RESOURCE_SOURCES)
def test_a_span_cannot_claim_another_service(column: str, source: str) -> None:
    found = row({source: "impostor"}, resource={"service.name": "checkout"})
    assert found["service_name"] == "checkout"
    assert found["service_version"] is None


@pytest.mark.parametrize(
    "column",
    [c for c, s in semconv.SOURCES.items() if len(s) > 1 and c not in semconv.RESOURCE_ONLY],
)
def test_the_preferred_name_wins_in_any_order(column: str) -> None:
    sent, expected = sample(column)
    sources = semconv.SOURCES[column]
    given = {source: ("99" if isinstance(expected, str) else 99) for source in sources[1:]}
    first = row({sources[0]: sent} | given)
    last = row(given | {sources[0]: sent})
    assert first[column] == last[column] == expected


def test_the_span_wins_over_its_resource() -> None:
    assert row({"llm.model_name": "m1"}, resource={"gen_ai.response.model": "m2"})["model"] == "m1"


def test_openinference_and_genai_fill_the_same_columns() -> None:
    genai = row({"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 3})
    inference = row({"llm.token_count.prompt": 7, "llm.token_count.completion": 3})
    for column in ("input_tokens", "output_tokens"):
        assert genai[column] == inference[column]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (7, 7),
        ("7", 7),
        (7.0, 7),
        (7.5, None),
        ("seven", None),
        ("9" * 5000, None),
        (True, None),
        ([7], None),
        ({"a": 7}, None),
        (None, None),
        (2**62, 2**62),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_numbers_are_read_generously_and_never_fail(sent: Any, expected: int | None) -> None:
    assert row({"gen_ai.usage.input_tokens": sent})["input_tokens"] == expected


def test_a_number_too_large_for_its_column_is_null_there_and_kept_in_the_map() -> None:
    found = row({"code.line.number": 2**40})
    assert found["code_line"] is None
    assert dict(found["attributes"])["code.line.number"] == str(2**40)


@pytest.mark.parametrize(
    ("sent", "expected"), [(0.5, 0.5), ("0.5", 0.5), (1, 1.0), ("much", None), (float("nan"), None)]
)
def test_costs_are_finite_numbers(sent: Any, expected: float | None) -> None:
    assert row({"aeos.cost_usd": sent})["cost_usd"] == expected


@pytest.mark.parametrize(
    ("sent", "expected"), [(42, "42"), (True, "true"), (1.5, "1.5"), ([1], None)]
)
def test_text_columns_take_scalars(sent: Any, expected: str | None) -> None:
    assert row({"user.id": sent})["user_id"] == expected


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("a", '"a"'),
        ("", '""'),
        (1, "1"),
        (1.0, "1.0"),
        (True, "true"),
        (None, "null"),
        (b"\x00\xff", '"AP8="'),
        ([1, ["x"], {}], '[1,["x"],{}]'),
        ({"a": {"b": None}}, '{"a":{"b":null}}'),
        (float("nan"), '"NaN"'),
        (float("-inf"), '"-Infinity"'),
        ("\x00</script>\u2028", None),
    ],
)
def test_the_map_keeps_every_value_as_json(sent: Any, text: str | None) -> None:
    found = dict(row({"k": sent})["attributes"])["k"]
    assert found == text if text is not None else json.loads(found) == sent


def test_of_a_key_that_repeats_the_last_value_wins() -> None:
    sent = span()
    for model in ("first", "last"):
        sent.attributes.add(key="llm.model_name").value.string_value = model
    (found,) = rows(sent)
    assert found["model"] == "last"
    assert found["attributes"] == [("llm.model_name", '"last"')]


def test_service_and_group_have_a_name_even_when_none_is_given() -> None:
    found = row(resource={})
    assert found["service_name"] == found["process_group"] == "unknown_service"
    assert row(resource={"service.name": "a"})["process_group"] == "a"
    assert row({"process_group": "g"}, resource={"service.name": "a"})["process_group"] == "g"


def test_the_scope_is_kept_whole() -> None:
    body = traces(span(), name="lib", version="2", attributes=[{"key": "a", "value": value(1)}])
    found = flatten.to_table(otlp.TRACES, body.SerializeToString(), "acme", 0).to_pylist()[0]
    assert (found["scope_name"], found["scope_version"]) == ("lib", "2")
    assert dict(found["resource"])["otel.scope.a"] == "1"


def test_scopes_of_one_resource_do_not_mix() -> None:
    body = traces(span(1), name="a", attributes=[{"key": "x", "value": value(1)}])
    for number, scope in ((2, {"name": "b"}), (3, {"name": "c", "attributes": []})):
        body.resource_spans[0].scope_spans.add(scope=scope, spans=[span(number)])
    found = flatten.to_table(otlp.TRACES, body.SerializeToString(), "acme", 0).to_pylist()
    assert [row["scope_name"] for row in found] == ["a", "b", "c"]
    assert ["otel.scope.x" in dict(row["resource"]) for row in found] == [True, False, False]
    assert {row["service_name"] for row in found} == {"checkout"}


@pytest.mark.parametrize(
    ("start", "end", "duration"),
    [
        (NOON, NOON + 7, 7),
        (NOON, NOON - 7, -7),
        (NOON, NOON, 0),
        (0, NOON, None),
        (NOON, 0, None),
        (1, 2**64 - 1, 2**63 - 1),
        (2**64 - 1, 1, -(2**63)),
    ],
)
def test_a_duration_is_end_minus_start_when_both_are_known(
    start: int, end: int, duration: int | None
) -> None:
    assert row(start=start, end_time_unix_nano=end)["duration_ns"] == duration


@pytest.mark.parametrize(
    ("start", "day", "rest"),
    [(0, "1970-01-01", 0), (NOON + 1_234, "2026-06-01", 234), (2**64 - 1, "2554-07-21", 615)],
)
def test_every_time_that_otlp_can_say_is_stored(start: int, day: str, rest: int) -> None:
    found = row(start=start, end_time_unix_nano=0)
    assert (found["date"].isoformat(), found["start_ns"]) == (day, rest)
    assert found["start_time"].timestamp() == pytest.approx(start / 1e9, abs=1e-3)


@pytest.mark.parametrize(
    ("parent", "stored"), [(b"", None), (bytes(8), None), (b"p" * 8, b"p" * 8)]
)
def test_a_root_has_no_parent(parent: bytes, stored: bytes | None) -> None:
    assert row(parent_span_id=parent)["parent_span_id"] == stored


def test_kind_and_status_are_words() -> None:
    found = row(kind=2, status={"code": 2, "message": "no"})
    assert (found["kind"], found["status"], found["status_message"]) == ("server", "error", "no")
    plain = row()
    assert (plain["kind"], plain["status"], plain["status_message"]) == (
        "unspecified",
        "unset",
        None,
    )
    assert row(kind=77, status={"code": 9})["status"] == "9"


def test_the_last_exception_event_fills_the_exception_columns() -> None:
    events = [
        {"name": "exception", "attributes": [{"key": "exception.type", "value": value("First")}]},
        {
            "name": "exception",
            "time_unix_nano": NOON,
            "dropped_attributes_count": 2,
            "attributes": [
                {"key": "exception.type", "value": value("Last")},
                {"key": "exception.stacktrace", "value": value("at <b>x</b>\n\x00")},
            ],
        },
        {"name": "other", "attributes": [{"key": "exception.type", "value": value("Not")}]},
    ]
    found = row({"exception.message": "of the span"}, events=events)
    assert found["exception_type"] == "Last"
    assert found["exception_message"] == "of the span"
    assert found["exception_stacktrace"] == "at <b>x</b>\n\x00"
    stored = json.loads(found["events"])
    assert [event["name"] for event in stored] == ["exception", "exception", "other"]
    assert stored[1]["time_unix_nano"] == NOON
    assert stored[1]["dropped_attributes"] == 2


def test_links_are_json_with_hex_ids() -> None:
    link = {
        "trace_id": b"\xab" * 16,
        "span_id": b"\xcd" * 8,
        "attributes": [{"key": "a", "value": value(1)}],
    }
    assert json.loads(row(links=[link])["links"]) == [
        {"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": {"a": 1}}
    ]


@pytest.mark.parametrize(
    ("sent", "kind", "text"),
    [
        ("on", "string", "on"),
        ("", "string", ""),
        (7, "int", "7"),
        (1.5, "double", "1.5"),
        (True, "bool", "true"),
        ([1, 2], "array", "[1,2]"),
        ({"a": 1}, "map", '{"a":1}'),
        (b"\xff", "bytes", "/w=="),
    ],
)
def test_the_first_watched_variable_has_columns(sent: Any, kind: str, text: str) -> None:
    found = row({"x": 1, "aeos.data.valve": sent, "aeos.data.pump": "later"})
    assert (found["data_name"], found["data_type"], found["data_value"]) == ("valve", kind, text)


def test_dropped_attributes_are_added_up() -> None:
    assert row(dropped_attributes_count=3)["dropped_attributes"] == 3
    assert row(dropped_attributes_count=2**32 - 1)["dropped_attributes"] == 2**31 - 1


def test_the_key_names_the_org_whatever_the_telemetry_says() -> None:
    found = row({"org.id": "globex", "org_id": "globex"}, resource={"org.id": "globex"})
    assert found["org_id"] == "acme"
    assert found["ingest_time"].timestamp() == 7


def test_rows_follow_the_schema() -> None:
    body = traces(span(), span(2, start=NOON + SECOND)).SerializeToString()
    assert flatten.to_table(otlp.TRACES, body, "acme", 0).schema == schema.SPANS.arrow
    assert flatten.to_table(otlp.TRACES, b"", "acme", 0).schema == schema.SPANS.arrow
