"""The tables at rest: every column with its type, unit, meaning and the attributes that fill it.

The one idea: this list alone describes a row; writer, reader and documentation follow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from telemetry import semconv

TEXT: Final = pa.string()
ID: Final = pa.binary()
LONG: Final = pa.int64()
INT: Final = pa.int32()
REAL: Final = pa.float64()
STAMP: Final = pa.timestamp("us", tz="UTC")
ATTRIBUTES: Final = pa.map_(pa.string(), pa.string())
SUM: Final = pa.decimal128(38)
HISTOGRAM: Final = pa.map_(pa.int32(), pa.int64())
BOUNDS: Final = pa.map_(pa.float64(), pa.int64())


@dataclass(frozen=True)
class Column:
    """One column. `unit` is empty where the value has none."""

    name: str
    type: Any
    meaning: str
    unit: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """Attributes that fill the column, the preferred one first."""
        return semconv.SOURCES.get(self.name, ())


@dataclass(frozen=True)
class Table:
    """A Delta table, partitioned by org and UTC day; `time` is the column a day is taken from.

    Rows alike in `identity` and in everything but ingest_time are deliveries of one row. It is
    empty where two equal rows may both be meant, such as the same log line written twice.
    """

    name: str
    time: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...] = ()

    @property
    def arrow(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, c.type) for c in self.columns])

    @property
    def pruned_by(self) -> tuple[str, ...]:
        """Columns, never null, whose least and greatest value the log keeps for each file."""
        names = {column.name for column in self.columns}
        return tuple(name for name in (self.time, "ingest_time") if name in names)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)


PARTITIONS: Final = ("org_id", "date")

_PARTITION_COLUMNS: Final = (
    Column(
        "org_id",
        TEXT,
        "Slug of the org the row belongs to; named by the ingest key, never by the sender.",
    ),
    Column("date", pa.date32(), "UTC day of the row's time."),
)
_WHO: Final = (
    Column(
        "service_name",
        TEXT,
        "Service that produced the row; `unknown_service` when it gave no name.",
    ),
    Column("service_version", TEXT, "Release of the service."),
    Column(
        "process_group",
        TEXT,
        "Group of processes the row belongs to; the service's name when none is given.",
    ),
    Column("scope_name", TEXT, "Instrumentation scope (library) that produced the row."),
    Column("subsystem", TEXT, "Part of the platform: MOSAIC, DAMN, UCE or SYSTEM."),
    Column("fleet", TEXT, "Fleet of agents."),
    Column("agent_id", TEXT, "Stable id of the agent."),
    Column("agent_name", TEXT, "Name of the agent."),
    Column("task_id", TEXT, "Task the agent works on."),
    Column("task_run_id", TEXT, "One run of the task."),
    Column("session_id", TEXT, "Session or conversation."),
    Column("user_id", TEXT, "End user on whose behalf it ran."),
)
_CODE: Final = (
    Column("code_function", TEXT, "Function that ran, fully qualified."),
    Column("code_file", TEXT, "Source file of the function."),
    Column("code_line", INT, "Line in the file, from 1."),
    Column("code_revision", TEXT, "Revision of the source that ran."),
)
_EXCEPTION: Final = (
    Column("exception_type", TEXT, "Type of the last exception event."),
    Column("exception_message", TEXT, "Its message."),
    Column("exception_stacktrace", TEXT, "Its stack trace, as the runtime prints it."),
)
_REST: Final = (
    Column(
        "attributes",
        ATTRIBUTES,
        "All attributes as sent; each value is JSON text, so its type survives.",
    ),
    Column(
        "resource",
        ATTRIBUTES,
        "All resource attributes, the same way; those of the scope begin with `otel.scope.`.",
    ),
    Column(
        "dropped_attributes", INT, "Attributes that the sender or the receiver's limits left out."
    ),
    Column("ingest_time", STAMP, "When the receiver acknowledged the row.", "UTC"),
)

SPANS: Final = Table(
    "spans",
    "start_time",
    (
        *_PARTITION_COLUMNS,
        Column("trace_id", ID, "Trace, 16 bytes."),
        Column("span_id", ID, "Span, 8 bytes; client and server halves of one call may share it."),
        Column("parent_span_id", ID, "Parent span, 8 bytes; null for a root."),
        Column("trace_state", TEXT, "W3C tracestate, as sent."),
        Column("flags", LONG, "W3C trace flags and OTLP's context bits."),
        Column("name", TEXT, "Operation."),
        Column("kind", TEXT, "unspecified, internal, server, client, producer or consumer."),
        Column("start_time", STAMP, "Start; 1970-01-01 when the sender gave none.", "UTC, µs"),
        Column("start_ns", INT, "Nanoseconds of the start beyond its microsecond, 0–999.", "ns"),
        Column(
            "duration_ns",
            LONG,
            "End minus start as sent: negative when the end comes first, null when one is missing.",
            "ns",
        ),
        Column("status", TEXT, "unset, ok or error."),
        Column("status_message", TEXT, "What the sender says about an error."),
        *_WHO,
        Column("scope_version", TEXT, "Version of the instrumentation scope."),
        Column("operation", TEXT, "What kind of AI operation it is, such as chat or execute_tool."),
        *_EXCEPTION,
        Column("data_count", INT, "How many watched variables the span carries; null for none."),
        Column("data_name", TEXT, "First watched variable on the span (`aeos.data.<name>`)."),
        Column("data_type", TEXT, "Its type: string, bool, int, double, array, map or bytes."),
        Column("data_value", TEXT, "Its value as text."),
        *_CODE,
        Column("memory_delta_bytes", LONG, "Memory the function gained or gave back.", "bytes"),
        Column("model", TEXT, "Model that was asked for, or else the one that answered."),
        Column("provider", TEXT, "Who runs the model."),
        Column("input_tokens", LONG, "Tokens sent to the model.", "tokens"),
        Column("output_tokens", LONG, "Tokens the model wrote.", "tokens"),
        Column("cached_tokens", LONG, "Input tokens served from the provider's cache.", "tokens"),
        Column("cost_usd", REAL, "Cost as reported by the sender.", "US dollars"),
        Column("ttft_ms", REAL, "Time to the first token; sent in seconds.", "ms"),
        Column("http_route", TEXT, "Route template of an HTTP request."),
        Column("http_status", INT, "HTTP status code."),
        Column(
            "events",
            TEXT,
            "Events as a JSON array of {name, time_unix_nano, attributes}, and dropped_attributes "
            "when some were; null for none.",
        ),
        Column(
            "links",
            TEXT,
            "Links as a JSON array of {trace_id, span_id, attributes}, and trace_state and "
            "dropped_attributes when there are any; null for none.",
        ),
        *_REST,
    ),
    identity=("trace_id", "span_id"),
)

LOGS: Final = Table(
    "logs",
    "time",
    (
        *_PARTITION_COLUMNS,
        Column(
            "time",
            STAMP,
            "When it happened; when it was observed if the sender gave no time.",
            "UTC, µs",
        ),
        Column("time_ns", INT, "Nanoseconds beyond the microsecond, 0–999.", "ns"),
        Column("observed_time", STAMP, "When the collector saw it.", "UTC, µs"),
        Column("trace_id", ID, "Trace it was written in, 16 bytes; null outside of one."),
        Column("span_id", ID, "Span it was written in, 8 bytes; null outside of one."),
        Column("flags", LONG, "W3C trace flags."),
        Column(
            "severity_number",
            INT,
            "OpenTelemetry severity, 1 (TRACE) to 24 (FATAL4); 0 when unknown.",
        ),
        Column("severity_text", TEXT, "Severity as the sender names it."),
        Column("event_name", TEXT, "Name of the event, if the record is one."),
        Column("body", TEXT, "Text of the record; JSON when the body is not a string."),
        *_WHO,
        *_EXCEPTION,
        *_CODE,
        *_REST,
    ),
)

METRIC_POINTS: Final = Table(
    "metric_points",
    "time",
    (
        *_PARTITION_COLUMNS,
        Column("time", STAMP, "Time of the point.", "UTC, µs"),
        Column("time_ns", INT, "Nanoseconds beyond the microsecond, 0–999.", "ns"),
        Column("start_time", STAMP, "Start of the interval a sum or histogram covers.", "UTC, µs"),
        Column("name", TEXT, "Metric."),
        Column("description", TEXT, "What the metric means, as sent."),
        Column("unit", TEXT, "UCUM unit, as sent."),
        Column("kind", TEXT, "gauge, sum, histogram, exponential_histogram or summary."),
        Column("temporality", TEXT, "delta or cumulative; null for gauges and summaries."),
        Column("monotonic", pa.bool_(), "Whether a sum only grows."),
        Column("data_type", TEXT, "int or double, for gauges and sums."),
        Column("value", REAL, "Value of a gauge or sum; null when the point says it has none."),
        Column("count", LONG, "Observations in a histogram or summary."),
        Column("sum", REAL, "Sum of the observations."),
        Column("min", REAL, "Least observation."),
        Column("max", REAL, "Greatest observation."),
        Column("buckets", TEXT, "Buckets or quantiles as JSON, by kind."),
        Column("flags", LONG, "OTLP data point flags."),
        *_WHO,
        *_REST,
    ),
)

TABLES: Final = {table.name: table for table in (SPANS, LOGS, METRIC_POINTS)}
"""What is received."""

ROLLUPS: Final = Table(
    "rollups",
    "start",
    (
        *_PARTITION_COLUMNS,
        Column("level", TEXT, "One of `grains.LEVELS`: how long the row's time is."),
        Column("grain", TEXT, "What the row is by; see `grains.GRAINS`."),
        Column("start", STAMP, "Start of the minute, hour and so on.", "UTC"),
        Column("place", LONG, "Level and start as one number; see `grains.place_of`."),
        Column("service_name", TEXT, "Service, where the grain has it."),
        Column("process_group", TEXT, "Process group, where the grain has it."),
        Column("operation", TEXT, "Name of the spans, where the grain has it."),
        Column("subsystem", TEXT, "Subsystem, where the grain has it."),
        Column("agent_name", TEXT, "Agent, where the grain has it."),
        Column("model", TEXT, "Model, where the grain has it."),
        Column("exception_type", TEXT, "Exception, where the grain has it."),
        Column("service_version", TEXT, "Release of the service, where the grain has it."),
        Column("code_revision", TEXT, "Revision of the source, where the grain has it."),
        Column("function", TEXT, "Function, or else name of the spans, where the grain has it."),
        Column("code_file", TEXT, "File of the function, where the grain has it."),
        Column("caller", TEXT, "Service or agent that called, where the grain has it."),
        Column("callee", TEXT, "Service or agent that was called, where the grain has it."),
        Column("spans", LONG, "Spans that started then."),
        Column("errors", LONG, "Those of them with status error."),
        Column("roots", LONG, "Those of them without a parent: traces begun."),
        Column("timed", LONG, "Those of them with a duration, of 0 or more."),
        Column("duration_ns", SUM, "Sum of the durations.", "ns"),
        Column("shortest_ns", LONG, "Least duration.", "ns"),
        Column("longest_ns", LONG, "Greatest duration.", "ns"),
        Column("durations", HISTOGRAM, "How many durations lie in each bucket of `grains.GAMMA`."),
        Column("calls", LONG, "Those of the spans that are model calls."),
        Column("input_tokens", LONG, "Tokens sent to models.", "tokens"),
        Column("output_tokens", LONG, "Tokens that models wrote.", "tokens"),
        Column("cached_tokens", LONG, "Input tokens served from caches.", "tokens"),
        Column("cost_usd", REAL, "Cost as reported, of model calls.", "US dollars"),
        Column("memory_delta_bytes", LONG, "Memory gained or given back.", "bytes"),
        Column("measured", LONG, "Those of the spans that tell about memory."),
        Column("earliest", STAMP, "Start of the first of the spans.", "UTC, µs"),
        Column("latest", STAMP, "Start of the last of the spans.", "UTC, µs"),
    ),
)
"""Sums of spans. Rows alike in all that names them are parts of one sum."""

METRIC_ROLLUPS: Final = Table(
    "metric_rollups",
    "start",
    (
        *_PARTITION_COLUMNS,
        Column("level", TEXT, "minute, hour or day: how long the row's time is."),
        Column("start", STAMP, "Start of the minute, hour or day.", "UTC"),
        Column("name", TEXT, "Metric."),
        Column("service_name", TEXT, "Service that sent it."),
        Column("kind", TEXT, "gauge, sum, histogram, exponential_histogram or summary."),
        Column("unit", TEXT, "UCUM unit, as sent."),
        Column("points", LONG, "Points; repeats count once."),
        Column("series", LONG, "Different sets of attributes and resources among them."),
        Column("last", REAL, "Newest value; of several series the greatest of that time."),
        Column("least", REAL, "Least value, or least observation."),
        Column("greatest", REAL, "Greatest value, or greatest observation."),
        Column("total", REAL, "Sum of the values: divided by `valued` it is their average."),
        Column("valued", LONG, "Points that have a value."),
        Column("growth", REAL, "How much counters grew, over resets: their rate, times time."),
        Column("count", LONG, "Observations that histograms gained."),
        Column("sum", REAL, "Sum of these observations."),
        Column("buckets", BOUNDS, "These observations by upper bound; the last is infinite."),
    ),
)
"""Sums of metric points; one row for what names it, made anew whenever points come."""

READABLE: Final = {**TABLES, ROLLUPS.name: ROLLUPS, METRIC_ROLLUPS.name: METRIC_ROLLUPS}
"""What questions may read."""
