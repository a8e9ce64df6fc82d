"""The span panel: what it says of a span, what it leads to, and what it survives."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import orjson
import pytest
import wire
from cast import NOW, World, pairs, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from plotly.utils import PlotlyJSONEncoder
from wire import page_with, words

from dashboards.shell.link import Link
from dashboards.trace.panel import said, standing, texts, views
from queries import messages, traces
from queries import span as one_span
from queries.filters import TraceFilters
from queries.reader import Row
from queries.span import Standing

UTC = ZoneInfo("UTC")
TRACE = f"{1:032x}"
TRACES = count(100)
LARGEST = 2_000_000
HTML = '<script>alert(1)</script><img src=x onerror="alert(1)">'
CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f\u202e\u2028\ufeff"


def drawn(component: Any) -> Any:
    """A component as the browser gets it."""
    return json.loads(json.dumps(component, cls=PlotlyJSONEncoder))


def nodes(component: Any) -> Iterator[dict[str, Any]]:
    """Every element below, itself included."""
    if isinstance(component, list):
        for each in component:
            yield from nodes(each)
    elif isinstance(component, dict) and "props" in component:
        yield component
        yield from nodes(component["props"].get("children"))


def having(component: Any, prop: str) -> list[Any]:
    return [n["props"][prop] for n in nodes(component) if prop in n["props"]]


def all_of(row: Row) -> Any:
    """Everything that the panel draws from a span alone."""
    link = Link(trace=TRACE, span=row["span_id"])
    return drawn(
        [
            views.head(row, None, link, UTC),
            said.conversation(messages.messages(row)),
            views.measures(row, one_span.watched(row)),
            views.attribute_rows(row, link, "", 200),
            views.events(row, 100),
            views.links(row, set(), link),
            views.about(row, link),
        ]
    )


def keep(world: World, made: Span, *others: Span, **sent: Any) -> Row:
    """Send a span to acme, in a trace of its own, and read it back whole."""
    trace = next(TRACES).to_bytes(16, "big")
    for each in (made, *others):
        each.trace_id = trace
    world.send("acme", made, *others, **sent)
    return one_span.whole(world.scope("alice"), trace.hex(), made.span_id.hex())


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    return new_world()


# hostile and huge


def hostile() -> Span:
    made = span(HTML + CONTROLS, error=HTML, gen_ai__request__model=HTML)
    made.attributes.extend(
        pairs(
            {
                HTML: CONTROLS,
                CONTROLS: HTML,
                "gen_ai.input.messages": json.dumps([{"role": HTML, "content": HTML}]),
                "aeos.data." + HTML: HTML,
                "code.function.name": HTML,
                "code.file.path": "javascript:alert(1)",
                "url": "javascript:alert(1)",
            }
        )
    )
    made.trace_state = HTML
    made.events.add(name=HTML, time_unix_nano=2**63).attributes.extend(pairs({HTML: CONTROLS}))
    made.links.add(trace_id=b"\xff" * 16, span_id=b"\xff" * 8).attributes.extend(
        pairs({HTML: HTML})
    )
    made.status.message = CONTROLS
    return made


def test_hostile_text_is_text_and_leads_nowhere_else(world: World) -> None:
    found = all_of(keep(world, hostile(), service=HTML, **{HTML: CONTROLS}))
    assert {n["type"] for n in nodes(found)} <= {
        *("Div", "Span", "H2", "H3", "H4", "P", "Ul", "Li", "Dl", "Dt", "Dd", "I", "Code"),
        *("Button", "Details", "Summary", "Small", "Link"),
    }
    hrefs = having(found, "href")
    assert hrefs
    assert {urlsplit(href)[:3] for href in hrefs} <= {("", "", "/traces"), ("", "", "/code")}
    shown = words(found)
    assert HTML in shown
    for hidden in "\x00\x01\x1b\x7f\u202e\u2028\ufeff":
        assert hidden not in shown
    assert "␛" in shown
    assert "⟨U+202E⟩" in shown


def test_the_clipboard_gets_what_was_sent(world: World) -> None:
    found = drawn(
        views.attribute_rows(keep(world, span(key=CONTROLS, plain="abc")), Link(), "", 200)
    )
    assert CONTROLS in having(found, "data-raw")
    assert "abc" not in having(found, "data-raw")


def test_a_span_of_400_kb_is_folded_and_stays_small(world: World) -> None:
    values = {f"value {n}": chr(97 + n % 26) * 32_000 for n in range(13)}
    row = keep(world, span(**values))
    began = time.process_time()
    found = all_of(row)
    assert time.process_time() - began < 1
    assert len(json.dumps(found)) < LARGEST
    assert words(found).count("Show all 32,000 characters") == 9
    assert words(found).count("30,500 more characters are in the raw JSON.") == 0
    assert words(found).count("31,600 more characters are in the raw JSON.") == 4


def test_ten_thousand_attributes_neither_break_nor_stall(world: World) -> None:
    row = {**keep(world, span()), "attributes": {f"key {n:05}": f'"{n}"' for n in range(10_000)}}
    began = time.process_time()
    found = all_of(row)
    assert time.process_time() - began < 1
    assert len(json.dumps(found)) < LARGEST
    assert "200 of 10,000 attributes shown." in words(found)
    more = drawn(views.attribute_rows(row, Link(), "", 1_500))
    assert "1,500 of 10,000 attributes shown." in words(more)
    assert len(json.dumps(more)) < LARGEST
    one = drawn(views.attribute_rows(row, Link(), "KEY 09999", 200))
    assert having(one, "data-row") == [""]
    assert "9999" in words(one)


def test_many_long_events_stay_small(world: World) -> None:
    made = span()
    for n in range(128):
        made.events.add(name="log").attributes.extend(pairs({"body": f"{n}" * 8_000}))
    found = drawn(views.events(keep(world, made), 1_000))
    assert len(json.dumps(found)) < LARGEST
    assert "more characters are in the raw JSON" in words(found)


def test_a_name_of_one_newline_can_be_seen(world: World) -> None:
    assert "␊" in words(all_of(keep(world, span("\n"))))


# what it says


def test_an_error_comes_with_its_message_and_stack(world: World) -> None:
    made = span(error="first.Kind")
    event = made.events.add(name="exception")
    stack = "Traceback\n" + "  at f\n" * 2_000
    event.attributes.extend(
        pairs(
            {
                "exception.type": "last.Kind",
                "exception.message": "no luck",
                "exception.stacktrace": stack,
            }
        )
    )
    found = words(drawn(views.head(keep(world, made), None, Link(), UTC)))
    assert "last.Kind no luck" in found
    assert f"Show all {len(stack):,} characters" in found
    assert "2 exceptions; this is the last, the others are under Events." in found


def test_a_span_without_error_has_no_error_box(world: World) -> None:
    assert "panel-error" not in json.dumps(all_of(keep(world, span())))


def test_values_cut_on_arrival_are_named(world: World) -> None:
    found = words(drawn(views.head(keep(world, span(long="x" * 100_000)), None, Link(), UTC)))
    assert "Cut on arrival" in found
    assert "had 100,000 bytes" in found


def test_events_say_when_they_happened_from_the_start(world: World) -> None:
    made = span()
    start = made.start_time_unix_nano
    for offset, name in ((0, "a"), (1_500_000, "b"), (-2_000_000, "c")):
        made.events.add(name=name, time_unix_nano=start + offset)
    made.events.add(name="d")
    found = words(drawn(views.events(keep(world, made), 100)))
    assert "at start a" in found
    assert "+1.50 ms b" in found
    assert "−2.00 ms c" in found
    assert "no time d" in found


def test_a_span_tells_its_time_in_the_zone_that_was_chosen(world: World) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    found = words(drawn(views.head(keep(world, span()), 4_000_000, Link(), zone)))
    local = (NOW.astimezone(zone)).strftime("%Y-%m-%d")
    assert local in found
    assert "(UTC+05:30)" in found
    assert "10.0 ms" in found
    assert "4.00 ms" in found


ALL = Standing(10, 5, 1, (10e6, 20e6, 30e6), ((56, 10),), 56, 12_000_000)


@pytest.mark.parametrize(
    ("quicker", "equal", "mark", "duration", "expected"),
    [
        (973, 0, 60, 40_000_000, "Slower than 97.3 % of 1,000 spans"),
        (1_000, 0, 60, 40_000_000, "Slower than all 1,000 spans"),
        (999, 1, 60, 40_000_000, "Slower than 99.9 % of 1,000 spans"),
        (0, 0, 60, 1_000_000, "Quicker than all 1,000 spans"),
        (0, 4, 60, 1_000_000, "Slower than none of 1,000 spans"),
        (0, 0, None, None, "It has no duration to compare with the 1,000 spans"),
    ],
)
def test_standing_is_said_exactly(
    quicker: int, equal: int, mark: int | None, duration: int | None, expected: str
) -> None:
    buckets = ((56, 1_000),)
    found = Standing(1_000, quicker, equal, (10e6, 20e6, 30e6), buckets, mark, duration)
    assert standing.sentence(found).startswith(expected)
    median = {40_000_000: ", 4.0 × the median.", 1_000_000: ", 10 % of the median."}
    assert standing.sentence(found).endswith(median.get(duration or 0, "before it."))


def test_the_picture_holds_every_span_once_and_marks_this_one() -> None:
    buckets = tuple((bucket, 1 + bucket % 3) for bucket in range(8, 100, 2))
    found = Standing(sum(n for _, n in buckets), 0, 0, (1.0, 2.0, 3.0), buckets, 97, 10**12)
    picture = drawn(standing.standing(found, None))
    titles = having(picture, "title")
    assert len(titles) <= standing.BARS
    counted = [int(title.split(": ")[1].split()[0]) for title in titles]
    assert sum(counted) == found.spans
    assert [title.endswith("and this one") for title in titles].count(True) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\r\nb", "a\nb"),
        ("\x00\x1b[31m", "␀␛[31m"),
        ("\u202egnp.exe\u2066", "⟨U+202E⟩gnp.exe⟨U+2066⟩"),
        ("naïve – 部品 👩‍🔧 ‌می‌خواهم\u00a0", "naïve – 部品 👩‍🔧 ‌می‌خواهم\u00a0"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_only_what_cannot_be_seen_is_replaced(text: str, expected: str) -> None:
    assert texts.readable(text) == expected


# what it leads to


def test_every_filter_finds_the_spans_that_share_the_value(world: World) -> None:
    """The link's search, asked as the list asks it, matches this span and no span without it."""
    values = {
        "plain": "gold",
        "number.like": "5",
        "five": 5,
        "real": 5.0,
        "yes": True,
        "with space": "a b",
        'quo"te': 'say "hi" \\ there',
        "star": "a*b",
        "colon:key": "x:y",
        "lines": "a\nb",
        "controls": "\x1b\u202e",
        "attr.attr": "()",
        HTML: HTML,
    }
    own = {key: pairs({key: value})[0] for key, value in values.items()}
    made = span()
    made.attributes.extend(own.values())
    other = span("other", number=2)
    row = keep(world, made, other, service="own shop", **{"host.name": "h 1"})
    link = Link(trace=TRACE, span=row["span_id"])
    hrefs = having(drawn(views.attribute_rows(row, link, "", 200)), "href")
    assert len(hrefs) == len(values)
    for href in hrefs:
        assert matched(world, href) == 1, href
    about = having(drawn(views.about(row, link)), "href")
    assert len(about) == 2
    assert [matched(world, href) for href in about] == [2, 2]


