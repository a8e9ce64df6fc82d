"""Feeding a receiver: everything arrives, `try later` is obeyed, and a trickle never gives up."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from demo_reading import END, SEED, Read, read
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from demo import feed
from demo.live import Live
from demo.progress import Bar
from demo.render import Batch
from demo.sender import Refused, Stopped, Unreachable
from demo.world import ORGS

KEYS = {slug: f"key-of-{slug}" for slug in ORGS}
SPANS = 3_000


class Receiver(ThreadingHTTPServer):
    """Takes everything, after answering `answers` to the first requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.taken: list[Batch] = []
        self.lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            status, headers, answer = (
                self.server.answers.pop(0) if self.server.answers else (200, {}, b"")
            )
            if status == 200:
                org = self.headers["Authorization"].removeprefix("Bearer key-of-")
                signal = self.path.removeprefix("/v1/")
                self.server.taken.append(Batch(org, signal, body, 0))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def quiet(done: int, wanted: int) -> None:
    pass


def test_it_delivers_every_span_with_the_key_of_its_org(receiver: Receiver) -> None:
    seen: list[tuple[int, int]] = []
    filled = feed.fill(
        receiver.endpoint, KEYS, SPANS, SEED, END, lambda done, wanted: seen.append((done, wanted))
    )
    found = read(receiver.taken)
    assert filled.spans == len(found.spans) == pytest.approx(SPANS, rel=0.1)
    assert filled.sent["logs"] == len(found.logs)
    assert {seen.org for seen in found.spans} == set(ORGS)
    assert seen[-1][0] == filled.spans
    assert {wanted for _, wanted in seen} == {SPANS}


def test_it_tries_again_when_told_to_wait(receiver: Receiver) -> None:
    receiver.answers = [(429, {"Retry-After": "0"}, b""), (503, {"Retry-After": "0.1"}, b"")]
    filled = feed.fill(receiver.endpoint, KEYS, SPANS, SEED, END, quiet)
    assert filled.spans == len(read(receiver.taken).spans)


def test_it_counts_what_the_receiver_rejected(receiver: Receiver) -> None:
    partial = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=3)
    ).SerializeToString()
    receiver.answers = [(200, {}, b""), (200, {}, partial), (200, {}, b"")]
    assert feed.fill(receiver.endpoint, KEYS, SPANS, SEED, END, quiet).rejected == 3


def test_a_refusal_ends_it_with_the_reason(receiver: Receiver) -> None:
    receiver.answers = [(401, {}, b"unknown key")] * 10
    with pytest.raises(Refused, match="401"):
        feed.fill(receiver.endpoint, KEYS, SPANS, SEED, END, quiet)


def test_an_answer_of_something_else_is_a_refusal(receiver: Receiver) -> None:
    receiver.answers = [(200, {}, b"<html>welcome</html>")] * 10
    with pytest.raises(Refused, match="not an OTLP receiver"):
        feed.fill(receiver.endpoint, KEYS, SPANS, SEED, END, quiet)


def test_it_stops_when_asked_to(receiver: Receiver) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        feed.fill(receiver.endpoint, KEYS, SPANS, SEED, END, quiet, stop)


def test_nobody_there_is_said_after_a_while() -> None:
    sender = feed.Sender("http://127.0.0.1:9", KEYS, threading.Event(), patience=0.2)
    with pytest.raises(Unreachable):
        sender.send(Batch("acme", "traces", b"", 0))


def test_the_trickle_goes_on_after_the_receiver_was_away(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(feed, "LIVE_PATIENCE", 0.05)
    receiver.answers = [(503, {"Retry-After": "1"}, b"")] * 3 + [(401, {}, b"")] * 2
    stop = threading.Event()
    thread = threading.Thread(
        target=feed.trickle, args=(receiver.endpoint, KEYS, stop, SEED), daemon=True
    )
    thread.start()
    deadline = time.monotonic() + 10
    while len(receiver.taken) < 10 and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert len(read(receiver.taken).spans) > 10


def live_minutes(minutes: int) -> tuple[Read, int, int]:
    """What a trickle tells in some minutes, without waiting for them."""
    began = int(END.timestamp()) * 10**9
    live = Live(SEED, began)
    told = [
        batch
        for number in range(minutes * 30)
        for batch in live.tick(number, began + (number + 1) * 2 * 10**9)
    ]
    return read(told), began, began + minutes * 60 * 10**9


def test_live_traces_end_just_now() -> None:
    found, began, ended = live_minutes(2)
    ends = [seen.item.end_time_unix_nano for seen in found.spans]
    assert max(ends) <= ended
    assert ended - max(ends) < 5 * 10**9
    roots = [seen.item for seen in found.spans if not seen.item.parent_span_id]
    assert all(root.end_time_unix_nano > began for root in roots)


def test_live_orgs_all_speak_and_are_never_mixed() -> None:
    found, _, _ = live_minutes(5)
    assert {seen.org for seen in found.spans} == set(ORGS)
    assert {seen.org for seen in found.metrics} == set(ORGS)
    assert len({seen.item.span_id for seen in found.spans}) == len(found.spans)
    orgs = {(seen.item.trace_id, seen.org) for seen in found.spans}
    assert len(orgs) == len({trace for trace, _ in orgs})


def test_what_is_stuck_stays_stuck() -> None:
    found, _, _ = live_minutes(5)
    for org, name, value in (
        ("acme", "battery_level_percent", 71.4),
        ("globex", "transformer_oil_c", 54.2),
        ("initech", "agents_online", 4),
    ):
        said = [
            seen.attributes[f"aeos.data.{name}"]
            for seen in found.spans
            if seen.org == org and f"aeos.data.{name}" in seen.attributes
        ]
        assert said
        assert set(said) == {value}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_says_how_long_it_will_take() -> None:
    now = [0.0]
    stream = Terminal()
    bar = Bar("Making demo data", stream, clock=lambda: now[0])
    now[0] = 15.0
    bar(42, 100)
    assert stream.getvalue().startswith("\rMaking demo data  ██████████░░░░░░░░░░░░░░  42 %")
    assert "about 21 s left" in stream.getvalue()


def test_without_a_terminal_the_bar_is_a_few_lines() -> None:
    stream = io.StringIO()
    bar = Bar("Making demo data", stream)
    for done in range(101):
        bar(done, 100)
    bar.close("Demo data is ready.")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 12
    assert lines[-2:] == ["Making demo data 100 %", "Demo data is ready."]
