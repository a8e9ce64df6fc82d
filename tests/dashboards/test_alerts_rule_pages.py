"""Pages of rules over the wire: who may do what, and whose rules nobody else ever sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import wire
from cast import NOW, PASSWORD, PEOPLE, World, span
from sqlalchemy import select
from wire import page_with, words

from access.people import add_member, create_person
from alerts import store
from alerts.errors import Meanwhile
from alerts.rules import Rule, SqlQuery, Threshold
from dashboards.alerts.replay import running
from records import models

RANGE = f"since={NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"
SECRET = Rule(
    name="zqsecret",
    condition=Threshold(metric="duration.p95", comparator=">", limit=5e6, by=("service",)),
    search="service=zqshop",
)
IN_SQL = Rule(
    name="zqsql",
    condition=SqlQuery(sql="select count(*) from spans", comparator=">", limit=1),
)


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    """Acme has slow spans and two rules; globex has none."""
    made = new_world()
    with made.app.records.session() as session:
        adam = create_person(session, "adam@acme.example", "Adam", PASSWORD, None)
        add_member(session, adam, "acme", "admin")
    spans = [span(trace=n + 1, number=n + 1, ago=60 * n + 30, ms=20) for n in range(40)]
    made.send("acme", *spans, service="zqshop")
    alice = made.person("alice")
    for rule in (SECRET, IN_SQL):
        store.create(made.app.records, alice, made.scope("alice"), rule, NOW)
    return made


def ids(world: World) -> dict[str, str]:
    scope = world.scope("alice")
    return {rule.name: rule.id for rule in store.visible(world.app.records, scope)}


def ask(world: World, name: str, output: str, search: str, **state: Any) -> dict[str, Any]:
    page = page_with(f"?{RANGE}&{search}", **state)
    return wire.answer(world.client(name), output, page)


def typed(search: str, **fields: Any) -> dict[str, Any]:
    return {"search": f"?{RANGE}&{search}", "zone": "UTC", "fields": fields}


def rows(world: World, name: str, search: str = "section=rules") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(world, name, "rules-table.rowData", search)["rules-table"][
        "rowData"
    ]
    return found


# who sees and may what


@pytest.mark.parametrize(
    ("name", "search", "edits"),
    [
        ("alice", "section=rules", True),
        ("bob", "section=rules", False),
        ("sam", "section=rules&org=acme", False),
        ("sam", "section=rules", False),
        ("ada", "section=rules&org=acme", True),
    ],
)
def test_only_who_may_edit_is_offered_to(world: World, name: str, search: str, edits: bool) -> None:
    shown = ask(world, name, "rules-table.rowData", search)
    found = shown["rules-table"]["rowData"]
    assert {"zqsecret", "zqsql"} <= {row["name"] for row in found}
    assert {row["edits"] for row in found} == {edits}
    assert ("New rule" in words(shown["rules-tools"]["children"])) == edits
    fields = [column["field"] for column in shown["rules-table"]["columnDefs"]]
    assert ("org" in fields) == (name == "sam" and "org=" not in search)


def test_a_row_says_what_the_rule_says(world: World) -> None:
    (row,) = [row for row in rows(world, "bob") if row["name"] == "zqsecret"]
    assert row["says"] == "Warn when p95 of zqshop for any service is above 5 ms."
    assert (row["kind"], row["enabled"], len(row["bars"])) == ("Threshold", True, 28)
    assert row["next"].startswith("in ")


@pytest.mark.parametrize("verb", ["enable", "disable", "delete", "starter", "export", "nonsense"])
@pytest.mark.parametrize("name", ["bob", "sam", "charlie"])
def test_nobody_else_changes_a_rule(world: World, name: str, verb: str) -> None:
    before = [(row["id"], row["enabled"]) for row in rows(world, "alice")]
    wanted = {"verb": verb, "rule": ids(world)["zqsecret"]}
    search = "section=rules" + ("&org=acme" if name == "sam" else "")
    shown = ask(world, name, "rules-done.data", search, rules_wanted__data=wanted)
    assert [(row["id"], row["enabled"]) for row in rows(world, "alice")] == before
    if verb == "export":
        text = shown["rules-file"]["data"]["content"]
        assert ("zqsecret" in text) == (name != "charlie")
    else:
        assert shown["rules-error"]["children"]


def test_a_rule_of_another_org_looks_like_none(world: World) -> None:
    known, absent = ids(world)["zqsecret"], "0" * 32
    for section in ("builder", "replay"):
        seen = []
        for rule in (known, absent):
            search = f"section={section}&rule={rule}&rival={rule}&kind=range"
            answers = [
                wire.ask(world.client("charlie"), each, page_with(f"?{RANGE}&{search}"))
                for each in wire.callbacks(world.client("charlie"))
                if each.output.startswith((f"..{section}", section))
            ]
            seen.append([reply.get_data(as_text=True) for reply in answers])
        assert "zqs" not in "".join(seen[0])
        assert [text.replace(known, absent) for text in seen[0]] == seen[1]


def test_charlie_sees_no_rule_of_acme(world: World) -> None:
    assert rows(world, "charlie") == []
    shown = ask(world, "charlie", "rules-table.rowData", "section=rules&org=acme")
    assert shown["rules-table"]["rowData"] == []
    assert "zqs" not in json.dumps(shown)


def test_alice_turns_a_rule_off_and_on_again(world: World) -> None:
    rule = ids(world)["zqsecret"]
    for verb, on in (("disable", False), ("enable", True)):
        done = ask(
            world,
            "alice",
            "rules-done.data",
            "section=rules",
            rules_wanted__data={"verb": verb, "rule": rule},
        )
        assert done["rules-error"]["children"] == ""
        (row,) = [row for row in rows(world, "bob") if row["id"] == rule]
        assert (row["enabled"], row["state"] == "off") == (on, not on)


# the builder


def test_the_builder_reads_a_draft_back_and_draws_where_it_would_have_fired(world: World) -> None:
    page = typed("section=builder", metric="duration.p95", limit="5ms", for_="2m", every="1m")
    shown = ask(world, "bob", "builder-sentence.children", "", builder_typed__data=page)
    assert "Warn when p95 stays above 5 ms for 2 minutes." in words(
        shown["builder-sentence"]["children"]
    )
    assert shown["builder-problems"]["data"] == []
    drawn = ask(world, "bob", "builder-chart.figure", "", builder_typed__data=page)
    figure = drawn["builder-chart"]["figure"]
    (line,) = figure["data"]
    assert max(value for value in line["y"] if value) == pytest.approx(20e6, rel=0.02)
    assert [s for s in figure["layout"]["shapes"] if s["type"] == "rect"]
    assert [s["y0"] for s in figure["layout"]["shapes"] if s["type"] == "line"] == [5e6]
    assert "It would have fired once" in words(drawn["builder-outcome"]["children"])


def test_the_builder_names_the_field_that_is_wrong_and_draws_nothing(world: World) -> None:
    page = typed("section=builder", metric="metric:nobody_sends_this", limit="5")
    shown = ask(world, "alice", "builder-sentence.children", "", builder_typed__data=page)
    assert [each["field"] for each in shown["builder-problems"]["data"]] == ["metric"]
    drawn = ask(world, "alice", "builder-chart.figure", "", builder_typed__data=page)
    assert drawn["builder-chart"]["figure"]["data"] == []


def test_charlie_s_chart_has_nothing_of_acme(world: World) -> None:
    for org in ("", "&org=acme"):
        page = typed("section=builder" + org, limit="5ms")
        drawn = ask(world, "charlie", "builder-chart.figure", "", builder_typed__data=page)
        assert drawn["builder-chart"]["figure"]["data"] == []
        form = ask(world, "charlie", "builder-form.children", "", builder_asked__data=page)
        assert "zqshop" not in json.dumps(form)


def save(world: World, who: str, search: str, revision: int, /, **fields: Any) -> dict[str, Any]:
    wanted = {**typed(search, **fields), "revision": revision}
    return ask(world, who, "builder-saved.data", "", builder_wanted__data=wanted)


@pytest.mark.parametrize("name", ["bob", "sam", "charlie"])
def test_nobody_else_saves_a_rule(world: World, name: str) -> None:
    before = ids(world)
    rule = before["zqsecret"]
    for search in ("section=builder&org=acme", f"section=builder&org=acme&rule={rule}"):
        shown = save(world, name, search, 1, limit="9ms", name="stolen")
        assert shown["builder-error"]["children"]
    assert ids(world) == before


def test_a_rule_is_saved_changed_and_not_over_somebody_elses_change(world: World) -> None:
    made = save(world, "alice", "section=builder", 0, limit="900ms", for_="3m")
    key = made["builder-saved"]["data"]["rule"]
    rule = store.find(world.app.records, world.scope("bob"), key)
    assert rule.name == "P95 above 900 ms"
    search = f"section=builder&rule={key}"
    changed = save(world, "alice", search, 1, limit="800ms", name="Renamed")
    assert changed["builder-saved"]["data"]["revision"] == 2
    late = save(world, "alice", search, 1, limit="700ms")
    assert late["builder-error"]["children"] == str(Meanwhile())
    rule = store.find(world.app.records, world.scope("bob"), key)
    assert (rule.name, rule.condition.limit) == ("Renamed", 8e8)  # type: ignore[union-attr]
    with world.app.records.reading() as session:
        log = models.AuditEntry
        actions = session.scalars(
            select(log.action).where(log.details["id"].as_string() == key).order_by(log.id)
        ).all()
    assert actions == ["alert_rule.created", "alert_rule.changed"]


def test_a_refused_rule_is_not_saved_and_says_why(world: World) -> None:
    before = ids(world)
    shown = save(world, "alice", "section=builder", 0, limit="2s", recovery="3s")
    assert "contradict" in shown["builder-error"]["children"]
    shown = save(world, "alice", "section=builder", 0, metric="nope", limit="3")
    assert "has been sent here" in shown["builder-error"]["children"]
    assert ids(world) == before


@pytest.mark.parametrize("section", ["builder", "replay"])
def test_sql_that_is_not_saved_runs_only_for_owners(world: World, section: str) -> None:
    draft = {"type": "sql_query", "sql": "select 7 as zq from spans", "limit": "1"}
    if section == "builder":
        page = typed("section=builder", **draft)
        shown = ask(world, "bob", "builder-chart.figure", "", builder_typed__data=page)
        face = shown["builder-chart-face"]["children"]
    else:
        link = f"?{RANGE}&section=replay&kind=range&draft={json.dumps(draft)}"
        wanted = {"search": link, "zone": "UTC", "at": NOW.timestamp() * 1000}
        shown = ask(world, "bob", "replay-result.children", "", replay_wanted__data=wanted)
        face = shown["replay-chart-face"]["children"]
    assert "Only owners" in words(face)


# YAML


def test_what_is_exported_can_be_imported_and_mistakes_name_their_line(world: World) -> None:
    wanted = {"verb": "export"}
    shown = ask(world, "alice", "rules-done.data", "section=rules", rules_wanted__data=wanted)
    text = shown["rules-file"]["data"]["content"]
    again = {"verb": "check", "text": text, "replacing": True}
    read = ask(world, "alice", "rules-yaml-answer.children", "", rules_yaml_read__data=again)
    assert "can be imported" in words(read["rules-yaml-answer"]["children"])
    wrong = {"verb": "import", "text": "rules:\n  - name: A\n    condition: nope > 5\n"}
    read = ask(world, "alice", "rules-yaml-answer.children", "", rules_yaml_read__data=wrong)
    assert "Line 3, condition" in words(read["rules-yaml-answer"]["children"])
    bomb = {"verb": "check", "text": "a: &a [x, x]\nb: [*a, *a]"}
    read = ask(world, "alice", "rules-yaml-answer.children", "", rules_yaml_read__data=bomb)
    assert "Line 1" in words(read["rules-yaml-answer"]["children"])


def test_a_member_reads_yaml_and_does_not_import_it(world: World) -> None:
    before = ids(world)
    text = "rules:\n  - name: Mine\n    condition: error_rate > 5%\n"
    for name in ("bob", "charlie", "sam"):
        wanted = {"verb": "import", "text": text}
        org = "org=acme"
        shown = ask(world, name, "rules-yaml-answer.children", org, rules_yaml_read__data=wanted)
        assert "field-error" in json.dumps(shown)
    assert ids(world) == before


# the time machine


def replayed(world: World, name: str, search: str) -> dict[str, Any]:
    """The answer once it is done; the server works on it while it is asked."""
    link = f"?{RANGE}&section=replay&kind=range&{search}"
    wanted = {"search": link, "zone": "UTC", "at": NOW.timestamp() * 1000}
    for _ in range(60):
        shown = ask(world, name, "replay-result.children", "", replay_wanted__data=wanted)
        if shown["replay-poll"]["disabled"]:
            return shown
    raise AssertionError("the replay never ended")


def test_two_drafts_are_replayed_side_by_side(world: World) -> None:
    rule = ids(world)["zqsecret"]
    rival = json.dumps({"limit": "1s"})
    shown = replayed(world, "bob", f"rule={rule}&rival={rule}&rival_draft={rival}")
    said = words(shown["replay-result"]["children"])
    assert "A fires once, of these 1 without B; B fires 0 times" in said
    events = shown["replay-table"]["rowData"]
    assert {event["side"] for event in events} == {"A"}
    assert {"fired", "told: firing"} <= {event["what"] for event in events}
    lanes = {lane for trace in shown["replay-chart"]["figure"]["data"] for lane in trace["y"]}
    assert lanes == {"A · zqshop"}


def test_two_equal_drafts_do_the_same(world: World) -> None:
    rule = ids(world)["zqsecret"]
    shown = replayed(world, "bob", f"rule={rule}&rival={rule}")
    assert "A and B would have done the same." in words(shown["replay-result"]["children"])


def test_charlie_s_replay_of_the_same_draft_finds_nothing(world: World) -> None:
    draft = json.dumps({"limit": "1ms", "for_": "0s"})
    for name, fired in (("alice", True), ("charlie", False)):
        shown = replayed(world, name, f"draft={draft}")
        kinds = {event["what"] for event in shown["replay-table"]["rowData"]}
        assert ("fired" in kinds) == fired
    refused = replayed(world, "charlie", f"org=acme&draft={draft}")
    assert refused["replay-table"]["rowData"] == []


def test_a_replay_that_nobody_asks_about_any_more_stops(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ABANDONED_AFTER", -1.0)

    def run(watch: Any) -> Any:
        watch(NOW)
        raise AssertionError("it went on")

    found = running.ask((world.scope("alice"), "abandoned"), run)
    assert found.wait(10)
    assert found.failure == "The replay was stopped. Ask again."


def test_an_admin_saves_rules_but_no_sql(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEOPLE, "adam", ("adam@acme.example", "Adam", None, ("acme", "admin")))
    made = save(world, "adam", "section=builder", 0, limit="777ms", name="By Adam")
    assert made["builder-saved"]["data"]["name"] == "By Adam"
    draft = {"type": "sql_query", "sql": "select 7 as zq from spans", "limit": "1"}
    shown = save(world, "adam", "section=builder", 0, **draft)
    assert "Only owners" in shown["builder-error"]["children"]