def matched(world: World, href: str) -> int:
    link = Link.parse(urlsplit(href).query)
    filters: TraceFilters = link.filters(NOW)
    return traces.count(world.scope("alice"), filters).spans


def test_links_open_traces_that_are_here_and_say_which_are_not(world: World) -> None:
    made = span()
    for trace in (2, 3):
        made.links.add(trace_id=trace.to_bytes(16, "big"), span_id=(7).to_bytes(8, "big"))
    world.send("acme", span(trace=2, number=7))
    row = keep(world, made)
    asked = views.linked_traces(row)
    here = {r["trace_id"] for r in one_span.present(world.scope("alice"), asked)}
    found = drawn(views.links(row, here, Link(org="acme", q="x", trace=TRACE)))
    (href,) = having(found, "href")
    assert parse_qs(urlsplit(href).query) == {
        "org": ["acme"],
        "trace": [f"{2:032x}"],
        "span": [f"{7:016x}"],
    }
    assert "not in this organisation's data" in words(found)


def test_code_leads_into_the_code_inspector(world: World) -> None:
    sent = {"code__function__name": "pay.take", "code__file__path": "pay.py"}
    found = drawn(
        views.head(
            keep(world, span(**sent, code__line__number=12)),
            None,
            Link(range="7d", trace=TRACE),
            UTC,
        )
    )
    assert having(found, "href") == ["/code?range=7d&function=pay.take&service=checkout"]
    assert "pay.py:12" in words(found)


