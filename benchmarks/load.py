"""Load: OTLP requests, made beforehand and posted over a few connections by another process."""

from __future__ import annotations

import http.client
import multiprocessing
import random
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from demo import wire

TRACE_SPANS = 20
ERRORS = 0.02
_MS = 1_000_000


@dataclass(frozen=True)
class Plan:
    """`batches` requests of `batch_spans` spans to `url`, over so many connections at a time.

    `first` numbers the first one: the same number makes the same ids. `rate` is spans a second;
    without one, each connection sends as soon as it may.
    """

    url: str
    key: str
    first: int
    batches: int
    batch_spans: int
    connections: int
    rate: float | None = None

    @property
    def pace(self) -> float | None:
        """Seconds between two requests of one connection."""
        return self.connections * self.batch_spans / self.rate if self.rate else None

    @property
    def spans(self) -> int:
        return self.batches * self.batch_spans


@dataclass(frozen=True)
class Posted:
    """What was acknowledged, in how many seconds, and the seconds that each request took."""

    spans: int
    seconds: float
    acks: list[float]

    @property
    def p50(self) -> float:
        return quantiles(self.acks, n=100)[49]

    @property
    def p99(self) -> float:
        return quantiles(self.acks, n=100)[98]


def post(plan: Plan) -> Posted:
    """Carry out a plan in a process of its own, so that making it costs the server nothing."""
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning) as process:
        return process.submit(carry_out, plan).result()


def carry_out(plan: Plan) -> Posted:
    """Make all bodies, then post them; only the posting is timed."""
    bodies = [body(plan.first + number, plan.batch_spans) for number in range(plan.batches)]
    parts = [bodies[lane :: plan.connections] for lane in range(plan.connections)]
    started = time.perf_counter()
    with ThreadPoolExecutor(plan.connections) as lanes:
        acks = [
            ack for lane in lanes.map(lambda part: _post_all(plan, part), parts) for ack in lane
        ]
    return Posted(plan.spans, time.perf_counter() - started, acks)


def body(number: int, spans: int) -> bytes:
    """A request of traces that ended just now."""
    dice = random.Random(number)
    group = ResourceSpans(
        resource=_resource(number),
        scope_spans=[ScopeSpans(scope=wire.SCOPE, spans=_spans(dice, spans, time.time_ns()))],
    )
    return bytes(ExportTraceServiceRequest(resource_spans=[group]).SerializeToString())


def _resource(number: int) -> Resource:
    return wire.resource(
        [
            ("service.name", f"service-{number % 12}"),
            ("service.version", "2.4.1"),
            ("host.name", f"node-{number % 16}"),
            ("aeos.process_group", f"group-{number % 6}"),
        ]
    )


def _spans(dice: random.Random, spans: int, now: int) -> Iterable[Span]:
    for index in range(spans):
        if index % TRACE_SPANS == 0:
            trace_id, root = dice.randbytes(16), dice.randbytes(8)
            yield _span(dice, trace_id, root, None, now)
        else:
            yield _span(dice, trace_id, dice.randbytes(8), root, now)


def _span(
    dice: random.Random, trace_id: bytes, span_id: bytes, parent: bytes | None, now: int
) -> Span:
    duration = int(dice.lognormvariate(3, 1) * _MS)
    start = now - duration - dice.randrange(1000 * _MS)
    span = Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent or b"",
        name=dice.choice(("chat gpt-4o", "execute_tool search", "plan.step", "memory.read")),
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start,
        end_time_unix_nano=start + duration,
        attributes=[wire.pair(name, value) for name, value in _attributes(dice).items()],
    )
    if dice.random() < ERRORS:
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="timed out"))
        event = span.events.add(name="exception", time_unix_nano=start + duration)
        event.attributes.append(wire.pair("exception.type", "TimeoutError"))
    return span


def _attributes(dice: random.Random) -> dict[str, str | int | float | bool]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.agent.name": f"agent-{dice.randrange(40)}",
        "gen_ai.usage.input_tokens": dice.randrange(4000),
        "gen_ai.usage.output_tokens": dice.randrange(700),
        "session.id": f"session-{dice.randrange(5000)}",
        "aeos.subsystem": "MOSAIC",
        "aeos.task.id": f"task-{dice.randrange(300)}",
        "code.function.name": f"svc.module_{dice.randrange(25)}.handle",
        "code.line.number": dice.randrange(1, 900),
    }


def _post_all(plan: Plan, bodies: list[bytes]) -> list[float]:
    """Post over one keep-alive connection; seconds until each acknowledgement.

    They count from when a request was due, so that a stall is charged to all that wait behind it.
    """
    parts = urlsplit(plan.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    acks: list[float] = []
    began = time.perf_counter()
    try:
        for number, sent in enumerate(bodies):
            due = began + number * plan.pace if plan.pace else time.perf_counter()
            time.sleep(max(0.0, due - time.perf_counter()))
            _post_one(connection, plan.key, sent)
            acks.append(time.perf_counter() - due)
    finally:
        connection.close()
    return acks


def _post_one(connection: http.client.HTTPConnection, key: str, sent: bytes) -> None:
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {key}"}
    connection.request("POST", "/v1/traces", sent, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != http.client.OK:
        raise RuntimeError(f"The receiver answered {response.status}: {answer[:200]!r}")
    if ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans:
        raise RuntimeError("The receiver rejected spans.")
