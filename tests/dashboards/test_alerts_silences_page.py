"""Silences on the page: the form both ways, the list, the preview, and who may do what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cast
import pytest
import wire
from cast import World
from plotly.io.json import to_json_plotly
from sqlalchemy import select
from wire import page_with, words

from access.clock import utc_now
from access.errors import NotFound
from alerts import silences, store
from alerts.errors import Refused
from alerts.rules import Rule, Threshold
from alerts.silences import Silence, Weekly
from dashboards.alerts.silences import form, views
from dashboards.alerts.silences.form import UNTIL, Form
from dashboards.shell.link import Link
from records.alerts import AlertState
from records.models import AuditEntry

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
LIST = "alerts-silences-list.children"
SAVED = "alerts-silences-saved.data"
HOSTILE = "<img src=x onerror=hacked()>"


# the form


def test_a_short_form_means_from_now_on_for_so_long() -> None:
    made = form.silence(Form(matchers="service=till", lasts="4h"), NOON, BERLIN)
    assert (made.starts_at, made.ends_at) == (NOON, NOON + timedelta(hours=4))
    assert made.weekly is None
    assert list(silences.problems(made, NOON)) == []


def test_times_are_those_of_the_readers_zone() -> None:
    typed = Form("a=b", "2026-06-02 08:00", UNTIL, "2026-06-02 09:30")
    made = form.silence(typed, NOON, BERLIN)
    assert made.starts_at == datetime(2026, 6, 2, 6, tzinfo=UTC)
    assert made.ends_at == datetime(2026, 6, 2, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (Form("a b"), "no matcher"),
        (Form("a=b", since="soon"), "Write when it begins as 2026"),
        (Form("a=b", lasts=UNTIL, until=""), "Write when it ends as 2026"),
        (Form("a=b", repeats="weekly", from_="late", to="6"), "Write the hours of the week as"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(typed: Form, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        form.silence(typed, NOON, BERLIN)


def test_what_is_opened_and_saved_unchanged_stays_as_it_was_to_the_second() -> None:
    kept = Silence(
        id="s",
        matchers=silences.parsed('service="a b" severity!=info'),
        starts_at=NOON,
        ends_at=NOON + timedelta(days=7),
        weekly=Weekly((0, 4), time(22), time(6), "Europe/Berlin"),
        comment="works",
    )
    assert form.silence(form.filled(kept, BERLIN), NOON, BERLIN, kept) == kept


@pytest.mark.parametrize("junk", [None, 7, {"a": 1}, ["x", 2, None, True]])
def test_whatever_the_browser_sends_becomes_a_form(junk: object) -> None:
    made = Form.of([junk] * 10)
    assert made.matchers == ""
    assert set(made.days) <= {True, 2}


# the list


def silence(**more: Any) -> Silence:
    known: dict[str, Any] = {
        "id": "s1",
        "org": "acme",
        "matchers": silences.parsed("service=till"),
        "starts_at": NOON - timedelta(hours=1),
        "ends_at": NOON + timedelta(hours=1),
        "created_by": "Alice",
    }
    return Silence(**{**known, **more})


def test_a_silence_is_active_to_come_or_over() -> None:
    later = {"starts_at": NOON + timedelta(minutes=1)}
    nightly = Weekly(tuple(range(7)), time(22), time(6))
    found = [silence(ended_at=NOON), silence(**later), silence(), silence(weekly=nightly)]
    states = ["over", "to come", "active", "to come"]
    assert [views.state(each, NOON) for each in found] == states
    assert [views.state(s, NOON) for s in views.chosen(found, Link(), NOON)] == [
        "active",
        "to come",
        "to come",
        "over",
    ]
    assert views.chosen(found, Link(kind="active"), NOON) == [found[2]]


def said(component: Any) -> str:
    return words(json.loads(to_json_plotly(component)))


def test_a_line_says_what_when_why_and_by_whom() -> None:
    shown = [silence(comment=HOSTILE, weekly=Weekly((0,), time(13), time(15), "Europe/Berlin"))]
    text = said(views.lines(shown, [], Link(), NOON, BERLIN, edits=True))
    assert "Mon 13:00–15:00 (Europe/Berlin), now 2026-06-01 13:00 – 2026-06-01 15:00" in text
    assert "2026-06-01 13:00 – 2026-06-01 15:00 Europe/Berlin (UTC+02:00)" in text
    assert f"{HOSTILE} · by Alice" in text
    assert "End now" in text


def test_what_is_over_cannot_be_changed_and_readers_change_nothing() -> None:
    over = said(views.lines([silence(ended_at=NOON)], [], Link(), NOON, BERLIN, edits=True))
    assert "ended early 2026-06-01 14:00" in over
    assert "Edit" not in over
    assert "Edit" not in said(views.lines([silence()], [], Link(), NOON, BERLIN, edits=False))


def test_nothing_silenced_says_what_a_silence_is_for() -> None:
    assert "Nothing is silenced." in said(views.nothing(Link()))
    assert "No silence is over." in said(views.nothing(Link(kind="over")))


# over the wire


@pytest.fixture(scope="module")
def shop(new_world: Callable[..., World]) -> Iterator[World]:
    """Two alerts of a rule of acme, one of them going on; adam is an admin
    there, carol an owner of globex."""
    with pytest.MonkeyPatch.context() as patch:
        adam = ("adam@acme.example", "Adam Admin", None, ("acme", "admin"))
        carol = ("carol@globex.example", "Carol Owner", None, ("globex", "owner"))
        patch.setitem(cast.PEOPLE, "adam", adam)
        patch.setitem(cast.PEOPLE, "carol", carol)
        world = new_world()
        now = utc_now()
        rule = Rule(
            name="slow", condition=Threshold(metric="duration.p95", comparator=">", limit=1)
        )
        with world.app.records.session() as session:
            store.plant(session, "acme", [rule], now)
        (kept,) = store.visible(world.app.records, world.scope("alice"))
        with world.app.records.session() as session:
            for service, state in (("till", "firing"), ("bank", "inactive")):
                session.add(
                    AlertState(
                        rule_id=kept.id,
                        group_key=service,
                        org="acme",
                        labels={"service": service},
                        state=state,
                        since=now,
                    )
                )
        yield world


def dialog(matchers: str = "service=till", which: str = "new", **fields: Any) -> dict[Any, Any]:
    page = page_with(f"?section=silences&silence={which}")
    for name, value in {"matchers": matchers, **fields}.items():
        page[f"alerts-silences-{name}", "value"] = value
    return page


def ask(world: World, who: str, output: str, page: dict[Any, Any]) -> str:
    return json.dumps(wire.answer(world.client(who), output, page))


def listed(world: World, who: str, org: str = "") -> str:
    return ask(world, who, LIST, page_with(f"?section=silences{org}"))


def test_the_preview_says_what_would_be_muted_and_when(shop: World) -> None:
    preview = "alerts-silences-preview.children"
    found = ask(shop, "alice", preview, dialog())
    assert "1 of 2 alerts, 1 of them going on now." in found
    assert "2 of 2 alerts, 1 of them going on now." in ask(
        shop, "alice", preview, dialog("rule=slow")
    )
    assert "None of the 2 present alerts" in ask(shop, "alice", preview, dialog("rule=fast"))
    assert "is no matcher" in ask(shop, "alice", preview, dialog("rule"))


def test_charlies_preview_knows_nothing_of_acmes_alerts(shop: World) -> None:
    found = ask(shop, "charlie", "alerts-silences-preview.children", dialog("rule=*"))
    assert "There are no alerts yet" in found
    assert "slow" not in found


@pytest.mark.parametrize("who", ["alice", "adam", "ada"])
def test_who_edits_makes_changes_and_ends_a_silence(shop: World, who: str) -> None:
    page = dialog(f"service=till{who}", comment=f"works of {who}")
    if who == "ada":
        page["shell-view", "data"]["search"] += "&org=acme"
    made = json.loads(ask(shop, who, SAVED, page))["alerts-silences-saved"]["data"]["silence"]
    assert f"works of {who}" in listed(shop, "bob")
    page["shell-view", "data"]["search"] = page["shell-view", "data"]["search"].replace("new", made)
    page["alerts-silences-comment", "value"] = f"more works of {who}"
    ask(shop, who, SAVED, page)
    assert f"more works of {who}" in listed(shop, "bob")
    page["alerts-silences-wanted", "data"] = {"verb": "end", "silence": made}
    ask(shop, who, "alerts-silences-done.data", page)
    (kept,) = [
        each
        for each in silences.visible(shop.app.records, shop.scope("alice"), utc_now())
        if each.id == made
    ]
    assert kept.ended_at is not None
    assert "over" in ask(shop, who, SAVED, page)
    with shop.app.records.reading() as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("alert_silence.%"))
        ).all()
    assert {"alert_silence.created", "alert_silence.changed", "alert_silence.ended"} <= set(actions)


@pytest.mark.parametrize(
    ("who", "org", "sentence"),
    [("bob", "", "Ask an admin or owner"), ("sam", "&org=acme", "ALIAS support reads only")],
)
def test_who_only_reads_is_refused_in_a_sentence(
    shop: World, who: str, org: str, sentence: str
) -> None:
    page = dialog("service=never")
    page["shell-view", "data"]["search"] += org
    for output in (SAVED, "alerts-silences-done.data", "alerts-silences-title.children"):
        assert sentence in ask(shop, who, output, page), output
    assert "service=never" not in listed(shop, "alice")
    assert "New silence" not in listed(shop, who, org)


def test_charlie_neither_sees_nor_touches_a_silence_of_acme(shop: World) -> None:
    made = json.loads(ask(shop, "alice", SAVED, dialog("service=secret")))
    id_ = made["alerts-silences-saved"]["data"]["silence"]
    assert "service=secret" in listed(shop, "alice")
    assert "secret" not in listed(shop, "charlie")
    assert "secret" not in listed(shop, "charlie", "&org=acme")
    scope = shop.scope("charlie")
    with pytest.raises(NotFound, match="no such silence"):
        silences.find(shop.app.records, scope, id_)
    page = dialog("service=mine", id_)
    page["alerts-silences-wanted", "data"] = {"verb": "end", "silence": id_}
    for output in (SAVED, "alerts-silences-done.data", "alerts-silences-title.children"):
        assert "There is no such silence" in ask(shop, "carol", output, page), output
    assert "service=secret" in listed(shop, "alice")