# over the wire


@pytest.fixture(scope="module")
def halves(new_world: Callable[..., World]) -> World:
    """A call with both its halves, fifty others before it."""
    world = new_world()
    before = [span("GET", trace=9, number=n + 9, ago=300 + n, ms=n + 1) for n in range(50)]
    client = span("GET", kind=Span.SPAN_KIND_CLIENT, ms=25.5, where="caller")
    world.send("acme", client, *before, service="web")
    world.send("acme", span("GET", kind=Span.SPAN_KIND_SERVER, where="callee"), service="api")
    return world


SLOTS = ("head", "standing", "links", "logs")


def ask(world: World, name: str, **want: Any) -> dict[str, str]:
    """Texts of the panel's slots for `name`."""
    client = world.client(name)
    search = f"?trace={TRACE}&span={1:016x}"
    whole_want = {"search": search, "zone": "UTC", "twin": "", "all": [], "text": "", **want}
    page = page_with(search, path="/trace", trace_panel_want__data=whole_want)
    found: dict[str, str] = {}
    for slot in SLOTS:
        written = wire.answer(client, f"trace-panel-{slot}.children", page)
        for component, props in written.items():
            found[component.removeprefix("trace-panel-")] = words(props.get("children"))
    return found


def test_it_shows_a_span_and_where_it_stands(halves: World) -> None:
    found = ask(halves, "alice")
    assert found["head"].startswith("GET web")
    assert "client · web" in found["head"]
    assert "Slower than 50.0 % of 50 spans" in found["standing"]
    assert "caller" in found["attributes"]
    assert found["logs"] == "No log record names this span."


