"""Views of the span panel: a span's columns in, the parts of the panel out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.shell.link import MAX_TEXT, Link
from dashboards.trace.panel import attributes, texts
from dashboards.trace.panel.layout import section
from queries.attributes import Value, loaded, plain_value, values
from queries.filters import EPOCH
from queries.reader import Answer, Row
from telemetry.semconv import EXCEPTION_EVENT, TRUNCATED

Facts = Sequence[tuple[str, Any]]

EVENTS = 100
MOST_EVENTS = 1_000
LINKS = 100
STACK = 4_000
CUTS = 20

SEVERITIES = ((21, "fatal"), (17, "error"), (13, "warn"), (9, "info"), (5, "debug"), (1, "trace"))
"""Least severity number of each level, the highest first."""


# Head


def head(row: Row, self_ns: int | None, link: Link, zone: ZoneInfo) -> list[Component]:
    """What the span is, which stays in sight; how it ended, when and how long it ran, and what
    went wrong."""
    name = formats.shorten(formats.visible(row["name"]), 400)
    parts = [
        _chips(row),
        _halves(row),
        facts(
            [
                ("Duration", _duration(row)),
                ("Self", formats.duration(self_ns)),
                ("Start", _begun(row, zone)),
                ("Span", _copied(row["span_id"])),
            ],
            "panel-facts",
        ),
        _code(row, link),
        _error(row),
        _cut_on_arrival(row),
    ]
    return [html.H2(name, title=_hint(row["name"])), html.Div(parts, className="panel-head")]


def _begun(row: Row, zone: ZoneInfo) -> str:
    start = row["start_time"]
    if start <= EPOCH:
        return "none was sent"
    return f"{formats.stamp(start, zone)} {formats.zone_label(zone, start)}"


def _chips(row: Row) -> Component:
    return html.Div(
        [
            html.Span(formats.shorten(row["service_name"], 100), className="panel-service"),
            _status(row["status"]),
            html.Span(row["kind"], className="chip"),
        ],
        className="panel-chips",
    )


def _hint(name: str) -> str:
    return texts.readable(name[:2_000])


def _status(status: str) -> Component:
    return html.Span([html.I(), status], className=f"status status-{status}")


def _duration(row: Row) -> str:
    duration = row["duration_ns"]
    if duration is None:
        return "not known: it has no end"
    return formats.duration(duration) + (", ends before it starts" if duration < 0 else "")


def _copied(text: str) -> Component:
    named: dict[str, Any] = {"data-row": ""}
    return html.Span(
        [html.Code(text, className="whole"), texts.copier("id")], className="copied", **named
    )


def facts(pairs: Facts, class_name: str = "") -> Component:
    """Names and values; what is not known is left out."""
    known = [(name, value) for name, value in pairs if value not in (None, "")]
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in known],
        className=f"panel-dl {class_name}".strip(),
    )


def _halves(row: Row) -> Component | None:
    """The other spans that share the id: one call as its caller and its callee saw it."""
    if len(row["halves"]) < 2:
        return None
    return html.Div(
        [html.Span("Spans with this id:"), *(_half(half, row) for half in row["halves"][:10])],
        className="panel-halves",
        role="group",
    )


def _half(half: Row, row: Row) -> Component:
    chosen = half["twin"] == row["twin"] and half["org_id"] == row["org_id"]
    org = f"{half['org_id']} · " if half["org_id"] != row["org_id"] else ""
    named: dict[str, Any] = {"data-twin": str(half["twin"]), "aria-pressed": str(chosen).lower()}
    return html.Button(
        f"{org}{half['kind']} · {formats.shorten(half['service_name'], 40)}",
        className="tool tool-here" if chosen else "tool",
        **named,
    )


def _code(row: Row, link: Link) -> Component | None:
    """The way to the function in the Code Inspector, named by its place in the source."""
    function, file = row["code_function"], row["code_file"]
    if not function and not file:
        return None
    place = f"{file}:{row['code_line']}" if file and row["code_line"] else file or function
    shown = html.Code(formats.shorten(place, 200))
    if not function or len(function) > MAX_TEXT:
        return html.Div([html.Span("Code", className="muted"), shown], className="panel-code")
    # a name too long for a link stands for any, and for the newest revision
    service, revision = (
        name if name and len(name) <= MAX_TEXT else ""
        for name in (row["service_name"], row["code_revision"])
    )
    href = link.shared.to("/code", function=function, service=service, revision=revision)
    return html.Div(
        [
            html.Span("Code", className="muted"),
            dcc.Link(shown, href=href, title="Open in the Code Inspector"),
            html.Span(formats.shorten(function, 120), className="muted") if file else None,
        ],
        className="panel-code",
    )


def _error(row: Row) -> Component | None:
    """What went wrong, before everything else."""
    kind, message, stack = (
        row["exception_type"],
        row["exception_message"],
        row["exception_stacktrace"],
    )
    if row["status"] != "error" and not (kind or message or stack):
        return None
    said = message or row["status_message"]
    others = (
        row["status_message"] if message and row["status_message"] not in (message, None) else ""
    )
    named: dict[str, Any] = {"data-row": ""}
    return html.Div(
        [
            html.Div(texts.readable((kind or "Error")[:500]), className="panel-error-type"),
            texts.passage(said) if said else None,
            texts.passage(others, class_name="muted") if others else None,
            None if said or kind else html.P("The span failed and says no more about it."),
            html.Div(
                [
                    texts.copier("stack trace"),
                    texts.passage(stack, long=STACK, class_name="stacktrace"),
                ],
                className="panel-stack",
                **named,
            )
            if stack
            else None,
            html.P(_several(row), className="muted") if _several(row) else None,
        ],
        className="panel-error",
    )


def _several(row: Row) -> str:
    thrown = sum(event.get("name") == EXCEPTION_EVENT for event in events_of(row))
    return (
        f"{thrown} exceptions; this is the last, the others are under Events." if thrown > 1 else ""
    )


def _cut_on_arrival(row: Row) -> Component | None:
    """Which values the receiver's limits cut, and how long they were."""
    cuts = loaded(row["attributes"].get(TRUNCATED, "{}")) if row["attributes"] else {}
    if not isinstance(cuts, dict) or not cuts:
        return None
    items = [
        html.Li([html.Code(texts.readable(name[:200])), f" had {length:,} bytes"])
        for name, length in list(cuts.items())[:CUTS]
        if isinstance(length, int)
    ]
    more = f"and {len(cuts) - CUTS:,} more" if len(cuts) > CUTS else ""
    return html.Div(
        [html.P("Cut on arrival, because longer than the limit:"), html.Ul(items), more],
        className="panel-notice",
    )


