"""The search language: what a person writes becomes a condition with bound values."""

from __future__ import annotations

from queries.filters import EVERY_SPAN, Condition


def condition(text: str) -> Condition:
    """Spans whose name, service, exception or data holds `text`, whatever the case."""
    words = text.strip().lower()
    if not words:
        return EVERY_SPAN
    columns = ("name", "service_name", "exception_type", "exception_message", "data_value")
    found = " or ".join(f"contains(lower({column}), $q0)" for column in columns)
    return Condition(f"coalesce({found}, false)", (("q0", words),), text)


def term(key: str, value: str, exclude: bool = False) -> str:
    """The search that finds, or leaves out, spans with this very value."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{"-" if exclude else ""}{key}:"{quoted}"'