def test_the_other_half_can_be_chosen(halves: World) -> None:
    row = one_span.whole(halves.scope("alice"), TRACE, f"{1:016x}")
    twin = str(row["halves"][1]["twin"])
    found = ask(halves, "alice", twin=twin)
    assert "callee" in found["attributes"]
    assert "No other span of this service and name" in found["standing"]


def test_charlie_is_told_that_there_is_no_such_span(halves: World) -> None:
    found = ask(halves, "charlie")
    for slot in SLOTS:
        assert "There is no such span in this organisation." in found[slot]
    assert "GET" not in "".join(found.values())
    assert found == ask(halves, "charlie", search=f"?trace={TRACE}&span={77:016x}")


def test_a_forged_half_or_text_is_only_a_hint(halves: World) -> None:
    found = ask(halves, "alice", twin="../1", all=["attributes", "x"], text="WHERE")
    assert "caller" in found["attributes"]
    assert orjson.dumps(found)


@pytest.mark.parametrize("want", [None, 0, "x", [], {}, {"search": 5}, {"search": None}])
def test_a_forged_want_gets_no_data_and_no_traceback(halves: World, want: Any) -> None:
    client = halves.client("alice")
    page = page_with(path="/trace", trace_panel_want__data=want)
    for slot in SLOTS:
        written = json.dumps(wire.answer(client, f"trace-panel-{slot}.children", page))
        assert "GET" not in written
        assert "Traceback" not in written
