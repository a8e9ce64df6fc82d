"""Messages: what was said to a model or a tool on a span, and what came back, turn by turn.

The one idea: instrumentations write conversations in many ways; each way is a reader in INPUTS or
OUTPUTS, the first that finds anything speaks for its side, and what none of them understands is
shown as the text it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from queries.attributes import loaded, written
from queries.reader import Row

Plain = Mapping[str, Any]
"""Attributes by name, as plain values."""

DEEPEST: Final = 4
"""Wrappers, such as {"messages": [[…]]}, that are opened before what is left counts as text."""


@dataclass(frozen=True)
class Message:
    """One thing that was said. Things of one turn share `side` and `turn`.

    `side` is input or output; `kind` is text, reasoning, tool_call, tool_result, media or data;
    `tool` and `call_id` say which tool and which of its calls; `source` is the attribute or event
    it was read from.
    """

    side: str
    turn: int
    role: str
    kind: str
    text: str
    tool: str = ""
    call_id: str = ""
    source: str = ""


@dataclass(frozen=True)
class Part:
    """A message without its place."""

    role: str
    kind: str
    text: str
    tool: str = ""
    call_id: str = ""


Turn = list[Part]
Found = tuple[str, list[Turn]]
"""Where turns were read from, and the turns."""

ROLES: Final = {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool"}
"""Other words for the roles of OpenTelemetry."""

LANGCHAIN: Final = frozenset({"human", "ai", "system", "tool", "function", "chat"})
TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text"})
CALL_TYPES: Final = frozenset(
    {"tool_call", "tool-call", "tool_use", "function_call", "function", "server_tool_call"}
)
RESULT_TYPES: Final = frozenset(
    {
        "tool_call_response",
        "tool-result",
        "tool_result",
        "function_call_output",
        "function_response",
        "server_tool_call_response",
    }
)
REASONING_TYPES: Final = frozenset({"reasoning", "thinking", "redacted_thinking"})
MEDIA_TYPES: Final = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "blob", "uri", "file", "video"}
)
MESSAGE_EVENTS: Final = re.compile(r"gen_ai\.(system|user|assistant|tool)\.message|gen_ai\.choice")
DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"


def messages(row: Row) -> list[Message]:
    """Everything said on a span: inputs first, then outputs, each in the order it was said."""
    plain = {key: loaded(text) for key, text in (row["attributes"] or {}).items()}
    events = _events(row)
    tool = str(plain.get("gen_ai.tool.name") or plain.get("tool.name") or "")
    return [
        *_said("input", _first(INPUTS, plain, events, tool)),
        *_said("output", _first(OUTPUTS, plain, events, tool)),
    ]


def _said(side: str, found: Found) -> Iterator[Message]:
    source, turns = found
    for number, turn in enumerate(turns):
        for part in turn:
            yield Message(
                side, number, part.role, part.kind, part.text, part.tool, part.call_id, source
            )


def _events(row: Row) -> list[Plain]:
    found = loaded(row["events"]) if row["events"] else []
    return [event for event in found if isinstance(event, dict)] if isinstance(found, list) else []


def _first(readers: tuple[Reader, ...], plain: Plain, events: list[Plain], tool: str) -> Found:
    for read in readers:
        source, turns = read(plain, events, tool)
        if kept := [turn for turn in turns if turn]:
            return source, kept
    return "", []


# Ways of writing a conversation. Each takes attributes, events and the name of the span's tool.

Reader = Callable[[Plain, list[Plain], str], Found]


def _semconv_input(plain: Plain, events: list[Plain], tool: str) -> Found:
    """OpenTelemetry: system instructions and messages, on the span or on an event about it."""
    for holder in (plain, *_details(events)):
        turns = [
            *turns_of(holder.get("gen_ai.system_instructions"), "system"),
            *turns_of(holder.get("gen_ai.input.messages"), "user"),
        ]
        if turns:
            return "gen_ai.input.messages", turns
    return "", []


def _semconv_output(plain: Plain, events: list[Plain], tool: str) -> Found:
    for holder in (plain, *_details(events)):
        if turns := turns_of(holder.get("gen_ai.output.messages"), "assistant"):
            return "gen_ai.output.messages", turns
    return "", []


def _details(events: list[Plain]) -> Iterator[Plain]:
    for event in events:
        if event.get("name") == DETAILS_EVENT and isinstance(event.get("attributes"), dict):
            yield event["attributes"]


def _event_input(plain: Plain, events: list[Plain], tool: str) -> Found:
    """One event a message, as OpenTelemetry had it before; Logfire keeps them in an attribute."""
    said = [event for event in _message_events(plain, events) if event["name"] != "gen_ai.choice"]
    return "gen_ai.*.message", [turn for event in said for turn in _event_turns(event)]


def _event_output(plain: Plain, events: list[Plain], tool: str) -> Found:
    said = [event for event in _message_events(plain, events) if event["name"] == "gen_ai.choice"]
    return "gen_ai.choice", [turn for event in said for turn in _event_turns(event)]


def _message_events(plain: Plain, events: list[Plain]) -> Iterator[dict[str, Any]]:
    kept = _parsed(plain.get("events"))
    kept = kept if isinstance(kept, list) else []
    for event in (*events, *(each for each in kept if isinstance(each, dict))):
        name = event.get("name") if "attributes" in event else event.get("event.name")
        body = event.get("attributes") if "attributes" in event else event
        if isinstance(name, str) and isinstance(body, dict) and MESSAGE_EVENTS.fullmatch(name):
            yield {"name": name, "body": body}


def _event_turns(event: Plain) -> list[Turn]:
    body = {key.removeprefix("gen_ai."): _parsed(value) for key, value in event["body"].items()}
    given = "assistant" if event["name"] == "gen_ai.choice" else event["name"].split(".")[1]
    inner = body.get("message")
    if isinstance(inner, dict):
        return [_turn_of(inner, given)]
    if isinstance(inner, str):
        return [[Part(given, "text", inner)]]
    if not {"content", "tool_calls", "parts"} & body.keys():
        return []
    return [_turn_of({"role": given, **body}, given)]


def _content_event_input(plain: Plain, events: list[Plain], tool: str) -> Found:
    """The prompt in an event of its own."""
    return _content_event(events, "gen_ai.content.prompt", "gen_ai.prompt", "user")


def _content_event_output(plain: Plain, events: list[Plain], tool: str) -> Found:
    return _content_event(events, "gen_ai.content.completion", "gen_ai.completion", "assistant")


def _content_event(events: list[Plain], name: str, key: str, role: str) -> Found:
    bodies = [e["attributes"] for e in events if e.get("name") == name and "attributes" in e]
    return name, [turn for body in bodies for turn in turns_of(body.get(key), role)]


def _indexed(prefix: str, inner: str, role: str) -> Reader:
    """Flattened lists: `<prefix>.<n>.<inner>role` (OpenInference, OpenLLMetry)."""
    pattern = re.compile(re.escape(prefix) + r"\.(\d{1,6})\.(.+)")

    def read(plain: Plain, events: list[Plain], tool: str) -> Found:
        found: dict[int, dict[str, Any]] = {}
        for key, value in plain.items():
            if match := pattern.fullmatch(key):
                found.setdefault(int(match[1]), {})[match[2].removeprefix(inner)] = value
        return prefix, [_turn_of(_nested(found[number]), role) for number in sorted(found)]

    return read


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as the lists and objects they were."""
    made: dict[str, Any] = {}
    lists: dict[str, dict[int, dict[str, Any]]] = {}
    for key, value in flat.items():
        match = re.fullmatch(r"(tool_calls|contents)\.(\d{1,6})\.(?:\w+\.)?(.+)", key)
        if match and match[1] == "contents":
            match = re.fullmatch(r"(contents)\.(\d{1,6})\.(?:message_content\.)?(.+)", key)
        elif match:
            match = re.fullmatch(r"(tool_calls)\.(\d{1,6})\.(?:tool_call\.)?(.+)", key)
        if match:
            name = match[3].removeprefix("function.")
            lists.setdefault(match[1], {}).setdefault(int(match[2]), {})[name] = value
        else:
            made[key] = value
    return made | {name: [items[n] for n in sorted(items)] for name, items in lists.items()}


