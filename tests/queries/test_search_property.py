"""The search language against an evaluator of its own: both select exactly the same spans.

An expression is drawn together with a Python function that says what it means; neither the
grammar nor the SQL has a part in that function.
"""

from __future__ import annotations

import json
import operator
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from cast import NOW, World, pairs, request_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from access.scope import Scope
from queries import search, traces
from queries.conditions import MAX_LOOKS
from queries.filters import Page, TimeRange, TraceFilters

RANGE = TimeRange(NOW - timedelta(days=2), NOW + timedelta(days=2))
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
NAMES = ("pay", "Pay", "tool search", "tool *", "chat äÖ", 'say "hi"', "a\\b", "50% off_er", "x\ny")
SERVICES = ("shop", "Shop", "robot-arm", "a,b")
MODELS = ("gpt-4o", "GPT-4o", "claude", None, None)
EXCEPTIONS = ("ValueError", "Time out", None, None, None)
TIERS = ("gold", "Gold", "3", 3, 3.5, True, None, "a*b", "-4", "1e3", ["x", 1])
VALUES = ("7", "7.0", "80", "-2.5", "warm", None, None)
COUNTS = (0, 3, 17, 4000, None, None)
DURATIONS = (0, 1, 1_500_000, 2_000_000_000, -5_000_000, 90_000_000_000)


@dataclass(frozen=True)
class Row:
    """A span as it was sent."""

    org: str
    trace: int
    span: int
    parent: int | None
    kind: str
    name: str
    service: str
    status: str
    message: str | None
    model: str | None
    exception: str | None
    tier: Any
    value: str | None
    tokens: int | None
    duration: int
    seconds_ago: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.org, f"{self.trace:032x}", f"{self.span:016x}", self.kind

    @property
    def spot(self) -> tuple[str, int, int]:
        return self.org, self.trace, self.span

    @property
    def above(self) -> tuple[str, int, int | None]:
        return self.org, self.trace, self.parent

    @property
    def home(self) -> tuple[str, int]:
        return self.org, self.trace


