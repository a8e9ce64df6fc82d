"""The list's callbacks over the wire: whose rows, which columns, what opens, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import wire
from cast import NOW, World, span
from wire import page_with

TRACE = 0xFEED
RANGE = f"since={NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"
SECRETS = ("zqroot", "zqkid", "zqgold", "zqtier", "zqlevel", "zqlost")


def asked(rest: str = "", opened: list[str] | None = None, **state: Any) -> wire.Wires:
    search = f"?{RANGE}&{rest}"
    page = page_with(search, **state)
    page["traces-asked", "data"] = {"search": search, "zone": "UTC", "opened": opened or []}
    return page


def row_name(span_number: int, org: str = "acme", twin: Any = 0) -> str:
    return f"{org}:{TRACE:032x}:{span_number:016x}:{twin}"


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    made = new_world()
    made.send(
        "acme",
        span(
            "zqroot", trace=TRACE, number=1, ago=60, **{"zqtier": "zqgold", "aeos.data.zqlevel": 5}
        ),
        span("zqkid", trace=TRACE, number=2, parent=1, ago=59, error="E"),
        span("zqlost", trace=TRACE, number=3, parent=0x99, ago=58),
    )
    made.send("globex", span("turbine", trace=77))
    return made


def listed(world: World, page: wire.Wires, who: str = "alice") -> list[dict[str, Any]]:
    shown = wire.answer(world.client(who), "traces-table.rowData", page)
    rows: list[dict[str, Any]] = shown["traces-table"]["rowData"]
    return rows


def store(world: World, name: str, who: str = "alice", rest: str = "", **data: Any) -> Any:
    """What a store holds after the one it waits for was given `data`."""
    wires = {"traces-kids": "traces-wanted", "traces-kin": "traces-unknown"}
    wires |= {"traces-term": "traces-cell", "traces-jumped": "traces-jump"}
    wires |= {"traces-columns-keys": "traces-columns-typed"}
    wires |= {"traces-columns-remembered": "traces-columns-chosen"}
    page = asked(rest)
    page[wires[name], "data"] = data
    shown = wire.answer(world.client(who), f"{name}.data", page)
    return shown.get(name, {}).get("data")


def test_opened_rows_come_with_what_hangs_below_them(world: World) -> None:
    (root,) = listed(world, asked("q=zqroot"))
    rows = listed(world, asked("q=zqroot", [root["id"]]))
    assert [(row["process"], row["level"]) for row in rows] == [("zqroot", 0), ("zqkid", 1)]
    assert rows[0]["open"]
    # a row that was opened on another page changes nothing here
    assert len(listed(world, asked("q=zqlost", [root["id"]]))) == 1


def test_a_trace_opens_to_its_roots_and_orphans(world: World) -> None:
    (trace,) = listed(world, asked("mode=traces"))
    kids = store(world, "traces-kids", ids=[trace["id"]])["below"][trace["id"]]
    assert [(row["process"], row["children"]) for row in kids] == [("zqroot", 1), ("zqlost", 0)]
    assert kids[1]["mark"] == f"orphan: parent {0x99:016x} is missing"
    below = store(world, "traces-kids", ids=[kids[0]["id"]])["below"][kids[0]["id"]]
    assert [(row["process"], row["level"]) for row in below] == [("zqkid", 2)]


def test_which_rows_have_children_is_told_on_the_side(world: World) -> None:
    ids = [row["id"] for row in listed(world, asked())]
    kin = store(world, "traces-kin", ids=ids)
    told = {row["process"]: kin[row["id"]] for row in listed(world, asked())}
    assert told["zqroot"] == {"children": 1, "mark": None}
    assert told["zqkid"] == {"children": 0, "mark": None}
    assert told["zqlost"] == {"children": 0, "mark": f"orphan: parent {0x99:016x} is missing"}


def test_columns_of_the_link_come_with_their_values(world: World) -> None:
    page = asked("q=zqroot&cols=process,attr.zqtier:140,resource.service.name,duration,memory")
    shown = wire.answer(world.client("alice"), "traces-table.columnDefs", page)
    fields = [column["field"] for column in shown["traces-table"]["columnDefs"]]
    assert fields == ["process", "attr.zqtier", "resource.service.name", "duration", "memory"]
    (row,) = shown["traces-table"]["rowData"]
    assert row["attr.zqtier"] == "zqgold"
    assert row["resource.service.name"] == "checkout"
    assert (row["duration"], row["memory"]) == ("10.0 ms", "")


def test_watched_variables_are_rows_that_lead_to_their_spans(world: World) -> None:
    (row,) = listed(world, asked("mode=watched"))
    assert (row["data"], row["data_value"], row["process"]) == ("zqlevel", "5", "zqroot")
    (found,) = listed(world, asked(f"q={row['q'].replace(' ', '+')}"))
    assert found["process"] == "zqroot"


@pytest.mark.parametrize("org", ["", "acme", "all"])
def test_charlie_opens_nothing_of_acme(world: World, org: str) -> None:
    ids = [row_name(1), f"acme:{TRACE:032x}::", row_name(1, "globex")]
    places = ("", "mode=traces", "mode=watched", "cols=process,model,resource.host.name")
    answers = [
        wire.answer(
            world.client("charlie"), "traces-table.rowData", asked(f"{rest}&org={org}", ids)
        )
        for rest in places
    ]
    for name, data in (
        ("traces-kids", {"ids": ids}),
        ("traces-kin", {"ids": ids}),
        ("traces-columns-keys", {"text": "zq"}),
    ):
        answers.append(store(world, name, "charlie", f"org={org}", **data))
    assert [secret for secret in SECRETS if secret in str(answers)] == []


def test_charlies_row_of_that_trace_has_none_of_acmes_children(world: World) -> None:
    kids = store(world, "traces-kids", "charlie", ids=[row_name(1, "globex")])
    assert kids["below"] == {row_name(1, "globex"): []}


def test_columns_are_remembered_for_one_person_until_they_are_reset(world: World) -> None:
    chosen = {"mode": "spans", "cols": "status,nonsense,attr.zqtier:140"}
    store(world, "traces-columns-remembered", **chosen)

    def fields(who: str, rest: str = "") -> list[str]:
        shown = wire.answer(world.client(who), "traces-table.columnDefs", asked(rest))
        return [column["field"] for column in shown["traces-table"]["columnDefs"]]

    assert fields("alice") == ["status", "attr.zqtier"]
    assert fields("alice", "cols=process") == ["process"]
    assert len(fields("bob")) == 7
    assert store(world, "traces-columns-remembered", mode="spans", cols="")["reset"]
    assert len(fields("alice")) == 7


@pytest.mark.parametrize(
    ("cell", "term"),
    [
        ({"key": "status", "value": "error"}, "status=error"),
        ({"key": "status", "value": "error", "exclude": True}, "-status=error"),
        ({"key": "name", "value": 'a "b" \\ *'}, 'name="a \\"b\\" \\\\ \\*"'),
        ({"key": "duration", "value": 1500}, "duration=1500ns"),
        ({"key": "attr.user.tier", "value": None}, "-exists:attr.user.tier"),
        ({"key": "attr.user.tier", "value": None, "exclude": True}, "exists:attr.user.tier"),
    ],
)
def test_a_cell_becomes_a_term_of_the_search(world: World, cell: dict[str, Any], term: str) -> None:
    assert store(world, "traces-term", **cell)["term"] == term


def test_a_cell_of_no_field_is_told_in_a_sentence(world: World) -> None:
    assert "no field" in store(world, "traces-term", key="nonsense", value="x")["error"]


def test_a_jump_begins_the_page_at_that_time(world: World) -> None:
    moment = NOW - timedelta(seconds=59)
    after = store(world, "traces-jumped", text=f"{moment:%Y-%m-%d %H:%M:%S}")["after"]
    assert [row["process"] for row in listed(world, asked(f"after={after}"))] == ["zqkid", "zqroot"]
    after = store(world, "traces-jumped", rest="mode=traces", text=f"{NOW:%H:%M:%S}")
    assert "outside the time range" in after["error"]
    assert "Write a time" in store(world, "traces-jumped", text="noon")["error"]


def test_attributes_seen_can_be_added_as_columns(world: World) -> None:
    found = store(world, "traces-columns-keys", text="zqt")
    assert found["keys"] == [{"key": "attr.zqtier", "title": "zqtier"}]


# saved views


def saved(world: World, who: str, rest: str = "", **wanted: Any) -> str:
    page = asked(rest)
    page["saved-wanted", "data"] = wanted
    shown = wire.answer(world.client(who), "saved-error.children", page)
    return str(shown.get("saved-error", {}).get("children"))


def views(world: World, who: str, org: str = "") -> list[dict[str, Any]]:
    page = asked()
    page["saved-whose", "data"] = {"org": org}
    shown = wire.answer(world.client(who), "saved-views.data", page)
    found: list[dict[str, Any]] = shown["saved-views"]["data"]
    return found


def test_a_view_holds_the_rows_and_not_the_reader(world: World) -> None:
    search = "?q=status%3Aerror&mode=traces&org=acme&zone=UTC&after=x&live=5s&cols=process"
    assert saved(world, "alice", verb="save", name="errors", shared=True, search=search) == ""
    (view,) = views(world, "bob")
    assert (view["name"], view["search"]) == (
        "errors",
        "?mode=traces&q=status%3Aerror&cols=process",
    )
    assert views(world, "charlie") == []
    assert "nothing you may see" in str(
        wire.answer(world.client("charlie"), "saved-views.data", asked() | {
            ("saved-whose", "data"): {"org": "acme"}
        })
    )  # fmt: skip
    for who, refusal in (("charlie", "no such view"), ("bob", "may change this view")):
        assert refusal in saved(world, who, verb="delete", view=view["id"])
    assert "reads only" in saved(world, "sam", "org=acme", verb="save", name="x", search="")
    assert "cannot be done" in saved(world, "alice", verb="burn", view=view["id"])
    assert saved(world, "alice", verb="rename", view=view["id"], name="failures") == ""
    assert saved(world, "alice", verb="update", view=view["id"], search="?q=x") == ""
    assert [(v["name"], v["search"]) for v in views(world, "bob")] == [("failures", "?q=x")]
    assert saved(world, "alice", verb="delete", view=view["id"]) == ""
    assert views(world, "bob") == []
