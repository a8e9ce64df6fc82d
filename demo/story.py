"""One trace while it is being told: spans whose times count from the start of the trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Final

from opentelemetry.proto.trace.v1.trace_pb2 import Span as Wire

from demo.calendar import SECOND, Conditions
from demo.failures import Failure, Fault, pick
from demo.shapes import Function, Service
from demo.stage import Stage, place
from demo.wire import attribute

INTERNAL: Final = Wire.SPAN_KIND_INTERNAL
SERVER: Final = Wire.SPAN_KIND_SERVER
CLIENT: Final = Wire.SPAN_KIND_CLIENT
PRODUCER: Final = Wire.SPAN_KIND_PRODUCER

PAGE: Final = 4096
"""Memory grows by pages."""


@dataclass(slots=True)
class Span:
    """A span; `start` and `end` are nanoseconds after the start of the trace."""

    id: bytes
    parent: Span | None
    service: Service
    name: str
    kind: Wire.SpanKind.ValueType
    function: Function
    start: int
    end: int
    parts: list[bytes]
    failure: Failure | None = None
    sent: bool = True

    @property
    def calls(self) -> tuple[Function, ...]:
        """The functions that led here, the outermost first, this span's own last."""
        above = self.parent.calls if self.parent else ()
        return (*above, self.function)


@dataclass(slots=True)
class Story:
    """A trace: its spans, and what its tellers need to know."""

    stage: Stage
    now: Conditions
    rng: Random
    trace_id: bytes = b""
    common: bytes = b""
    """Attributes of every span."""
    run_id: str = ""
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trace_id = self.rng.randbytes(16)

    @property
    def length(self) -> int:
        return max(span.end for span in self.spans)

    def add(
        self,
        service: Service,
        name: str,
        function: Function,
        parent: Span | None,
        start: int,
        lasts: int,
        *parts: bytes,
        kind: Wire.SpanKind.ValueType = INTERNAL,
    ) -> Span:
        """A span below `parent`; its end may be moved until the story is over."""
        span = Span(
            self.rng.randbytes(8),
            parent,
            service,
            name,
            kind,
            function,
            start,
            start + lasts,
            [place(service, function, self.now.release), self.common, *parts],
        )
        self.spans.append(span)
        return span

    def takes(self, seconds: float, spread: float = 0.45) -> int:
        """A duration around a median, in nanoseconds; long ones are rare, very long ones rarer."""
        return int(seconds * exp(self.rng.gauss(0.0, spread)) * SECOND)

    def fails(self, span: Span, risk: float, faults: tuple[Fault, ...]) -> bool:
        """Whether `span` fails, by its own risk or by the bad day of its service."""
        rate = self.now.failing.get(span.service.name, risk)
        if self.rng.random() >= rate:
            return False
        self.fail(span, faults)
        return True

    def fail(self, span: Span, faults: tuple[Fault, ...]) -> None:
        span.failure = pick(self.rng, faults, span.calls, self.now.release)

    def memory(self, pages: float) -> bytes:
        """What a function gained or gave back; small, and about as often one as the other."""
        return attribute("aeos.memory.delta_bytes", int(self.rng.gauss(pages, 40)) * PAGE)
