"""Fields: what can be searched, under which key, in which column, and how its values are written.

The one idea: this table alone connects the words of the search language to the spans table;
`attr.<key>` and `resource.<key>` reach every attribute that has no column of its own.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """How the values of a field are written and compared."""

    TEXT = "text"
    NUMBER = "number"
    DURATION = "duration"
    TIME = "time"
    CHOICE = "choice"
    ID = "id"
    ANY = "any"
    """Text that may be a number, such as an attribute."""


@dataclass(frozen=True)
class Field:
    """A search key and where its values are.

    `column` is a column of the spans table or, for a field of whole traces, an aggregate over
    their spans. `unit` is the unit of the column.
    """

    key: str
    column: str
    label: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    bytes: int = 0
    of_trace: bool = False


@dataclass(frozen=True)
class Attribute:
    """An attribute of the span, or of its resource when `column` says so; any key."""

    column: str
    name: str

    @property
    def key(self) -> str:
        prefix = next(p for p, column in PREFIXES.items() if column == self.column)
        return f"{prefix}{self.name if is_bare_key(self.name) else quoted(self.name)}"

    @property
    def label(self) -> str:
        return self.name

    @property
    def kind(self) -> Kind:
        return Kind.ANY


Key = Field | Attribute

PREFIXES: Final = {"attr.": "attributes", "resource.": "resource"}

KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES: Final = ("unset", "ok", "error")

FIELDS: Final = (
    Field("name", "name", "Process", aliases=("process",)),
    Field("service", "service_name", "Service", aliases=("service.name",)),
    Field("group", "process_group", "Process group", aliases=("process.group",)),
    Field("kind", "kind", "Kind", Kind.CHOICE, choices=KINDS),
    Field("status", "status", "Status", Kind.CHOICE, choices=STATUSES),
    Field("message", "status_message", "Status message", aliases=("status.message",)),
    Field("duration", "duration_ns", "Duration", Kind.DURATION, "ns"),
    Field("start", "start_time", "Timestamp", Kind.TIME, aliases=("time", "timestamp")),
    Field("received", "ingest_time", "Received", Kind.TIME),
    Field("exception", "exception_type", "Exception", aliases=("exception.type",)),
    Field("exception.message", "exception_message", "Exception message"),
    Field("exception.stacktrace", "exception_stacktrace", "Stack trace", aliases=("stacktrace",)),
    Field("subsystem", "subsystem", "Subsystem"),
    Field("agent", "agent_name", "Agent", aliases=("agent.name",)),
    Field("agent.id", "agent_id", "Agent id"),
    Field("fleet", "fleet", "Fleet"),
    Field("task", "task_id", "Task", aliases=("task.id",)),
    Field("run", "task_run_id", "Task run", aliases=("task.run",)),
    Field("session", "session_id", "Session", aliases=("session.id", "conversation")),
    Field("user", "user_id", "User", aliases=("user.id",)),
    Field("operation", "operation", "Operation"),
    Field("model", "model", "Model"),
    Field("provider", "provider", "Provider"),
    Field("tokens.input", "input_tokens", "Input tokens", Kind.NUMBER, "tokens"),
    Field("tokens.output", "output_tokens", "Output tokens", Kind.NUMBER, "tokens"),
    Field("tokens.cached", "cached_tokens", "Cached tokens", Kind.NUMBER, "tokens"),
    Field("cost", "cost_usd", "Cost", Kind.NUMBER, "US dollars"),
    Field("ttft", "ttft_ms", "Time to first token", Kind.DURATION, "ms"),
    Field("data", "data_name", "Data", aliases=("data.name",)),
    Field("data.type", "data_type", "Data Type"),
    Field("data.value", "data_value", "Data Value", Kind.ANY),
    Field("function", "code_function", "Function", aliases=("code.function",)),
    Field("file", "code_file", "File", aliases=("code.file",)),
    Field("line", "code_line", "Line", Kind.NUMBER, aliases=("code.line",)),
    Field("revision", "code_revision", "Revision"),
    Field("version", "service_version", "Version", aliases=("service.version",)),
    Field("scope", "scope_name", "Instrumentation scope"),
    Field("memory", "memory_delta_bytes", "Memory", Kind.NUMBER, "bytes"),
    Field("http.route", "http_route", "HTTP route"),
    Field("http.status", "http_status", "HTTP status", Kind.NUMBER),
    Field("trace", "trace_id", "Trace", Kind.ID, aliases=("trace.id",), bytes=16),
    Field("span", "span_id", "Span", Kind.ID, aliases=("span.id",), bytes=8),
    Field("parent", "parent_span_id", "Parent span", Kind.ID, aliases=("parent.id",), bytes=8),
    Field("org", "org_id", "Org"),
)

_START: Final = "start_unix_ns(start_time, start_ns)"
_ENDS: Final = (
    f"{_START} + least(greatest(coalesce(duration_ns, 0), 0), 9223372036854775807 - {_START})"
)

TRACE_FIELDS: Final = (
    Field("trace.spans", "count(*)", "Spans in the trace", Kind.NUMBER, of_trace=True),
    Field("trace.depth", "max(depth)", "Depth of the trace", Kind.NUMBER, of_trace=True),
    Field(
        "trace.orphans",
        "count(*) filter (where orphan)",
        "Orphans in the trace",
        Kind.NUMBER,
        of_trace=True,
    ),
    Field(
        "trace.errors",
        "count(*) filter (where status = 'error')",
        "Errors in the trace",
        Kind.NUMBER,
        of_trace=True,
    ),
    Field(
        "trace.services",
        "count(distinct service_name)",
        "Services in the trace",
        Kind.NUMBER,
        of_trace=True,
    ),
    Field(
        "trace.duration",
        # a span without a start says nothing about the trace's time
        f"coalesce(max({_ENDS}) filter (where {_START} > 0)"
        f" - min({_START}) filter (where {_START} > 0), 0)",
        "Duration of the trace",
        Kind.DURATION,
        "ns",
        of_trace=True,
    ),
)

FLAGS: Final = {
    "root": "the first span of a trace: it has no parent",
    "error": "it failed",
    "orphan": "its parent is missing",
    "late": "it arrived more than an hour after it started",
    "future": "it started more than a minute after it arrived, so a clock is wrong",
}
"""What `is:` can ask, and what each word means of a span."""

LATE: Final = timedelta(hours=1)
FUTURE: Final = timedelta(minutes=1)
"""Clocks kept by NTP differ by less than a second, those left alone by a few seconds; a minute
is neither, and short enough to find a clock in the wrong time zone."""

BY_KEY: Final = {
    name: field for field in (*FIELDS, *TRACE_FIELDS) for name in (field.key, *field.aliases)
}

_BARE_KEY = re.compile(r"[\w.\-/@$]+")


def find(key: str) -> Key | None:
    """The field or attribute of a key as somebody wrote it; fields in any case."""
    for prefix, column in PREFIXES.items():
        if key.startswith(prefix):
            name = key.removeprefix(prefix)
            return Attribute(column, unquoted(name) if name.startswith('"') else name)
    return BY_KEY.get(key.lower())


def alike(key: str) -> str | None:
    """The known key that somebody may have meant."""
    known = [*BY_KEY, "is", "exists"]
    return next(iter(difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.7)), None)


def is_bare_key(name: str) -> bool:
    """Whether an attribute's name needs no quotation marks in a search."""
    return bool(_BARE_KEY.fullmatch(name))


def key_word(key: str) -> str:
    """A key where a value is expected, as behind `exists:`."""
    return key if is_bare_key(key) else quoted(key)


# what a reader cannot see, or a line cannot hold, is written as \uXXXX
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
# half of a surrogate pair is no character
_ESCAPE = re.compile(r'\\(?:u((?![dD][89a-fA-F])[0-9a-fA-F]{4})|(["\\*]))')


def quoted(text: str) -> str:
    """`text` in quotation marks; `unquoted` gives it back."""
    safe = re.sub(r'["\\*]', lambda found: "\\" + found[0], text)
    return '"' + _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", safe) + '"'


def unquoted(text: str) -> str:
    """What a text in quotation marks says."""
    return unescaped(text[1:-1])


def unescaped(text: str) -> str:
    """`text` with its escapes resolved; a backslash that escapes nothing stays."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
