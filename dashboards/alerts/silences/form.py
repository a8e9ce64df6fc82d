"""Form: what somebody typed about a silence, and the silence that it means; both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts import silences
from alerts.errors import Problem, Refused
from alerts.silences import Silence, Weekly
from dashboards.parts import formats

UNTIL: Final = "until"

LASTS: Final[dict[str, tuple[str, timedelta]]] = {
    "1h": ("1 hour", timedelta(hours=1)),
    "4h": ("4 hours", timedelta(hours=4)),
    "1d": ("1 day", timedelta(days=1)),
    "1w": ("1 week", timedelta(weeks=1)),
    UNTIL: ("Until…", timedelta()),
}
"""How long it lasts: the word, and the time unless somebody says until when."""


@dataclass(frozen=True)
class Form:
    """The controls of the dialog, as the browser has them."""

    matchers: str = ""
    since: str = ""
    lasts: str = "1h"
    until: str = ""
    repeats: str = "once"
    days: tuple[int, ...] = ()
    from_: str = ""
    to: str = ""
    zone: str = "UTC"
    comment: str = ""

    @classmethod
    def of(cls, values: Sequence[object]) -> Form:
        """What the browser sent, whatever it sent."""
        texts = [value if isinstance(value, str) else "" for value in values]
        days = values[5] if isinstance(values[5], list) else []
        matchers, since, lasts, until, repeats, _, from_, to, zone, comment = texts
        return cls(
            matchers=matchers,
            since=since,
            lasts=lasts,
            until=until,
            repeats=repeats,
            days=tuple(sorted({day for day in days if isinstance(day, int)})),
            from_=from_,
            to=to,
            zone=zone,
            comment=comment,
        )


def filled(silence: Silence, zone: ZoneInfo) -> Form:
    """The form of a silence that there is."""
    weekly = silence.weekly
    return Form(
        matchers=silences.written(silence.matchers),
        since=formats.minute(silence.starts_at, zone),
        lasts=UNTIL,
        until=formats.minute(silence.ends_at, zone),
        repeats="weekly" if weekly else "once",
        days=weekly.days if weekly else (),
        from_=f"{weekly.from_:%H:%M}" if weekly else "",
        to=f"{weekly.until:%H:%M}" if weekly else "",
        zone=weekly.zone if weekly else zone.key,
        comment=silence.comment,
    )


def silence(form: Form, now: datetime, zone: ZoneInfo, kept: Silence | None = None) -> Silence:
    """The silence that a form means; times are of the reader's zone. Raises Refused.

    Where the form says no more than the minute of a time of `kept`, that time stays as it was.
    """
    since = _since(form.since, now, zone)
    until = since + LASTS[form.lasts][1] if form.lasts in LASTS else since
    if form.lasts == UNTIL:
        until = _moment(form.until, "until", zone)
    if kept:
        since, until = _as_kept(since, kept.starts_at), _as_kept(until, kept.ends_at)
    return Silence(
        id=kept.id if kept else "",
        matchers=silences.parsed(form.matchers),
        starts_at=since,
        ends_at=until,
        weekly=_weekly(form) if form.repeats == "weekly" else None,
        comment=form.comment.strip(),
    )


def _as_kept(moment: datetime, kept: datetime) -> datetime:
    return kept if moment == kept.replace(second=0, microsecond=0) else moment


def _since(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    if text.strip().lower() in ("", "now"):
        return now
    return _moment(text, "since", zone)


def _moment(text: str, field: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        word = "begins" if field == "since" else "ends"
        sentence = f"Write when it {word} as 2026-11-20 14:00."
        raise Refused([Problem(field, sentence)]) from error


def _weekly(form: Form) -> Weekly:
    return Weekly(form.days, _time(form.from_), _time(form.to), form.zone.strip() or "UTC")


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text.strip())
    except ValueError as error:
        sentence = "Write the hours of the week as 22:00."
        raise Refused([Problem("weekly", sentence)]) from error
    return found.replace(tzinfo=None)
