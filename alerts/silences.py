"""Silences: alerts that tell nobody for a time, once or every week. They are recorded all the same.

The one idea: whether a silence mutes an alert is a pure question of its labels and the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from access import audit
from access.errors import NotFound
from access.people import Person
from access.scope import Scope
from alerts.errors import Problem, Refused
from alerts.rights import require
from records import models
from records.alerts import AlertSilence
from records.store import Records

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
A_DAY: Final = timedelta(days=1)

LONGEST: Final = 366 * A_DAY
LONGEST_COMMENT: Final = 1_000
LONGEST_VALUE: Final = 200
MOST_MATCHERS: Final = 20
REMEMBERED: Final = 30 * A_DAY
"""How long a silence that is over is still listed."""

MISSING: Final = "There is no such silence, or none that you may see."
EXAMPLE: Final = "service=checkout severity!=critical"

_MATCHER = re.compile(r"""\s*([^\s=!",]+)\s*(!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s",]*)(?=\s|,|$)""")


@dataclass(frozen=True)
class Matcher:
    """A label that has a value, or has it not; `*` in the value stands for anything."""

    name: str
    value: str
    equal: bool = True

    def matches(self, labels: dict[str, str]) -> bool:
        """A label that is not there is an empty one."""
        return fnmatchcase(labels.get(self.name, ""), _literal(self.value)) is self.equal

    def __str__(self) -> str:
        plain = re.fullmatch(r'[^\s",\\]+', self.value)
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        value = self.value if plain else f'"{escaped}"'
        return f"{self.name}{'=' if self.equal else '!='}{value}"


@dataclass(frozen=True)
class Weekly:
    """The same hours on some days of every week, 0 being Monday, by the clocks of `zone`.

    Hours that end before they begin, or at the same time, end on the next day.
    """

    days: tuple[int, ...]
    from_: time
    until: time
    zone: str = "UTC"

    def __str__(self) -> str:
        days = ", ".join(DAYS[day] for day in self.days)
        return f"{days} {self.from_:%H:%M}–{self.until:%H:%M} ({self.zone})"


@dataclass(frozen=True, kw_only=True)
class Silence:
    """What is muted from when to when; with `weekly`, only in those hours between the two."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    weekly: Weekly | None = None
    comment: str = ""
    id: str = ""
    org: str = ""
    created_by: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def over_at(self) -> datetime:
        """When it ends for good."""
        return min(self.ends_at, self.ended_at) if self.ended_at else self.ends_at

    @property
    def name(self) -> str:
        """How an evaluation calls it that was silenced by it."""
        return self.comment.splitlines()[0][:80] if self.comment else written(self.matchers)


# deciding


def mutes(silence: Silence, labels: dict[str, str], at: datetime) -> bool:
    """Whether an alert with these labels tells nobody at this time."""
    return is_active(silence, at) and matches(silence.matchers, labels)


def matches(matchers: Sequence[Matcher], labels: dict[str, str]) -> bool:
    return bool(matchers) and all(matcher.matches(labels) for matcher in matchers)


def muting(silences: Iterable[Silence]) -> Callable[[dict[str, str], datetime], str]:
    """The name of the first of the silences that mutes some labels at a time, or ""."""
    kept = tuple(silences)

    def name(labels: dict[str, str], at: datetime) -> str:
        return next((silence.name for silence in kept if mutes(silence, labels, at)), "")

    return name


def is_active(silence: Silence, at: datetime) -> bool:
    if not silence.starts_at <= at < silence.over_at:
        return False
    return silence.weekly is None or any(
        since <= at < until for since, until in _hours(silence.weekly, at - A_DAY, at)
    )


def next_times(silence: Silence, now: datetime, most: int = 3) -> list[tuple[datetime, datetime]]:
    """From when to when it mutes next, beginning with what is going on."""
    if silence.weekly is None:
        times = iter([(silence.starts_at, silence.over_at)])
    else:
        times = _hours(silence.weekly, now - A_DAY, silence.over_at)
    found: list[tuple[datetime, datetime]] = []
    for since, until in times:
        begin, end = max(since, silence.starts_at), min(until, silence.over_at)
        if begin < end and now < end:
            found.append((begin, end))
        if len(found) == most:
            break
    return found


