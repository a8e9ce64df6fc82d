"""Metric points: what every service measures about itself at regular ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)

from demo import platform
from demo.calendar import HOUR, SECOND, conditions, daily_load
from demo.render import Batch
from demo.shapes import Service
from demo.stage import Stage
from demo.wire import metric_group, pair

MINUTE: Final = 60 * SECOND
RECENT_STEP: Final = 5 * MINUTE
OLD_STEP: Final = 30 * MINUTE
FULL_SIZE: Final = 300_000
"""Spans of a history whose metrics tick at these steps; smaller ones tick less often."""
CHUNK: Final = 24
"""Ticks in one request."""

BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
RESET_AGE: Final = 9.0
"""Hours before the end at which the services restarted and their counters began again."""
STUCK_QUEUE: Final = ("acme", "damn-pipeline", 3.0, 17)
"""Org, service, since how many hours, and the depth its queue has claimed ever since."""

Point = NumberDataPoint | HistogramDataPoint
Observe = Callable[["Moment"], Point]


@dataclass(frozen=True)
class Moment:
    """One service at one tick."""

    stage: Stage
    service: Service
    at: int
    step: int
    end: int
    rng: Random

    @property
    def age(self) -> float:
        return max(0.0, (self.end - self.at) / HOUR)

    @property
    def load(self) -> float:
        return daily_load(self.at)


def history(
    stage: Stage, start: int, end: int, all_spans: float, rng: Random
) -> Iterator[tuple[int, Batch]]:
    """All metric requests of an org from `start` to `end`, each with its newest time."""
    ticks = list(_ticks(start, end, min(1.0, max(0.02, all_spans / FULL_SIZE))))
    for first in range(0, len(ticks), CHUNK):
        chunk = ticks[first : first + CHUNK]
        yield chunk[-1][0], batch(stage, chunk, end, rng)


def _ticks(start: int, end: int, scale: float) -> Iterator[tuple[int, int]]:
    """Every tick with the step that led to it."""
    at = start
    while True:
        step = int((RECENT_STEP if end - at <= 24 * HOUR else OLD_STEP) / scale)
        at += step
        if at > end:
            return
        yield at, step


def batch(stage: Stage, ticks: Sequence[tuple[int, int]], end: int, rng: Random) -> Batch:
    """One request with every metric of every service at `ticks`."""
    groups = []
    items = 0
    for service in stage.services:
        metrics = _metrics(stage, service, ticks, end, rng)
        items += len(metrics) * len(ticks)
        release = conditions(stage.org.slug, "", ticks[-1][0], end).release
        groups.append(metric_group(stage.resources[service, release], metrics))
    return Batch(stage.org.slug, "metrics", b"".join(groups), items)


def _metrics(
    stage: Stage, service: Service, ticks: Sequence[tuple[int, int]], end: int, rng: Random
) -> list[bytes]:
    moments = [Moment(stage, service, at, step, end, rng) for at, step in ticks]
    return [
        _metric(kind, [kind.observe(moment) for moment in moments])
        for kind in KINDS
        if not kind.services or service in kind.services
    ]


@cache
def _belongs(service: Service) -> list[KeyValue]:
    return [
        pair("aeos.subsystem", service.subsystem),
        pair("aeos.process_group", service.group),
    ]


def _number(moment: Moment, value: float) -> NumberDataPoint:
    point = NumberDataPoint(time_unix_nano=moment.at, attributes=_belongs(moment.service))
    if isinstance(value, int):
        point.as_int = value
    else:
        point.as_double = value
    return point


def _cpu(moment: Moment) -> Point:
    return _number(moment, round(0.08 + 0.55 * moment.load * moment.rng.uniform(0.6, 1.2), 4))


def _memory(moment: Moment) -> Point:
    """The newest release of the retriever keeps what it should let go."""
    leak = max(0.0, RESET_AGE - moment.age) if moment.service == platform.RETRIEVER else 0.0
    mebibytes = 240 + 90 * moment.load + 150 * leak + moment.rng.uniform(-8, 8)
    return _number(moment, int(mebibytes * 1024 * 1024))


def _queue(moment: Moment) -> Point:
    org, service, since, depth = STUCK_QUEUE
    stuck = (moment.stage.org.slug, moment.service.name) == (org, service) and moment.age <= since
    return _number(
        moment, depth if stuck else int(moment.rng.expovariate(1 / (6 + 60 * moment.load)))
    )


def _hit_ratio(moment: Moment) -> Point:
    return _number(moment, round(moment.rng.betavariate(30, 55), 4))


def _confidence(moment: Moment) -> Point:
    return _number(moment, round(moment.rng.betavariate(40, 10), 4))


def _tasks(moment: Moment) -> Point:
    """A counter that grows by about forty an hour and began again at the last restart."""
    began = moment.end - int((RESET_AGE if moment.age < RESET_AGE else 24 * 14) * HOUR)
    point = _number(moment, (moment.at - began) // (90 * SECOND))
    point.start_time_unix_nano = began
    return point


def _durations(moment: Moment, median: float) -> Point:
    count = 20 + int(200 * moment.load)
    shape = [
        moment.rng.uniform(0.7, 1.3) / (1 + abs(bound - median) * 4) for bound in (0.0, *BOUNDS)
    ]
    buckets = [int(count * part / sum(shape)) for part in shape]
    return HistogramDataPoint(
        start_time_unix_nano=moment.at - moment.step,
        time_unix_nano=moment.at,
        attributes=_belongs(moment.service),
        count=sum(buckets),
        sum=round(sum(buckets) * median * moment.rng.uniform(0.9, 1.2), 3),
        bucket_counts=buckets,
        explicit_bounds=BOUNDS,
    )


@dataclass(frozen=True)
class Kind:
    """A metric: what OpenTelemetry says about it, who has it and how to observe it."""

    name: str
    unit: str
    type: str
    observe: Observe
    services: tuple[Service, ...] = ()


KINDS: Final = (
    Kind("process.cpu.utilization", "1", "gauge", _cpu),
    Kind("process.memory.usage", "By", "gauge", _memory),
    Kind(
        "aeos.queue.depth",
        "{item}",
        "gauge",
        _queue,
        (platform.ORCHESTRATOR, platform.TOOLS, platform.PIPELINE, platform.ROUTER),
    ),
    Kind("aeos.cache.hit_ratio", "1", "gauge", _hit_ratio, (platform.ROUTER, platform.RETRIEVER)),
    Kind("aeos.confidence.score", "1", "gauge", _confidence, (platform.PLANNER,)),
    Kind("aeos.tasks.completed", "{task}", "sum", _tasks, (platform.ORCHESTRATOR,)),
    Kind(
        "http.server.request.duration",
        "s",
        "histogram",
        lambda moment: _durations(moment, 0.1),
        (platform.GATEWAY,),
    ),
    Kind(
        "gen_ai.client.operation.duration",
        "s",
        "histogram",
        lambda moment: _durations(moment, 2.5),
        (platform.ROUTER, platform.BRIDGE),
    ),
)


def _metric(kind: Kind, points: list[Point]) -> bytes:
    metric = Metric(name=kind.name, unit=kind.unit)
    if kind.type == "gauge":
        metric.gauge.CopyFrom(Gauge(data_points=points))
    elif kind.type == "sum":
        metric.sum.CopyFrom(
            Sum(
                data_points=points,
                is_monotonic=True,
                aggregation_temporality=AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE,
            )
        )
    else:
        metric.histogram.CopyFrom(
            Histogram(
                data_points=points,
                aggregation_temporality=AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA,
            )
        )
    return bytes(metric.SerializeToString())
