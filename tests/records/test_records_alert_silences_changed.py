"""Changing a silence: what stays, who may, what the audit log keeps, and when it is too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alert_cast import Cast, make_cast, scope
from sqlalchemy import select

from access.errors import Forbidden, NotFound
from alerts import silences
from alerts.errors import Refused
from alerts.silences import Silence
from records.models import AuditEntry
from records.store import Records

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHOPS = Silence(matchers=silences.parsed("service=check*"), starts_at=NOW, ends_at=NOW + HOUR)


@pytest.fixture
def cast(records: Records) -> Cast:
    return make_cast(records)


def made_by_alice(records: Records, cast: Cast) -> Silence:
    return silences.create(records, cast["alice"], scope(cast["alice"]), SHOPS, NOW)


def test_a_silence_gets_other_labels_times_and_words_and_keeps_its_maker(
    records: Records, cast: Cast
) -> None:
    made = made_by_alice(records, cast)
    other = replace(made, matchers=silences.parsed("a=b"), ends_at=NOW + 3 * HOUR, comment="longer")
    adam = cast["adam"]
    assert silences.change(records, adam, scope(adam), other, NOW + timedelta(minutes=1)) == other
    assert silences.find(records, scope(cast["bob"]), made.id) == other
    with records.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "alert_silence.changed")
        ).one()
    assert entry.details["before"]["matchers"] == "service=check*"
    assert entry.details["after"]["comment"] == "longer"


def test_one_that_is_over_is_not_changed_any_more(records: Records, cast: Cast) -> None:
    made, alice = made_by_alice(records, cast), cast["alice"]
    silences.end(records, alice, scope(alice), made.id, NOW + timedelta(minutes=1))
    later = replace(made, ends_at=NOW + 9 * HOUR)
    with pytest.raises(Refused, match="Make a new one"):
        silences.change(records, alice, scope(alice), later, NOW + timedelta(minutes=2))


def test_a_change_to_no_silence_at_all_is_refused(records: Records, cast: Cast) -> None:
    made, alice = made_by_alice(records, cast), cast["alice"]
    with pytest.raises(Refused, match="Say which alerts to mute"):
        silences.change(records, alice, scope(alice), replace(made, matchers=()), NOW)


@pytest.mark.parametrize("who", ["bob", "sam"])
def test_who_only_reads_changes_nothing(records: Records, cast: Cast, who: str) -> None:
    made, person = made_by_alice(records, cast), cast[who]
    with pytest.raises(Forbidden):
        silences.change(records, person, scope(person), replace(made, comment="x"), NOW)


def test_charlie_neither_finds_nor_changes_it(records: Records, cast: Cast) -> None:
    made, charlie = made_by_alice(records, cast), cast["charlie"]
    with pytest.raises(NotFound):
        silences.find(records, scope(charlie), made.id)
    with pytest.raises(NotFound):
        silences.change(records, charlie, scope(charlie), replace(made, comment="x"), NOW)
    assert silences.find(records, scope(cast["alice"]), made.id) == made
