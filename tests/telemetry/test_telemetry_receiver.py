"""The receiver over HTTP: every input gets the right answer, and what is acknowledged is stored."""

from __future__ import annotations

import gzip
import json
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from google.rpc import status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import DAY, NOON, delimited, logs, metrics, span, traces, value
from werkzeug.test import TestResponse
from writing_house import ACME, CLOSED, GLOBEX, House, build

from telemetry.errors import SpoolError
from telemetry.otlp import JSON, PROTOBUF

TRACES = "/v1/traces"


def sentence(response: TestResponse) -> str:
    """The message of a google.rpc.Status, in the encoding of the request."""
    if response.mimetype == PROTOBUF:
        status = status_pb2.Status.FromString(response.data)
        assert status.code
        return str(status.message)
    assert response.mimetype == JSON
    assert response.json["code"]
    return str(response.json["message"])


def partial(response: TestResponse) -> tuple[int, str]:
    assert (response.status_code, response.mimetype) == (200, PROTOBUF)
    found = ExportTraceServiceResponse.FromString(response.data).partial_success
    return found.rejected_spans, found.error_message


def deep(depth: int) -> bytes:
    """A span with a list in a list in a list…"""
    found = value(1).SerializeToString()
    for _ in range(depth):
        found = delimited(5, delimited(1, found))
    attribute = delimited(9, delimited(1, b"deep") + delimited(2, found))
    return delimited(1, delimited(2, delimited(2, span().SerializeToString() + attribute)))


GOOD = traces(span()).SerializeToString()
# no clock in the header: every worker must collect the same tests
PACKED = gzip.compress(GOOD, mtime=0)
BOMB = gzip.compress(bytes(40 * 1024 * 1024), mtime=0)


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"\xff\xff", {}, 400, "ends inside a number"),
        (b"\x0a\x05ab", {}, 400, "longer than the message"),
        (delimited(1, delimited(2, delimited(2, b"\x2a\x02\xff\xfe"))), {}, 400, "protobuf"),
        (b"{", {"content_type": JSON}, 400, "not JSON"),
        (b"[1]", {"content_type": JSON}, 400, "Expected an object"),
        (GOOD, {"content_type": JSON}, 400, "not JSON"),
        (b'{"resourceSpans": []}', {"content_type": PROTOBUF}, 400, "."),
        (GOOD, {"content_type": "text/plain"}, 415, "application/x-protobuf"),
        (GOOD, {"content_type": ""}, 415, "application/json"),
        (GOOD, {"Content_Encoding": "br"}, 415, "gzip"),
        (GOOD, {"Content_Encoding": "gzip, gzip"}, 415, "gzip"),
        (GOOD, {"Content_Encoding": "gzip"}, 400, "not gzip"),
        (zlib.compress(GOOD), {"Content_Encoding": "gzip"}, 400, "not gzip"),
        (PACKED[:-4], {"Content_Encoding": "gzip"}, 400, "too early"),
        (PACKED + b"rest", {"Content_Encoding": "gzip"}, 400, "not gzip"),
        (b"", {"Content_Encoding": "gzip"}, 400, "gzip"),
        (BOMB, {"Content_Encoding": "gzip"}, 413, "larger than 20971520 bytes"),
        (bytes(21 * 1024 * 1024), {}, 413, "larger than 20971520 bytes"),
        (delimited(1, delimited(2, b"\x12\x00" * 10_000_000)), {}, 413, "more than 50000"),
        (
            delimited(1, delimited(2, delimited(2, b"\x5a\x00" * 10_000_000))),
            {},
            413,
            "more than 50000 events and links",
        ),
        (deep(60), {}, 400, "protobuf"),
        (deep(100_000), {}, 400, "protobuf"),
        (GOOD, {"key": {}}, 401, "key"),
        (GOOD, {"key": {"Authorization": "Bearer nonsense"}}, 401, "key"),
        (GOOD, {"key": CLOSED}, 403, "disabled"),
    ],
)
def test_it_refuses_with_the_right_status_and_a_sentence(
    house: House, body: bytes, headers: dict[str, Any], status: int, says: str
) -> None:
    response = house.post(TRACES, body, **headers)
    assert response.status_code == status
    assert says in sentence(response)
    assert sentence(response).endswith(".")
    assert house.spool.depth().batches == 0


