"""The search language: what is wrong and where, values that come back whole, and pills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cast import NOW, World, span
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.traces.search.layout import HELP
from queries import completion, fields, grammar, search, suggest, traces
from queries.errors import QuestionError, SearchError
from queries.expression import Compare
from queries.filters import FIRST_PAGE, TimeRange, TraceFilters
from telemetry.schema import SPANS

RANGE = TimeRange(NOW - timedelta(hours=1), NOW + timedelta(hours=1))

WRONG = (
    # text, character, words of the sentence
    ("service:", 8, "Expected a value"),
    ("a OR", 4, "Expected a word"),
    ("OR a", 0, "Expected a word"),
    ('say "hi', 4, "never closed"),
    ("a (b c", 2, "never closed"),
    ("a)", 1, "closes nothing"),
    ("(a}", 2, "closes nothing"),
    ("{a} > b", 6, "braces"),
    ("{a", 0, "Expected a }"),
    ("()", 1, "Expected a word"),
    ("nope:1", 0, "no field nope"),
    ("servce:a", 0, "Did you mean service?"),
    ("status:eror", 7, "unset, ok or error"),
    ("is:lost", 3, "root, error, orphan, late or future"),
    ("exists:nope", 7, "no field nope"),
    ("exists:trace.spans", 0, "compare it with a number"),
    ("duration>5", 9, "with its unit"),
    ("duration:1s..5", 13, "with its unit"),
    ("cost>nan", 5, "needs a number"),
    ("cost>inf", 5, "needs a number"),
    ("cost>1e999", 5, "too large"),
    ("tokens.input=" + "9" * 30, 13, "too large"),
    ("duration>99999999999h", 9, "too large"),
    ("attr.n>many", 7, "needs a number"),
    ("name>3", 5, "name is text"),
    ("duration~3", 9, "looks into text"),
    ("service:(a b)", 11, "Expected OR"),
    ("duration>1s,2s", 12, "one value"),
    ("start>2026-13-01", 6, "needs a time"),
    ("start:0001-01-01T00:00+14:00", 6, "needs a time"),
    ("start:9999", 6, "needs a time"),
    ("trace:abc", 6, "32 hexadecimal digits"),
    ("trace.depth>9999", 12, "1,000 at most"),
    ("duration:..", 9, "at least one end"),
    ('name:a ""', 7, "some text"),
    ("x" * 10_000, 4_000, "4,000 characters"),
    ("(" * 30 + "a" + ")" * 30, 20, "20 deep"),
    (" ".join(["a"] * 300), 400, "200 parts"),
    (" ".join(["is:orphan"] * 9), 80, "8 times"),
    ("a \ud800", 2, "not a whole character"),
    ("a > b", 0, "no field a"),
    ("timeout -> retry", 9, "in quotation marks"),
)


@pytest.mark.parametrize(("text", "at", "words"), WRONG, ids=[text[:20] for text, _, _ in WRONG])
def test_an_error_points_at_the_character(text: str, at: int, words: str) -> None:
    with pytest.raises(SearchError) as caught:
        search.condition(text)
    assert caught.value.at == at, str(caught.value)
    assert words in str(caught.value)
    assert isinstance(caught.value, QuestionError)


PIECES = [*'ab:=<>~!-.,*"\\(){} \n0€', "name", "OR ", "is:", "attr.", "root", "1ms"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_a_search_or_an_error_within_it(text: str) -> None:
    terms, error = read(text)
    if error:
        assert 0 <= error.at <= len(text)
        assert str(error).endswith((".", "?"))
    else:
        assert [text[each.start : each.end] for each in terms] == [each.text for each in terms]
        rebuilt = " ".join(each.text for each in terms)
        assert search.condition(rebuilt).sql == search.condition(text).sql


def read(text: str) -> tuple[list[search.Term], SearchError | None]:
    try:
        search.condition(text)
        return search.terms(text), None
    except SearchError as error:
        return [], error


@pytest.mark.parametrize("example", [example for example, _ in HELP])
def test_every_example_of_the_help_is_a_search(example: str) -> None:
    assert search.condition(example).sql != "true"


def test_what_people_write_is_never_part_of_the_sql() -> None:
    text = 'Zq1 name:"Zq2 *" attr."Zq3 key"=Zq4 exists:resource.Zq5 {model:Zq6} >> {-service~Zq7}'
    condition = search.condition(text)
    assert "zq" not in condition.sql.lower()
    assert sum("Zq" in str(value) for _, value in condition.params) == 7


def test_every_field_is_a_column_of_the_table() -> None:
    columns = {column.name for column in SPANS}
    assert {field.column for field in fields.FIELDS} <= columns
    assert len(fields.BY_KEY) == sum(
        1 + len(field.aliases) for field in (*fields.FIELDS, *fields.TRACE_FIELDS)
    )


# values that come back whole

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.one_of(anything, st.integers(-(10**12), 10**12), st.booleans())


@settings(max_examples=150, deadline=None)
@given(value=anything, key=st.sampled_from(["name", "service", "data.value", "attr.x"]))
def test_a_term_says_exactly_its_value(value: str, key: str) -> None:
    text = search.term(key, value)
    found = search.parse(text)
    assert isinstance(found, Compare)
    assert (found.field.key, found.operator) == (key, "=")
    assert [each.text for each in found.values] == [value]
    assert not any(ord(each) < 32 for each in text)
    assert search.terms(text)[0].key == key


@settings(max_examples=100, deadline=None)
@given(name=anything.filter(bool), prefix=st.sampled_from(["attr.", "resource."]))
def test_a_term_names_any_attribute(name: str, prefix: str) -> None:
    key = fields.Attribute(fields.PREFIXES[prefix], name).key
    for text in (search.term(key, "v"), search.term(key, None)):
        assert name in [value for _, value in search.condition(text).params]
    assert search.only(f"a {search.term(key, 1)}", key, 2) == f"a {key}=2"


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("service", "checkout", "service=checkout"),
        ("service", "a b", 'service="a b"'),
        ("service", "a*", 'service="a\\*"'),
        ("duration", 1500, "duration=1500ns"),
        ("ttft", 12, "ttft=12ms"),
        ("http.status", 500, "http.status=500"),
        ("attr.n", 3, "attr.n=3"),
        ("attr.n", "3", 'attr.n="3"'),
        ("attr.flag", True, "attr.flag=true"),
        ("model", None, "-exists:model"),
        ("is", "orphan", "is:orphan"),
        ("exists", 'attr."my key"', 'exists:"attr.\\"my key\\""'),
        ("start", datetime(2026, 11, 20, 5, tzinfo=UTC), "start=2026-11-20T05:00:00.000000Z"),
        ("trace", b"\x01" * 16, "trace=" + "01" * 16),
    ],
)
def test_a_term_reads_well(key: str, value: Any, text: str) -> None:
    assert search.term(key, value) == text
    search.condition(text)
    minus = search.term(key, value, exclude=True)
    assert minus == (f"-{text}" if not text.startswith("-") else text[1:])


# pills


def test_terms_are_the_parts_that_must_all_be_true() -> None:
    text = ' service:a  AND -model:gpt* NOT (b c) (d OR e) "f g" {a} > {b} x!=1 '.replace(
        "x!", "line!"
    )
    found = search.terms(text)
    assert [each.text for each in found] == [
        "service:a",
        "-model:gpt*",
        "NOT (b c)",
        "(d OR e)",
        '"f g"',
        "{a} > {b}",
        "line!=1",
    ]
    assert [each.negated for each in found] == [False, True, True, False, False, False, True]
    assert [each.label for each in found][1:3] == ["model:gpt*", "(b c)"]
    assert [each.key for each in found] == ["service", "model", "", "", "", "", "line"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("service:a b", "-service:a b"),
        ("-service:a b", "service:a b"),
        ("service!=a b", "service=a b"),
        ("message !~ x b", "message~x b"),
        ("NOT service:a b", "service:a b"),
        ("a OR b", "-(a OR b)"),
        ("(a OR b) c", "-(a OR b) c"),
        ("{a} > {b}", "-{a} > {b}"),
    ],
)
def test_a_pill_turns_round(before: str, after: str) -> None:
    assert search.negated(before, 0) == after
    back = search.negated(after, 0)
    assert search.condition(back).sql.replace("(", "") == search.condition(
        before if not before.startswith(("NOT", "-", "service!", "message")) else back
    ).sql.replace("(", "")


@pytest.mark.parametrize(
    ("text", "added", "whole"),
    [
        ("", "service=a", "service=a"),
        ("b", "service=a", "b service=a"),
        ("a OR b", "c", "(a OR b) c"),
        ("(a OR b)", "c", "(a OR b) c"),
        ("(a) OR (b)", "c", "((a) OR (b)) c"),
        ("b service=a", "service=a", "b service=a"),
        ("b service=a c", "-service=a", "b -service=a c"),
        ("b -service=a c", "service=a", "b service=a c"),
    ],
)
def test_a_term_is_added_once_and_replaces_its_opposite(text: str, added: str, whole: str) -> None:
    assert search.with_term(text, added) == whole


def test_only_leaves_no_other_demand_on_the_key() -> None:
    text = "service:a -service:b service!=c model:x"
    assert search.only(text, "service", "d") == "model:x service=d"
    assert search.only("service.name:a", "service", "d") == "service=d"
    assert search.without_term("a (b OR c) d", 1) == "a d"
    assert search.without_term("(a b)", 0) == "b"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0AF7651916CD43DD8448EB211C80319C", "0af7651916cd43dd8448eb211c80319c"),
        ("  0af7651916cd43dd8448eb211c80319c\n", "0af7651916cd43dd8448eb211c80319c"),
        ("0af7651916cd43dd8448eb211c80319", None),
        ("x 0af7651916cd43dd8448eb211c80319c", None),
    ],
)
def test_a_pasted_trace_id_is_recognised(text: str, found: str | None) -> None:
    assert search.trace_id_in(text) == found


# completion


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", (0, 0, "", "")),
        ("ser", (0, 3, "ser", "")),
        ("-ser", (1, 4, "ser", "")),
        ("a (ser", (3, 6, "ser", "")),
        ("service:", (8, 8, "", "service")),
        ("service: che", (9, 12, "che", "service")),
        ("service:a,che", (10, 13, "che", "service")),
        ("service:(a OR che", (14, 17, "che", "service")),
        ('name:"tool s', (5, 12, "tool s", "name")),
        ('attr."my k', (0, 10, 'attr."my k', "")),
        ('attr."my k":v', (12, 13, "v", 'attr."my k"')),
        ("{service:a} > {na", (15, 17, "na", "")),
        ("duration>", (9, 9, "", "duration")),
    ],
)
def test_completion_knows_what_is_being_written(text: str, place: tuple[Any, ...]) -> None:
    assert completion.place(text, len(text)) == completion.Place(*place)


def test_completion_replaces_the_whole_word_and_leaves_plain_text_alone() -> None:
    assert completion.place("service:checkout b", 10) == completion.Place(8, 16, "ch", "service")
    assert completion.place('"plain te', 9) is None


# over a lake


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    made = new_world()
    made.send(
        "acme",
        span(
            "checkout cart", user__tier="gold", note="secret of acme", gen_ai__request__model="m1"
        ),
        span("pay", number=2, parent=1, error="PayError", user__tier="gold", n=3),
        span("pay late", number=3, parent=77, user__tier="silver", aeos__data__total="checkout 7"),
    )
    made.send("globex", span("turbine", trace=1, number=77), service="plant")
    return made


def names(world: World, who: str, text: str) -> list[str]:
    filters = TraceFilters(RANGE, search.condition(text))
    return sorted(row["name"] for row in traces.search(world.scope(who), filters, FIRST_PAGE).rows)


def test_the_example_of_all_things_runs(world: World) -> None:
    text = (
        'service:checkout status:error duration>1.5ms name:"pay*" -model:gpt* attr.user.tier=gold '
        "exists:exception (broke OR nothing)"
    )
    assert names(world, "alice", text) == ["pay"]


@pytest.mark.parametrize(
    "text", ["", "is:orphan", "trace.orphans>0", "{is:orphan} with {name:pay}"]
)
def test_charlie_finds_nothing_of_acme(world: World, text: str) -> None:
    assert set(names(world, "charlie", text)) <= {"turbine"}
    assert names(world, "alice", text)


def test_a_parent_in_another_org_is_no_parent(world: World) -> None:
    assert names(world, "sam", "is:orphan") == ["pay late"]
    assert names(world, "sam", "{name:turbine} > {name:*}") == []
    assert names(world, "sam", "{org:acme} without {name:turbine}") == sorted(
        ["checkout cart", "pay", "pay late"]
    )


def test_keys_come_from_the_fields_and_from_the_data(world: World) -> None:
    found = {key.key: key.spans for key in suggest.keys(world.scope("alice"), RANGE, "tier")}
    assert found == {"attr.user.tier": 3}
    listed = [key.key for key in suggest.keys(world.scope("alice"), RANGE, "serv")]
    assert listed[0] == "service"
    assert "resource.service.name" in listed
    assert [k.key for k in suggest.keys(world.scope("charlie"), RANGE, "tier")] == []


def test_values_are_the_most_frequent_ones(world: World) -> None:
    every = TraceFilters(RANGE)
    found = suggest.values(world.scope("alice"), every, "attr.user.tier")
    assert [(each.value, each.spans) for each in found] == [("gold", 2), ("silver", 1)]
    errors = TraceFilters(RANGE, search.condition("status:error"))
    found = suggest.values(world.scope("alice"), errors, "attr.user.tier", "ol")
    assert [(each.value, each.spans) for each in found] == [("gold", 1)]
    assert suggest.values(world.scope("charlie"), every, "attr.user.tier") == []
    assert [each.value for each in suggest.values(world.scope("charlie"), every, "name")] == [
        "turbine"
    ]
    assert suggest.values(world.scope("alice"), every, "duration") == []


def test_every_field_that_offers_values_is_asked_for_them(world: World) -> None:
    """The column's name reaches the SQL as a value, and the SQL must know it."""
    sql = (grammar.Path(suggest.__file__).parent / "suggest.values.sql").read_text()
    offered = [field for field in fields.FIELDS if suggest._has_choices(field)]
    assert [field.column for field in offered if f"when '{field.column}' then" not in sql] == []
    assert len(offered) > 25


def test_a_completed_value_finds_its_spans(world: World) -> None:
    scope, every = world.scope("alice"), TraceFilters(RANGE)
    place = completion.place("name:check", 10)
    assert place
    (found,) = suggest.complete(scope, every, place)
    assert found.text == '"checkout cart"'
    assert names(world, "alice", f"name:{found.text}") == ["checkout cart"]


def test_a_text_is_found_in_fields(world: World) -> None:
    found = suggest.containing(world.scope("alice"), RANGE, "CheckOut")
    assert {each.field.key: each.spans for each in found.fields} == {
        "name": 1,
        "service": 3,
        "data.value": 1,
    }
    assert found.looked_at == 3
    for each in found.fields:
        text = search.holding(each.field.key, "CheckOut")
        assert len(names(world, "alice", text)) == each.spans
    assert suggest.containing(world.scope("charlie"), RANGE, "checkout").fields == ()