def _hours(weekly: Weekly, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The muted hours of the days from `since` to `until`, as moments."""
    zone = ZoneInfo(weekly.zone)
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        if day.weekday() in weekly.days:
            yield _begin(day, weekly.from_, zone), _end(day, weekly, zone)
        day += A_DAY


def _begin(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A time that the clocks skip is as much later; one that comes twice is the first."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _end(day: date, weekly: Weekly, zone: ZoneInfo) -> datetime:
    """A time that comes twice is the second, so that the hour between is muted too."""
    next_day = day + A_DAY if weekly.until <= weekly.from_ else day
    local = datetime.combine(next_day, weekly.until, zone)
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


@lru_cache(maxsize=1_024)
def _literal(value: str) -> str:
    """Only `*` is special in a value."""
    return value.replace("[", "[[]").replace("?", "[?]")


# as people write it


def parsed(text: str) -> tuple[Matcher, ...]:
    """Matchers such as `service=checkout severity!=critical`. Raises Refused."""
    found, at = [], 0
    while at < len(text):
        if not text[at:].strip(" ,"):
            break
        part = _MATCHER.match(text, at)
        if part is None:
            rest = text[at:].strip()[:40]
            raise Refused(
                [Problem("matchers", f'"{rest}" is no matcher. Write them like {EXAMPLE}.')]
            )
        value = part[3]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.append(Matcher(part[1], value, part[2] == "="))
        at = part.end() + (text[part.end() : part.end() + 1] == ",")
    return tuple(found)


def written(matchers: Sequence[Matcher]) -> str:
    return " ".join(str(matcher) for matcher in matchers)


# keeping


def create(
    records: Records, person: Person, scope: Scope, silence: Silence, now: datetime
) -> Silence:
    """Keep a new silence. Raises Refused with every problem that it has."""
    org = require(person, scope, "edit")
    found = list(problems(silence, now))
    if found:
        raise Refused(found)
    made = replace(
        silence, id=uuid4().hex, org=org, created_by=person.name, created_at=now, ended_at=None
    )
    with records.session() as session:
        session.add(
            AlertSilence(
                id=made.id,
                org=org,
                matchers=[asdict(matcher) for matcher in made.matchers],
                starts_at=made.starts_at,
                ends_at=made.ends_at,
                weekly=_kept(made.weekly),
                comment=made.comment,
                created_by=person.id,
                created_at=now,
            )
        )
        _record(session, person, made, "alert_silence.created", after=_told(made))
    return made


def find(records: Records, scope: Scope, silence_id: str) -> Silence:
    """Raises NotFound, for a silence of another org as for one that does not exist."""
    with records.reading() as session:
        found = session.execute(
            _select(scope.orgs).where(AlertSilence.id == silence_id)
        ).one_or_none()
    if found is None:
        raise NotFound(MISSING)
    return _silence(*found)


def change(
    records: Records, person: Person, scope: Scope, silence: Silence, now: datetime
) -> Silence:
    """Keep a silence that is not over under its id with other labels, times or words."""
    require(person, scope, "edit")
    found = list(problems(silence, now))
    if found:
        raise Refused(found)
    with records.session() as session:
        row, before = _to_change(session, scope, silence.id)
        if before.over_at <= now:
            raise Refused([Problem("", "This silence is over. Make a new one.")])
        row.matchers = [asdict(matcher) for matcher in silence.matchers]
        row.starts_at, row.ends_at = silence.starts_at, silence.ends_at
        row.weekly, row.comment = _kept(silence.weekly), silence.comment
        after = replace(
            before,
            matchers=silence.matchers,
            starts_at=silence.starts_at,
            ends_at=silence.ends_at,
            weekly=silence.weekly,
            comment=silence.comment,
        )
        told = {"before": _told(before), "after": _told(after)}
        _record(session, person, after, "alert_silence.changed", **told)
    return after


def end(records: Records, person: Person, scope: Scope, silence_id: str, now: datetime) -> None:
    """Let the silence be over from now on; nothing happens when it is over already."""
    require(person, scope, "edit")
    with records.session() as session:
        row, before = _to_change(session, scope, silence_id)
        if before.over_at <= now:
            return
        row.ended_at = now
        _record(
            session,
            person,
            before,
            "alert_silence.ended",
            before=_told(before),
            after=_told(replace(before, ended_at=now)),
        )


def _to_change(session: Session, scope: Scope, silence_id: str) -> tuple[AlertSilence, Silence]:
    found = session.execute(
        _select(scope.orgs).where(AlertSilence.id == silence_id).with_for_update(of=AlertSilence)
    ).one_or_none()
    if found is None:
        raise NotFound(MISSING)
    row, by = found
    return row, _silence(row, by)


def visible(records: Records, scope: Scope, now: datetime) -> list[Silence]:
    """The silences of the scope that are active, to come or over lately; the last to end first."""
    with records.reading() as session:
        return between(session, scope.orgs, now - REMEMBERED, now + 10 * LONGEST)


def between(
    session: Session, orgs: Iterable[str], since: datetime, until: datetime
) -> list[Silence]:
    """The silences of some orgs that mute anything in this time, the last to end first."""
    found = session.execute(
        _select(orgs)
        .where(
            AlertSilence.starts_at < until,
            AlertSilence.ends_at > since,
            AlertSilence.ended_at.is_(None) | (AlertSilence.ended_at > since),
        )
        .order_by(AlertSilence.ends_at.desc(), AlertSilence.id)
    )
    return [_silence(row, by) for row, by in found]


def _select(orgs: Iterable[str]) -> Select[AlertSilence, str]:
    person = models.Person
    return (
        select(AlertSilence, person.name)
        .outerjoin(person, person.id == AlertSilence.created_by)
        .where(AlertSilence.org.in_(orgs))
    )


def problems(silence: Silence, now: datetime) -> Iterator[Problem]:
    """Everything that is wrong with a silence."""
    if not silence.matchers:
        yield Problem("matchers", f"Say which alerts to mute, such as {EXAMPLE}.")
    elif len(silence.matchers) > MOST_MATCHERS:
        yield Problem("matchers", f"A silence has at most {MOST_MATCHERS} matchers.")
    elif any(len(text) > LONGEST_VALUE for m in silence.matchers for text in (m.name, m.value)):
        yield Problem("matchers", f"A label has at most {LONGEST_VALUE} characters.")
    elif "\0" in written(silence.matchers) + silence.comment:
        yield Problem("matchers", "A text here holds characters that cannot be kept.")
    if silence.ends_at <= silence.starts_at:
        yield Problem("ends_at", "The silence ends before it begins. Choose a later end.")
    elif silence.ends_at <= now:
        yield Problem("ends_at", "The silence would be over already. Choose a later end.")
    elif silence.ends_at - silence.starts_at > LONGEST:
        yield Problem("ends_at", "A silence lasts at most a year. Choose an earlier end.")
    if len(silence.comment) > LONGEST_COMMENT:
        yield Problem("comment", f"A comment has at most {LONGEST_COMMENT:,} characters.")
    if silence.weekly:
        yield from _weekly_problems(silence, silence.weekly, now)


def _weekly_problems(silence: Silence, weekly: Weekly, now: datetime) -> Iterator[Problem]:
    try:
        ZoneInfo(weekly.zone)
    except (ValueError, OSError, KeyError):
        zone = weekly.zone[:80]
        yield Problem(
            "zone", f'There is no time zone "{zone}". Write one like Europe/Berlin or UTC.'
        )
        return
    if not weekly.days or not set(weekly.days) <= set(range(7)):
        yield Problem("days", "Choose the days of the week on which it mutes.")
    elif silence.starts_at < silence.ends_at and not next_times(silence, now, 1):
        yield Problem("days", "None of these hours lies between its start and its end.")


def _kept(weekly: Weekly | None) -> dict[str, Any] | None:
    if weekly is None:
        return None
    return {
        "days": list(weekly.days),
        "from": weekly.from_.isoformat("auto"),
        "until": weekly.until.isoformat("auto"),
        "zone": weekly.zone,
    }


def _weekly(kept: dict[str, Any] | None) -> Weekly | None:
    if kept is None:
        return None
    begin, end = (time.fromisoformat(kept[name]) for name in ("from", "until"))
    return Weekly(tuple(kept["days"]), begin, end, kept["zone"])


def _silence(row: AlertSilence, by: str | None) -> Silence:
    return Silence(
        id=row.id,
        org=row.org,
        matchers=tuple(Matcher(**matcher) for matcher in row.matchers),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        weekly=_weekly(row.weekly),
        comment=row.comment,
        created_by=by or "",
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _told(silence: Silence) -> dict[str, Any]:
    """A silence as the audit log keeps it."""
    return {
        "matchers": written(silence.matchers),
        "starts_at": silence.starts_at.isoformat(),
        "ends_at": silence.over_at.isoformat(),
        "weekly": _kept(silence.weekly),
        "comment": silence.comment,
    }


def _record(
    session: Session, person: Person, silence: Silence, action: str, **details: Any
) -> None:
    audit.record(
        session,
        action,
        person=person.id,
        org=silence.org,
        subject=silence.name,
        details={"id": silence.id, **details},
    )
