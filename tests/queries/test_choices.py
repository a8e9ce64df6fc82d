"""Choices: what a click on a facet's value makes of a search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries import choices, search
from queries.choices import Mark
from queries.explore import LEVELS
from queries.search import condition

HOSTILE = ['say "hi"', "a*b", "back\\slash", "a,b", "(x)", "-minus", "x OR y", "", " ", "\n", "ü"]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("", "a", "service=a"),
        ("status:error", "a", "status:error service=a"),
        ("service=a", "b", "service=a,b"),
        ("service=a,b", "a", "service=b"),
        ("service=a", "a", ""),
        ("-service=a", "a", ""),
        ("-service=a", "b", "-service=a service=b"),
        ("service:A x", "a", "x"),
        ("a OR b", "c", "(a OR b) service=c"),
        ("service~shop", "a", "service=a"),
        ("", None, "-exists:service"),
        ("-exists:service", None, ""),
        ("-exists:service", "a", "service=a"),
    ],
)
def test_a_click_includes_a_value_or_takes_it_back(
    text: str, value: str | None, expected: str
) -> None:
    assert choices.include(text, "service", value) == expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("", "a", "-service=a"),
        ("service=a,b", "a", "service=b -service=a"),
        ("-service=a", "a", ""),
        ("service!=a,b", "a", "-service=b"),
        ("", None, "exists:service"),
        ("exists:service", None, ""),
    ],
)
def test_a_click_excludes_a_value_or_takes_it_back(
    text: str, value: str | None, expected: str
) -> None:
    assert choices.exclude(text, "service", value) == expected


def test_only_leaves_nothing_else_of_the_field() -> None:
    text = "service=a,b -service=c exists:service status:error"
    assert choices.only(text, "service", "d") == "status:error service=d"


def test_without_keeps_what_is_about_other_fields() -> None:
    text = "service=a -service:b* (service:x OR model:y) exists:service status:error"
    assert choices.without(text, "service") == "(service:x OR model:y) status:error"
    assert choices.own(text, "model") == []


def test_a_value_is_marked_by_what_the_search_says() -> None:
    assert choices.mark("service=a -service=b", "service", "a") is Mark.INCLUDED
    assert choices.mark("service=a -service=b", "service", "b") is Mark.EXCLUDED
    assert choices.mark("service=a -service=b", "service", "c") is Mark.FREE
    assert choices.mark("-exists:model", "model", None) is Mark.INCLUDED
    assert choices.mark("exists:model", "model", None) is Mark.EXCLUDED
    assert choices.mark('name:"tool *"', "name", "tool 1") is Mark.FREE


@pytest.mark.parametrize("value", HOSTILE)
def test_any_text_can_be_chosen_and_taken_back(value: str) -> None:
    text = choices.include(choices.include("", "name", "plain"), "name", value)
    condition(text)
    assert choices.mark(text, "name", value) is Mark.INCLUDED
    assert value in choices.named(text, "name")
    assert choices.include(text, "name", value) == "name=plain"
    assert choices.exclude(choices.exclude("", "name", value), "name", value) == ""


@given(
    clicks=st.lists(
        st.tuples(
            st.sampled_from(["include", "exclude", "only"]),
            st.sampled_from(["service", "model"]),
            st.one_of(st.none(), st.sampled_from(["a", "b c", 'q"', "*"])),
        ),
        max_size=8,
    )
)
def test_after_any_clicks_the_last_value_is_as_it_was_asked(
    clicks: list[tuple[str, str, str | None]],
) -> None:
    text = "status:error (x OR y)"
    for verb, key, value in clicks:
        before = choices.mark(text, key, value)
        text = getattr(choices, verb)(text, key, value)
        condition(text)
        after = choices.mark(text, key, value)
        expected = {
            "only": Mark.INCLUDED,
            "include": Mark.INCLUDED if before is Mark.FREE else Mark.FREE,
            "exclude": Mark.FREE if before is Mark.EXCLUDED else Mark.EXCLUDED,
        }
        assert after is expected[verb]
        assert text.startswith("status:error (x OR y)")


@pytest.mark.parametrize(
    ("text", "least", "under", "expected"),
    [
        ("", 1_000_000, 5_600_000, "duration>=1ms duration<5.6ms"),
        ("a OR b", None, 10**9, "(a OR b) duration<1s"),
        ("duration>=1ms duration<1s x", 10**7, 10**8, "x duration>=10ms duration<100ms"),
        ("duration>=20ms", 10**7, None, "duration>=20ms duration>=10ms"),
        ("duration>5ms", 10**7, None, "duration>5ms duration>=10ms"),
    ],
)
def test_a_brush_adds_durations_and_drops_looser_ones(
    text: str, least: int | None, under: int | None, expected: str
) -> None:
    assert choices.lasting(text, least, under) == expected


@given(st.one_of(st.integers(1, 10**15), st.sampled_from(LEVELS)))
def test_a_duration_is_written_exactly(ns: int) -> None:
    (found,) = condition(f"duration={choices.written_duration(ns)}").params
    assert found[1] == ns
    assert search.terms(f"duration>={choices.written_duration(ns)}")[0].key == "duration"
