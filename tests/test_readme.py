"""What the README promises a newcomer: its ten lines of Python reach the page."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from cast import NOW, World

from dashboards.serving import Web
from queries import search, traces
from queries.filters import Page, TimeRange, TraceFilters

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_its_python_lines_send_a_span_from_another_process(world: World) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    web = Web(world.app.server, "127.0.0.1", 0)
    web.start()
    program = f"URL = {web.url!r}\nKEY = {world.keys['acme']!r}\n{lines}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    web.stop()
    assert (done.returncode, done.stderr) == (0, "")
    world.settle()
    day = TraceFilters(TimeRange(NOW - timedelta(hours=1), NOW + timedelta(hours=1)))
    (row,) = traces.search(world.scope("alice"), day, Page()).rows
    assert (row["name"], row["service_name"]) == ("pay", "checkout")
    assert (row["data_name"], row["data_type"], row["data_value"]) == (
        "basket_eur",
        "double",
        "42.5",
    )
    assert traces.search(world.scope("charlie"), day, Page()).rows == []


def test_every_command_it_names_exists() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`?make (\w+)", README)) <= targets


def test_every_file_it_links_exists() -> None:
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (root / link).exists()] == []


def test_every_search_of_the_readme_is_one() -> None:
    section = README.split("### Search")[1].split("###")[0]
    examples = {
        text
        for line in section.splitlines()
        if line.startswith("| `")
        for text in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    signs = {">>", "<", "<<", "with"}
    assert signs < examples
    for text in examples - signs:
        assert search.condition(text).sql != "true", text
    (whole,) = re.findall(r"^    (service:.+)$", section, re.MULTILINE)
    assert len(search.terms(whole)) == 7