# Between standing and attributes


def measures(row: Row, variables: Sequence[Value]) -> list[Component | None]:
    """Watched values, tokens and cost, of which a span has them or not."""
    return [_watched(variables), _tokens(row)]


def _watched(variables: Sequence[Value]) -> Component | None:
    if not variables:
        return None
    return section(
        "watched", "Watched values", attributes.rows(variables, None), f"{len(variables):,}"
    )


def _tokens(row: Row) -> Component | None:
    measured = [
        ("Input", _tokens_of(row["input_tokens"])),
        ("Cached", _tokens_of(row["cached_tokens"])),
        ("Output", _tokens_of(row["output_tokens"])),
        ("Cost", formats.money(row["cost_usd"]) if row["cost_usd"] is not None else None),
        ("First token", _ms(row["ttft_ms"])),
    ]
    who = [("Model", _line(row["model"])), ("Provider", _line(row["provider"]))]
    if not any(value for _, value in (*measured, *who)):
        return None
    return section("tokens", "Tokens and cost", facts([*who, *measured]))


def _tokens_of(tokens: int | None) -> str | None:
    return None if tokens is None else f"{tokens:,} tokens"


def _ms(value: float | None) -> str | None:
    return None if value is None else formats.duration(value * 1e6)


def _line(text: str | None) -> str:
    return formats.shorten(text, 200)


# Attributes


