"""Terms: the searches that the trace page's tables and drawings lead to."""

from __future__ import annotations

from queries.search import term

CUT = 500
"""Characters of a text that a trace in memory holds; a text this long may have been cut."""


def spans_of(service: str, name: str) -> str:
    """The spans of an operation; of one whose name may be cut, those of its service."""
    found = [term("service", service or None)]
    if len(name) < CUT:
        found.insert(0, term("name", name or None))
    return " ".join(found)