def _value(key: str, role: str) -> Reader:
    """All of one side in one attribute."""

    def read(plain: Plain, events: list[Plain], tool: str) -> Found:
        return key, turns_of(plain.get(key), role)

    return read


def _tool_value(key: str, kind: str) -> Reader:
    """What a tool was given, or gave back; only on a span that names its tool."""

    def read(plain: Plain, events: list[Plain], tool: str) -> Found:
        if not tool or plain.get(key) in (None, ""):
            return "", []
        call_id = str(plain.get("gen_ai.tool.call.id") or "")
        return key, [[Part("tool", kind, _text(plain[key]), tool, call_id)]]

    return read


def _tool_values(kind: str, *keys: str) -> tuple[Reader, ...]:
    return tuple(_tool_value(key, kind) for key in keys)


INPUTS: Final[tuple[Reader, ...]] = (
    _semconv_input,
    _indexed("llm.input_messages", "message.", "user"),
    _indexed("gen_ai.prompt", "", "user"),
    _event_input,
    _content_event_input,
    *_tool_values(
        "tool_call",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.args",
        "tool_arguments",
        "tool.parameters",
        "gcp.vertex.agent.tool_call_args",
        "traceloop.entity.input",
        "input.value",
    ),
    _value("pydantic_ai.all_messages", "user"),
    _value("gen_ai.prompt", "user"),
    _value("ai.prompt.messages", "user"),
    _value("ai.prompt", "user"),
    _value("gcp.vertex.agent.llm_request", "user"),
    _value("traceloop.entity.input", "user"),
    _value("input.value", "user"),
)
"""Ways in which a span says what went in, the clearest first."""