def attribute_rows(row: Row, link: Link, text: str, most: int) -> Component:
    """The span's attributes, or those with the text in them, `most` of them."""
    every = values(row["attributes"])
    if not every:
        return html.P("This span has no attributes.", className="muted")
    found = attributes.matching(every, text)
    shown = min(len(found), most)
    named: dict[str, Any] = {"data-shown": str(shown), "data-total": str(len(every))}
    return html.Div(
        [
            html.Div(
                attributes.rows(found, attributes.finder(link, "attributes"), most),
                className="attrs",
            ),
            texts.more_button("attributes", shown, len(found), attributes.MOST),
        ],
        **named,
    )


# Events and links


def events_of(row: Row) -> list[Row]:
    found = loaded(row["events"]) if row["events"] else []
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def links_of(row: Row) -> list[Row]:
    found = loaded(row["links"]) if row["links"] else []
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def events(row: Row, most: int) -> Component | None:
    """What happened on the span, each with its time from the span's start."""
    every = events_of(row)
    if not every:
        return None
    shown = every[:most]
    held = [_attributes_of(event) for event in shown]
    rooms = texts.rooms([value.text for value in values] for values in held)
    drawn = [
        _event(event, values, row["start_unix_ns"], room)
        for event, values, room in zip(shown, held, rooms, strict=True)
    ]
    more = texts.more_button("events", len(shown), len(every), MOST_EVENTS)
    return section("events", "Events", [html.Div(drawn), more], f"{len(every):,}")


def _attributes_of(holder: Row) -> list[Value]:
    return [plain_value(key, value) for key, value in (holder.get("attributes") or {}).items()]


def _event(event: Row, held: Sequence[Value], start_ns: int, room: int) -> Component:
    dropped = event.get("dropped_attributes")
    title = [
        html.Span(_offset(event.get("time_unix_nano"), start_ns), className="event-time"),
        html.Span(formats.shorten(formats.visible(event.get("name")), 200), className="event-name"),
        html.Span(_excerpt(held), className="event-text"),
    ]
    lost = html.P(f"{dropped:,} attributes were dropped.", className="muted") if dropped else None
    if not held and not lost:
        return html.Div(title, className="event event-line")
    body = [html.Div(attributes.rows(held, None, room=room), className="attrs"), lost]
    return html.Details([html.Summary(title, className="event-line"), *body], className="event")


def _offset(time_ns: Any, start_ns: int) -> str:
    if not isinstance(time_ns, int) or not time_ns or not start_ns:
        return "no time"
    offset = time_ns - start_ns
    if not offset:
        return "at start"
    return f"{'+' if offset >= 0 else '−'}{formats.duration(abs(offset))}"


def _excerpt(held: Sequence[Value]) -> str:
    """The attribute that says most: a message, or else the first."""
    telling = next((v for v in held if v.key.endswith(("message", "body", "content"))), None)
    first = telling or (held[0] if held else None)
    return formats.shorten(first.text[:300], 140) if first else ""


def linked_traces(row: Row) -> tuple[str, ...]:
    """The traces that are pointed at, each once; what is no trace id cannot be here."""
    found = dict.fromkeys(str(each.get("trace_id")) for each in links_of(row)[:LINKS])
    return tuple(trace for trace in found if len(trace) == 32)


def links(row: Row, here: set[str], link: Link) -> Component | None:
    """Spans of other traces that this one points at; those that the scope holds can be opened."""
    every = links_of(row)
    if not every:
        return None
    shown = every[:LINKS]
    cut = f"The first {LINKS:,} of {len(every):,} are shown." if len(every) > LINKS else ""
    return section(
        "links",
        "Links",
        [html.Div([_link(each, here, row, link) for each in shown]), cut],
        f"{len(every):,}",
    )


def _link(each: Row, here: set[str], row: Row, link: Link) -> Component:
    trace, other = str(each.get("trace_id", "")), str(each.get("span_id", ""))
    held = _attributes_of(each)
    if trace in here:
        own = "this trace" if trace == row["trace_id"] else "open its trace"
        href = Link(org=link.org, zone=link.zone, trace=trace, span=other).to("/trace")
        way: Any = dcc.Link(own, href=href, className="tool")
    else:
        way = html.Span("not in this organisation's data", className="muted")
    return html.Div(
        [
            html.Div([html.Code(f"{trace[:8]}… {other}", title=trace), way], className="link-line"),
            html.Div(attributes.rows(held, None), className="attrs") if held else None,
        ],
        className="link-row",
    )


