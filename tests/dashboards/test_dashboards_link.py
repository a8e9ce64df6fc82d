"""Links: the state of a page in its URL, both ways, and the times somebody types."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from dash import no_update
from hypothesis import given
from hypothesis import strategies as st

from dashboards.shell.callbacks import choose_range, name_range
from dashboards.shell.link import LONG, MAX_LONG, MAX_TEXT, PRESETS, Link, LinkError, zone_of
from queries.errors import BadQuestion
from queries.filters import EVERY_SPAN
from queries.search import condition

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

NAMES = [field.name for field in fields(Link)]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=MAX_TEXT)


@given(st.builds(Link, **dict.fromkeys(NAMES, TEXT)))
def test_a_link_survives_the_url(link: Link) -> None:
    assert Link.parse(link.search) == link
    assert Link.parse(link.search.removeprefix("?")) == link


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, TEXT)))
def test_only_what_differs_from_the_default_is_in_the_url(changes: dict[str, str]) -> None:
    link = Link(**changes)
    assert Link.parse(link.search) == link
    said = {pair.split("=")[0] for pair in link.search.removeprefix("?").split("&") if pair}
    assert said == {name for name in changes if changes[name] != getattr(Link(), name)}


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), TEXT))
def test_unknown_parameters_are_ignored(others: dict[str, str]) -> None:
    strange = {name: value for name, value in others.items() if name not in NAMES}
    assert Link.parse("?" + urlencode(strange)) == Link()


@given(st.text())
def test_any_text_is_some_link(text: str) -> None:
    assert isinstance(Link.parse(text), Link)


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_is_longer_than_it_may_be(name: str) -> None:
    longest = MAX_LONG if name in LONG else MAX_TEXT
    assert len(getattr(Link.parse(f"{name}={'x' * 9_000}"), name)) == longest


def test_nothing_is_the_default() -> None:
    assert Link.parse(None) == Link.parse("") == Link.parse("?") == Link()
    assert Link().search == ""
    assert Link.parse("?range=&org=") == Link()
    assert Link.parse("?range=1h&range=7d").range == "7d"


def test_a_link_leads_elsewhere_with_changes() -> None:
    link = Link(org="acme", q="a b&c", trace="ab")
    assert link.to("/traces", trace="", span="") == "/traces?org=acme&q=a+b%26c"
    assert Link().to("/") == "/"


def test_tabs_share_whose_data_which_time_and_how_it_is_told() -> None:
    full = Link(**dict.fromkeys(NAMES, "x"))
    kept = {"org", "range", "since", "until", "zone", "live"}
    assert full.shared == replace(Link(), **dict.fromkeys(kept, "x"))


# time ranges


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_ends_now(preset: str) -> None:
    range_ = Link(range=preset).time_range(NOW)
    assert (range_.since, range_.until) == (NOW - PRESETS[preset], NOW)


def test_ends_of_ones_own_are_utc_unless_they_name_an_offset() -> None:
    range_ = Link(since="2026-05-01T10:00:00", until="2026-05-01T10:00:00-03:30").time_range(NOW)
    assert range_.since == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert range_.until == datetime(2026, 5, 1, 13, 30, tzinfo=UTC)
    assert range_.until.tzinfo is UTC


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        (Link(range="9y"), "There is no time range '9y'. Choose one from the list."),
        (Link(range="x" * 400), f"There is no time range {'x' * 20!r}. Choose one from the list."),
        (Link(since="2026-01-01"), "The link's time range is not complete. Choose a range."),
        (Link(until="2026-01-01"), "The link's time range is not complete. Choose a range."),
        (
            Link(since="now", until="later"),
            "The link's time range is not complete. Choose a range.",
        ),
        (
            Link(since="0001-01-01T00:00+14:00", until="2026-01-01"),
            "The link's time range is not complete. Choose a range.",
        ),
        (
            Link(since="1899-12-31", until="2026-01-01"),
            "Choose times between the years 1900 and 9000.",
        ),
        (
            Link(since="2026-01-02", until="2026-01-01"),
            "The range ends before it starts. Choose an end after the start.",
        ),
        (
            Link(since="2026-01-02T02:00+02:00", until="2026-01-02"),
            "The range ends before it starts. Choose an end after the start.",
        ),
    ],
)
def test_a_range_that_makes_no_sense_is_told_in_a_sentence(link: Link, sentence: str) -> None:
    with pytest.raises(LinkError) as told:
        link.time_range(NOW)
    assert str(told.value) == sentence


@given(st.builds(Link, range=TEXT, since=st.just("") | TEXT, until=st.just("") | TEXT))
def test_any_range_is_one_or_a_sentence(link: Link) -> None:
    try:
        range_ = link.time_range(NOW)
    except LinkError:
        return
    assert range_.since < range_.until


@given(st.datetimes(), st.timedeltas(timedelta(hours=-20), timedelta(hours=20)))
def test_any_moment_is_taken_or_told(moment: datetime, offset: timedelta) -> None:
    hours = int(offset.total_seconds() // 3600)
    link = Link(since="1900-01-01", until=f"{moment.isoformat()}{hours:+03d}:00")
    try:
        range_ = link.time_range(NOW)
    except LinkError:
        return
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        assert range_.until.astimezone(zone_of(zone))


def test_filters_and_pages_come_from_the_link() -> None:
    filters = Link(q="status:error", range="1h", version="7").filters(NOW)
    assert filters.condition == condition("status:error")
    assert (filters.range, filters.version) == (Link(range="1h").time_range(NOW), 7)
    assert Link().filters(NOW).condition == EVERY_SPAN
    assert Link().filters(NOW).version is None
    assert Link().page(100).rows == 100
    with pytest.raises(BadQuestion):
        Link(after="x").page(100)


@pytest.mark.parametrize("version", ["x", "-1", "1.5", "²", "1 ", "0x1"])
def test_a_pin_is_a_number(version: str) -> None:
    with pytest.raises(LinkError):
        Link(version=version).filters(NOW)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "browser",
        "No/Where",
        "../../etc/passwd",
        "/etc/passwd",
        "\x00",
        "x" * 5_000,
        "Europe",
        "leapseconds",
        "utc\ud800",
    ],
)
def test_a_zone_that_nobody_knows_is_utc(name: str | None) -> None:
    assert zone_of(name).key == "UTC"


def test_a_zone_is_known_by_its_name() -> None:
    assert zone_of("Asia/Kathmandu").key == "Asia/Kathmandu"


# the range as somebody types it


def chosen(since: str | None, until: str | None, zone: str = "UTC") -> tuple[Any, str | None]:
    return choose_range(1, since, until, {"search": "", "zone": zone})


@pytest.mark.parametrize(
    ("zone", "since", "expected"),
    [
        ("UTC", "2026-06-01 10:00", "2026-06-01T10:00:00Z"),
        ("UTC", " 2026-06-01 ", "2026-06-01T00:00:00Z"),
        ("Asia/Kathmandu", "2026-06-01 10:00", "2026-06-01T04:15:00Z"),
        ("America/St_Johns", "2026-06-01T10:00:30", "2026-06-01T12:30:30Z"),
        # one hour that the clocks leave out: read as if they had not been turned yet
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:30:00Z"),
        # one hour that comes twice: the first
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"),
        # who names an offset means it
        ("Asia/Tokyo", "2026-06-01T10:00:00Z", "2026-06-01T10:00:00Z"),
        ("Asia/Tokyo", "2026-06-01 10:00+02:00", "2026-06-01T08:00:00Z"),
    ],
)
def test_typed_times_are_the_readers(zone: str, since: str, expected: str) -> None:
    data, error = chosen(since, "2027-01-01", zone)
    assert error is None
    assert data["since"] == expected
    assert Link(**data).time_range(NOW)


def test_a_range_over_the_turn_of_the_clocks_has_its_true_length() -> None:
    data, _ = chosen("2026-03-29 00:00", "2026-03-30 00:00", "Europe/Berlin")
    assert Link(**data).time_range(NOW).length == timedelta(hours=23)
    data, _ = chosen("2026-10-25 00:00", "2026-10-26 00:00", "Europe/Berlin")
    assert Link(**data).time_range(NOW).length == timedelta(hours=25)


@pytest.mark.parametrize(
    ("since", "until", "sentence"),
    [
        ("yesterday", "today", "Write both times as 2026-11-20 14:00."),
        ("", "2026-01-01", "Write both times as 2026-11-20 14:00."),
        (None, None, "Write both times as 2026-11-20 14:00."),
        ("2026-02-30", "2026-03-01", "Write both times as 2026-11-20 14:00."),
        ("2026-01-02", "2026-01-01", "The range ends before it starts."),
        ("2026-01-01", "2026-01-01", "The range ends before it starts."),
        ("0001-01-01", "9999-12-31", "."),
    ],
)
def test_what_is_wrong_with_a_typed_range(
    since: str | None, until: str | None, sentence: str
) -> None:
    data, error = chosen(since, until, "Asia/Tokyo")
    assert data is no_update
    assert error
    assert sentence in error


@given(st.text(), st.text(), st.sampled_from(["UTC", "Asia/Tokyo", "America/St_Johns", "?"]))
def test_whatever_is_typed_gets_a_range_or_a_sentence(since: str, until: str, zone: str) -> None:
    data, error = chosen(since, until, zone)
    assert (data is no_update) == bool(error)


def test_a_range_is_told_in_the_readers_zone() -> None:
    view = {
        "search": "?since=2026-06-01T00:00:00Z&until=2026-06-02T00:00:00Z",
        "zone": "Asia/Tokyo",
    }
    assert name_range(view) == "2026-06-01 09:00 – 2026-06-02 09:00"
    assert name_range({"search": "?range=7d", "zone": "UTC"}) == "Last 7 days"
    assert name_range({"search": "?since=x&until=y", "zone": "UTC"}) == "Time range"
    assert name_range(None) is no_update
