"""Prompts and completions: what was said on a span, role by role."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from dashboards.trace.panel import texts
from dashboards.trace.panel.layout import section
from queries.messages import Message

SHOWN = 60
MOST = 1_000
SIDES = {"input": "Input", "output": "Output"}
KINDS = {
    "text": "",
    "reasoning": "Reasoning",
    "tool_call": "Calls",
    "tool_result": "Result of",
    "media": "Media",
    "data": "Data",
}
ROLES = frozenset({"system", "user", "assistant", "tool"})


def conversation(messages: Sequence[Message], most: int = SHOWN) -> Component | None:
    """All that was said; nothing when nothing was. Of a long one the end: it led to the answer."""
    if not messages:
        return None
    shown = _shown(messages, most)
    written = texts.passages([message.text for message in shown])
    pairs = list(zip(shown, written, strict=True))
    body = [_side(side, list(said)) for side, said in groupby(pairs, key=lambda pair: pair[0].side)]
    more = texts.more_button("messages", len(shown), len(messages), MOST)
    turns = len({(message.side, message.turn) for message in messages})
    note = "1 message" if turns == 1 else f"{turns:,} messages"
    return section("said", "Prompts and completions", [more, *body], note)


def _shown(messages: Sequence[Message], most: int) -> list[Message]:
    """The outputs and the last inputs, `most` in all."""
    outputs = [message for message in messages if message.side == "output"][:most]
    inputs = [message for message in messages if message.side == "input"]
    room = most - len(outputs)
    return [*(inputs[-room:] if room else []), *outputs]


def _side(side: str, said: list[tuple[Message, Component]]) -> Component:
    turns = groupby(said, key=lambda pair: (pair[0].turn, pair[0].role))
    return html.Div(
        [
            html.H4([SIDES[side], html.Small(said[0][0].source)]),
            *(_turn(role, list(parts)) for (_, role), parts in turns),
        ],
        className="said-side",
    )


def _turn(role: str, parts: list[tuple[Message, Component]]) -> Component:
    known = role if role in ROLES else "other"
    return html.Div(
        [
            html.Div(texts.readable(role[:40]), className="said-role"),
            html.Div([_part(message, text) for message, text in parts]),
        ],
        className=f"said-turn said-{known}",
    )


def _part(message: Message, text: Component) -> Component:
    word = KINDS[message.kind]
    tool = html.Code(texts.readable(message.tool[:200])) if message.tool else None
    call = html.Small(texts.readable(message.call_id[:60])) if message.call_id else None
    title = html.Div([word, tool, call], className="said-kind") if word else None
    empty = message.kind == "tool_call" and not message.text
    return html.Div(
        [title, None if empty else text],
        className=f"said-part said-{message.kind.replace('_', '-')}",
    )
