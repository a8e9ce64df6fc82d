"""The source pane without a browser: lines, their function, differences, and hostile text."""

from __future__ import annotations

import json
import shlex
import time
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import NOW, World, span
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import answer, page_with

from dashboards.code.source import extent, tokens, views
from dashboards.code.source.place import Place, chosen
from dashboards.shell.link import Link
from queries import deployed, source, traces
from queries.filters import Page, TimeRange
from queries.lines import side_by_side
from queries.search import condition
from queries.source import Found, Source

GRIP = '''"""Arms."""

HOSTILE = "</script><img src=x onerror=alert(1)>\\u202e"


class Arm:
    def grip(self, force: float) -> bool:
        """Close the hand,

        gently.
        """
        if force > 1:
            return False

        return True

    def open(self) -> None:
        self.hand = (
            "open"
        )


def grip_all(arms: list[Arm],
             force: float,
) -> None:
    for arm in arms:
        arm.grip(force)
'''
BEFORE = GRIP.replace("        if force > 1:\n            return False\n\n", "")
RANGE = TimeRange(NOW - timedelta(hours=1), NOW + timedelta(minutes=1))
PLACE = Place("arm", "arms/grip.py", 7, ("r1",), "r1")


def made(text: str, revision: str = "r1", path: str = "arms/grip.py") -> Source:
    digest = sha256(text.encode()).hexdigest()
    return Source("f1" + revision, "acme", "arm", revision, path, digest, text, NOW)


def drawn(shown: views.Shown, side: int = 4) -> list[str]:
    """The text of every row as the browser puts it together."""
    return [
        "".join(text for _, text in row[side]) for row in shown["rows"] if row[side] is not None
    ]


# which lines are the function


@pytest.mark.parametrize(
    ("function", "line", "lines"),
    [
        ("arms.grip.Arm.grip", 7, (7, 15)),
        ("arms.grip.Arm.grip", 12, (7, 15)),
        ("arms.grip.Arm.grip", None, (7, 15)),
        ("arms.grip.Arm.open", 17, (17, 20)),
        ("arms.grip.grip_all", 23, (23, 27)),
        ("arms.grip.Arm", 6, (6, 20)),
        ("arms.grip.nothing", 15, (15, 15)),
        ("arms.grip.nothing", None, None),
        ("arms.grip.Arm.grip", 999, (7, 15)),
        ("", 3, (3, 3)),
    ],
)
def test_the_lines_of_a_function_are_found(function: str, line: int | None, lines: Any) -> None:
    assert extent.of_function(made(GRIP).lines, line, function) == lines


def test_functions_of_other_languages_are_found_too() -> None:
    go = "package a\n\nfunc (s *Shop) Pay(x int) error {\n\tif x > 1 {\n\t\treturn nil\n\t}\n}\n\nx"
    assert extent.of_function(go.split("\n"), 3, "shop.(*Shop).Pay") == (3, 7)
    js = "class A {\n  async pay(x) {\n    go();\n  }\n}\nconst ship = (x) => {\n  go();\n};\n"
    assert extent.of_function(js.split("\n"), 2, "A.pay") == (2, 4)
    assert extent.of_function(js.split("\n"), 6, "ship") == (6, 8)


@given(st.text("def(): {}\n\tx\0)é", max_size=200), st.integers(-3, 40), st.text(max_size=12))
def test_whatever_the_text_the_lines_exist(text: str, line: int, function: str) -> None:
    lines = text.split("\n")
    found = extent.of_function(lines, line, function)
    assert found is None or 1 <= found[0] <= found[1] <= len(lines)


# drawing


def test_every_line_is_drawn_with_its_text() -> None:
    shown = views.alone(made(GRIP), PLACE, "Arm.grip", None)
    assert (shown["first"], shown["last"], shown["total"]) == (1, 27, 27)
    assert shown["marked"] == (7, 15)
    assert drawn(shown) == GRIP.split("\n")[:-1]
    kinds = {text: name for row in shown["rows"] for name, text in row[4]}
    assert (kinds["class"], kinds["grip"], kinds["False"]) == ("k", "f", "k")


def test_a_text_over_many_lines_keeps_its_colour() -> None:
    shown = views.alone(made(GRIP), PLACE, "Arm.grip", None)
    assert [name for name, text in shown["rows"][9][4] if text.strip()] == ["c"]


