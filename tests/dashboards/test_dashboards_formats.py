"""Numbers and times as people read them, at the places where such words go wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.parts import formats

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (None, "–"),
        (0, "0.00 µs"),
        (1, "0.00 µs"),
        (10, "0.01 µs"),
        (999, "1.00 µs"),
        (9_990, "9.99 µs"),
        (9_996, "10.0 µs"),
        (99_960, "100 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (1_000_000, "1.00 ms"),
        (99_960_000, "100 ms"),
        (999_499_999, "999 ms"),
        (999_500_000, "1.00 s"),
        (59_949_000_000, "59.9 s"),
        (59_950_000_000, "1 min 00 s"),
        (61_000_000_000, "1 min 01 s"),
        (3_599_499_000_000, "59 min 59 s"),
        (3_599_500_000_000, "1 h 00 min"),
        (3_661_000_000_000, "1 h 01 min"),
        (5_000 * 3_600_000_000_000, "5,000 h 00 min"),
        (-1_500_000, "-1.50 ms"),
        (-7_200_000_000_000, "-2 h 00 min"),
        (2**63 - 1, "2,562,047 h 47 min"),
    ],
)
def test_a_duration_reads_in_its_best_unit(ns: int | None, words: str) -> None:
    assert formats.duration(ns) == words


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_duration_has_three_digits_or_two_units(ns: int) -> None:
    words = formats.duration(ns).removeprefix("-")
    number, unit, *rest = words.split()
    assert unit in {"µs", "ms", "s", "min", "h"}
    digits = number.replace(".", "").replace(",", "")
    assert digits.isdigit()
    assert rest or len(digits) == 3


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 0, "–"),
        (5, 0, "–"),
        (0, 10, "0.00 %"),
        (1, 10_000_000, "< 0.01 %"),
        (1, 10_000, "0.01 %"),
        (1, 3, "33.3 %"),
        (1, 100, "1.00 %"),
        (9_999_999, 10_000_000, "> 99.9 %"),
        (9_995, 10_000, "> 99.9 %"),
        (999, 1_000, "99.9 %"),
        (7, 7, "100.0 %"),
    ],
)
def test_a_share_reads_as_percent(part: int, whole: int, words: str) -> None:
    assert formats.percent(part, whole) == words


@given(st.integers(1, 10**15), st.integers(0, 10**15))
def test_a_share_is_never_nothing_or_all_when_it_is_not(part: int, others: int) -> None:
    words = formats.percent(part, part + others)
    assert words not in {"0.00 %", "0.0 %", "0 %"}
    assert (words == "100.0 %") == (others == 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (0, "0"),
        (1234, "1,234"),
        (999_999, "999,999"),
        (1.2e6, "1.20 M"),
        (3.45e9, "3.45 bn"),
        (-2e6, "-2.00 M"),
    ],
)
def test_counts(value: float | None, words: str) -> None:
    assert formats.count(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (0, "0"),
        (0.00005, "< 0.001"),
        (0.0123, "0.0123"),
        (1 / 3, "0.333"),
        (99.96, "100"),
        (1234.4, "1,234"),
    ],
)
def test_rates(value: float | None, words: str) -> None:
    assert formats.rate(value) == words


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (None, "–"),
        (0, "$0.00"),
        (1e-9, "< $0.000001"),
        (0.00025, "$0.00025"),
        (0.005, "$0.005"),
        (0.01, "$0.01"),
        (1234.5, "$1,234.50"),
    ],
)
def test_money(usd: float | None, words: str) -> None:
    assert formats.money(usd) == words


@pytest.mark.parametrize(
    ("zone", "moment", "label"),
    [
        ("UTC", NOON, "UTC"),
        ("Europe/Berlin", NOON, "Europe/Berlin (UTC+02:00)"),
        ("Europe/Berlin", datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin (UTC+01:00)"),
        ("Asia/Kolkata", NOON, "Asia/Kolkata (UTC+05:30)"),
        ("Asia/Kathmandu", NOON, "Asia/Kathmandu (UTC+05:45)"),
        ("America/St_Johns", NOON, "America/St_Johns (UTC-02:30)"),
        ("Australia/Lord_Howe", NOON, "Australia/Lord_Howe (UTC+10:30)"),
    ],
)
def test_a_zone_is_told_with_its_offset_then(zone: str, moment: datetime, label: str) -> None:
    assert formats.zone_label(ZoneInfo(zone), moment) == label


def test_the_two_half_past_twos_of_autumn_differ_in_their_label() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert formats.stamp(first, berlin) == formats.stamp(second, berlin)
    assert formats.zone_label(berlin, first) == "Europe/Berlin (UTC+02:00)"
    assert formats.zone_label(berlin, second) == "Europe/Berlin (UTC+01:00)"


def test_times_are_told_in_the_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    moment = datetime(2026, 6, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    assert formats.stamp(moment, tokyo) == "2026-06-02 08:59:59.999"
    assert formats.minute(moment, tokyo) == "2026-06-02 08:59"
    assert formats.clock(moment, tokyo) == "08:59:59"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "in the future"),
        (0, "0 s ago"),
        (59.9, "59 s ago"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 h ago"),
        (86_399, "23 h ago"),
        (200_000, "2 d ago"),
    ],
)
def test_how_long_ago(seconds: float, words: str) -> None:
    assert formats.ago(NOON - timedelta(seconds=seconds), NOON) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, "(no name)"),
        ("", "(no name)"),
        ("   ", "(no name)"),
        ("\n", "␊"),
        ("a\tb\x00c", "a␉b␀c"),
        ("\x7f\u202e\u2028", "\N{REPLACEMENT CHARACTER}" * 3),
        ("<b>ä 漢</b>", "<b>ä 漢</b>"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str | None, shown: str) -> None:
    assert formats.visible(text) == shown


@given(st.text())
def test_a_visible_name_is_one_line_of_something(text: str) -> None:
    shown = formats.visible(text)
    assert shown.isprintable()
    assert shown.strip()


@given(st.none() | st.text(), st.integers(2, 50))
def test_a_shortened_text_is_one_line_that_fits(text: str | None, length: int) -> None:
    short = formats.shorten(text, length)
    assert len(short) <= length
    assert short.isprintable()


def test_a_text_that_was_cut_says_so() -> None:
    assert formats.shorten("abcdef", 6) == "abcdef"
    assert formats.shorten("abcdefg", 6) == "abcde…"
    assert formats.shorten(" a \n\n b\x00c ", 10) == "a b c"