OUTPUTS: Final[tuple[Reader, ...]] = (
    _semconv_output,
    _indexed("llm.output_messages", "message.", "assistant"),
    _indexed("gen_ai.completion", "", "assistant"),
    _event_output,
    _content_event_output,
    *_tool_values(
        "tool_result",
        "gen_ai.tool.call.result",
        "tool_response",
        "gcp.vertex.agent.tool_response",
        "gen_ai.output",
        "traceloop.entity.output",
        "output.value",
    ),
    _value("gen_ai.output", "assistant"),
    _value("gen_ai.completion", "assistant"),
    _value("final_result", "assistant"),
    _value("ai.response.text", "assistant"),
    _value("ai.response.toolCalls", "assistant"),
    _value("gcp.vertex.agent.llm_response", "assistant"),
    _value("traceloop.entity.output", "assistant"),
    _value("output.value", "assistant"),
)
"""Ways in which a span says what came out."""


# From whatever shape a message has to its parts.


def turns_of(value: Any, role: str, depth: int = DEEPEST) -> list[Turn]:
    """The turns in a value: messages, parts of one, or any text; `role` where none is named."""
    value = _parsed(value)
    if value in (None, "", [], {}):
        return []
    if depth and isinstance(value, dict):
        return _turns_of_object(value, role, depth)
    if depth and isinstance(value, list):
        return _turns_of_list(value, role, depth)
    return [[Part(role, "text" if isinstance(value, str) else "data", _text(value))]]


def _turns_of_object(value: dict[str, Any], role: str, depth: int) -> list[Turn]:
    if _is_message(value):
        return [_turn_of(value, role)]
    instructions = turns_of(
        value.get("system") or _at(value, "config", "system_instruction"), "system", depth - 1
    )
    for name in ("messages", "contents", "choices", "generations"):
        if isinstance(value.get(name), list) and value[name]:
            return [*instructions, *turns_of(value[name], role, depth - 1)]
    for name in ("message", "content"):
        if isinstance(value.get(name), dict):
            return turns_of(value[name], role, depth - 1)
    return [[Part(role, "data", written(value))]]


def _turns_of_list(items: list[Any], role: str, depth: int) -> list[Turn]:
    """Messages in a row, or the parts of a single one; a list in a list is a batch."""
    if any(
        isinstance(item, list) or _is_message(item) or "message" in _keys(item) for item in items
    ):
        return [turn for item in items for turn in turns_of(item, role, depth - 1)]
    if all(_is_part(item) for item in items):
        return [[part for item in items for part in _parts(item, role)]]
    return [[Part(role, "data", written(items))]]


def _is_message(value: Any) -> bool:
    keys = _keys(value)
    if "role" in keys or "kwargs" in keys:
        return bool(keys & {"content", "parts", "tool_calls", "kwargs", "message", "refusal"})
    return "content" in keys and _type(value) in LANGCHAIN


def _is_part(value: Any) -> bool:
    known = TEXT_TYPES | CALL_TYPES | RESULT_TYPES | REASONING_TYPES | MEDIA_TYPES
    keys = _keys(value)
    return bool(keys & {"tool.name", "toolName"}) or ("type" in keys and _type(value) in known)


def _turn_of(message: dict[str, Any], role: str) -> Turn:
    """The parts of one message, whatever its dialect."""
    if isinstance(message.get("kwargs"), dict):
        # a LangChain message written by its own serializer
        message = {"type": _class_role(message), **message["kwargs"]}
    said = message.get("role") or (_type(message) if _type(message) in LANGCHAIN else None)
    role = ROLES.get(str(said), str(said)) if said else role
    content = next((message[n] for n in ("parts", "contents", "content") if message.get(n)), None)
    parts = _parts(_parsed_parts(content), role)
    if role == "tool":
        parts = [_as_result(part, message) for part in parts]
    thought = message.get("reasoning_content") or message.get("reasoning")
    calls = message.get("tool_calls") or _at(message, "additional_kwargs", "tool_calls")
    return [
        *([Part(role, "reasoning", _text(thought))] if thought else []),
        *parts,
        *([Part(role, "text", _text(message["refusal"]))] if message.get("refusal") else []),
        *_calls(_parsed(calls), role),
        *([_call(message["function_call"], role)] if message.get("function_call") else []),
    ]


