"""The source pane in a real browser: the code that ran, as text, with badges that lead to spans."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import span
from website import Site

ROOT = Path(__file__).parents[2]
HOSTILE = "</script><img src=x onerror='document.title=1'>"
OLD = [f"# line {n}" for n in range(1, 900)]
NEW = [*OLD]
OLD[499:502] = ["def grip(hand):", f'    say("{HOSTILE}")', "    return hand"]
NEW[499:502] = ["def grip(hand):", '    say("closed")', "    return hand"]
AT = "/code?function=grip&service=arm&range=1h"


@pytest.fixture(scope="module", autouse=True)
def _source(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    for revision, lines, ago in (("r1", OLD, 1800), ("r2", NEW, 60)):
        folder = tmp_path_factory.mktemp(revision)
        (folder / "grip.py").write_text("\n".join(lines) + "\n")
        command = [str(ROOT / "send_source.py"), str(folder), "--to", site.url]
        subprocess.run(
            [sys.executable, *command, "--service", "arm", "--revision", revision],
            env={"INGEST_KEY": site.world.keys["acme"]},
            check=True,
            capture_output=True,
        )
        made = span(
            "grip", trace=ago, number=ago, ago=ago, error="Broken" if revision == "r1" else None,
            code__function__name="grip", code__file__path="/srv/grip.py", code__line__number=500,
            vcs__ref__head__revision=revision,
        )  # fmt: skip
        site.world.send("acme", made, service="arm")
    site.sign_in("alice")


def text_of(site: Site, row: int, side: str = ":last-child") -> str:
    element = site.one(f'.source-row[data-row="{row}"] .source-text{side}')
    return str(element.get_property("textContent"))


def test_the_function_is_in_sight_and_its_spans_one_click_away(site: Site) -> None:
    site.open(AT)
    site.until(lambda: text_of(site, 501) == '    say("closed")', "the newest code")
    here = site.one(".source-here")
    assert here.is_displayed()
    top = site.driver.execute_script(
        "const sheet = document.getElementById('code-source-sheet').getBoundingClientRect();"
        "const row = arguments[0].getBoundingClientRect();"
        "return row.top >= sheet.top && row.bottom <= sheet.bottom",
        here,
    )
    assert top
    badge = site.one('.source-row[data-line="500"] .source-badge')
    assert badge.text.split() == ["1", "10.0", "ms"]
    site.one('.source-row[data-line="500"] .source-text').click()
    site.until(lambda: "/traces" in site.driver.current_url, "the Trace Explorer")
    (search,) = parse_qs(urlsplit(site.driver.current_url).query)["q"]
    assert search == 'service=arm file="/srv/grip.py" line=500 revision=r2'
    site.until(lambda: site.column("process") == ["grip"], "the span")


def test_an_old_revision_shows_old_hostile_code_as_text(site: Site) -> None:
    site.open(AT + "&revision=r1")
    site.until(lambda: HOSTILE in text_of(site, 501), "the old code")
    assert site.all("#code-source img") == []
    assert site.driver.title.startswith("Code Inspector")
    errors = site.one('.source-row[data-line="500"] .source-errors')
    assert errors.text == "1"


def test_two_revisions_and_more_lines(site: Site) -> None:
    site.open(AT + "&against=r1")
    site.until(lambda: site.all(".source-changed"), "a difference")
    (row,) = site.all(".source-changed")
    sides = [each.get_property("textContent") for each in row.find_elements("tag name", "code")]
    assert sides == [f'    say("{HOSTILE}")', '    say("closed")']
    assert "1 difference" in site.one(".source-jumps").text
    site.open(AT)
    site.until(lambda: text_of(site, 501) == '    say("closed")', "one revision again")
    assert site.all('.source-row[data-row="50"]') == []
    more = site.one(".source-more")
    assert "99 more" in more.text
    site.driver.execute_script("arguments[0].click()", more)
    assert site.until(lambda: text_of(site, 50) == "# line 50", "the lines above")
    assert text_of(site, 501) == '    say("closed")'


def test_nothing_was_complained_about(site: Site) -> None:
    severe = [e for e in site.driver.get_log("browser") if e["level"] == "SEVERE"]
    assert [e for e in severe if "favicon" not in e["message"]] == []