def test_a_refusal_speaks_the_language_of_the_request(house: House) -> None:
    assert house.post(TRACES, b"\xff", PROTOBUF).mimetype == PROTOBUF
    assert house.post(TRACES, b"\xff", JSON).mimetype == JSON


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_is_allowed(house: House, method: str) -> None:
    response = house.server.test_client().open(TRACES, method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


class Unread:
    """A body that must not be read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError


def test_a_body_announced_too_large_is_not_read(house: House) -> None:
    announced = {"CONTENT_LENGTH": str(100 * 1024 * 1024), "wsgi.input": Unread()}
    client = house.server.test_client()
    response = client.post(TRACES, headers=ACME, content_type=PROTOBUF, environ_overrides=announced)
    assert response.status_code == 413


def test_a_body_that_breaks_off_is_refused(house: House) -> None:
    announced = {"CONTENT_LENGTH": str(len(GOOD) + 1), "wsgi.input": BytesIO(GOOD)}
    client = house.server.test_client()
    response = client.post(TRACES, headers=ACME, content_type=PROTOBUF, environ_overrides=announced)
    assert (response.status_code, sentence(response)) == (400, "The body ends too early.")


@pytest.mark.parametrize(
    ("path", "sent", "table"),
    [
        (TRACES, traces(span()), "spans"),
        ("/v1/logs", logs(LogRecord(time_unix_nano=NOON, body=value("x"))), "logs"),
        (
            "/v1/metrics",
            metrics(Metric(name="m", gauge={"data_points": [{"as_int": 1}]})),
            "metric_points",
        ),
    ],
)
def test_what_is_acknowledged_is_in_the_table(
    house: House, path: str, sent: Any, table: str
) -> None:
    response = house.post(path, sent)
    assert (response.status_code, response.data, response.mimetype) == (200, b"", PROTOBUF)
    assert house.row(table)["org_id"] == "acme"


def test_json_and_gzip_are_taken(house: House) -> None:
    body = {
        "resourceSpans": [
            {"scopeSpans": [{"spans": [{"traceId": "AB" * 16, "spanId": "cd" * 8, "name": "n"}]}]}
        ]
    }
    packed = gzip.compress(json.dumps(body).encode())
    response = house.post(
        TRACES, packed, "application/json; charset=utf-8", Content_Encoding="gzip"
    )
    assert (response.status_code, response.json) == (200, {})
    assert house.row()["trace_id"] == b"\xab" * 16


def test_a_gzip_of_several_members_is_one_body(house: House) -> None:
    half = len(GOOD) // 2
    packed = gzip.compress(GOOD[:half]) + gzip.compress(GOOD[half:])
    assert house.post(TRACES, packed, Content_Encoding="gzip").status_code == 200
    assert house.row()["name"] == "step 1"


def test_an_empty_request_is_fine_and_stores_nothing(house: House) -> None:
    assert house.post(TRACES, b"").status_code == 200
    assert house.post(TRACES, b"{}", JSON).status_code == 200
    assert house.spool.depth().batches == 0


BAD_IDS = {
    "no trace": {"trace_id": b""},
    "zero trace": {"trace_id": bytes(16)},
    "short trace": {"trace_id": b"t" * 15},
    "long trace": {"trace_id": b"t" * 17},
    "zero span": {"span_id": bytes(8)},
    "short span": {"span_id": b"s" * 7},
    "short parent": {"parent_span_id": b"p" * 4},
    "short link": {"links": [{"trace_id": b"t", "span_id": b"s" * 8}]},
}


@pytest.mark.parametrize("fields", BAD_IDS.values(), ids=BAD_IDS.keys())
def test_a_span_with_a_bad_id_is_rejected_alone(house: House, fields: dict[str, Any]) -> None:
    rejected, message = partial(house.post(TRACES, traces(span(1), span(2, **fields), span(3))))
    assert rejected == 1
    assert message.startswith("1 spans rejected: ")
    assert message.endswith(".")
    assert sorted(row["name"] for row in house.rows()) == ["step 1", "step 3"]


def test_accepted_and_rejected_add_up(house: House) -> None:
    bad = [fields for fields in BAD_IDS.values() for _ in range(3)]
    spans = [span(n) for n in range(1, 101)] + [span(200 + n, **f) for n, f in enumerate(bad)]
    rejected, message = partial(house.post(TRACES, traces(*spans)))
    assert rejected == len(bad)
    assert len(house.rows()) == 100
    assert message.count("rejected") == 4


def test_when_all_are_rejected_nothing_is_stored(house: House) -> None:
    rejected, _ = partial(house.post(TRACES, traces(span(span_id=b""))))
    assert rejected == 1
    assert house.spool.depth().batches == 0


def test_rejections_in_json_are_told_in_json(house: House) -> None:
    body = {
        "resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "not hex", "spanId": "01"}]}]}]
    }
    response = house.post(TRACES, json.dumps(body).encode(), JSON)
    assert response.json["partialSuccess"]["rejectedSpans"] == "1"
    assert "trace id" in response.json["partialSuccess"]["errorMessage"]


def test_logs_may_lack_ids_but_not_have_half_ones(house: House) -> None:
    sent = logs(
        LogRecord(time_unix_nano=NOON),
        LogRecord(time_unix_nano=NOON, trace_id=b"t" * 16, span_id=b"s" * 8),
        LogRecord(time_unix_nano=NOON, trace_id=b"t" * 3),
        LogRecord(time_unix_nano=NOON, span_id=b"s" * 3),
    )
    assert house.post("/v1/logs", sent).status_code == 200
    assert len(house.rows("logs")) == 2


def test_a_request_may_span_a_hundred_days(house: House) -> None:
    spans = [span(number, start=NOON + number * DAY) for number in range(1, 151)]
    rejected, message = partial(house.post(TRACES, traces(*spans)))
    assert rejected == 50
    assert "100 days" in message
    assert len(house.rows()) == 100


STRANGE = {
    "1970": {"start": 0, "end_time_unix_nano": 1},
    "2100": {"start": 4_102_444_800 * 10**9},
    "2554": {"start": 2**64 - 1, "end_time_unix_nano": 2**64 - 1},
    "end before start": {"end_time_unix_nano": NOON - DAY},
    "own parent": {"parent_span_id": (1).to_bytes(8, "big")},
    "html": {"name": "<script>alert(1)</script>"},
    "control characters": {"name": "\x00\x07\x1b[31m\r\n\u202e\ufeff\uffff"},
    "one newline": {"name": "\n"},
    "400 kB": {"attributes": {"big": "x" * 400_000}},
    "unknown kind": {"kind": 99},
}


@pytest.mark.parametrize("fields", STRANGE.values(), ids=STRANGE.keys())
def test_strange_spans_are_stored_as_they_are(house: House, fields: dict[str, Any]) -> None:
    sent = span(1, **fields)
    rejected, _ = partial(house.post(TRACES, traces(sent)))
    assert rejected == 0
    found = house.row()
    assert (found["name"], found["span_id"]) == (sent.name, sent.span_id)


def test_a_large_attribute_is_cut_with_a_warning(house: House) -> None:
    rejected, message = partial(house.post(TRACES, traces(span(1, {"big": "x" * 400_000}))))
    assert (rejected, "cut" in message) == (0, True)
    assert len(house.row()["attributes"]["big"]) == 32 * 1024 + 2


def test_cyclic_parents_are_stored(house: House) -> None:
    one, two = (number.to_bytes(8, "big") for number in (1, 2))
    house.post(TRACES, traces(span(1, parent_span_id=two), span(2, parent_span_id=one)))
    assert {row["parent_span_id"] for row in house.rows()} == {one, two}


def test_the_same_request_counts_once_in_any_number_of_tries(house: House) -> None:
    sent = traces(span(1), span(2, span_id=b""))
    answers = [house.post(TRACES, sent).data for _ in range(3)]
    assert len(set(answers)) == 1
    assert len(house.rows()) == 1
    assert house.post(TRACES, sent).status_code == 200
    assert len(house.rows()) == 1


def test_the_same_request_of_another_org_is_another(house: House) -> None:
    house.post(TRACES, GOOD)
    house.post(TRACES, GOOD, key=GLOBEX)
    assert sorted(row["org_id"] for row in house.rows()) == ["acme", "globex"]


def test_a_full_spool_asks_to_come_again(tmp_path: Path) -> None:
    house = build(tmp_path, spool_max_bytes=1024 * 1024)
    statuses = []
    for number in range(30):
        noise = {f"k{n}": zlib.compress(str(n * number).encode()).hex() * 60 for n in range(120)}
        response = house.post(TRACES, traces(span(number + 1, noise)))
        statuses.append(response.status_code)
        house.spool._bytes += 100_000
    assert set(statuses) == {200, 503}
    assert response.headers["Retry-After"].isdigit()
    assert len(house.rows()) == statuses.count(200)
    house.spool.close()


def test_a_broken_spool_asks_to_come_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> bool:
        raise SpoolError("disk full")

    monkeypatch.setattr(house.spool, "put", broken)
    response = house.post(TRACES, GOOD)
    assert response.status_code == 503
    assert "Try again" in sentence(response)


def test_unreachable_records_ask_to_come_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("writing_house.Keys.org_of", lambda *_: 1 / 0)
    assert house.post(TRACES, GOOD).status_code == 503
