"""Channels on the page: the form, what was sent and what was not, secrets, and who may do what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cast
import pytest
import wire
from cast import World
from plotly.io.json import to_json_plotly
from wire import page_with, words

from access.clock import utc_now
from alerts.channel_store import KeptChannel
from alerts.deliveries import Delivery, Outgoing
from dashboards.alerts.channels import form, views
from dashboards.alerts.channels.form import Form
from dashboards.shell.link import Link
from records.alerts import AlertNotification

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
HOSTILE = "<img src=x onerror=hacked()>"
SAVED = "alerts-channels-saved.data"
DONE = "alerts-channels-done.data"


def said(component: Any) -> str:
    return words(json.loads(to_json_plotly(component)))


def channel(**more: Any) -> KeptChannel:
    known: dict[str, Any] = {
        "id": "c1",
        "org": "acme",
        "kind": "webhook",
        "name": "Ops",
        "config": {"shown": "https://ops.example/…"},
        "enabled": True,
        "disabled_reason": "",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return KeptChannel(**{**known, **more})


def attempt(**more: Any) -> Delivery:
    known: dict[str, Any] = {
        "notification_id": "n1",
        "channel_id": "c1",
        "kind": "firing",
        "title": "p95 is high",
        "at": NOON,
        "status": 200,
        "seconds": 0.084,
        "answer": "ok",
        "error": None,
    }
    return Delivery(**{**known, **more})


def letter(**more: Any) -> Outgoing:
    known: dict[str, Any] = {
        "id": "n1",
        "channel_id": "c1",
        "rule_id": "r",
        "incident_id": "i",
        "kind": "firing",
        "title": "p95 is high",
        "state": "dead",
        "attempts": 12,
        "created_at": NOON,
        "due_at": NOON + timedelta(seconds=90),
        "sent_at": None,
        "last_status": 500,
        "last_error": "The endpoint answered 500: it is out of order. We try again.",
    }
    return Outgoing(**{**known, **more})


# views


def test_a_form_gives_the_fields_of_its_kind_only() -> None:
    typed = Form("slack", "x", url="https://a", to="b@c", hook="https://hooks", key="k")
    assert typed.given() == {"url": "https://hooks"}
    assert Form(kind="pager").given() == {}
    assert Form.of([None, 1, {}, [], "h", True, "eu"]) == Form("", "", "", "", "h", "", "eu")


def test_a_channel_is_readdressed_only_when_something_was_typed() -> None:
    mail = channel(kind="email", config={"to": ["a@b.example", "c@d.example"]})
    opened = form.filled(mail)
    assert opened.to == "a@b.example, c@d.example"
    assert opened.given_anew(mail) is None
    assert Form("email", "x", to="new@b.example").given_anew(mail) == {"to": "new@b.example"}
    pager = channel(kind="pagerduty", config={"region": "eu"})
    assert form.filled(pager).given_anew(pager) is None
    assert form.filled(channel()).url == ""


def test_a_channel_that_is_off_says_why() -> None:
    off = channel(enabled=False, disabled_reason="The endpoint answered 410.")
    text = said(views.channels([off], [], {}, Link(), NOON, edits=True))
    assert "The endpoint answered 410." in text
    assert "Switch on" in text
    assert "no rule yet" in text
    assert "nothing sent yet" in text
    assert "Switch" not in said(views.channels([off], [], {}, Link(), NOON, edits=False))


def test_only_webhooks_have_a_secret_to_renew() -> None:
    for kind, renewed in (("webhook", True), ("email", False)):
        text = said(views.channels([channel(kind=kind)], [], {}, Link(), NOON, edits=True))
        assert ("New signing secret" in text) == renewed


def test_the_log_says_status_time_and_answer_and_hostile_text_stays_text() -> None:
    failed = attempt(status=503, error="It is out of order.", answer=HOSTILE)
    text = said(views.log([attempt(), failed], {"c1": "Ops"}, Link(), 50, UTC_ZONE))
    assert "sent 200" in text
    assert "failed 503" in text
    assert "84.0 ms" in text
    assert f"It is out of order. – answered “{HOSTILE}”" in text
    assert "deleted channel" in said(views.log([attempt()], {}, Link(), 50, UTC_ZONE))


def test_a_full_page_of_the_log_leads_to_older_attempts() -> None:
    assert "Older" in said(views.log([attempt()] * 2, {}, Link(), 2, UTC_ZONE))
    assert "Older" not in said(views.log([attempt()], {}, Link(), 2, UTC_ZONE))


def test_dead_letters_can_be_sent_again_by_who_edits() -> None:
    waiting = [letter(), letter(id="n2"), letter(id="n3", state="waiting", attempts=1)]
    text = said(views.left(waiting, {"c1": "Ops"}, NOON, UTC_ZONE, edits=True))
    assert "Given up: 2" in text
    assert "12 attempts" in text
    assert text.count("Send again") == 2
    assert "Send all again" in text
    assert "attempt 2, next attempt in 1 min 30 s" in text
    reading = said(views.left(waiting, {}, NOON, UTC_ZONE, edits=False))
    assert "Send" not in reading
    assert "We try again" in reading.split("On its way")[1]
    assert "We try again" not in reading.split("On its way")[0]


def test_the_outcome_of_a_test_is_a_sentence() -> None:
    sent = letter(kind="test", state="sent")
    assert views.tried("Ops", sent, [attempt()]) == (
        "Ops took the test with 200, in 84.0 ms.",
        "good",
    )
    dead = letter(kind="test")
    sentence, tone = views.tried("Ops", dead, [])
    assert sentence.endswith("The endpoint answered 500: it is out of order.")
    assert tone == "bad"
    assert views.tried("Ops", letter(state="sending"), []) == ("Trying Ops…", "")


# over the wire


@pytest.fixture(scope="module")
def shop(new_world: Callable[..., World]) -> Iterator[World]:
    """Channels may lead to this machine; adam is an admin of acme, carol an owner of globex."""
    with pytest.MonkeyPatch.context() as patch:
        adam = ("adam@acme.example", "Adam Admin", None, ("acme", "admin"))
        carol = ("carol@globex.example", "Carol Owner", None, ("globex", "owner"))
        patch.setitem(cast.PEOPLE, "adam", adam)
        patch.setitem(cast.PEOPLE, "carol", carol)
        yield new_world(alert_allow_private=True)


def ask(world: World, who: str, output: str, search: str, **wires: Any) -> dict[str, Any]:
    page = page_with(f"?section=channels{search}", **wires)
    return wire.answer(world.client(who), output, page)


def make(world: World, who: str, name: str, url: str = "http://127.0.0.1:1025/x") -> dict[str, Any]:
    typed = {"alerts_channels_name__value": name, "alerts_channels_url__value": url}
    return ask(world, who, SAVED, "&tab=new", **typed)


def act(world: World, who: str, verb: str, id_: str, search: str = "") -> dict[str, Any]:
    wanted = {"verb": verb, "channel": id_, "ids": id_}
    return ask(world, who, DONE, search, alerts_channels_wanted__data=wanted)


def shown(world: World, who: str, search: str = "") -> str:
    found = [
        ask(world, who, f"alerts-channels-{part}.children", search)
        for part in ("list", "log", "left")
    ]
    return json.dumps(found)


@pytest.mark.parametrize("who", ["alice", "adam"])
def test_who_edits_makes_a_channel_and_its_secret_is_told_once(shop: World, who: str) -> None:
    made = make(shop, who, f"hook of {who}")
    secret = made["alerts-channels-secret"]["children"]
    id_ = made["alerts-channels-saved"]["data"]["channel"]
    assert secret.startswith("whsec_")
    seen = shown(shop, who)
    assert f"hook of {who}" in seen
    assert secret not in seen
    opened = ask(shop, who, "alerts-channels-title.children", f"&tab=edit&channel={id_}")
    assert opened["alerts-channels-name"]["value"] == f"hook of {who}"
    assert secret not in json.dumps(opened)
    assert "127.0.0.1:1025/x" not in json.dumps(opened)
    renewed = act(shop, who, "rotate", id_)["alerts-channels-secret"]["children"]
    assert renewed.startswith("whsec_")
    assert renewed != secret


def test_a_test_is_followed_to_its_end(shop: World) -> None:
    id_ = make(shop, "alice", "nobody listens")["alerts-channels-saved"]["data"]["channel"]
    done = act(shop, "alice", "test", id_)["alerts-channels-done"]["data"]
    wanted = {"notification": done["notification"], "turn": 3}

    def follow(who: str) -> dict[str, Any]:
        return ask(
            shop, who, "alerts-channels-tried.children", "", alerts_channels_watch__data=wanted
        )

    before = follow("alice")
    assert before["alerts-channels-tried"]["children"] == "Trying nobody listens…"
    assert before["alerts-channels-watched"]["data"] == {**wanted, "done": False}
    shop.app.sender.pump()
    deadline = utc_now() + timedelta(seconds=20)
    while utc_now() < deadline and not follow("alice")["alerts-channels-watched"]["data"]["done"]:
        pass
    after = follow("alice")["alerts-channels-tried"]
    assert "nobody listens did not take the test." in after["children"]
    assert after["className"] == "channels-tried bad"
    assert "not known any more" in follow("charlie")["alerts-channels-tried"]["children"]
    assert "nobody listens" in shown(shop, "bob", f"&channel={id_}")


def test_a_dead_letter_is_sent_again(shop: World) -> None:
    id_ = make(shop, "alice", "dead end")["alerts-channels-saved"]["data"]["channel"]
    now = utc_now()
    with shop.app.records.session() as session:
        session.add(
            AlertNotification(
                id="n" * 36,
                org="acme",
                channel_id=id_,
                kind="firing",
                payload={"title": "zq oven is hot"},
                created_at=now,
                due_at=now,
                state="dead",
            )
        )
    assert "zq oven is hot" in shown(shop, "bob")
    assert "zq oven is hot" not in shown(shop, "carol")
    foreign = act(shop, "carol", "replay", "n" * 36)
    assert foreign["alerts-channels-done"]["data"]["again"] == 0
    assert act(shop, "alice", "replay", "n" * 36)["alerts-channels-done"]["data"]["again"] == 1
    assert "On its way: 1" in shown(shop, "bob")


@pytest.mark.parametrize(
    ("who", "org", "sentence"),
    [("bob", "", "Ask an admin or owner"), ("sam", "&org=acme", "ALIAS support reads only")],
)
def test_who_only_reads_is_refused_in_a_sentence(
    shop: World, who: str, org: str, sentence: str
) -> None:
    id_ = make(shop, "alice", f"not for {who}")["alerts-channels-saved"]["data"]["channel"]
    for verb in ("test", "on", "off", "rotate", "delete", "replay"):
        assert sentence in json.dumps(act(shop, who, verb, id_, org)), verb
    refused = ask(shop, who, SAVED, f"&tab=edit&channel={id_}{org}")
    assert sentence in json.dumps(refused)
    seen = shown(shop, who, org)
    assert f"not for {who}" in seen
    assert "data-verb" not in seen
    assert "New channel" not in seen


def test_another_orgs_channel_is_as_one_that_does_not_exist(shop: World) -> None:
    id_ = make(shop, "alice", "zqsecret")["alerts-channels-saved"]["data"]["channel"]
    for verb in ("test", "on", "off", "rotate", "delete"):
        assert "There is no such channel" in json.dumps(act(shop, "carol", verb, id_)), verb
    for output in (SAVED, "alerts-channels-title.children"):
        found = ask(shop, "carol", output, f"&tab=edit&channel={id_}")
        assert "There is no such channel" in json.dumps(found), output
    for search in ("", "&org=acme", f"&channel={id_}"):
        assert "zqsecret" not in shown(shop, "charlie", search)
    assert "zqsecret" in shown(shop, "bob")


def test_a_webhook_to_the_metadata_address_is_refused_when_it_is_saved(
    new_world: Callable[..., World],
) -> None:
    refused = make(new_world(), "alice", "sly", "http://169.254.169.254/latest")
    assert refused["alerts-channels-error"]["children"]
    assert "alerts-channels-saved" not in refused


def test_staff_who_look_at_all_orgs_choose_one(shop: World) -> None:
    assert "Choose one organisation above." in shown(shop, "sam")
