"""Active alerts, history, inbox and bell over the wire: what is shown, to whom, and who may act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import wire
from cast import NOW, World
from fired import Fired, broken, fire, standing
from flask.testing import FlaskClient
from sqlalchemy import select
from wire import ask, callbacks, page_with, words

from alerts import inbox, past
from records.models import AuditEntry

HOSTILE = "<img src=x onerror=alert(1)>"
SECTIONS = ("", "section=history", "section=history&tab=evaluations", "section=inbox")


@dataclass
class Place:
    """A world in which one alert of acme fires, and nothing of globex."""

    world: World
    fired: Fired

    def client(self, name: str) -> FlaskClient:
        return self.world.client(name)

    def look(self, name: str, output: str, search: str = "") -> dict[str, Any]:
        found = wire.answer(self.client(name), output, self.page(search))
        shown: dict[str, Any] = found[output.partition(".")[0]]
        return shown

    def page(self, search: str = "", **state: Any) -> dict[tuple[str, str], Any]:
        page = page_with(f"?{search}", path="/alerts")
        return {**page, **{tuple(name.split("__")): value for name, value in state.items()}}  # type: ignore[misc]

    def act(self, name: str, output: str, typed: dict[tuple[str, str], Any] | None = None) -> Any:
        """Press the button whose callback writes this, on the page of the alert."""
        client = self.client(name)
        (found,) = [c for c in callbacks(client) if any(i["id"] == output for i in c.inputs)]
        page = {**self.page(f"alert={self.fired.key}"), **(typed or {})}
        reply = ask(client, found, page)
        assert reply.status_code == 200, reply.get_data(as_text=True)
        return reply.get_json()["response"]

    def now(self) -> Any:
        return standing(self.world, self.fired.rule)[0]

    def events(self) -> list[str]:
        filters = past.Filters(rule_id=self.fired.rule.id)
        found, _ = past.history(self.world.app.records, self.world.scope("alice"), filters)
        return [event.kind for event in found]


@pytest.fixture(scope="module")
def made(new_world: Callable[..., World]) -> Place:
    world = new_world()
    broken(world)
    return Place(world, fire(world, name=f"Errors {HOSTILE}"))


@pytest.fixture
def place(made: Place) -> Iterator[Place]:
    """The same alert for each test, unmarked again."""
    yield made
    made.act("alice", "alerts-take-back")
    made.act("alice", "alerts-wake")


# what is shown


def test_the_list_and_the_tiles_tell_of_the_same_alert(place: Place) -> None:
    (row,) = place.look("alice", "alerts-active-table.rowData")["rowData"]
    assert (row["state"], row["severity"], row["group"]) == (
        "firing",
        "critical",
        "service checkout",
    )
    assert row["value_text"] == "100 % / 50 %"
    tiles = words(place.look("alice", "alerts-tiles.children")["children"])
    assert tiles.startswith("1 Firing")
    assert place.look("alice", "alerts-active-table.rowData", "tile=ok")["rowData"] == []
    assert place.look("alice", "alerts-active-table.rowData", "find=checkout")["rowData"]
    assert place.look("alice", "alerts-active-table.rowData", "find=nowhere")["rowData"] == []


def test_one_alert_says_why_since_when_and_leads_to_its_spans(place: Place) -> None:
    where = f"alert={place.fired.key}"
    body = place.look("alice", "alerts-detail-body.children", where)["children"]
    said = words(body)
    assert "error rate 100 %, above 50 %" in said
    assert "Alarm when" in said
    links = [each for each in _hrefs(body) if each.startswith("/traces")]
    at = place.now().evaluated_at
    until, since = f"{at:%H%%3A%M%%3A%S}", f"{at - place.fired.rule.window:%H%%3A%M%%3A%S}"
    assert any(until in link and since in link and "service%3Dcheckout" in link for link in links)
    assert "Fired" in words(place.look("alice", "alerts-detail-past.children", where)["children"])


def test_the_chart_draws_the_value_against_the_threshold(place: Place) -> None:
    figure = place.look("alice", "alerts-detail-chart.figure", f"alert={place.fired.key}")["figure"]
    line, met = figure["data"]
    assert 1.0 in line["y"]
    assert met["x"]
    assert any(
        shape["type"] == "line" and shape["y0"] == 0.5 for shape in figure["layout"]["shapes"]
    )


def test_an_incident_of_the_history_opens_by_its_own_id(place: Place) -> None:
    (row, *_) = place.look("alice", "alerts-history-table.rowData", "section=history")["rowData"]
    incident = row["id"].split(":")[1]
    head = place.look("alice", "alerts-detail-head.children", f"alert={incident}")["children"]
    assert "Firing" in words(head)


def test_every_evaluation_has_its_reason_and_can_be_looked_for(place: Place) -> None:
    asked = "section=history&tab=evaluations"
    table = place.look("alice", "alerts-history-table.rowData", asked)["rowData"]
    reasons = {row["reason"] for row in table}
    assert {"Fired", "Still firing"} <= reasons
    only = place.look("alice", "alerts-history-table.rowData", f"{asked}&kind=fired")["rowData"]
    assert {row["reason"] for row in only} == {"Fired"}
    asked += "&find=nowhere"
    assert place.look("alice", "alerts-history-table.rowData", asked)["rowData"] == []
    face = place.look("alice", "alerts-history-face.children", asked)["children"]
    assert "Nothing fits these filters" in words(face)


def test_the_bell_counts_until_the_notices_are_read(place: Place) -> None:
    assert place.look("bob", "bell-count.children")["children"] == "1"
    assert "checkout" in words(place.look("bob", "bell-list.children")["children"])
    assert place.act("bob", "bell-read-all")["bell-read"]["data"]["at"]
    assert place.look("bob", "bell-count.children")["children"] == ""
    assert place.look("alice", "bell-count.children")["children"] == "1"
    found = inbox.notices(
        place.world.app.records, place.world.person("bob"), place.world.scope("bob")
    )
    assert not found[0].unread


@pytest.mark.parametrize("junk", ["x", "a" * 32, "a" * 32 + "." + "b" * 64, "..", "\0"])
def test_a_link_to_no_alert_says_so(place: Place, junk: str) -> None:
    body = place.look("alice", "alerts-detail-body.children", f"alert={junk}")["children"]
    assert "or none that you may see" in words(body)


@pytest.mark.parametrize("junk", ["x", "2026-01-01T00:00:00~1", "2026-01-01T00:00:00+00:00~", "~"])
def test_a_place_in_the_history_that_is_none_is_a_sentence(place: Place, junk: str) -> None:
    where = f"section=history&after={junk.replace('+', '%2B')}"
    face = place.look("alice", "alerts-history-face.children", where)["children"]
    assert "This panel has no answer." in words(face)


def test_names_that_are_markup_stay_text(place: Place) -> None:
    head = place.look("alice", "alerts-detail-head.children", f"alert={place.fired.key}")[
        "children"
    ]
    assert HOSTILE in words(head)


def test_sections_that_are_not_open_ask_nothing(place: Place) -> None:
    client = place.client("alice")
    page = place.page("section=rules")
    assert wire.answer(client, "alerts-active-table.rowData", page) == {}
    assert wire.answer(client, "alerts-history-table.rowData", page) == {}


# what a person does


def test_a_member_acknowledges_with_a_note_and_takes_it_back(place: Place) -> None:
    typed = {("alerts-acknowledge-note", "value"): "I look into it"}
    shown = place.act("bob", "alerts-acknowledge", typed)
    assert shown["alerts-acknowledge-note"]["value"] == ""
    assert place.now().acknowledged_by == "Bob Member"
    where = f"alert={place.fired.key}"
    said = place.look("alice", "alerts-looked-after.children", where)
    assert "Bob Member acknowledged it" in said["children"]
    assert "I look into it" in said["children"]
    again = place.act("alice", "alerts-acknowledge", typed)
    assert again["alerts-detail-error"]["children"] == "Bob Member has acknowledged it already."
    place.act("alice", "alerts-take-back")
    assert place.now().acknowledged_at is None
    assert place.events()[:2] == ["unacknowledged", "acknowledged"]


def test_a_snooze_lasts_as_chosen_and_ends_when_asked(place: Place) -> None:
    place.act("bob", "alerts-snooze", {("alerts-snooze-for", "value"): "4"})
    until = place.now().snoozed_until
    assert until is not None
    assert 3.9 < (until - NOW).total_seconds() / 3600 < 5
    (row,) = place.look("alice", "alerts-active-table.rowData", "tile=snoozed")["rowData"]
    assert "Snoozed until" in row["marks"]
    place.act("bob", "alerts-wake")
    assert place.now().snoozed_until is None
    refused = place.act("bob", "alerts-snooze", {("alerts-snooze-for", "value"): "999999"})
    assert refused["alerts-detail-error"]["children"] == "Choose how long to snooze."


def test_a_resolution_note_stays_with_the_incident(place: Place) -> None:
    place.act("bob", "alerts-add-note", {("alerts-note", "value"): "The disk was full."})
    told = place.look("alice", "alerts-detail-past.children", f"alert={place.fired.key}")
    assert "The disk was full." in words(told["children"])
    empty = place.act("bob", "alerts-add-note", {("alerts-note", "value"): "  "})
    assert empty["alerts-detail-error"]["children"] == "Write down what was found out."


def test_what_a_person_does_is_in_the_audit_log(place: Place) -> None:
    place.act("bob", "alerts-acknowledge", {("alerts-acknowledge-note", "value"): "mine"})
    with place.world.app.records.reading() as session:
        rows = list(
            session.scalars(select(AuditEntry).where(AuditEntry.action == "alert.acknowledged"))
        )
    assert rows[-1].details["after"] == {"note": "mine"}


# roles


@pytest.mark.parametrize(
    "button",
    ["alerts-acknowledge", "alerts-take-back", "alerts-snooze", "alerts-wake", "alerts-add-note"],
)
def test_alias_support_reads_only(place: Place, button: str) -> None:
    before = place.events()
    client = place.client("sam")
    (found,) = [c for c in callbacks(client) if any(i["id"] == button for i in c.inputs)]
    page = place.page(f"org=acme&alert={place.fired.key}")
    page["alerts-note", "value"] = "a note"
    reply = ask(client, found, page).get_json()["response"]
    assert "ALIAS support reads only" in reply["alerts-detail-error"]["children"]
    assert place.events() == before


def test_what_may_not_be_done_is_not_offered(place: Place) -> None:
    where = f"org=acme&alert={place.fired.key}"
    for name, hidden in (("bob", False), ("alice", False), ("sam", True)):
        client = place.client(name)
        shown = wire.answer(client, "alerts-acknowledging.hidden", place.page(where))
        assert shown["alerts-acknowledging"]["hidden"] is hidden, name
        links = _hrefs(place.look(name, "alerts-detail-body.children", where)["children"])
        assert any("section=silences" in link for link in links) == (name == "alice")


def test_staff_choose_an_org_before_they_act(place: Place) -> None:
    client = place.client("ada")
    (found,) = [
        c for c in callbacks(client) if any(i["id"] == "alerts-acknowledge" for i in c.inputs)
    ]
    reply = ask(client, found, place.page(f"alert={place.fired.key}")).get_json()["response"]
    assert "Choose one organisation above" in reply["alerts-detail-error"]["children"]
    (row,) = place.look("ada", "alerts-active-table.rowData")["rowData"]
    assert row["org"] == "acme"


# another org


@pytest.mark.parametrize("search", SECTIONS)
@pytest.mark.parametrize("org", ["", "acme"])
def test_charlie_sees_nothing_of_acmes_alerts(place: Place, search: str, org: str) -> None:
    client = place.client("charlie")
    _, incident = _keys(place)
    for named in ("", f"&alert={place.fired.key}", f"&alert={incident}"):
        where = f"{search}&org={org}&rule={place.fired.rule.id}{named}"
        for callback in callbacks(client):
            if "alerts-" not in callback.output and "bell-" not in callback.output:
                continue
            text = ask(client, callback, place.page(where)).get_data(as_text=True)
            for word in ("checkout", "onerror", "error rate", "Timeout"):
                assert word not in text, callback.output


def test_charlie_cannot_touch_acmes_alerts(place: Place) -> None:
    before = (place.now(), place.events())
    for button in ("alerts-acknowledge", "alerts-snooze", "alerts-add-note"):
        shown = place.act("charlie", button)
        assert "or none that you may see" in shown["alerts-detail-error"]["children"]
    place.act("charlie", "bell-read-all")
    assert (place.now(), place.events()) == before
    assert place.look("alice", "bell-count.children")["children"] == "1"


def _keys(place: Place) -> tuple[str, str]:
    incident = place.now().incident_id
    assert incident is not None
    return place.fired.key, incident


def _hrefs(component: Any) -> list[str]:
    """Every address in a component as it came over the wire."""
    if isinstance(component, list):
        return [href for part in component for href in _hrefs(part)]
    if not isinstance(component, dict):
        return []
    props = component.get("props", {})
    own = [props["href"]] if "href" in props else []
    return own + _hrefs(props.get("children"))
