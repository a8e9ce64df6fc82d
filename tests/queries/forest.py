"""Traces grown from a sketch: names, children, and what a test wants to say about a span."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from queries.reader import Row
from queries.tree import Trace, grow

MS = 1_000_000
EPOCH_NS = 1_700_000_000 * 10**9


@dataclass(frozen=True)
class Node:
    """A span to be: its children follow each other, or what `more` says."""

    name: str
    children: tuple[Node, ...] = ()
    ms: float = 10
    error: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


def node(name: str, *children: Node, ms: float = 10, error: str | None = None, **more: Any) -> Node:
    return Node(name, children, ms, error, more)


def planted(*roots: Node, trace: int = 1) -> Trace:
    """The trace of some roots; siblings start one after the other, a ms apart."""
    rows: list[Row] = []
    for number, root in enumerate(roots):
        _plant(rows, root, None, float(number), trace)
    return grow(rows)


def _plant(rows: list[Row], node: Node, parent: str | None, start: float, trace: int) -> None:
    made = {
        "trace_id": f"{trace:032x}",
        "org_id": "acme",
        "span_id": f"{len(rows) + 1:016x}",
        "parent_span_id": parent,
        "name": node.name,
        "kind": "internal",
        "service_name": "checkout",
        "operation": None,
        "input_tokens": None,
        "output_tokens": None,
        "cost_usd": None,
        "start_unix_ns": EPOCH_NS + int(start * MS),
        "duration_ns": int(node.ms * MS),
        "status": "error" if node.error else "ok",
        "exception_type": node.error,
        "twin": 0,
        **node.more,
    }
    rows.append(made)
    for number, child in enumerate(node.children):
        _plant(rows, child, made["span_id"], start + number + 1, trace)
