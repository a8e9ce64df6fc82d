"""Silences: which labels they match and when they are active, also where clocks are changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import silences
from alerts.errors import Refused
from alerts.silences import Matcher, Silence, Weekly, is_active, next_times, parsed, written

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
SPRING = datetime(2026, 3, 29, tzinfo=BERLIN)
"""At 2:00 clocks there go on to 3:00."""
AUTUMN = datetime(2026, 10, 25, tzinfo=BERLIN)
"""At 3:00 clocks there go back to 2:00."""

LABELS = {"rule": "Slow", "service": "check out", "severity": "critical"}
YEAR = Silence(
    matchers=(Matcher("rule", "Slow"),),
    starts_at=datetime(2026, 1, 1, tzinfo=UTC),
    ends_at=datetime(2027, 1, 1, tzinfo=UTC),
)


def weekly(from_: str, until: str, *days: int, zone: str = "Europe/Berlin") -> Silence:
    hours = Weekly(days, time.fromisoformat(from_), time.fromisoformat(until), zone)
    return replace(YEAR, weekly=hours)


def lasted(silence: Silence, since: datetime) -> timedelta:
    """How much of the 36 hours from `since` on is muted, minute by minute."""
    begun = since.astimezone(UTC)
    minutes = (begun + timedelta(minutes=n) for n in range(36 * 60))
    return timedelta(minutes=sum(is_active(silence, minute) for minute in minutes))


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("service=check*", True),
        ('service="check out"', True),
        ("service=check", False),
        ("service!=check*", False),
        ("service=Check*", False),
        ("severity=critical, rule=Slow", True),
        ("severity=critical rule=Fast", False),
        ("absent!=x", True),
        ("absent=", True),
        ("rule=Sl?w", False),
        ("rule=[S]low", False),
        ("", False),
    ],
)
def test_a_silence_matches_when_all_its_matchers_do(text: str, matches: bool) -> None:
    assert silences.matches(parsed(text), LABELS) is matches


NAMES = st.text(st.characters(categories=["L", "N"], include_characters="_.-"), min_size=1)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None)
@given(st.lists(st.builds(Matcher, NAMES, VALUES, st.booleans()), max_size=4).map(tuple))
def test_matchers_are_read_as_they_are_written(matchers: tuple[Matcher, ...]) -> None:
    assert parsed(written(matchers)) == matchers


@settings(deadline=None)
@given(VALUES.filter(lambda value: "*" not in value))
def test_a_value_without_a_star_matches_itself_alone(value: str) -> None:
    matcher = Matcher("service", value)
    assert matcher.matches({"service": value})
    assert not matcher.matches({"service": value + "x"})


@pytest.mark.parametrize("text", ["service", "service>x", '="a"', 'service="a', 'a="b"c'])
def test_what_is_no_matcher_is_told_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match="service=checkout"):
        parsed(text)


def test_a_silence_is_active_from_its_start_to_just_before_its_end() -> None:
    second = timedelta(seconds=1)
    ended = replace(YEAR, ended_at=YEAR.starts_at + HOUR)
    for silence, end in ((YEAR, YEAR.ends_at), (ended, ended.over_at)):
        assert is_active(silence, YEAR.starts_at)
        assert is_active(silence, end - second)
        assert not is_active(silence, end)
        assert not is_active(silence, YEAR.starts_at - second)


def test_weekly_hours_go_by_the_clocks_of_their_zone() -> None:
    nights = weekly("22:00", "06:00", 4)
    for month in (1, 7):
        friday = datetime(2026, month, 2 if month == 1 else 3, tzinfo=BERLIN)
        assert friday.weekday() == 4
        for hours, active in ((21, False), (22, True), (29, True), (30, False)):
            assert is_active(nights, friday + timedelta(hours=hours)) is active
        assert not is_active(nights, friday + HOUR)


@pytest.mark.parametrize(
    ("from_", "until", "day", "hours"),
    [
        ("01:00", "04:00", SPRING, 2),
        ("01:00", "04:00", AUTUMN, 4),
        ("00:00", "00:00", SPRING, 23),
        ("00:00", "00:00", AUTUMN, 25),
        ("02:00", "03:00", AUTUMN, 2),
        ("01:30", "02:30", AUTUMN, 2),
        ("02:30", "04:30", AUTUMN, 3),
        ("02:15", "02:45", SPRING, 0.5),
        ("01:00", "02:30", SPRING, 1.5),
        ("12:00", "13:00", SPRING, 1),
    ],
)
def test_hours_over_a_change_of_clocks_mute_all_that_the_clocks_show(
    from_: str, until: str, day: datetime, hours: float
) -> None:
    assert lasted(weekly(from_, until, 6), day) == hours * HOUR


def test_the_next_times_begin_with_what_is_going_on() -> None:
    silence = weekly("22:00", "06:00", 0, 3, zone="UTC")
    now = datetime(2026, 3, 3, 5, tzinfo=UTC)
    times = next_times(silence, now, 2)
    assert [begin for begin, _ in times] == [
        datetime(2026, 3, 2, 22, tzinfo=UTC),
        datetime(2026, 3, 5, 22, tzinfo=UTC),
    ]
    assert next_times(replace(YEAR, ended_at=now), now) == []


@settings(max_examples=60, deadline=None)
@given(
    st.times(), st.times(), st.sets(st.integers(0, 6), min_size=1),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"]),
    st.integers(0, 365 * 24 * 60),
)  # fmt: skip
def test_a_silence_is_active_exactly_in_its_next_times(
    from_: time, until: time, days: set[int], zone: str, minute: int
) -> None:
    hours = Weekly(tuple(days), from_.replace(tzinfo=None), until.replace(tzinfo=None), zone)
    silence = replace(YEAR, weekly=hours)
    now = YEAR.starts_at + timedelta(minutes=minute)
    times = next_times(silence, now, 3)
    assert is_active(silence, now) is any(begin <= now < end for begin, end in times)
    for begin, end in times:
        assert is_active(silence, begin)
        assert is_active(silence, end - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"matchers": ()}, "matchers"),
        ({"matchers": (Matcher("a", "b"),) * 21}, "matchers"),
        ({"matchers": (Matcher("a", "b" * 201),)}, "matchers"),
        ({"matchers": (Matcher("a", "b\0"),)}, "matchers"),
        ({"ends_at": YEAR.starts_at}, "ends_at"),
        ({"ends_at": YEAR.starts_at + HOUR}, "ends_at"),
        ({"ends_at": YEAR.starts_at + timedelta(days=367)}, "ends_at"),
        ({"comment": "x" * 1_001}, "comment"),
        ({"weekly": Weekly((), time(1), time(2))}, "days"),
        ({"weekly": Weekly((7,), time(1), time(2))}, "days"),
        ({"weekly": Weekly((0,), time(1), time(2), "Mars/Olympus")}, "zone"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused_at_its_field(
    change: dict[str, object], field: str
) -> None:
    now = YEAR.starts_at + 2 * HOUR
    assert list(silences.problems(YEAR, now)) == []
    assert [p.field for p in silences.problems(replace(YEAR, **change), now)] == [field]  # type: ignore[arg-type]


def test_hours_that_never_come_are_refused() -> None:
    silence = replace(weekly("22:00", "23:00", 0), ends_at=YEAR.starts_at + 24 * HOUR)
    (problem,) = silences.problems(silence, YEAR.starts_at)
    assert (problem.field, "None of these hours" in problem.sentence) == ("days", True)