def test_what_cannot_be_seen_is_shown() -> None:
    hostile = 'a = "\u202e\x00\x1b[31m\x0c\u2066"\r\nb = 1\rc = 2\n'
    text = "\n".join(drawn(views.alone(made(hostile), PLACE, "", None)))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "⟨U+202E⟩" in text
    assert made(hostile).lines[1:] == ["b = 1", "c = 2"]


CORPUS = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{7*7}}", "${7*7}",
    "javascript:alert(1)", "\x1b]8;;http://evil\x07", "&lt;b&gt;", "-->", "]]>", "\ud7ff\u2028",
]  # fmt: skip


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_source_travels_as_text(text: str) -> None:
    shown = views.alone(made(f"x = 1  # {text}\n"), PLACE, "", None)
    for row in json.loads(json.dumps(shown))["rows"]:
        for name, piece in row[4]:
            assert name in {"", "c", "s", "m", "k", "d", "f", "t", "b"}
            assert isinstance(piece, str)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.sampled_from([*tokens.LANGUAGES, "txt", ""]))
def test_colouring_changes_no_text(text: str, ending: str) -> None:
    lines = text.split("\n")
    pieces = tokens.coloured(f"a.{ending}", lines, 1, len(lines))
    assert len(pieces) == len(lines)
    plain = tokens.coloured("a.txt", lines, 1, len(lines))
    assert ["".join(t for _, t in line) for line in pieces] == [
        "".join(t for _, t in line) for line in plain
    ]


