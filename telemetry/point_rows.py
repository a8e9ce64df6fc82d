"""Metric data points as rows of the table `metric_points`, one row a point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, DataPointFlags

from telemetry import rows, values
from telemetry.otlp import Group
from telemetry.rows import Row, Rows
from telemetry.schema import METRIC_POINTS

LAYOUT: Final = rows.layout_of(METRIC_POINTS)
NO_VALUE: Final = int(DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)
_place: Final = LAYOUT.place

_temporality = rows.words(AggregationTemporality, "AGGREGATION_TEMPORALITY_")


def add(found: Rows, group: Group) -> None:
    """Add the points of a metric."""
    first = found.begin(group)
    kind = group.metric.WhichOneof("data")
    _put(first, _described(group.metric, kind))
    read = _POINTS[kind]
    for point in group.items:
        row = first.copy()
        texts = rows.read_attributes(point.attributes, row, LAYOUT.own)
        _put(row, _timed(point) | read(point))
        found.add(row, texts)


def _put(row: Row, filled: dict[str, Any]) -> None:
    for name, value in filled.items():
        row[_place[name]] = value


def _described(metric: Any, kind: str) -> dict[str, Any]:
    data = getattr(metric, kind)
    temporality = getattr(data, "aggregation_temporality", 0)
    return {
        "name": metric.name,
        "description": metric.description or None,
        "unit": metric.unit or None,
        "kind": kind,
        "temporality": _temporality(temporality) if temporality else None,
        "monotonic": data.is_monotonic if kind == "sum" else None,
    }


def _timed(point: Any) -> dict[str, Any]:
    date, time, rest = rows.day_and_time(point.time_unix_nano)
    return {
        "date": date,
        "time": time,
        "time_ns": rest,
        "start_time": rows.moment(point.start_time_unix_nano),
        "flags": point.flags,
    }


def _number(point: Any) -> dict[str, Any]:
    kind = point.WhichOneof("value")
    absent = kind is None or point.flags & NO_VALUE
    return {
        "data_type": {"as_int": "int", "as_double": "double", None: None}[kind],
        "value": None if absent else float(getattr(point, kind)),
    }


def _observed(point: Any) -> dict[str, Any]:
    """What histograms of both kinds have in common."""
    return {"count": rows.kept(point.count)} | {
        name: getattr(point, name) if point.HasField(name) else None
        for name in ("sum", "min", "max")
    }


def _histogram(point: Any) -> dict[str, Any]:
    buckets = {
        "bounds": [values.real(bound) for bound in point.explicit_bounds],
        "counts": list(point.bucket_counts),
    }
    return _observed(point) | {"buckets": values.text(buckets)}


def _exponential(point: Any) -> dict[str, Any]:
    buckets = {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": values.real(point.zero_threshold),
        "positive": _exponential_buckets(point.positive),
        "negative": _exponential_buckets(point.negative),
    }
    return _observed(point) | {"buckets": values.text(buckets)}


def _exponential_buckets(buckets: Any) -> dict[str, Any]:
    return {"offset": buckets.offset, "counts": list(buckets.bucket_counts)}


def _summary(point: Any) -> dict[str, Any]:
    quantiles = [
        {"quantile": values.real(q.quantile), "value": values.real(q.value)}
        for q in point.quantile_values
    ]
    return {
        "count": rows.kept(point.count),
        "sum": point.sum,
        "buckets": values.text(quantiles),
    }


_POINTS: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential,
    "summary": _summary,
}
