"""The process as a whole: starting, refusing to start with a sentence, serving, stopping."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from cast import World, span

from queries.reader import Reader

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0


def start(folder: Path, **settings: object) -> subprocess.Popen[str]:
    environment = {name: v for name, v in os.environ.items() if not name.startswith("OBSERVATORY_")}
    environment |= {f"OBSERVATORY_{name.upper()}": str(value) for name, value in settings.items()}
    environment["OBSERVATORY_DATA_DIR"] = str(folder)
    return subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # a job in the background of a shell would hand down that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout
    said = ""
    deadline = time.monotonic() + PATIENCE
    while words not in said and time.monotonic() < deadline:
        line = process.stdout.readline()
        if not line:
            break
        said += line
    assert words in said, said
    return said


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def test_it_starts_with_demo_data_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, port=port, demo_spans=3000)
    try:
        said = said_until(process, "Press Ctrl-C to stop.")
        assert f"Observatory is ready on http://127.0.0.1:{port}" in said
        assert "alice@acme.example" in said
        assert get(f"http://127.0.0.1:{port}/healthz") == {"status": "ok"}
        assert get(f"http://127.0.0.1:{port}/readyz") == {"status": "ready"}
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, rest
    assert "Traceback" not in said + rest


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"prot": "1"}, "Unknown setting: OBSERVATORY_PROT"),
        ({"port": "http"}, "Setting OBSERVATORY_PORT"),
        ({"records_url": "nonsense"}, "observatory: "),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    process = start(tmp_path, **settings)
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 2
    assert sentence in said
    assert "Traceback" not in said


def test_a_taken_port_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(tmp_path, port=taken.getsockname()[1], demo="off")
        said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 2
    assert "set OBSERVATORY_PORT to another one" in said
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    process = start(tmp_path / "file" / "data", port=free_port(), demo="off")
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 2
    assert "cannot be written" in said
    assert "Traceback" not in said


def test_it_is_not_ready_when_it_cannot_store(world: World) -> None:
    client = world.client()
    assert client.get("/readyz").status_code == 200
    world.app.spool.close()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.get_json()["reasons"]) == {"spool"}
    assert client.get("/healthz").status_code == 200


def test_it_is_not_ready_without_its_records(world: World) -> None:
    world.app.records.engine.dispose()
    (world.app.settings.data_dir / "records.sqlite").write_bytes(b"this is no database" * 100)
    answer = world.client().get("/readyz")
    assert answer.status_code == 503
    assert "records" in answer.get_json()["reasons"]


def test_it_cannot_answer_when_a_tables_log_is_broken(world: World) -> None:
    world.send("acme", span())
    for entry in (world.app.settings.lake_dir / "spans" / "_delta_log").glob("*.json"):
        entry.write_text("{this is no log")
    assert Reader(world.app.settings).trouble() == "The telemetry tables cannot be read."


@pytest.mark.parametrize(
    "path", ["/_dash-layout", "/_dash-dependencies", "/export/spans.csv", "/traces", "/x/y", "/"]
)
def test_nothing_is_open_without_signing_in(world: World, path: str) -> None:
    client = world.client()
    assert client.get(path).status_code in (302, 401)
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == (401 if "_dash" in path else 302)


def test_a_callback_is_closed_without_signing_in(world: World) -> None:
    body = {"output": "overview-errors.children", "inputs": [], "changedPropIds": []}
    assert world.client().post("/_dash-update-component", json=body).status_code == 401


def test_every_answer_carries_the_strict_headers(world: World) -> None:
    for path in ("/healthz", "/sign-in", "/assets/observatory.css", "/no/such/page"):
        with world.client().get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_callback_takes_the_place_of_another(world: World) -> None:
    """Two with the same outputs and inputs would silently become one in the browser."""
    wired = world.client("alice").get("/_dash-dependencies").get_json()
    outputs = [each["output"] for each in wired]
    assert sorted({each for each in outputs if outputs.count(each) > 1}) == []