@pytest.mark.parametrize(
    ("ending", "text"),
    [("py", 'f"{'), ("js", "`${"), ("php", "<?"), ("rb", "#{"), ("toml", "["), ("yaml", "&a ")],
)
def test_no_text_makes_colouring_slow(text: str, ending: str) -> None:
    lines = [text * (1_900 // len(text))] * 100
    began = time.process_time()
    tokens.coloured(f"a.{ending}", lines, 1, len(lines))
    assert time.process_time() - began < 4


def test_a_large_file_shows_the_neighbourhood_of_the_function() -> None:
    lines = [f"def f{n}(): return {n}" if n % 2 else "" for n in range(20_000)]
    large = made("\n".join(lines) + "\n")
    began = time.process_time()
    shown = views.alone(large, Place("arm", "a.py", 10_002, (), None), "f10001", None)
    assert time.process_time() - began < 3
    assert (shown["first"], shown["last"], shown["total"]) == (9_602, 10_402, 20_000)
    assert shown["marked"] == (10_002, 10_002)
    more = views.alone(large, PLACE, "x", (9_202, 10_402))
    assert (more["first"], more["last"]) == (9_202, 10_402)
    everything = views.alone(large, PLACE, "x", (-5, 10**9))
    assert len(everything["rows"]) == views.MOST_LINES


@pytest.mark.parametrize("text", ["", "\n", "x"])
def test_tiny_files_are_drawn(text: str) -> None:
    shown = views.alone(made(text), PLACE, "Arm.grip", None)
    assert drawn(shown) in ([], [""], ["x"])


# two revisions


def test_two_revisions_stand_side_by_side() -> None:
    shown = views.beside(made(BEFORE, "r0"), made(GRIP), PLACE, "Arm.grip", None)
    assert drawn(shown, 3) == BEFORE.split("\n")[:-1]
    assert drawn(shown, 4) == GRIP.split("\n")[:-1]
    added = [(row[1], row[2]) for row in shown["rows"] if row[0] == "added"]
    assert added == [(None, 12), (None, 13), (None, 14)]
    assert shown["jumps"] == [12]
    assert "1 difference" in str(views.changes(shown))
    same = views.beside(made(GRIP, "r0"), made(GRIP), PLACE, "Arm.grip", None)
    assert "the same in both" in str(views.changes(same))


texts = st.lists(st.sampled_from(["a = 1", "b = 2", "c", "", "d(x)", "a = 2"]), max_size=14)


@given(texts, texts)
def test_every_line_of_both_is_there_once(before: list[str], after: list[str]) -> None:
    pairs = side_by_side(before, after)
    assert [p.before for p in pairs if p.before] == list(range(1, len(before) + 1))
    assert [p.after for p in pairs if p.after] == list(range(1, len(after) + 1))
    for pair in pairs:
        if pair.kind == "same":
            assert before[(pair.before or 0) - 1] == after[(pair.after or 0) - 1]
        if pair.kind == "changed":
            assert before[(pair.before or 0) - 1] != after[(pair.after or 0) - 1]


def test_a_replaced_line_stands_beside_the_one_it_became() -> None:
    pairs = side_by_side(["sort(hits, key=score)"], ["seen += hits", "sort(hits, key=rank)"])
    assert [(p.kind, p.before, p.after) for p in pairs] == [("added", None, 1), ("changed", 1, 2)]


@pytest.mark.parametrize("how", ["reversed", "repeated", "shuffled"])
def test_no_two_files_make_comparing_slow(how: str) -> None:
    before = [str(n) for n in range(20_000)]
    after = {
        "reversed": before[::-1],
        "repeated": ["x"] * 20_000,
        "shuffled": [str(n * 7_919 % 20_000) for n in range(20_000)],
    }[how]
    began = time.process_time()
    side_by_side(before if how != "repeated" else ["x"] * 19_000, after)
    assert time.process_time() - began < 4


# what the page is told


def uploaded(world: World, text: str, revision: str, service: str = "arm") -> None:
    client = world.app.server.test_client()
    headers = {"Authorization": f"Bearer {world.keys['acme']}"}
    content = text.encode()
    digest = sha256(content).hexdigest()
    files = [{"path": "src/arms/grip.py", "sha256": digest, "size": len(content)}]
    said = {"service": service, "revision": revision, "files": files}
    client.post("/v1/source", json=said, headers=headers)
    client.post("/v1/source/contents", json={"contents": [text]}, headers=headers)
    assert client.post("/v1/source", json=said, headers=headers).json["complete"]


def ran(number: int, revision: str, *, line: int = 7, ago: float = 60, **more: Any) -> Any:
    return span(
        "grip", trace=number, number=number, ago=ago, code__function__name="arms.grip.Arm.grip",
        code__file__path="/app/src/arms/grip.py", code__line__number=line,
        vcs__ref__head__revision=revision, **more,
    )  # fmt: skip


@pytest.fixture
def redeployed(world: World) -> World:
    """Two revisions ran, the newer one failed once; both sent their source."""
    uploaded(world, BEFORE, "r0")
    uploaded(world, GRIP, "r1")
    world.send("acme", ran(1, "r0", ago=1800), ran(2, "r0", ago=1700), service="arm")
    world.send(
        "acme", ran(3, "r1"), ran(4, "r1", error="Broken", aeos__memory__delta_bytes=2048),
        ran(5, "r1", line=12), service="arm",
    )  # fmt: skip
    return world


AT = "?range=1h&function=arms.grip.Arm.grip&service=arm"


def pane(world: World, name: str = "alice", at: str = AT, **state: Any) -> dict[str, Any]:
    return answer(world.client(name), "code-source-file.children", page_with(at, **state))


def shown_text(reply: dict[str, Any], side: int = 4) -> str:
    shown = reply["code-source-shown"]["data"]
    return "\n".join(drawn(shown, side)) if shown else ""


def test_the_newest_code_that_ran_is_shown(redeployed: World) -> None:
    reply = pane(redeployed)
    assert "if force > 1" in shown_text(reply)
    assert reply["code-source-revision"]["value"] == "r1"
    assert [o["value"] for o in reply["code-source-against"]["options"]] == ["r0"]
    assert reply["code-source-note"]["children"] is None


def test_an_old_revision_shows_the_old_code(redeployed: World) -> None:
    reply = pane(redeployed, at=AT + "&revision=r0")
    assert "if force > 1" not in shown_text(reply)
    assert reply["code-source-revision"]["value"] == "r0"
    both = pane(redeployed, at=AT + "&revision=r1&against=r0")
    assert "if force > 1" in shown_text(both, 4)
    assert "if force > 1" not in shown_text(both, 3)


def test_a_revision_that_is_not_here_says_what_stands_in(redeployed: World) -> None:
    redeployed.send("acme", ran(9, "r2", ago=5), service="arm")
    reply = pane(redeployed)
    assert "The source of r2 is not here. This is r1" in str(reply["code-source-note"])
    assert "if force > 1" in shown_text(reply)


def test_without_source_it_says_how_to_send_it(world: World) -> None:
    world.send("acme", ran(1, "r 1; rm -rf ~"), service="$(evil)")
    reply = str(pane(world, at="?range=1h&function=arms.grip.Arm.grip"))
    assert "python -m send_source FOLDER" in reply
    assert shlex.quote("$(evil)") in json.loads(json.dumps(reply)).replace("\\'", "'")
    assert "--to http://localhost" in reply
    assert "'code-source-shown': {'data': None}" in reply


def test_charlie_sees_nothing_of_it(redeployed: World) -> None:
    mine = source.source_of(redeployed.scope("alice"), "arm", ["r1"], "grip.py").source
    assert mine
    for org in ("", "&org=acme"):
        said = json.dumps(pane(redeployed, "charlie", at=AT + org))
        for canary in ("force", mine.id, "grip.py", "r0", mine.sha256):
            assert canary not in said
    assert deployed.places(redeployed.scope("charlie"), RANGE, "arms.grip.Arm.grip").rows == []
    reply = pane(redeployed, "sam", at=AT + "&org=acme")
    assert "if force > 1" in shown_text(reply)


def test_badges_lead_to_exactly_the_spans_they_count(redeployed: World) -> None:
    found = answer(redeployed.client("alice"), "code-source-badges.data", page_with(AT))
    badges = {badge["line"]: badge for badge in found["code-source-badges"]["data"]}
    assert {line: (b["calls"], b["errors"]) for line, b in badges.items()} == {
        7: ("2", "1"),
        12: ("1", ""),
    }
    assert badges[7]["memory"] == "+2 KiB"
    for line, calls in ((7, 2), (12, 1)):
        link = urlsplit(badges[line]["href"])
        assert link.path == "/traces"
        filters = Link.parse(f"?{link.query}").filters(NOW + timedelta(seconds=1))
        assert filters.condition == condition(parse_qs(link.query)["q"][0])
        assert len(traces.search(redeployed.scope("alice"), filters, Page()).rows) == calls


def test_old_badges_stand_beside_old_code(redeployed: World) -> None:
    page = page_with(AT + "&revision=r0")
    found = answer(redeployed.client("alice"), "code-source-badges.data", page)
    assert [b["calls"] for b in found["code-source-badges"]["data"]] == ["2"]


def test_more_lines_come_when_asked_for(world: World) -> None:
    uploaded(world, "\n".join(f"x{n} = {n}" for n in range(3_000)), "r1")
    world.send("acme", ran(1, "r1", line=1_500), service="arm")
    shown = pane(world)["code-source-shown"]["data"]
    assert (shown["first"], shown["last"]) == (1_100, 1_900)
    asked = {"key": shown["key"], "first": 700, "last": 1_900}
    more = pane(world, code_source_window__data=asked)["code-source-shown"]["data"]
    assert (more["first"], more["last"]) == (700, 1_900)
    for wrong in ({**asked, "key": "other"}, {**asked, "first": "x"}, [], "x"):
        again = pane(world, code_source_window__data=wrong)["code-source-shown"]["data"]
        assert (again["first"], again["last"]) == (1_100, 1_900)


def test_a_commit_may_be_shortened_on_either_side(world: World) -> None:
    commit = "9f1c4b7e2d60a85f3b1c7e94d2a6058b3f7e1c42"
    uploaded(world, GRIP, commit[:10])
    scope = world.scope("alice")
    assert source.source_of(scope, "arm", [commit], "grip.py").note == ""
    assert source.source_of(scope, "arm", [commit[:6]], "grip.py").note != ""
    assert source.source_of(scope, "arm", ["", "1.0", commit[:8]], "grip.py").note == ""


def test_the_place_is_that_of_the_chosen_revision() -> None:
    rows = [
        {"service_name": "arm", "file": None, "line": None, "revision": "r2", "version": None},
        {"service_name": "arm", "file": "a.py", "line": 9, "revision": "r1", "version": "1.1"},
        {"service_name": "arm", "file": "a.py", "line": 7, "revision": "r0", "version": "1.0"},
    ]
    newest, old, unknown = chosen(rows, ""), chosen(rows, "1.0"), chosen(rows, "other")
    assert newest == Place("arm", "a.py", 9, ("r1", "1.1"), "r1")
    assert old == Place("arm", "a.py", 7, ("1.0", "r0", "1.0"), "r0")
    assert unknown == Place("arm", "a.py", None, ("other",), None)
    assert chosen(rows[:1], "") is None


def test_what_cannot_be_told_is_said() -> None:
    found = Found(None, "a.py may be any of 2 files of r1.", (), ("x/a.py", "y/a.py"))
    said = str(views.missing(found, PLACE, "http://x"))
    assert "x/a.py" in said
    assert "may be any of 2" in said
    assert "did not run in this time range" in str(views.nowhere([]))
    assert "Set code.file.path" in str(views.nowhere([{"file": None}]))
