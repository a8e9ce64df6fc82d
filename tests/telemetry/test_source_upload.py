"""Sending source: a separate process, a real server, and everything that is refused with why."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cast import World
from werkzeug.test import TestResponse

from access import keys
from dashboards.serving import Web
from queries import source
from telemetry.source import manifests, rules

ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    world: World
    url: str


@pytest.fixture(scope="module")
def site(new_world: Callable[..., World]) -> Iterator[Site]:
    world = new_world()
    web = Web(world.app.server, "127.0.0.1", 0)
    web.start()
    yield Site(world, web.url)
    web.stop()


def send(
    site: Site, folder: Path, service: str, revision: str = "r1", key: str = "", *more: str
) -> subprocess.CompletedProcess[str]:
    """Run the uploader as somebody would, in a process of its own, from its one file."""
    return subprocess.run(
        [
            sys.executable,
            "-I",
            str(ROOT / "send_source.py"),
            str(folder),
            "--to",
            site.url,
            "--service",
            service,
            "--revision",
            revision,
            *more,
        ],
        env={**os.environ, "INGEST_KEY": key or site.world.keys["acme"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def post(world: World, said: Any, path: str = "", org: str = "acme", **more: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {world.keys[org]}", **more.pop("headers", {})}
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return world.app.server.test_client().post(
        f"/v1/source{path}",
        data=body,
        headers=headers,
        content_type=more.pop("content_type", "application/json"),
    )


def entry(path: str, content: bytes = b"x = 1\n", **changes: Any) -> dict[str, Any]:
    made = {"path": path, "sha256": sha256(content).hexdigest(), "size": len(content)}
    return {**made, **changes}


def manifest(*entries: dict[str, Any], service: str = "pay", revision: str = "r1") -> Any:
    return {"service": service, "revision": revision, "files": list(entries)}


# end to end


def test_a_folder_arrives_and_opens_as_it_was(site: Site, tmp_path: Path) -> None:
    text = "def grip() -> str:\r\n\treturn '</script> ☃'\n"
    (tmp_path / "arms").mkdir()
    (tmp_path / "arms" / "grip.py").write_bytes(text.encode())
    done = send(site, tmp_path, "arm")
    assert (done.returncode, done.stderr) == (0, "")
    assert "arm r1 is complete: 1 files, 1 contents sent." in done.stdout
    found = source.source_of(site.world.scope("alice"), "arm", ["r1"], "/app/src/arms/grip.py")
    assert found.source
    assert (found.source.text, found.source.path, found.note) == (text, "arms/grip.py", "")
    assert found.source.sha256 == sha256(text.encode()).hexdigest()


def test_sending_again_sends_nothing(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    assert "1 contents sent" in send(site, tmp_path, "twice").stdout
    assert "0 contents sent" in send(site, tmp_path, "twice").stdout
    (tmp_path / "b.py").write_text("a = 1\n")
    assert "2 files, 0 contents sent" in send(site, tmp_path, "twice", "r2").stdout


def test_what_is_no_source_is_named_and_the_rest_goes_through(site: Site, tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("good = True\n")
    (tmp_path / "large.csv").write_bytes(b"1,2\n" * 1_250_000)
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\0\0")
    (tmp_path / "latin.txt").write_bytes("Übergabe".encode("latin-1"))
    (tmp_path / ".env").write_text("SECRET=1\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("[core]\n")
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    done = send(site, tmp_path, "mixed")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "left out large.csv: The file is larger than 1 MiB (5,000,000 bytes).",
        "left out latin.txt: The file is not text in UTF-8.",
        "left out logo.png: The file is binary, not text.",
    ]
    scope = site.world.scope("alice")
    assert source.source_of(scope, "mixed", ["r1"], "good.py").source
    for path in ("large.csv", "logo.png", ".env", "config", "link.py"):
        assert source.source_of(scope, "mixed", ["r1"], path).source is None


def test_five_thousand_files_are_quick(site: Site, tmp_path: Path) -> None:
    for number in range(5_000):
        folder = tmp_path / f"part{number % 50}"
        folder.mkdir(exist_ok=True)
        (folder / f"m{number}.py").write_text(f"number = {number}\n")
    began = time.monotonic()
    done = send(site, tmp_path, "monolith")
    assert "5,000 files, 5,000 contents sent" in done.stdout, done.stderr
    began_again = time.monotonic()
    assert "0 contents sent" in send(site, tmp_path, "monolith").stdout
    assert began_again - began < 30
    assert time.monotonic() - began_again < 10
    (tmp_path / "one_more.py").write_text("")
    refused = send(site, tmp_path, "monolith")
    assert refused.returncode == 1
    assert "has 5,001 text files; a revision has at most 5,000" in refused.stderr


def test_a_wrong_key_says_so(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    done = send(site, tmp_path, "locked", key="obs_nothing")
    assert done.returncode == 1
    assert "401: This ingest key is not known" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_key_and_no_folder_say_so(site: Site, tmp_path: Path) -> None:
    assert "is no folder" in send(site, tmp_path / "nowhere", "x").stderr
    command = ["-m", "send_source", ".", "--to", "x", "--service", "x", "--revision", "x"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "INGEST_KEY" in done.stderr) == (1, True)


# walls


def test_each_org_has_its_own_source(site: Site, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("acme = 'only'\n")
    assert send(site, tmp_path, "vault").returncode == 0
    alice, charlie = site.world.scope("alice"), site.world.scope("charlie")
    mine = source.source_of(alice, "vault", ["r1"], "secret.py").source
    assert mine
    assert source.source_of(charlie, "vault", ["r1"], "secret.py").source is None
    assert source.revisions_of(charlie, "vault") == ()
    assert source.opened(charlie, mine.id) is None
    assert source.digests(charlie, mine) == {}
    answers = {
        site.world.client("charlie").get(f"/source?id={mine.id}{org}").data
        for org in ("", "&org=acme", "&org=nowhere")
    }
    answers.add(site.world.client("charlie").get("/source?id=" + "0" * 32).data)
    assert len(answers) == 1
    assert site.world.client("charlie").get(f"/source?id={mine.id}").status_code == 404
    assert site.world.client("alice").get(f"/source?id={mine.id}").data == b"acme = 'only'\n"
    assert site.world.client("sam").get(f"/source?id={mine.id}&org=acme").status_code == 200
    assert site.world.client().get(f"/source?id={mine.id}").status_code == 401


def test_an_org_does_not_learn_what_another_holds(world: World) -> None:
    """The same content is asked for again from each org, and kept for each."""
    said = manifest(entry("a.py"))
    assert post(world, said).json["missing"] == [said["files"][0]["sha256"]]
    assert post(world, {"contents": ["x = 1\n"]}, "/contents").json["stored"] == 1
    assert post(world, said).json["complete"] is True
    assert post(world, said, org="globex").json["missing"] == [said["files"][0]["sha256"]]


def test_contents_that_nobody_named_are_refused(world: World) -> None:
    answer = post(world, {"contents": ["x = 1\n"]}, "/contents").json
    assert answer["stored"] == 0
    assert "No manifest names this content" in answer["refused"][0]["why"]
    assert not list(world.app.settings.source_dir.rglob("*"))


def test_a_half_sent_revision_is_not_shown(world: World) -> None:
    said = manifest(entry("a.py", b"a"), entry("b.py", b"b"))
    assert len(post(world, said).json["missing"]) == 2
    post(world, {"contents": ["a"]}, "/contents")
    assert source.revisions_of(world.scope("alice"), "pay") == ()
    assert post(world, said).json["missing"] == [sha256(b"b").hexdigest()]
    post(world, {"contents": ["b"]}, "/contents")
    assert post(world, said).json == {
        "complete": True, "files": 2, "missing": [], "refused": [], "revision": "r1",
        "service": "pay",
    }  # fmt: skip
    assert [r.revision for r in source.revisions_of(world.scope("alice"), "pay")] == ["r1"]


def test_a_revision_sent_again_with_other_files_is_replaced_when_whole(world: World) -> None:
    def sent(text: str) -> None:
        said = manifest(entry("a.py", text.encode()))
        post(world, said)
        post(world, {"contents": [text]}, "/contents")
        assert post(world, said).json["complete"]

    def shown() -> str:
        found = source.source_of(world.scope("alice"), "pay", ["r1"], "a.py").source
        return found.text if found else ""

    sent("first")
    post(world, manifest(entry("a.py", b"second")))
    assert shown() == "first"
    sent("second")
    assert shown() == "second"
    kept = [p.name for p in world.app.settings.source_dir.rglob("*") if p.is_file()]
    assert kept == [sha256(b"second").hexdigest()]


# what is refused


@pytest.mark.parametrize(
    ("said", "path", "status", "says"),
    [
        (b"{", "", 400, "not JSON"),
        (b"[]", "", 400, "not a JSON object"),
        ({}, "", 400, "The service is a text of 1 to 200"),
        (manifest(entry("a.py"), service="a\0b"), "", 400, "The service is a text"),
        (manifest(entry("a.py"), revision="x" * 201), "", 400, "The revision is a text"),
        (manifest(), "", 400, "names no files"),
        (manifest("a.py"), "", 400, "Each file"),  # type: ignore[arg-type]
        (manifest(entry("../a.py")), "", 400, "None of the files can be kept"),
        (manifest(*[entry(f"{i}.py") for i in range(5_001)]), "", 413, "this one has 5,001"),
        (
            manifest(*[entry(f"{i}.py", size=rules.MOST_BYTES) for i in range(129)]),
            "",
            413,
            "134,217,728 bytes together",
        ),
        ({"contents": "x"}, "/contents", 400, "list of texts"),
        ({"contents": [1]}, "/contents", 400, "list of texts"),
        (b'{"contents": ["\\ud800"]}', "/contents", 400, "not JSON"),
        (b" " * (16 * 1024 * 1024 + 1), "", 413, "larger than 16777216 bytes"),
    ],
)
def test_a_wrong_request_is_refused_with_a_sentence(
    site: Site, said: Any, path: str, status: int, says: str
) -> None:
    answer = post(site.world, said, path)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert says in answer.json["message"]


def test_only_posts_of_json_with_a_key_are_taken(site: Site) -> None:
    client = site.world.app.server.test_client()
    assert client.get("/v1/source").status_code == 405
    assert client.post("/v1/source", json={}).status_code == 401
    assert post(site.world, b"", content_type="text/plain").status_code == 415
    bomb = gzip.compress(bytes(64 * 1024 * 1024), mtime=0)
    assert post(site.world, bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


def test_a_revoked_key_sends_no_more(world: World) -> None:
    made = keys.issue(world.app.records, "acme", "build", world.person("alice"))
    keys.revoke(world.app.records, made.id, world.person("alice"))
    world.keys["acme"] = made.secret
    assert post(world, manifest(entry("a.py"))).status_code == 401


def test_binary_content_is_refused_even_if_a_manifest_names_it(world: World) -> None:
    post(world, manifest(entry("a.py", b"\0")))
    answer = post(world, {"contents": ["\0"]}, "/contents").json
    assert answer["refused"][0]["why"] == "The file is binary, not text."


def test_one_bad_file_does_not_stop_the_others(world: World) -> None:
    bad = ["/etc/passwd", "a/../b", "a\\b", "a\0b", ".env", "a/.git/b", "a//b", "a/", "", "x" * 401]
    answer = post(world, manifest(entry("good.py"), *[entry(path) for path in bad])).json
    assert answer["files"] == 1
    assert [each["path"] for each in answer["refused"]] == [path[:400] for path in bad]
    assert all(each["why"].endswith(".") for each in answer["refused"])
    twice = manifest(entry("a.py", b"1"), entry("a.py", b"2"))
    assert post(world, twice).json["refused"][0]["why"] == "The path is there twice."


def test_an_org_cannot_fill_the_disk(new_world: Callable[..., World]) -> None:
    world = new_world(source_max_bytes=1024 * 1024)
    assert post(world, manifest(entry("a.py", size=900_000))).status_code == 200
    answer = post(world, manifest(entry("b.py", b"b", size=200_000), revision="r2"))
    assert answer.status_code == 413
    assert "OBSERVATORY_SOURCE_MAX_BYTES" in answer.json["message"]
    assert post(world, manifest(entry("a.py", size=900_000)), org="globex").status_code == 200


def test_old_revisions_go_and_take_their_contents(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "MOST_REVISIONS", 3)
    for number in range(5):
        said = manifest(entry("a.py", b"%d" % number), revision=f"r{number}")
        post(world, said)
        post(world, {"contents": [str(number)]}, "/contents")
        assert post(world, said).json["complete"]
    have = source.revisions_of(world.scope("alice"), "pay")
    assert [revision.revision for revision in have] == ["r4", "r3", "r2"]
    assert len([p for p in world.app.settings.source_dir.rglob("*") if p.is_file()]) == 3
