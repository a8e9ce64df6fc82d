"""Conditions: an expression becomes SQL over the spans table, with every value bound.

The one idea: each piece of SQL is true or false, never null, so that "not" means what it says:
a span without a model is not one of that model. What a person wrote is only ever a bound value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from queries import written
from queries.errors import SearchError
from queries.expression import (
    All,
    Compare,
    Either,
    Every,
    Exists,
    Expression,
    Is,
    Not,
    Related,
    Text,
    Value,
)
from queries.fields import FUTURE, LATE, Attribute, Field, Key, Kind
from queries.filters import EVERY_SPAN, Condition

MAX_LOOKS: Final = 8
"""Conditions on other spans of the trace in one search: each reads the files once more."""

WORDS: Final = (
    "name",
    "service_name",
    "exception_type",
    "exception_message",
    "status_message",
    "data_name",
    "data_value",
)
"""Columns in which plain text is looked for."""

_SPAN: Final = "(org_id, trace_id, span_id)"
_TRACE: Final = "(org_id, trace_id)"
_PARENT: Final = "(org_id, trace_id, parent_span_id)"
_HASHED: Final = "hash(org_id, trace_id)"
"""A trace in eight bytes, which halves the work of walking all spans; two traces of a million
share one with a probability of 3e-8."""


def compiled(expression: Expression, text: str) -> Condition:
    """The condition of an expression. Raises SearchError for a value that makes no sense."""
    if isinstance(expression, Every):
        return EVERY_SPAN
    compiler = _Compiler()
    sql = compiler.sql(expression)
    return Condition(sql, tuple(compiler.params), text)


class _Compiler:
    """Compiles one expression; keeps the values it binds, in order."""

    def __init__(self) -> None:
        self.params: list[tuple[str, Any]] = []
        self._names: dict[Any, str] = {}
        self._looks = 0

    def bind(self, value: Any) -> str:
        """`$q0` and so on for a value; the same one for the same value."""
        key = (type(value), value)
        if key not in self._names:
            name = f"q{len(self.params)}"
            self._names[key] = f"${name}"
            self.params.append((name, value))
        return self._names[key]

    def look(self, at: int) -> int:
        """Count one more reading of the files; the number tells its parts apart."""
        self._looks += 1
        if self._looks > MAX_LOOKS:
            raise SearchError(
                f"A search may ask about other spans of the trace {MAX_LOOKS} times.", at
            )
        return self._looks

    def sql(self, node: Expression) -> str:
        match node:
            case Every():
                return "true"
            case All(parts):
                return self._joined(" and ", parts)
            case Either(parts):
                return self._joined(" or ", parts)
            case Not(part):
                return f"(not {self.sql(part)})"
            case Text(value):
                return self._words(value)
            case Exists(fields):
                return _any(self._exists(field, node.start) for field in fields)
            case Is(flags):
                return _any(self._flag(flag, node.start) for flag in flags)
            case Compare(field):
                return self._compare(node, field)
            case Related():
                return self._related(node)

    def _joined(self, word: str, parts: tuple[Expression, ...]) -> str:
        return f"({word.join(self.sql(part) for part in parts)})"

    # plain text and flags

    def _words(self, value: Value) -> str:
        if not value.text.strip():
            raise SearchError("Expected some text between the quotation marks.", value.start)
        return _any(self._holds(column, value) for column in WORDS)

    def _holds(self, column: str, value: Value) -> str:
        """Whether the column has the text anywhere, whatever the case."""
        if value.is_pattern:
            inner = Value(("", *value.pieces, ""), value.quoted, value.start, value.end)
            return f"({column} is not null and {self._like(column, inner)})"
        return f"({column} is not null and contains(lower({column}), {self._low(value.text)}))"

    def _low(self, text: str) -> str:
        # DuckDB lowers both sides, so that they agree on every letter
        return f"lower({self.bind(text)})"

    def _exists(self, field: Key, at: int) -> str:
        if isinstance(field, Attribute):
            return f"(map_contains({field.column}, {self.bind(field.name)}))"
        if field.of_trace:
            raise SearchError(f"Every trace has {field.key}; compare it with a number.", at)
        return f"({field.column} is not null)"

    def _flag(self, flag: str, at: int) -> str:
        if flag == "orphan":
            self.look(at)
            return self._orphan()
        return {
            "root": "(parent_span_id is null)",
            "error": "(status = 'error')",
            "late": f"(ingest_time - start_time > {_interval(LATE)})",
            "future": f"(start_time - ingest_time > {_interval(FUTURE)})",
        }[flag]

    def _orphan(self) -> str:
        return (
            f"(parent_span_id is not null and {_PARENT} not in"
            " (select (org_id, trace_id, span_id) from spans($spans)))"
        )

    # fields compared with values

    def _compare(self, node: Compare, field: Key) -> str:
        if isinstance(field, Field) and field.of_trace:
            return self._of_trace(node, field)
        one: Callable[[Key, Compare, Value], str] = {
            Kind.TEXT: self._text,
            Kind.CHOICE: self._choice,
            Kind.ID: self._id,
            Kind.ANY: self._any_kind,
            Kind.NUMBER: self._number,
            Kind.DURATION: self._number,
            Kind.TIME: self._time,
        }[field.kind]
        tests = _any(one(field, node, value) for value in node.values)
        if field.kind is Kind.ANY:
            return f"coalesce({tests}, false)"
        return f"({field.column} is not null and {tests})"

    def _text(self, field: Key, node: Compare, value: Value) -> str:
        if node.operator in (">", ">=", "<", "<="):
            raise SearchError(
                f"{node.operator} compares numbers, durations and times; {field.key} is text.",
                value.start,
            )
        return self._said(field.column, node, value)

    def _said(self, column: str, node: Compare, value: Value) -> str:
        """Text that equals, resembles or contains the value."""
        if node.operator == "=":
            return f"({column} = {self.bind(value.text)})"
        if node.operator == "~":
            return f"contains(lower({column}), {self._low(value.text)})"
        return self._like(column, value)

    def _like(self, column: str, value: Value) -> str:
        """Equal whatever the case, `*` standing for any text; the usual forms cost least."""
        low = f"lower({column})"
        match value.pieces:
            case (whole,):
                return f"({low} = {self._low(whole)})"
            case (first, ""):
                return f"starts_with({low}, {self._low(first)})"
            case ("", last):
                return f"ends_with({low}, {self._low(last)})"
            case ("", inner, ""):
                return f"contains({low}, {self._low(inner)})"
        pattern = "%".join(written.escaped_for_like(piece) for piece in value.pieces)
        return f"({low} like {self._low(pattern)} escape '\\')"

    def _choice(self, field: Key, node: Compare, value: Value) -> str:
        choices = field.choices if isinstance(field, Field) else ()
        if node.operator in (":", "=") and not value.is_pattern:
            if value.text.lower() not in choices:
                known = f"{', '.join(choices[:-1])} or {choices[-1]}"
                raise SearchError(f"{field.key} is {known}.", value.start)
            return f"({field.column} = {self.bind(value.text.lower())})"
        return self._text(field, node, value)

    def _id(self, field: Key, node: Compare, value: Value) -> str:
        assert isinstance(field, Field)  # noqa: S101 - attributes are not of this kind
        if node.operator not in (":", "="):
            raise SearchError(f"Compare {field.key} with : or =.", value.start)
        if value.is_pattern:
            return self._like(f"hex({field.column})", value)
        return f"({field.column} = {self.bind(written.identifier(value, field))})"

    def _any_kind(self, field: Key, node: Compare, value: Value) -> str:
        """Text that may be a number: a number in quotation marks is meant as text."""
        text = self._text_of(field)
        if node.operator in (">", ">=", "<", "<="):
            number = written.number(value, f"{field.key} {node.operator}")
            return f"({_number_of(text)} {node.operator} {self.bind(float(number))})"
        if node.operator == ":" and (ends := written.number_range(value, field.key)):
            return self._between(_number_of(text), *map(_real, ends))
        said = self._said(text, node, value)
        exact = written.exact_number(value) if node.operator != "~" else None
        if exact is None:
            return said
        return f"({said} or {_number_of(text)} = {self.bind(exact)})"

    def _text_of(self, field: Key) -> str:
        """The text that a value says: attributes at rest are JSON."""
        if isinstance(field, Field):
            return field.column
        json = f"{field.column}[{self.bind(field.name)}]"
        return f"(case when starts_with({json}, '\"') then ({json} ->> '$') else {json} end)"

    def _number(self, field: Key, node: Compare, value: Value) -> str:
        assert isinstance(field, Field)  # noqa: S101 - attributes are not of this kind
        return self._measured(field.column, field, node, value)

    def _measured(self, column: str, field: Field, node: Compare, value: Value) -> str:
        read = written.reader_of(field)
        if node.operator == "~":
            raise SearchError(f"~ looks into text; {field.key} is a {field.kind}.", value.start)
        if node.operator == ":" and (ends := written.range_of(value, read, field.key)):
            return self._between(column, *ends)
        operator = "=" if node.operator == ":" else node.operator
        return f"({column} {operator} {self.bind(read(value, field.key))})"

    def _between(self, sql: str, least: Any, most: Any) -> str:
        ends = [(">=", least), ("<=", most)]
        tests = (f"{sql} {word} {self.bind(end)}" for word, end in ends if end is not None)
        return f"({' and '.join(tests)})"

    def _time(self, field: Key, node: Compare, value: Value) -> str:
        assert isinstance(field, Field)  # noqa: S101 - attributes are not of this kind
        column = field.column
        if node.operator == "~":
            raise SearchError(f"~ looks into text; {field.key} is a time.", value.start)
        if node.operator != ":":
            moment, _ = written.period(value, field.key)
            return f"({column} {node.operator} {self.bind(moment)})"
        # a day means that whole day, a minute that whole minute
        ends = written.range_of(value, written.period, field.key)
        first, last = ends or (written.period(value, field.key),) * 2
        since = [f"{column} >= {self.bind(first[0])}"] if first else []
        until = [f"{column} < {self.bind(last[1])}"] if last else []
        return f"({' and '.join(since + until)})"

    # other spans of the trace

    def _of_trace(self, node: Compare, field: Field) -> str:
        n = self.look(node.start)
        test = _any(self._measured(field.column, field, node, value) for value in node.values)
        if field.key == "trace.depth":
            return f"({_HASHED} in ({self._depths(n, node)} group by trace having {test}))"
        spans = "spans($spans)"
        if field.key == "trace.orphans":
            spans = f"(select org_id, trace_id, {self._orphan()} as orphan from spans($spans))"
        traces = f"select (org_id, trace_id) from {spans} group by org_id, trace_id"
        return f"({_TRACE} in ({traces} having {test}))"

    def _depths(self, n: int, node: Compare) -> str:
        """Each span's depth, walked from the roots no further than the numbers asked for."""
        deepest = max(written.deepest(value) for value in node.values)
        return (
            f"with recursive members{n} as materialized (select {_HASHED} as trace, span_id,"
            f" parent_span_id from spans($spans)), walk{n}(trace, span_id, depth) as ("
            f"select m.trace, m.span_id, 1 from members{n} m left join members{n} p"
            " on p.trace = m.trace and p.span_id = m.parent_span_id where p.span_id is null"
            # a circle of parents goes round only until the walk has gone far enough
            f" union select m.trace, m.span_id, w.depth + 1 from walk{n} w join members{n} m"
            " on m.trace = w.trace and m.parent_span_id = w.span_id"
            f" where w.depth < {self.bind(deepest + 1)})"
            f" select trace from walk{n}"
        )

    def _related(self, node: Related) -> str:
        n = self.look(node.start)
        left, right = self.sql(node.left), self.sql(node.right)
        if node.position in ("with", "without"):
            word = "in" if node.position == "with" else "not in"
            traces = f"select (org_id, trace_id) from spans($spans) where {right}"
            return f"({left} and {_TRACE} {word} ({traces}))"
        own, others = {
            ">": (_PARENT, self._ids("span_id", left)),
            ">>": (_PARENT, self._below(n, left)),
            "<": (_SPAN, self._ids("parent_span_id", left)),
            "<<": (_SPAN, self._above(n, left)),
        }[node.position]
        child = "parent_span_id is not null and " if own == _PARENT else ""
        return f"({right} and {child}{own} in ({others}))"

    def _ids(self, column: str, condition: str) -> str:
        return (
            f"select (org_id, trace_id, {column}) from spans($spans)"
            f" where {column} is not null and {condition}"
        )

    def _below(self, n: int, condition: str) -> str:
        """Ids of the matching spans and of all spans below them.

        The walk joins only the traces it is about, and `union` keeps it out of circles.
        """
        return self._walk(n, "span_id", "parent_span_id", condition)

    def _above(self, n: int, condition: str) -> str:
        """Ids of the parents of the matching spans, and of their parents."""
        return self._walk(n, "parent_span_id", "span_id", condition)

    def _walk(self, n: int, to: str, by: str, condition: str) -> str:
        """Follow spans from id to id: to the row's `to` wherever its `by` was reached."""
        return (
            f"with recursive first{n} as materialized (select org_id, trace_id, {to} as id"
            f" from spans($spans) where {to} is not null and {condition}),"
            f" steps{n} as materialized (select org_id, trace_id, {by} as here, {to} as next"
            " from spans($spans) where parent_span_id is not null"
            f" and (org_id, trace_id) in (select (org_id, trace_id) from first{n})),"
            f" reached{n}(org_id, trace_id, id) as (select org_id, trace_id, id from first{n}"
            f" union select s.org_id, s.trace_id, s.next from reached{n} r join steps{n} s"
            " on s.org_id = r.org_id and s.trace_id = r.trace_id and s.here = r.id)"
            f" select (org_id, trace_id, id) from reached{n}"
        )


def _interval(length: timedelta) -> str:
    return f"interval {length // timedelta(seconds=1)} seconds"


def _any(tests: Any) -> str:
    found = list(tests)
    return found[0] if len(found) == 1 else f"({' or '.join(found)})"


_NUMBER: Final = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"


def _number_of(text: str) -> str:
    """The number that a text says, null when it says none."""
    return f"(case when regexp_full_match({text}, '{_NUMBER}') then try_cast({text} as double) end)"


def _real(number: Any) -> float | None:
    return None if number is None else float(number)