def _class_role(message: dict[str, Any]) -> str:
    path = message.get("id")
    name = str(path[-1]) if isinstance(path, list) and path else ""
    return name.removesuffix("Chunk").removesuffix("Message").lower()


def _as_result(part: Part, message: dict[str, Any]) -> Part:
    """What a tool said is its result; an offer of a tool, which names no call, is not."""
    call_id = str(message.get("tool_call_id") or message.get("id") or "")
    if part.kind != "text" and not (part.kind == "data" and call_id):
        return part
    return Part(part.role, "tool_result", part.text, str(message.get("name") or ""), call_id)


def _parts(content: Any, role: str) -> Turn:
    if content in (None, "", []):
        return []
    items = content if isinstance(content, list) else [content]
    return [_part(item, role) for item in items if item not in (None, "", [])]


def _part(item: Any, role: str) -> Part:
    """One item of a message's content, by its type or, where it has none, by its fields."""
    if not isinstance(item, dict):
        return Part(role, "data" if isinstance(item, list) else "text", _text(item))
    kind = _type(item)
    if "function_response" in item or kind in RESULT_TYPES:
        return _result(item.get("function_response") or item, role)
    if _is_call(item):
        return _call(item.get("function_call") or item, role)
    if kind in REASONING_TYPES:
        return Part(role, "reasoning", _text(_any(item, "content", "text", "thinking", "summary")))
    if kind in MEDIA_TYPES:
        return Part(role, "media", _media(item))
    text = _any(item, "text", "content")
    if isinstance(text, str) and (kind in TEXT_TYPES or not kind):
        return Part(role, "text", text)
    return Part(role, "data", written(item))


def _is_call(item: dict[str, Any]) -> bool:
    """Whether it calls a tool; `function` is also how a tool is offered, with its parameters."""
    if _type(item) == "function":
        return _at(item, "function", "arguments") is not None or "arguments" in item
    return _type(item) in CALL_TYPES or bool(
        item.keys() & {"function_call", "tool.name", "toolName"}
    )


def _calls(calls: Any, role: str) -> Turn:
    found = calls if isinstance(calls, list) else []
    return [_call(call, role) for call in found if isinstance(call, dict)]


def _call(call: Any, role: str) -> Part:
    if not isinstance(call, dict):
        return Part(role, "tool_call", _text(call))
    function = call.get("function")
    inner = function if isinstance(function, dict) else call
    name = _any(inner, "name", "tool_name", "toolName", "tool.name") or (
        function if isinstance(function, str) else ""
    )
    given = _any(inner, "arguments", "args", "input", "tool.args")
    call_id = _any(call, "id", "call_id", "tool_call_id", "toolCallId")
    return Part(
        role, "tool_call", "" if given is None else _text(given), str(name), str(call_id or "")
    )


def _result(item: Any, role: str) -> Part:
    if not isinstance(item, dict):
        return Part(role, "tool_result", _text(item))
    given = _any(item, "response", "result", "output", "content")
    call_id = _any(item, "id", "tool_use_id", "call_id", "toolCallId")
    name = _any(item, "name", "toolName") or ""
    return Part(role, "tool_result", _text(given), str(name), str(call_id or ""))


def _media(item: dict[str, Any]) -> str:
    """What it is and where, or how much; the bytes themselves are not shown."""
    kind = str(item.get("mime_type") or item.get("modality") or item.get("type"))
    place = _any(item, "uri", "url", "image_url", "file_id", "image.image.url", "audio.audio.url")
    place = place.get("url") if isinstance(place, dict) else place
    held = str(place or _any(item, "content", "data") or "")
    if not place or held.startswith("data:"):
        return f"{kind}, {len(held):,} characters"
    return f"{kind}: {held}"


def _parsed(value: Any) -> Any:
    """A list or object that was written as text, read; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        found = loaded(value)
        return found if isinstance(found, list | dict) else value
    return value


def _parsed_parts(content: Any) -> Any:
    """Content that is a list of parts written as text; other JSON stays as it was said."""
    found = _parsed(content)
    parts = isinstance(found, list) and found and all(_is_part(item) for item in found)
    return found if parts or not isinstance(content, str) else content


def _text(value: Any) -> str:
    """Text as it is; JSON in lines that can be read."""
    found = _parsed(value)
    return "" if found is None else found if isinstance(found, str) else written(found)


def _any(item: Mapping[str, Any], *names: str) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _at(item: Mapping[str, Any], *path: str) -> Any:
    found: Any = item
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _type(item: Mapping[str, Any]) -> str:
    kind = item.get("type")
    return kind if isinstance(kind, str) else ""


def _keys(value: Any) -> set[str]:
    return set(value) if isinstance(value, dict) else set()
