"""OTLP/JSON becomes the same message as its protobuf twin."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import NOON, logs, metrics, span, traces, value

from telemetry import otlp
from telemetry.errors import Malformed, Refused, TooLarge
from telemetry.otlp import Signal

IDS = ("traceId", "spanId", "parentSpanId")


def as_json(message: Message, *, snake: bool = False, numbers: bool = False) -> Any:
    """The message as OTLP/JSON, written down from the specification alone."""
    found = {}
    for field, content in message.ListFields():
        name = field.name if snake else field.json_name
        many = content if field.is_repeated else [content]
        items = [
            _one(field, item, name in IDS or field.name in _SNAKE, snake, numbers) for item in many
        ]
        found[name] = items if field.is_repeated else items[0]
    return found


_SNAKE = ("trace_id", "span_id", "parent_span_id")
_LONG = (3, 4, 6, 16, 18)


def _one(field: Any, item: Any, is_id: bool, snake: bool, numbers: bool) -> Any:
    if isinstance(item, Message):
        return as_json(item, snake=snake, numbers=numbers)
    if isinstance(item, bytes):
        return item.hex() if is_id else base64.b64encode(item).decode()
    if field.type in _LONG and not numbers:
        return str(item)
    if isinstance(item, float) and item != item:
        return "NaN"
    return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(item, item)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
SPANS = st.builds(
    span,
    number=st.integers(1, 10**6),
    attributes=st.dictionaries(st.text(max_size=10), PLAIN, max_size=4),
    name=st.text(max_size=20),
    kind=st.integers(0, 5),
    start=st.integers(0, 2**64 - 1 - 5_000_000),
    trace_id=st.binary(min_size=16, max_size=16),
    flags=st.integers(0, 2**32 - 1),
    dropped_attributes_count=st.integers(0, 2**32 - 1),
)


@given(st.lists(SPANS, max_size=4), st.booleans(), st.booleans())
def test_json_and_protobuf_decode_alike(spans: list[Any], snake: bool, numbers: bool) -> None:
    sent = traces(*spans, resource={"service.name": "checkout"}, name="lib", version="1")
    text = json.dumps(as_json(sent, snake=snake, numbers=numbers)).encode()
    read = otlp.read_json(otlp.TRACES, text)
    assert read == sent
    assert otlp.read_protobuf(otlp.TRACES, read.SerializeToString()) == sent


@pytest.mark.parametrize(
    ("signal", "sent"),
    [
        (
            otlp.LOGS,
            logs({"time_unix_nano": NOON, "body": value({"a": [1, b"x"]}), "trace_id": bytes(16)}),
        ),
        (
            otlp.METRICS,
            metrics(
                Metric(
                    name="g", gauge={"data_points": [{"as_int": -5}, {"as_double": float("inf")}]}
                ),
                Metric(
                    name="h",
                    histogram={
                        "aggregation_temporality": 2,
                        "data_points": [
                            {"bucket_counts": [1, 2], "explicit_bounds": [0.5], "sum": 3}
                        ],
                    },
                ),
                Metric(
                    name="e",
                    exponential_histogram={
                        "data_points": [
                            {"scale": -3, "positive": {"offset": -1, "bucket_counts": [7]}}
                        ]
                    },
                ),
                Metric(
                    name="s", summary={"data_points": [{"quantile_values": [{"quantile": 0.5}]}]}
                ),
            ),
        ),
    ],
    ids=["logs", "metrics"],
)
def test_logs_and_metrics_decode_alike(signal: Signal, sent: Message) -> None:
    assert otlp.read_json(signal, json.dumps(as_json(sent)).encode()) == sent


def one_span(**fields: Any) -> bytes:
    found = {"traceId": "ab" * 16, "spanId": "cd" * 8} | fields
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [found]}]}]}).encode()


def read_span(**fields: Any) -> Any:
    request = otlp.read_json(otlp.TRACES, one_span(**fields))
    return request.resource_spans[0].scope_spans[0].spans[0]


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"traceId": "AB" * 16}, "trace_id", b"\xab" * 16),
        ({"parentSpanId": ""}, "parent_span_id", b""),
        ({"parentSpanId": None}, "parent_span_id", b""),
        ({"kind": 3}, "kind", 3),
        ({"kind": "SPAN_KIND_CLIENT"}, "kind", 3),
        ({"kind": "3"}, "kind", 3),
        ({"startTimeUnixNano": str(NOON)}, "start_time_unix_nano", NOON),
        ({"startTimeUnixNano": NOON}, "start_time_unix_nano", NOON),
        ({"start_time_unix_nano": 1.0}, "start_time_unix_nano", 1),
        ({"someNewField": {"a": [1]}}, "name", ""),
        ({"name": 'nul \x00 and "quotes"'}, "name", 'nul \x00 and "quotes"'),
    ],
)
def test_it_reads_the_forms_that_senders_use(
    fields: dict[str, Any], name: str, expected: Any
) -> None:
    assert getattr(read_span(**fields), name) == expected


@pytest.mark.parametrize("text", ["xyz", "abc", "ab" * 15, "0x" + "ab" * 15])
def test_an_id_that_is_not_hex_spoils_its_span_only(text: str) -> None:
    assert len(read_span(traceId=text).trace_id) != 16


@pytest.mark.parametrize("text", ["+/8=", "-_8=", "-_8"])
def test_bytes_are_base64_of_either_alphabet(text: str) -> None:
    read = read_span(attributes=[{"key": "b", "value": {"bytesValue": text}}])
    assert read.attributes[0].value.bytes_value == b"\xfb\xff"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'{"resourceSpans": {}}',
        b'{"resourceSpans": [7]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [[]]}]}]}',
        one_span(traceId=7),
        one_span(name=7),
        one_span(kind="SPAN_KIND_FRIEND"),
        one_span(kind=2**40),
        one_span(flags=-1),
        one_span(startTimeUnixNano=-1),
        one_span(startTimeUnixNano=1.5),
        one_span(startTimeUnixNano=2**64),
        one_span(startTimeUnixNano="soon"),
        one_span(startTimeUnixNano=True),
        one_span(attributes=[{"key": "b", "value": {"bytesValue": "***"}}]),
        one_span(attributes=[{"key": "b", "value": {"boolValue": "yes"}}]),
        one_span(attributes=[{"key": "b", "value": {"doubleValue": "much"}}]),
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "\\ud800"}]}]}]}',
        b'{"a": "\xff"}',
    ],
)
def test_it_refuses_what_is_no_otlp_with_a_sentence(body: bytes) -> None:
    with pytest.raises(Malformed, match=r"\.$"):
        otlp.read_json(otlp.TRACES, body)


@pytest.mark.parametrize("depth", [40, 120, 400, 100_000])
def test_it_survives_values_in_values(depth: int) -> None:
    opening = '{"arrayValue":{"values":['
    inner = opening * depth + '{"intValue":1}' + "]}}" * depth
    body = (
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":'
        f"{inner}}}]}}]}}]}}]}}"
    ).encode()
    try:
        read = otlp.read_json(otlp.TRACES, body)
    except Refused:
        assert depth > 40
    else:
        assert otlp.read_protobuf(otlp.TRACES, read.SerializeToString()) == read


def test_it_refuses_millions_of_objects_before_making_them() -> None:
    with pytest.raises(TooLarge, match="smaller batches"):
        otlp.read_json(otlp.TRACES, b'{"resourceSpans": [' + b"{}," * 3_000_000 + b"{}]}")
