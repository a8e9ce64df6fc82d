"""Whatever is taken can be written: damaged requests are refused, or stored to the last item."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import NOON, logs, metrics, pairs, span, traces, value

from settings import Settings
from telemetry import admission, flatten, otlp
from telemetry.errors import Refused
from telemetry.otlp import JSON, PROTOBUF, SIGNALS

SETTINGS = Settings(_env_file=None, otlp_max_value_bytes=64, otlp_max_attributes=3)
LINK = {"trace_id": b"t" * 16, "span_id": b"s" * 8}
ATTRIBUTES = {"llm.model_name": "m", "aeos.data.x": [1, {"a": b"b"}], "code.lineno": "7", "d": 0.5}
EVENT = {"name": "exception", "attributes": pairs({"exception.type": "E" * 70})}
POINT = {"time_unix_nano": NOON, "attributes": pairs(ATTRIBUTES)}

REQUESTS: dict[str, Message] = {
    "traces": traces(
        span(1, ATTRIBUTES, events=[EVENT], links=[LINK], kind=3, status={"code": 2}), span(2)
    ),
    "logs": logs(LogRecord(time_unix_nano=NOON, body=value(ATTRIBUTES), trace_id=b"t" * 16)),
    "metrics": metrics(
        Metric(name="g", gauge={"data_points": [POINT | {"as_int": 3}]}),
        Metric(name="s", sum={"data_points": [POINT | {"as_double": 3}], "is_monotonic": True}),
        Metric(name="h", histogram={"data_points": [POINT | {"bucket_counts": [1, 2]}]}),
        Metric(name="e", exponential_histogram={"data_points": [POINT | {"scale": 2}]}),
        Metric(name="q", summary={"data_points": [POINT | {"quantile_values": [{"value": 1}]}]}),
    ),
}


def taken_is_written(name: str, body: bytes, content_type: str) -> None:
    signal = SIGNALS[name]
    try:
        taken = admission.admit(signal, body, content_type, SETTINGS)
    except Refused:
        return
    rows = flatten.to_table(signal, taken.body, "acme", 0)
    rows.validate(full=True)
    assert rows.num_rows == taken.items


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """A request with some of its bytes changed, removed or repeated."""
    body = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 3))
        body[start:end] = draw(st.binary(max_size=3))
    return bytes(body)


@pytest.mark.parametrize("name", REQUESTS)
@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_protobuf(name: str, data: st.DataObject) -> None:
    taken_is_written(name, data.draw(damaged(REQUESTS[name].SerializeToString())), PROTOBUF)


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.just("00" * 8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = sorted(
    otlp.TRACES.request.DESCRIPTOR.file.pool.FindMessageTypeByName(
        "opentelemetry.proto.trace.v1.Span"
    ).fields_by_camelcase_name
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=4))
@settings(max_examples=300, deadline=None)
def test_json_of_wrong_types(fields: dict[str, Any]) -> None:
    found = {"traceId": "ab" * 16, "spanId": "cd" * 8} | fields
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [found]}]}]}
    taken_is_written("traces", json.dumps(body).encode(), JSON)


@given(st.binary(max_size=200), st.sampled_from(sorted(SIGNALS)), st.sampled_from([JSON, PROTOBUF]))
@settings(max_examples=300, deadline=None)
def test_any_bytes(body: bytes, name: str, content_type: str) -> None:
    taken_is_written(name, body, content_type)