# Logs


def log_rows(answer: Answer, row: Row, zone: ZoneInfo) -> Any:
    """Log records written in the span, by time."""
    if not answer.rows:
        return html.P("No log record names this span.", className="muted")
    more = f"The first {len(answer):,} are shown; " if answer.truncated else ""
    named: dict[str, Any] = {"data-tab": "logs"}
    held = [[_body(record), *_texts_of(record)] for record in answer]
    drawn = [
        _log(record, row["start_unix_ns"], zone, room)
        for record, room in zip(answer, texts.rooms(held), strict=True)
    ]
    return [
        html.Div(drawn, className="panel-logs"),
        html.Div(
            [more, html.Button("See all logs of the trace", className="tool tool-more", **named)],
            className="panel-more",
        ),
    ]


def _body(record: Row) -> str:
    return record["body"] or record["event_name"] or record["exception_message"] or ""


def _texts_of(record: Row) -> list[str]:
    return [value.text for value in values(record["attributes"])]


def _log(record: Row, start_ns: int, zone: ZoneInfo, room: int) -> Component:
    level = severity(record["severity_number"])
    body = _body(record)
    title = [
        html.Span(
            formats.shorten(record["severity_text"], 12) or level or "–",
            className=f"level level-{level or 'none'}",
        ),
        html.Span(
            formats.stamp(record["time"], zone).split(" ")[1],
            className="event-time",
            title=_offset(record["unix_ns"], start_ns),
        ),
        html.Span(formats.shorten(body[:600], 300), className="event-text"),
    ]
    return html.Details(
        [
            html.Summary(title, className="event-line"),
            *texts.passages([body], room=room),
            html.Div(
                attributes.rows(values(record["attributes"]), None, room=room), className="attrs"
            ),
        ],
        className="event",
    )


def severity(number: int | None) -> str:
    """The level that a severity number belongs to; empty when it is not known."""
    return next((word for least, word in SEVERITIES if (number or 0) >= least), "")


# About


def about(row: Row, link: Link) -> list[Component | None]:
    """The resource, and what else was sent about the span itself."""
    held = values(row["resource"])
    return [
        section(
            "resource",
            "Resource",
            html.Div(
                attributes.rows(held, attributes.finder(link, "resource")),
                className="attrs",
            ),
            f"{len(held):,}",
            closed=True,
        )
        if held
        else None,
        section("about", "About this span", facts(_particulars(row)), closed=True),
    ]


def _particulars(row: Row) -> Facts:
    parent = row["parent_span_id"]
    named: dict[str, Any] = {"data-span": parent or ""}
    scope = " ".join(filter(None, (row["scope_name"], row["scope_version"])))
    dropped = row["dropped_attributes"]
    return [
        ("Trace", _copied(row["trace_id"])),
        ("Parent", html.Button(html.Code(parent), className="tool", **named) if parent else "none"),
        ("Process group", _line(row["process_group"])),
        ("Agent", _line(row["agent_name"] or row["agent_id"])),
        ("Task run", _line(row["task_run_id"])),
        ("Session", _line(row["session_id"])),
        ("User", _line(row["user_id"])),
        ("Scope", _line(scope)),
        ("Trace state", _line(row["trace_state"])),
        ("Flags", f"0x{row['flags']:x}" if row["flags"] else ""),
        ("Memory", f"{row['memory_delta_bytes']:+,} bytes" if row["memory_delta_bytes"] else ""),
        ("Left out", f"{dropped:,} attributes" if dropped else ""),
        ("Arrived", _arrived(row)),
    ]


def _arrived(row: Row) -> str:
    """How long after its end the span was acknowledged."""
    if row["start_time"] <= EPOCH:
        return ""
    end = row["start_time"] + timedelta(microseconds=max(row["duration_ns"] or 0, 0) // 1000)
    late = row["ingest_time"] - end
    if late < timedelta():
        return "before it ended, by its own clock"
    return f"{formats.duration(late / timedelta(microseconds=1) * 1000)} after it ended"


def failed(sentence: str) -> list[Component]:
    return [faces.failed(sentence)]
