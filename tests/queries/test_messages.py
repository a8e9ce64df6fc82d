"""Messages of a span: every way in which instrumentations write them, made up and real."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cast import SHARED, World
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import messages as said
from queries import span as one_span
from queries import traces
from queries.attributes import LINE, loaded, text_of, type_of, values, written
from queries.filters import Page, TimeRange, TraceFilters
from queries.messages import Message
from queries.reader import Row

CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Where is part 7?"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "function": {"name": "find", "arguments": '{"part":7}'},
                "type": "function",
            }
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "aisle B4"},
]
SAID = [
    ("system", "text", "Be brief.", "", ""),
    ("user", "text", "Where is part 7?", "", ""),
    ("assistant", "tool_call", '{"part":7}', "find", "c1"),
    ("tool", "tool_result", "aisle B4", "", "c1"),
]


def read(events: list[Any] | None = None, /, **attributes: Any) -> list[Message]:
    """Messages of a span; `__` in a name stands for a dot."""
    stored = {k.replace("__", "."): orjson.dumps(v).decode() for k, v in attributes.items()}
    return said.messages(
        {"attributes": stored, "events": orjson.dumps(events).decode() if events else None}
    )


def parts(messages: list[Message], side: str = "input") -> list[tuple[str, ...]]:
    return [(m.role, m.kind, m.text, m.tool, m.call_id) for m in messages if m.side == side]


def test_opentelemetrys_messages_as_json_text_and_as_structures() -> None:
    for given_messages in (json.dumps(CHAT), CHAT):
        found = read(gen_ai__input__messages=given_messages)
        assert parts(found) == SAID
        assert [m.turn for m in found] == [0, 1, 2, 3]
        assert {m.source for m in found} == {"gen_ai.input.messages"}


def test_opentelemetrys_parts() -> None:
    answer = [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": "Here."},
                {"type": "tool_call", "id": "c2", "name": "open", "arguments": {"door": 3}},
                {"type": "tool_call_response", "id": "c2", "response": {"open": True}},
                {"type": "blob", "mime_type": "image/png", "content": "iVBOR"},
                {"type": "uri", "modality": "image", "uri": "https://a.example/x.png"},
                {"type": "something new", "weight": 5},
            ],
            "finish_reason": "stop",
        }
    ]
    found = read(
        gen_ai__system_instructions=[{"type": "text", "content": "Be kind."}],
        gen_ai__output__messages=json.dumps(answer),
    )
    assert parts(found) == [("system", "text", "Be kind.", "", "")]
    assert parts(found, "output") == [
        ("assistant", "reasoning", "Hm.", "", ""),
        ("assistant", "text", "Here.", "", ""),
        ("assistant", "tool_call", '{"door":3}', "open", "c2"),
        ("assistant", "tool_result", '{"open":true}', "", "c2"),
        ("assistant", "media", "image/png, 5 characters", "", ""),
        ("assistant", "media", "image: https://a.example/x.png", "", ""),
        ("assistant", "data", '{"type":"something new","weight":5}', "", ""),
    ]
    assert {m.turn for m in found if m.side == "output"} == {0}


@pytest.mark.parametrize(
    ("prefix", "inner"), [("llm.input_messages", "message."), ("gen_ai.prompt", "")]
)
def test_flattened_messages(prefix: str, inner: str) -> None:
    call = "tool_calls.0.tool_call.function." if inner else "tool_calls.0."
    ident = "tool_calls.0.tool_call.id" if inner else "tool_calls.0.id"
    flat = {
        f"{prefix}.10.{inner}role": "tool",
        f"{prefix}.10.{inner}tool_call_id": "c1",
        f"{prefix}.10.{inner}content": "aisle B4",
        f"{prefix}.0.{inner}role": "system",
        f"{prefix}.0.{inner}content": "Be brief.",
        f"{prefix}.1.{inner}role": "user",
        f"{prefix}.1.{inner}contents.0.message_content.type": "text",
        f"{prefix}.1.{inner}contents.0.message_content.text": "Where is part 7?",
        f"{prefix}.2.{inner}role": "assistant",
        f"{prefix}.2.{inner}{call}name": "find",
        f"{prefix}.2.{inner}{call}arguments": '{"part":7}',
        f"{prefix}.2.{inner}{ident}": "c1",
    }
    assert parts(read(**flat)) == SAID


def test_messages_as_events_of_the_span() -> None:
    found = read(
        [
            {"name": "gen_ai.system.message", "attributes": {"content": "Be brief."}},
            {"name": "cache.miss", "attributes": {"key": "x"}},
            {"name": "gen_ai.user.message", "attributes": {"content": "Hi", "gen_ai.system": "o"}},
            {
                "name": "gen_ai.choice",
                "attributes": {"index": 0, "message": '{"role":"assistant","content":"Hello"}'},
            },
        ]
    )
    assert parts(found) == [("system", "text", "Be brief.", "", ""), ("user", "text", "Hi", "", "")]
    assert parts(found, "output") == [("assistant", "text", "Hello", "", "")]


def test_messages_on_the_event_about_the_call() -> None:
    details = {"gen_ai.input.messages": json.dumps(CHAT)}
    event = {"name": "gen_ai.client.inference.operation.details", "attributes": details}
    assert parts(read([event])) == SAID


def test_a_tools_arguments_and_result() -> None:
    found = read(
        gen_ai__tool__name="find",
        gen_ai__tool__call__id="c1",
        gen_ai__tool__call__arguments={"part": 7},
        gen_ai__tool__call__result="aisle B4",
    )
    assert parts(found) == [("tool", "tool_call", '{"part":7}', "find", "c1")]
    assert parts(found, "output") == [("tool", "tool_result", "aisle B4", "find", "c1")]


def test_the_clearest_way_speaks_for_its_side() -> None:
    """Instrumentations write the same twice; it is shown once."""
    found = read(
        llm__input_messages__0__message__content="Hi",
        llm__input_messages__0__message__role="user",
        input__value='{"messages":[{"role":"user","content":"Hi"}]}',
        output__value="Hello",
    )
    assert parts(found) == [("user", "text", "Hi", "", "")]
    assert parts(found, "output") == [("assistant", "text", "Hello", "", "")]


def test_a_message_that_was_cut_on_arrival_is_shown_as_text() -> None:
    cut = json.dumps(CHAT)[:50]
    assert parts(read(gen_ai__input__messages=cut)) == [("user", "text", cut, "", "")]


def test_an_ordinary_span_says_nothing() -> None:
    assert read(http__route="/orders", prompt="no", output="no") == []
    assert said.messages({"attributes": None, "events": None}) == []


WORDS = (
    *("role", "content", "parts", "type", "text", "tool_calls", "function", "arguments", "name"),
    *("id", "message", "messages", "kwargs", "additional_kwargs", "function_call", "tool.name"),
    *("response", "choices", "contents", "system", "config"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(WORDS) | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
KEYS = (
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "llm.input_messages.0.message.content",
    "llm.input_messages.0.message.tool_calls.0.tool_call.function.arguments",
    "gen_ai.prompt.0.contents.1.message_content.text",
    "gen_ai.tool.name",
    "gen_ai.tool.call.arguments",
    "events",
    "input.value",
    "output.value",
)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5),
    st.lists(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["gen_ai.user.message", "gen_ai.choice", "x"]),
                "attributes": st.dictionaries(st.sampled_from(["content", "message"]), JSON),
            }
        )
        | JSON,
        max_size=3,
    ),
)
def test_whatever_is_sent_becomes_text(attributes: dict[str, Any], events: list[Any]) -> None:
    for each in read(events, **attributes):
        assert isinstance(each.text, str)
        assert isinstance(each.role, str)
        assert each.kind in {"text", "reasoning", "tool_call", "tool_result", "media", "data"}


@pytest.mark.parametrize("ends", ["[]", ('{"content":', "}"), ('{"role":"user","parts":[', "]}")])
def test_what_nests_too_deeply_is_text_too(ends: tuple[str, str]) -> None:
    deep = ends[0] * 900 + "5" + ends[1] * 900
    (message,) = said.messages({"attributes": {"input.value": deep}, "events": None})
    assert message.text


# attributes read back


def test_attributes_say_their_type() -> None:
    stored = {"s": '"5"', "i": "-5", "d": "5.0", "e": "1e300", "b": "true", "n": "null"}
    found = {v.key: (v.type, v.text) for v in values({**stored, "a": "[1,2]", "m": '{"x":{}}'})}
    assert found == {
        "s": ("string", "5"),
        "i": ("int", "-5"),
        "d": ("double", "5.0"),
        "e": ("double", "1e300"),
        "b": ("bool", "true"),
        "n": ("empty", "null"),
        "a": ("array", "[1,2]"),
        "m": ("map", '{"x":{}}'),
    }
    assert type_of("12345678901234567890") == "int"


@given(JSON)
def test_written_json_is_the_same_json(value: Any) -> None:
    assert orjson.loads(written(value)) == value


def test_lines_of_json_are_short_where_they_can_be() -> None:
    text = written({"a": list(range(100)), "b": {"c": "x" * 20, "d": ["y" * 30, {"z": 1}]}})
    assert max(len(line) for line in text.splitlines()) <= LINE + len(",")
    assert text.count("\n") < 20


def test_what_nests_too_deeply_stays_as_it_was_sent() -> None:
    deep = "[" * 900 + "]" * 900
    assert text_of(deep) == deep
    assert loaded("[" * 5_000) == "[" * 5_000


# the real samples

ALL_TIME = TraceFilters(
    TimeRange(datetime(1970, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))
)
FILES = {"langfuse_dev": "acme", "inspect_dev": "globex", "anyagent_dev": "initech"}


@pytest.fixture(scope="module")
def real(new_world: Callable[..., World]) -> dict[str, list[Row]]:
    """Every span, whole, of the recorded runs of agents."""
    folder = SHARED / "samples" / "traces"
    if not folder.exists():
        pytest.skip(f"the real samples are not at {folder}")
    world = new_world()
    for name, org in FILES.items():
        for line in gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).splitlines():
            assert world.post(org, line, content_type="application/json").status_code == 200
    world.settle()
    found = {}
    for name, org in FILES.items():
        scope = world.scope("sam", org)
        rows = traces.search(scope, ALL_TIME, Page(rows=1_000)).rows
        found[name] = [one_span.whole(scope, r["trace_id"], r["span_id"]) for r in rows]
    return found


@pytest.mark.parametrize("name", FILES)
def test_nothing_that_was_said_in_a_real_run_is_lost(real: dict[str, list[Row]], name: str) -> None:
    """The text of every attribute that plainly is a message stands in one."""
    plain = re.compile(
        r"llm\.(in|out)put_messages\.\d+\.message\.(content|contents\.\d+\.message_content\.text)"
    )
    checked = 0
    for row in real[name]:
        texts = [message.text for message in said.messages(row)]
        for key, stored in row["attributes"].items():
            if plain.fullmatch(key):
                content = text_of(stored)
                assert content in texts or written(loaded(content)) in texts
                checked += 1
            if key in ("gen_ai.input.messages", "gen_ai.output.messages"):
                for message in json.loads(text_of(stored)):
                    if isinstance(message.get("content"), str) and message["content"]:
                        assert message["content"] in texts
                        checked += 1
    assert checked or name == "inspect_dev"


def test_real_model_calls_are_conversations(real: dict[str, list[Row]]) -> None:
    """Every call of a model that carries its input or output at all has messages of both kinds."""
    kinds, roles = set(), set()
    for row in (row for rows in real.values() for row in rows):
        found = said.messages(row)
        carried = {"input.value", "output.value", "gen_ai.input.messages", "gen_ai.output"}
        assert bool(found) >= bool(carried & row["attributes"].keys()), row["name"]
        kinds |= {m.kind for m in found}
        roles |= {m.role for m in found}
    assert roles == {"system", "user", "assistant", "tool"}
    assert {"text", "tool_call", "tool_result", "data"} <= kinds
