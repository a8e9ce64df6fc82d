"""One trace as OTLP/JSON: sent to another org it gives the same rows, column by column."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cast import NOW, World, span
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from queries import export, trace
from telemetry.schema import SPANS

TRACE = 0xABCDEF
ID = f"{TRACE:032x}"
START = int(NOW.timestamp() * 1e9) - 10**12 + 123


def pair(key: str, **value: Any) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(**value))


def request() -> bytes:
    """A trace with everything that OTLP knows, in two resources and three scopes."""
    made = ExportTraceServiceRequest()
    checkout, robot = made.resource_spans.add(), made.resource_spans.add()
    checkout.resource.attributes.extend(
        [
            pair("service.name", string_value="checkout"),
            pair("service.version", string_value="2.4"),
            pair("host.cores", int_value=8),
            pair("aeos.fleet", string_value="blue"),
        ]
    )
    checkout.resource.dropped_attributes_count = 2
    robot.resource.attributes.append(pair("aeos.process_group", string_value="arms"))
    first, second = checkout.scope_spans.add(), checkout.scope_spans.add()
    first.scope.name, first.scope.version = "lib.a", "1.0"
    first.scope.attributes.append(pair("scope.flag", bool_value=True))
    second.scope.name = "lib.b"
    first.spans.extend([root(), _child(2, parent=1), broken(3)])
    second.spans.extend([bytes_watched(4), not_a_number(5)])
    robot.scope_spans.add().spans.extend([timeless(6), backwards(7), orphan(8), endless(9)])
    return made.SerializeToString()


def _child(number: int, parent: int | None = 1, **fields: Any) -> Span:
    made = span(f"step {number}", trace=TRACE, number=number, parent=parent, ago=1_000 - number)
    made.MergeFrom(Span(**fields))
    return made


def root() -> Span:
    made = span("root", trace=TRACE, number=1, ago=1_000, kind=Span.SPAN_KIND_SERVER)
    made.trace_state, made.flags = "a=1,b=2", 0x301
    made.start_time_unix_nano, made.end_time_unix_nano = START, START + 5_000_000_123
    made.dropped_attributes_count = 3
    made.status.message = "said"
    made.attributes.extend(
        [
            pair("int", int_value=-(2**63)),
            pair("double.whole", double_value=2.0),
            pair("double", double_value=1e-9),
            pair("true", bool_value=True),
            pair("empty", string_value=""),
            KeyValue(key="null", value=AnyValue()),
            pair("text", string_value='a "quoted"\n\u2028 \U0001f600'),
            pair("list", array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue()])),
            pair("none", array_value=ArrayValue()),
            pair(
                "map",
                kvlist_value=KeyValueList(
                    values=[
                        pair("deep", kvlist_value=KeyValueList(values=[pair("x", int_value=1)]))
                    ]
                ),
            ),
            pair("gen_ai.request.model", string_value="gpt-4o"),
            pair("gen_ai.usage.input_tokens", int_value=12),
            pair("gen_ai.operation.name", string_value="chat"),
            pair("aeos.data.level", double_value=1.5),
            pair("aeos.data.other", string_value="x"),
        ]
    )
    made.links.add(
        trace_id=bytes(15) + b"\7", span_id=bytes(7) + b"\7", trace_state="c=3"
    ).attributes.append(pair("why", string_value="retry"))
    made.links[0].dropped_attributes_count = 4
    made.links.add(trace_id=bytes(15) + b"\1", span_id=bytes(7) + b"\1")
    return made


def broken(number: int) -> Span:
    made = span("fails", trace=TRACE, number=number, parent=1, ago=990, error="ValueError", kind=5)
    made.status.message = "it is broken"
    event = made.events.add(name="retried", time_unix_nano=START, dropped_attributes_count=1)
    event.attributes.extend([pair("n", int_value=3), pair("at", double_value=3.0)])
    made.events.add(name="", time_unix_nano=0)
    return made


def bytes_watched(number: int) -> Span:
    made = _child(number)
    made.attributes.append(pair("aeos.data.blob", bytes_value=b"\x00\xff\x10"))
    return made


def not_a_number(number: int) -> Span:
    made = _child(number)
    made.attributes.append(pair("aeos.data.ratio", double_value=float("nan")))
    return made


def timeless(number: int) -> Span:
    made = _child(number)
    made.start_time_unix_nano = made.end_time_unix_nano = 0
    return made


def backwards(number: int) -> Span:
    made = _child(number)
    made.end_time_unix_nano = made.start_time_unix_nano - 5
    return made


def orphan(number: int) -> Span:
    made = _child(number, parent=77)
    made.kind = 77  # type: ignore[assignment]
    return made


def endless(number: int) -> Span:
    made = _child(number, parent=None)
    made.end_time_unix_nano = 0
    return made


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    made = new_world()
    for _ in range(2):
        assert made.post("acme", request()).status_code == 200
        made.settle()
    return made


def rows(world: World, name: str) -> list[dict[str, Any]]:
    found = list(export.trace(world.scope(name), ID))
    return sorted(found, key=lambda row: str(row["span_id"]))


def test_sent_again_every_column_is_the_same(world: World) -> None:
    reply = world.client("alice").get(f"/export/trace.json?trace={ID}")
    assert reply.mimetype == "application/json"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="trace-{ID}.json"'
    answer = world.post("globex", reply.data, content_type="application/json")
    assert answer.status_code == 200, answer.data
    assert answer.get_json() == {}
    world.settle()
    ours, theirs = rows(world, "alice"), rows(world, "charlie")
    assert len(ours) == len(theirs) == 9
    for one, other in zip(ours, theirs, strict=True):
        for column in SPANS:
            if column.name not in ("org_id", "date", "ingest_time"):
                assert one[column.name] == other[column.name], (column.name, one["name"])
    assert {row["org_id"] for row in theirs} == {"globex"}
    tree = trace.spans(world.scope("alice"), ID)
    again = trace.spans(world.scope("charlie"), ID)
    assert (tree.depth, tree.parent, tree.orphan) == (again.depth, again.parent, again.orphan)


def test_it_is_otlp_json_as_the_specification_writes_it(world: World) -> None:
    found = json.loads(world.client("alice").get(f"/export/trace.json?trace={ID}").data)
    assert len(found["resourceSpans"]) == 2
    scopes = [s for block in found["resourceSpans"] for s in block["scopeSpans"]]
    assert [scope["scope"].get("name") for scope in scopes].count("lib.a") == 1
    assert sum(len(scope["spans"]) for scope in scopes) == 9, "a repeat is left out"
    (root_,) = [s for scope in scopes for s in scope["spans"] if s["name"] == "root"]
    assert (root_["traceId"], root_["kind"]) == (ID, 2)
    assert root_["startTimeUnixNano"] == str(START)
    assert "parentSpanId" not in root_
    values = {pair["key"]: pair["value"] for pair in root_["attributes"]}
    assert values["int"] == {"intValue": str(-(2**63))}
    assert values["double.whole"] == {"doubleValue": 2.0}
    assert values["null"] == {}


def test_another_orgs_trace_is_not_there(world: World) -> None:
    for name, wanted in (("charlie", f"{1:032x}"), ("alice", f"{2:032x}")):
        reply = world.client(name).get(f"/export/trace.json?trace={wanted}")
        assert (reply.status_code, reply.data) == (
            404,
            b"There is no such trace in this organisation.\n",
        )
    reply = world.client("alice").get("/export/trace.json?trace=xyz")
    assert (reply.status_code, reply.data) == (404, b"A trace id has 32 hexadecimal digits.\n")
