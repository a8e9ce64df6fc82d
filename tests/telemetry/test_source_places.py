"""Paths: which file a span means, and that no path leads out of a manifest or a root."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cast import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries import source
from telemetry.source import places, roots, rules
from telemetry.source.roots import Root, RootError

PATHS = ["src/arms/grip.py", "src/legs/grip.py", "src/arms/__init__.py", "tests/arms/grip.py"]


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("src/arms/grip.py", "src/arms/grip.py"),
        ("/app/src/arms/grip.py", "src/arms/grip.py"),
        ("/build/7/src/legs/grip.py", "src/legs/grip.py"),
        ("C:\\app\\src\\legs\\grip.py", "src/legs/grip.py"),
        ("./src/arms/__init__.py", "src/arms/__init__.py"),
        ("legs/grip.py", "src/legs/grip.py"),
        ("__init__.py", "src/arms/__init__.py"),
        ("/app/hands/__init__.py", None),
        ("/usr/lib/python3/json.py", None),
        ("", None),
        ("/", None),
    ],
)
def test_a_span_means_the_file_whose_end_it_shares(named: str, path: str | None) -> None:
    assert places.match(named, PATHS).path == path


@pytest.mark.parametrize("named", ["grip.py", "/srv/arms/grip.py"])
def test_what_could_be_several_files_is_none_and_says_which(named: str) -> None:
    found = places.match(named, PATHS)
    assert found.path is None
    assert len(found.candidates) >= 2


def test_an_exact_path_wins_over_longer_ones() -> None:
    assert places.match("a/b.py", ["a/b.py", "x/a/b.py"]).path == "a/b.py"


names = st.text("ab./\\\0 é~", min_size=0, max_size=12)


@given(st.lists(names, max_size=6), names)
def test_a_match_is_always_one_of_the_paths(paths: list[str], named: str) -> None:
    found = places.match(named, paths)
    assert found.path is None or found.path in paths
    assert set(found.candidates) <= set(paths)


@given(st.text(max_size=60) | st.from_regex(r"(\.\./|/|a/|\.|\\|~){1,8}[a-z]*", fullmatch=True))
def test_a_path_that_is_taken_stays_below_where_it_is_put(path: str) -> None:
    if rules.path_refused(path) is None:
        below = os.path.normpath(f"/root/{path}")
        assert below == f"/root/{path}"
        assert "\0" not in path
        assert "\\" not in path
        assert not any(part.startswith(".") for part in path.split("/"))


# registered folders


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a good file, and many ways out of it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.py").write_text("SECRET = 1\n")
    root = tmp_path_factory.mktemp("roots") / "app"
    (root / "arms").mkdir(parents=True)
    (root / "arms" / "grip.py").write_text("def grip(): ...\n")
    (root / "inside.py").symlink_to(root / "arms" / "grip.py")
    (root / "out.py").symlink_to(outside / "secret.py")
    (root / "outdir").symlink_to(outside)
    (root / ".env").write_text("SECRET = 2\n")
    (root / "hidden.py").symlink_to(root / ".env")
    (root / "loop.py").symlink_to(root / "loop.py")
    (root / "data.bin").write_bytes(b"SECRET\0")
    (root / "large.txt").write_text("SECRET " * 200_000)
    os.mkfifo(root / "pipe.py")
    return root


@pytest.fixture(scope="module")
def rooted(new_world: Callable[..., World], folder: Path) -> World:
    return new_world(source_roots=f"acme/arm={folder}, acme/leg@1.2={folder}")


HOSTILE = [
    "../outside/secret.py", "arms/../../x", "/etc/passwd", "//etc/passwd", "arms\\grip.py",
    "arms/grip.py\0", "out.py", "outdir/secret.py", ".env", "hidden.py", "loop.py", "data.bin",
    "large.txt", "pipe.py", "arms", "", ".", "..", "./arms/grip.py", "arms//grip.py", "nothing.py",
    "~/secret", "a" * 5000, "arms/grip.py/", "%2e%2e/secret.py", "file:///etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_no_path_leads_out_of_a_root(rooted: World, folder: Path, path: str) -> None:
    root = rooted.app.library.roots.of("acme", "arm")[0]
    assert roots.read(root, path) is None
    alice = rooted.client("alice")
    absent = alice.get("/source", query_string={"id": "0" * 32})
    answer = alice.get("/source", query_string={"id": roots.id_of(root, path)})
    assert (answer.status_code, answer.data) == (404, absent.data)
    assert dict(answer.headers) == dict(absent.headers)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text("./\\\0~aegrimpsyoutd ", max_size=24))
def test_whatever_is_asked_no_secret_is_read(folder: Path, path: str) -> None:
    content = roots.read(Root("acme", "arm", "", folder), path)
    assert content is None or content == b"def grip(): ...\n"


def test_a_root_shows_its_files_as_they_lie_there(rooted: World, folder: Path) -> None:
    scope = rooted.scope("alice")
    found = source.source_of(scope, "arm", ["abc"], "/srv/app/arms/grip.py")
    assert found.source
    assert found.source.text == "def grip(): ...\n"
    assert "as it lies there now" in found.note
    answer = rooted.client("alice").get("/source", query_string={"id": found.source.id})
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert str(folder) not in found.source.id
    named = source.source_of(scope, "leg", ["1.2"], "arms/grip.py")
    assert (named.note, named.source and named.source.revision) == ("", "1.2")


def test_a_root_is_its_orgs_alone(rooted: World) -> None:
    mine = source.source_of(rooted.scope("alice"), "arm", [], "arms/grip.py").source
    assert mine
    assert source.opened(rooted.scope("charlie"), mine.id) is None
    assert source.source_of(rooted.scope("charlie"), "arm", [], "arms/grip.py").source is None
    charlie = rooted.client("charlie")
    for org in ("", "acme"):
        query = {"id": mine.id, "org": org}
        assert charlie.get("/source", query_string=query).status_code == 404


@pytest.mark.parametrize(
    "setting", ["arm=/srv", "acme/arm", "acme/arm=relative", "/arm=/srv", "acme/=/srv", "=,x"]
)
def test_a_malformed_setting_is_refused_with_an_example(setting: str) -> None:
    with pytest.raises(RootError, match="Write organisation/service=folder"):
        roots.parsed(setting)