@dataclass(repr=False)
class Lake:
    """The rows that one scope may see."""

    rows: list[Row]
    scope: Scope
    spots: set[Any] = field(init=False)
    traces: dict[Any, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.spots = {row.spot for row in self.rows}
        self.traces = {}
        for row in self.rows:
            self.traces.setdefault(row.home, []).append(row)

    def orphan(self, row: Row) -> bool:
        return row.parent is not None and row.above not in self.spots


Meaning = Callable[[Lake, Row], bool]
Drawn = tuple[str, Meaning]


CIRCLE = {1: 3, 2: 1, 3: 2}
"""Span → parent of a trace that has no beginning."""


def some_rows(chance: random.Random, org: str) -> Iterator[Row]:
    """Traces with broken parents: orphans, circles, several roots, halves that share an id."""
    for trace in range(1, 15):
        count = chance.choice((1, 2, 4, 9)) if trace > 1 else len(CIRCLE)
        for number in range(1, count + 1):
            parent = chance.choice((None, number - 1, number - 1, chance.randint(1, count), 99))
            parent = CIRCLE[number] if trace == 1 else parent
            row = Row(
                org=org,
                trace=trace,
                span=number,
                parent=parent or None,
                kind=chance.choice(KINDS),
                name=chance.choice(NAMES),
                service=chance.choice(SERVICES),
                status=chance.choice(STATUSES),
                message=chance.choice(("it broke", "OFF", None)),
                model=chance.choice(MODELS),
                exception=chance.choice(EXCEPTIONS),
                tier=chance.choice(TIERS),
                value=chance.choice(VALUES),
                tokens=chance.choice(COUNTS),
                duration=chance.choice(DURATIONS),
                seconds_ago=chance.choice((60, 600, 7200, 100_000, -30, -600)),
            )
            yield row
            if trace > 1 and chance.random() < 0.15:
                other = "server" if row.kind == "client" else "client"
                again = {**row.__dict__, "kind": other, "parent": chance.choice((parent, number))}
                yield Row(**again | {"parent": again["parent"] or None})


def proto(row: Row) -> Span:
    start = int((NOW - timedelta(seconds=row.seconds_ago)).timestamp()) * 10**9
    made = Span(
        trace_id=row.trace.to_bytes(16, "big"),
        span_id=row.span.to_bytes(8, "big"),
        parent_span_id=row.parent.to_bytes(8, "big") if row.parent else b"",
        name=row.name,
        kind=KINDS.index(row.kind),  # type: ignore[arg-type]
        start_time_unix_nano=start,
        end_time_unix_nano=start + row.duration,
    )
    made.status.code = STATUSES.index(row.status)  # type: ignore[assignment]
    made.status.message = row.message or ""
    sent = {
        "gen_ai.request.model": row.model,
        "gen_ai.usage.input_tokens": row.tokens,
        "aeos.data.level": row.value,
    }
    made.attributes.extend(pairs({k: v for k, v in sent.items() if v is not None}))
    if isinstance(row.tier, list):
        array = made.attributes.add(key="user tier").value.array_value
        array.values.add(string_value=row.tier[0])
        array.values.add(int_value=row.tier[1])
    elif row.tier is not None:
        made.attributes.extend(pairs({"user tier": row.tier}))
    if row.exception:
        event = made.events.add(name="exception", time_unix_nano=start)
        event.attributes.extend(pairs({"exception.type": row.exception}))
    return made


@pytest.fixture(scope="module")
def lakes(new_world: Callable[..., World]) -> list[Lake]:
    """The same random telemetry as alice of acme sees it, and as staff see both orgs."""
    world = new_world()
    chance = random.Random(20_261_120)
    rows: dict[str, list[Row]] = {}
    for org in ("acme", "globex"):
        rows[org] = list({row.key: row for row in some_rows(chance, org)}.values())
        for service in SERVICES:
            own = [proto(row) for row in rows[org] if row.service == service]
            assert world.post(org, request_of(*own, service=service)).status_code == 200
    world.settle()
    return [
        Lake(rows["acme"], world.scope("alice")),
        Lake(rows["acme"] + rows["globex"], world.scope("sam", "all")),
    ]


# values as a person writes them, and what they mean


def quoted(text: str) -> str:
    escaped = re.sub(r'["\\*]', lambda found: "\\" + found[0], text)
    return '"' + escaped.replace("\n", "\\u000a") + '"'


def said(value: Any) -> str | None:
    """The text of an attribute: JSON but for strings."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def numeric(text: str | None) -> float | None:
    found = re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text or "", re.ASCII)
    return float(text or "") if found else None


def resembles(text: str | None, pieces: list[str]) -> bool:
    pattern = ".*".join(re.escape(piece.lower()) for piece in pieces)
    return text is not None and re.fullmatch(pattern, text.lower(), re.DOTALL) is not None


TEXTS: dict[str, tuple[Callable[[Row], str | None], tuple[Any, ...]]] = {
    "name": (lambda row: row.name, NAMES),
    "service": (lambda row: row.service, SERVICES),
    "model": (lambda row: row.model, MODELS),
    "exception": (lambda row: row.exception, EXCEPTIONS),
    "message": (lambda row: row.message, ("it broke", "off")),
    "org": (lambda row: row.org, ("acme", "globex", "other")),
}
ANYTHING: dict[str, tuple[Callable[[Row], Any], tuple[Any, ...]]] = {
    'attr."user tier"': (lambda row: row.tier, TIERS),
    "data.value": (lambda row: row.value, VALUES),
    "attr.gen_ai.usage.input_tokens": (lambda row: row.tokens, (*COUNTS, "17", "x")),
}
NUMBERS: dict[str, tuple[Callable[[Row], int | None], tuple[tuple[str, int], ...]]] = {
    "tokens.input": (lambda row: row.tokens, (("3", 3), ("17", 17), ("100", 100), ("-1", -1))),
    "duration": (
        lambda row: row.duration,
        (
            ("1.5ms", 1_500_000),
            ("2s", 2 * 10**9),
            ("1m30s", 90 * 10**9),
            ("0", 0),
            ("-5ms", -5_000_000),
        ),
    ),
}
FACTS: dict[str, Callable[[Lake, list[Row]], int]] = {
    "trace.spans": lambda lake, rows: len(rows),
    "trace.errors": lambda lake, rows: sum(row.status == "error" for row in rows),
    "trace.services": lambda lake, rows: len({row.service for row in rows}),
    "trace.orphans": lambda lake, rows: sum(map(lake.orphan, rows)),
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ":": operator.eq,
}


def of_text(key: str, how: str, value: str) -> Drawn:
    read = TEXTS[key][0]
    match how:
        case ":":
            return f"{key}:{quoted(value)}", lambda _, row: resembles(read(row), [value])
        case "=":
            return f"{key}={quoted(value)}", lambda _, row: read(row) == value
        case "!=":
            return f"{key}!={quoted(value)}", lambda _, row: read(row) != value
        case "~":
            return f"{key}~{quoted(value)}", lambda _, row: resembles(read(row), ["", value, ""])
        case "!~":
            held = of_text(key, "~", value)[1]
            return f"{key} !~ {quoted(value)}", lambda lake, row: not held(lake, row)
    cut = len(value) // 2
    pieces = {"a*": [value[:cut], ""], "*a": ["", value[cut:]], "*a*": ["", value[:cut], ""]}.get(
        how, [value[:1], value[-1:]]
    )
    written = "*".join(quoted(piece)[1:-1] for piece in pieces)
    return f'{key}:"{written}"', lambda _, row: resembles(read(row), pieces)


@st.composite
def texts(draw: st.DrawFn) -> Drawn:
    key = draw(st.sampled_from(sorted(TEXTS)))
    value = draw(st.sampled_from([v for v in TEXTS[key][1] if v]))
    value = draw(st.sampled_from([value, value.upper(), value.lower(), value + "!"]))
    how = draw(st.sampled_from([":", "=", "!=", "~", "!~", "a*", "*a", "*a*", "a*a"]))
    return of_text(key, how, value)


@st.composite
def lists(draw: st.DrawFn) -> Drawn:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=3))
    joined = draw(st.sampled_from([",", " OR ", ", "])).join(map(quoted, names))
    within = draw(st.booleans()) or " OR " in joined
    text = f"name=({joined})" if within else f"name={joined}"
    return text, lambda _, row: row.name in names


@st.composite
def words(draw: st.DrawFn) -> Drawn:
    word = draw(
        st.sampled_from(["pay", "PAY", "ool se", "%", "_", "broke", "valueerror", "warm", "Ö"])
    )
    text = draw(st.sampled_from([quoted(word), quoted(word)] + ([word] if word.isalnum() else [])))

    def means(_: Lake, row: Row) -> bool:
        data = (row.value, "level") if row.value is not None else ()
        held = (row.name, row.service, row.exception, row.message, *data)
        return any(word.lower() in (each or "").lower() for each in held)

    return text, means


@st.composite
def anythings(draw: st.DrawFn) -> Drawn:
    key = draw(st.sampled_from(sorted(ANYTHING)))
    read, values = ANYTHING[key]
    value = said(draw(st.sampled_from([v for v in values if v is not None]))) or ""
    number = numeric(value)
    how = draw(st.sampled_from(["quoted", "bare", ">", "<=", "..", "exists"]))
    if how == "exists":
        word = key if " " not in key else quoted(key)
        return f"exists:{word}", lambda _, row: read(row) is not None
    if how == "quoted" or number is None:
        if key == "data.value" and how == "bare":
            return f"{key}:{quoted(value)}", lambda _, row: resembles(said(read(row)), [value])
        return f"{key}={quoted(value)}", lambda _, row: said(read(row)) == value
    if how == "bare":
        return (
            f"{key}={value}",
            lambda _, row: said(read(row)) == value or numeric(said(read(row))) == number,
        )
    if how == "..":

        def within(_: Lake, row: Row) -> bool:
            found = numeric(said(read(row)))
            return found is not None and number <= found <= 100

        return f"{key}:{value}..100", within

    def compared(_: Lake, row: Row) -> bool:
        found = numeric(said(read(row)))
        return found is not None and COMPARISONS[how](found, number)

    return f"{key} {how} {value}", compared


@st.composite
def numbers(draw: st.DrawFn) -> Drawn:
    key = draw(st.sampled_from(sorted(NUMBERS)))
    read, values = NUMBERS[key]
    (text, limit) = draw(st.sampled_from(values))
    how = draw(st.sampled_from([*COMPARISONS, ".."]))
    if how == "..":
        return f"{key}:{text}..", lambda _, row: read(row) is not None and read(row) >= limit
    compare = COMPARISONS[how]
    if how == "!=":
        return f"{key}!={text}", lambda _, row: read(row) != limit
    return f"{key}{how}{text}", lambda _, row: read(row) is not None and compare(read(row), limit)


FLAGS: dict[str, Meaning] = {
    "is:root": lambda _, row: row.parent is None,
    "is:error": lambda _, row: row.status == "error",
    "is:orphan": lambda lake, row: lake.orphan(row),
    "is:late": lambda _, row: row.seconds_ago > 3600,
    "is:future": lambda _, row: row.seconds_ago < -100,
    "is:root,late": lambda _, row: row.parent is None or row.seconds_ago > 3600,
    "exists:model": lambda _, row: row.model is not None,
    "exists:exception,model": lambda _, row: bool(row.exception or row.model),
    "exists:parent": lambda _, row: row.parent is not None,
    "status:(error OR UNSET)": lambda _, row: row.status != "ok",
    "kind:*er": lambda _, row: row.kind.endswith("er"),
    "start>2100": lambda _, row: False,
    f"start:{NOW:%Y}": lambda _, row: (NOW - timedelta(seconds=row.seconds_ago)).year == NOW.year,
    f"start>={NOW:%Y-%m-%dT%H:%M:%SZ}": lambda _, row: row.seconds_ago <= 0,
    f"trace:{3:032x}": lambda _, row: row.trace == 3,
    "span:*1": lambda _, row: f"{row.span:016x}".endswith("1"),
    f"parent:{2:016x}": lambda _, row: row.parent == 2,
}


@st.composite
def facts(draw: st.DrawFn) -> Drawn:
    key = draw(st.sampled_from([*FACTS, "trace.depth", "trace.duration"]))
    how = draw(st.sampled_from([">", ">=", "<", "<=", "=", ":"]))
    limit = draw(st.integers(0, 6))
    if key == "trace.depth":
        return f"{key}{how}{limit}", lambda lake, row: depth_of(
            lake.traces[row.home], limit + 1, how, limit
        )
    if key == "trace.duration":
        return f"{key}{how}{limit}m", lambda lake, row: COMPARISONS[how](
            length_of(lake.traces[row.home]), limit * 60 * 10**9
        )
    return f"{key}{how}{limit}", lambda lake, row: COMPARISONS[how](
        FACTS[key](lake, lake.traces[row.home]), limit
    )


def depth_of(rows: list[Row], furthest: int, how: str, limit: int) -> bool:
    """Level after level from the roots; a trace of circles alone has no depth."""
    spots = {row.spot for row in rows}
    level = {row.spot for row in rows if row.parent is None or row.above not in spots}
    depth = 0
    while level and depth < furthest:
        depth += 1
        level = {row.spot for row in rows if row.above in level}
    return depth > 0 and COMPARISONS[how](depth, limit)


def length_of(rows: list[Row]) -> int:
    ends = [-row.seconds_ago * 10**9 + max(row.duration, 0) for row in rows]
    return max(ends) - min(-row.seconds_ago * 10**9 for row in rows)


def related(left: Drawn, how: str, right: Drawn) -> Drawn:
    text = f"{{{left[0]}}} {how} {{{right[0]}}}"
    if how in ("with", "without"):

        def among(lake: Lake, row: Row) -> bool:
            found = any(right[1](lake, each) for each in lake.traces[row.home])
            return left[1](lake, row) and found == (how == "with")

        return text, among

    def placed(lake: Lake, row: Row) -> bool:
        rows = lake.traces[row.home]
        first = {each.spot for each in rows if left[1](lake, each)}
        if how in ("<", "<<"):
            first = {each.above for each in rows if each.spot in first and left[1](lake, each)}
        reached = set(first)
        while how in (">>", "<<"):
            down = {each.spot for each in rows if each.above in reached}
            up = {each.above for each in rows if each.spot in reached and each.parent is not None}
            more = (down if how == ">>" else up) - reached
            if not more:
                break
            reached |= more
        own = row.above if how in (">", ">>") else row.spot
        return right[1](lake, row) and own in reached

    return text, placed


def bracketed(drawn: Drawn) -> Drawn:
    return f"({drawn[0]})", drawn[1]


def all_of(parts: list[Drawn], word: str) -> Drawn:
    text = word.join(part[0] for part in parts)
    return text, lambda lake, row: all(part[1](lake, row) for part in parts)


def one_of(parts: list[Drawn]) -> Drawn:
    text = " OR ".join(part[0] for part in parts)
    return text, lambda lake, row: any(part[1](lake, row) for part in parts)


def turned(part: Drawn, word: str) -> Drawn:
    return word + part[0], lambda lake, row: not part[1](lake, row)


leaves = st.one_of(
    texts(),
    lists(),
    words(),
    anythings(),
    numbers(),
    facts(),
    st.sampled_from(sorted(FLAGS.items())),
)


def extended(inner: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        st.builds(all_of, several, st.sampled_from([" ", " AND ", "  "])).map(bracketed),
        several.map(one_of).map(bracketed),
        st.builds(turned, inner, st.sampled_from(["-", "NOT "])).map(bracketed),
        st.builds(
            related, inner, st.sampled_from([">", ">>", "<", "<<", "with", "without"]), inner
        ).map(bracketed),
    )


expressions = st.recursive(leaves, extended, max_leaves=6)
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


# the assertion shows the text; the functions behind it say nothing to a reader
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@SETTINGS
@given(drawn=expressions, which=st.integers(0, 1))
def test_it_selects_what_the_expression_means(lakes: list[Lake], drawn: Drawn, which: int) -> None:
    text, means = drawn
    # more looks at other spans than one search may take are refused
    assume(len(re.findall(r"[<>]{1,2} \{|with(?:out)? \{|trace\.|is:orphan", text)) <= MAX_LOOKS)
    lake = lakes[which]
    filters = TraceFilters(RANGE, search.condition(text))
    found = traces.search(lake.scope, filters, Page(rows=1000))
    keys = sorted((r["org_id"], r["trace_id"], r["span_id"], r["kind"]) for r in found.rows)
    assert keys == sorted(row.key for row in lake.rows if means(lake, row)), text


def test_the_drawn_lake_has_what_can_go_wrong(lakes: list[Lake]) -> None:
    acme, both = lakes
    shared = len(both.rows) - len({row.spot for row in both.rows})
    circles = [rows for rows in both.traces.values() if not depth_of(rows, 99, ">", 0)]
    assert shared > 3
    assert circles
    assert any(map(acme.orphan, acme.rows))
    assert {home[1] for home in both.traces if home[0] == "acme"} & {
        home[1] for home in both.traces if home[0] == "globex"
    }
