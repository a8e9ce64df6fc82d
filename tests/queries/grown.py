"""Traces grown by hand, and random ones, for the questions that need no lake."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from queries.tree import Trace, grow

EPOCH_NS = 1_700_000_000 * 10**9

LIGHT: dict[str, Any] = {
    "trace_id": "ab" * 16,
    "org_id": "acme",
    "kind": "internal",
    "service_name": "shop",
    "agent_name": None,
    "status": "ok",
    "input_tokens": None,
    "output_tokens": None,
    "cost_usd": None,
}


def span(
    number: str, parent: str | None = None, start: int = 0, ns: int | None = 10, **columns: Any
) -> dict[str, Any]:
    """A span that began `start` ns into the trace; its name is its number if nothing else is."""
    return {
        **LIGHT,
        "span_id": number,
        "parent_span_id": parent,
        "name": number,
        "start_unix_ns": EPOCH_NS + start,
        "duration_ns": ns,
        **columns,
    }


def trace(*spans: dict[str, Any]) -> Trace:
    return grow(list(spans))


@st.composite
def traces(draw: st.DrawFn, most: int = 12, longest: int = 12) -> Trace:
    """Small random traces with all that can be wrong: orphans, cycles, repeats, running spans."""
    count = draw(st.integers(1, most))
    ids = [f"{i:x}" for i in range(count)]
    found = []
    for index in range(count):
        parent = draw(st.sampled_from([None, "gone", *ids[: index + 2]]))
        start, ns = draw(st.integers(0, longest)), draw(st.integers(-1, longest))
        found.append(
            span(
                draw(st.sampled_from(ids[: index + 1])) if index % 5 == 4 else ids[index],
                parent,
                start,
                ns if draw(st.integers(0, 9)) else None,
                kind=draw(st.sampled_from(["internal", "client", "server", "consumer"])),
                name=draw(st.sampled_from(["a", "b", "c"])),
                service_name=draw(st.sampled_from(["x", "y", None])),
                agent_name=draw(st.sampled_from(["planner", "writer", None])),
                status=draw(st.sampled_from(["ok", "error", "unset"])),
            )
        )
    return grow(found)
