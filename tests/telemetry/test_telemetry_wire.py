"""Counting items on the wire."""

from __future__ import annotations

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import delimited, metrics, span, traces

from telemetry import otlp, wire
from telemetry.errors import Malformed, TooLarge


def test_it_counts_what_the_decoder_finds() -> None:
    body = traces(*(span(number) for number in range(1, 301))).SerializeToString()
    counted = wire.count_items(body, otlp.TRACES.path, 1000)
    assert counted.items == 300
    assert counted.longest == max(len(span(n).SerializeToString()) for n in range(1, 301))


def test_it_counts_points_of_every_kind_of_metric() -> None:
    point = {"time_unix_nano": 1}
    kinds = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
    found = [Metric(name=kind, **{kind: {"data_points": [point] * 3}}) for kind in kinds]
    body = metrics(*found).SerializeToString()
    assert wire.count_items(body, otlp.METRICS.path, 100).items == 15


@pytest.mark.parametrize(
    "body",
    [
        delimited(1, delimited(2, b"\x12\x00" * 10_000_000)),
        delimited(1, b"\x12\x00" * 10_000_000),
        b"\x0a\x00" * 10_000_000,
    ],
    ids=["spans", "scopes", "resources"],
)
def test_it_stops_at_the_limit_of_ten_million_empty_messages(body: bytes) -> None:
    assert len(body) < 21 * 1024 * 1024
    with pytest.raises(TooLarge, match="more than 50000"):
        wire.count_items(body, otlp.TRACES.path, 50_000)


@pytest.mark.parametrize(
    "body", [b"\x0a", b"\x0a\x05ab", b"\xff" * 11, b"\x0b", b"\x0f", b"\x08\x80"]
)
def test_it_refuses_what_is_no_message(body: bytes) -> None:
    with pytest.raises(Malformed):
        wire.count_items(body, otlp.TRACES.path, 10)
