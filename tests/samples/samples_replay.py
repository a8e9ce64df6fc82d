"""The real samples: where they lie, and how they get into a lake over HTTP."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
from cast import SHARED, World, pairs
from deltalake import DeltaTable
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags, Metric

from access.keys import issue
from access.people import create_org
from access.scope import Scope
from dashboards.serving import Web
from queries import trace, traces
from queries.filters import Page, TimeRange, TraceFilters
from queries.reader import Row
from queries.tree import Trace

SAMPLES = SHARED / "samples"
MISSING = f"the real samples are not at {SAMPLES}"
TRACE_FILES = sorted(path.name.split(".")[0] for path in SAMPLES.glob("traces/*.jsonl.gz"))

ALL_TIME = TimeRange(datetime(1970, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))
EVERYTHING = TraceFilters(ALL_TIME)
POINTS_A_REQUEST = 40_000


def questions() -> list[dict[str, Any]]:
    path = SAMPLES / "QUESTIONS.json"
    return json.loads(path.read_text()) if path.exists() else []


@cache
def truth(dataset: str) -> dict[str, Any]:
    return json.loads((SAMPLES / "truth" / f"{dataset}.json").read_text())


@contextmanager
def served(world: World) -> Iterator[str]:
    """The world's server on a free port of its own; yields its address."""
    web = Web(world.app.server, "127.0.0.1", 0, threads=4)
    web.start()
    yield web.url
    web.stop()


def post(url: str, key: str, path: Path, *flags: str) -> dict[str, Any]:
    """Post a file the way an operator does, with the samples' own tool."""
    done = subprocess.run(
        [
            sys.executable,
            SAMPLES / "tools" / "post_otlp.py",
            url,
            path,
            "--header",
            f"authorization=Bearer {key}",
            *flags,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


def lines_of(name: str) -> list[bytes]:
    """The requests of a file, in JSON."""
    return gzip.decompress((SAMPLES / name).read_bytes()).splitlines()


def gauges_of(name: str) -> Iterator[bytes]:
    """The readings of a Parquet file as OTLP gauges, one metric a series; null is no value."""
    with duckdb.connect() as db:
        rows = db.execute(
            "select series, epoch_ns(ts), value from read_parquet($path) order by series, ts",
            {"path": str(SAMPLES / name)},
        ).fetchall()
    for first in range(0, len(rows), POINTS_A_REQUEST):
        yield _gauges(rows[first : first + POINTS_A_REQUEST])


def _gauges(rows: list[tuple[str, int, float | None]]) -> bytes:
    request = ExportMetricsServiceRequest()
    block = request.resource_metrics.add()
    block.resource.attributes.extend(pairs({"service.name": "samples"}))
    scope = block.scope_metrics.add()
    metric = Metric()
    for series, time, value in rows:
        if series != metric.name:
            metric = scope.metrics.add(name=series)
        point = metric.gauge.data_points.add(time_unix_nano=time)
        if value is None:
            point.flags = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
        else:
            point.as_double = value
    return request.SerializeToString()


@dataclass
class Sample:
    """One file of traces in an org of its own, asked by sam of ALIAS."""

    slug: str
    scope: Scope
    walked: dict[str, Trace] = field(default_factory=dict)

    def pages(self, rows: int) -> Iterator[Row]:
        """Every trace, page by page, those that started last first."""
        page = Page(rows=rows)
        while True:
            found = traces.search_traces(self.scope, EVERYTHING, page)
            yield from found.rows
            if not found.older:
                return
            page = Page(rows=rows, after=found.older)

    @cached_property
    def traces(self) -> list[Row]:
        return list(self.pages(100))

    @cached_property
    def spans(self) -> list[Row]:
        """Every span, page by page, newest first."""
        rows, page = [], Page(rows=5_000)
        while True:
            found = traces.search(self.scope, EVERYTHING, page)
            rows += found.rows
            if not found.older:
                return rows
            page = Page(rows=5_000, after=found.older)

    def tree(self, trace_id: str) -> Trace:
        if trace_id not in self.walked:
            self.walked[trace_id] = trace.spans(self.scope, trace_id)
        return self.walked[trace_id]


@dataclass
class Samples:
    """A world with an org for each file, and what the tool said about each post."""

    world: World
    orgs: dict[str, Sample] = field(default_factory=dict)
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add_org(self, dataset: str) -> str:
        """The ingest key of a new org named after the file."""
        slug = dataset.replace("_", "-")
        with self.world.app.records.session() as session:
            create_org(session, slug, slug)
        self.world.keys[slug] = issue(self.world.app.records, slug, "samples", None).secret
        self.orgs[dataset] = Sample(slug, self.world.scope("sam", slug))
        return self.world.keys[slug]

    def table(self, name: str, dataset: str) -> duckdb.DuckDBPyRelation:
        """An org's rows of a table, from the files that its newest version names."""
        org = self.orgs[dataset].slug
        stored = DeltaTable(self.world.app.settings.lake_dir / name)
        return duckdb.from_parquet(stored.file_uris(file_pruning_predicate=[("org_id", "=", org)]))
