"""Sharing in a real browser: links that keep their rows, an export from pre-flight to receipt."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import span
from selenium.webdriver.common.keys import Keys
from website import Site

SPANS = 120


@pytest.fixture(scope="module", autouse=True)
def _spans(site: Site) -> None:
    spans = [
        span(
            f"step {i}", trace=i // 10 + 1, number=i + 1, ago=120 + i, error="E" if i % 3 else None
        )
        for i in range(SPANS)
    ]
    site.world.send("acme", *spans, service="robot")
    site.world.send("globex", span("secret of globex", trace=901, number=901))
    site.sign_in("alice")


def opened(site: Site, search: str) -> None:
    site.open(f"/traces?{search}")
    site.until(lambda: site.column("process"), "rows")


def copied(site: Site, button: str, said: str) -> str:
    """The link that a click on `button` copies."""
    if not site.one("#share-menu").get_attribute("open"):
        site.one("#share-menu summary").click()
    site.one(button).click()
    site.browser.wait_for_contains_text("#share-said", said)
    link: str = site.one("#share-link").get_attribute("value")
    return link


def query(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query)


def test_a_copied_link_shows_the_same_rows_elsewhere(site: Site) -> None:
    opened(site, "range=1h&q=status:error")
    shown = site.column("process")
    as_it_is = copied(site, "#share-relative", "Copied. It shows what its range means")
    assert query(as_it_is) == {"range": ["1h"], "q": ["status:error"]}
    absolute = copied(site, "#share-absolute", "Copied. Its times stay")
    assert {"since", "until", "q"} == query(absolute).keys()
    pinned = copied(site, "#share-pinned", "Copied. It shows these rows, at version")
    assert {"since", "until", "q", "version"} == query(pinned).keys()
    site.world.send("acme", span("later", trace=950, number=950, ago=100, error="E"))
    site.world.settle(compact=True)
    site.sign_in("bob")
    site.driver.get(pinned)
    site.wait_for_rows("process", shown[:5])
    version = query(pinned)["version"][0]
    site.browser.wait_for_contains_text("#share-notice", f"Pinned to version {version}")
    site.one("#share-unpin").click()
    site.wait_for_rows("process", ["later", *shown[:4]])
    site.until(lambda: not site.one("#share-notice").is_displayed(), "the notice goes")
    site.driver.get(absolute)
    site.wait_for_rows("process", ["later", *shown[:4]])
    site.sign_in("alice")


def test_what_is_copied_is_in_the_clipboard_by_keyboard_too(site: Site) -> None:
    opened(site, "range=1h")
    site.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": site.url},
    )
    summary = site.one("#share-menu summary")
    summary.send_keys(Keys.ENTER)
    site.one("#share-absolute").send_keys(Keys.ENTER)
    site.browser.wait_for_contains_text("#share-said", "Copied. Its times stay")
    held = site.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[0], () => arguments[0](null))"
    )
    assert held == site.one("#share-link").get_attribute("value")
    site.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    site.until(lambda: not site.one("#share-menu").get_attribute("open"), "the menu closes")


def exported(site: Site, format_: str) -> tuple[Path, dict[str, Any]]:
    """The file that the dialog gives, and its receipt."""
    folder = Path(site.browser.download_path)
    before = set(folder.glob(f"*.{format_}"))
    site.one("#share-export").click()
    site.one(f"#share-format input[value={format_}]").click()
    site.until(lambda: site.one("#share-start").is_enabled(), "the pre-flight")
    site.browser.wait_for_contains_text("#share-preflight", " rows")
    site.one("#share-start").click()
    site.browser.wait_for_contains_text("#share-state", "Done: ")
    site.until(lambda: set(folder.glob(f"*.{format_}")) - before, "the file")
    (path,) = set(folder.glob(f"*.{format_}")) - before
    address = urlsplit(site.one("#share-receipt").get_attribute("href"))
    client = site.world.app.server.test_client()
    client.set_cookie("observatory_session", site.driver.get_cookie("observatory_session")["value"])
    receipt = client.get(address.path).get_json()
    site.one("#share-close").click()
    return path, receipt


def test_the_export_holds_what_the_screen_shows(site: Site) -> None:
    opened(site, "range=1h&q=status:error&zone=Asia/Tokyo")
    path, receipt = exported(site, "csv")
    data = path.read_bytes()
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    shown = site.column("process")
    assert [row["name"] for row in rows][: len(shown)] == shown
    assert {row["status"] for row in rows} == {"error"}
    assert {row["start_time"][-6:] for row in rows} == {"+09:00"}
    assert receipt["sha256"] == sha256(data).hexdigest()
    assert (receipt["rows"], receipt["bytes"]) == (len(rows), len(data))
    assert receipt["by"]["email"] == "alice@acme.example"
    assert (receipt["query"], receipt["zone"]) == ("status:error", "Asia/Tokyo")
    site.driver.get(site.url + receipt["link"])
    site.wait_for_rows("process", shown[:5])
    assert site.complaints() == []


def test_other_formats_hold_the_same_rows(site: Site) -> None:
    opened(site, "range=1h")
    path, receipt = exported(site, "ndjson")
    names = [json.loads(line)["name"] for line in path.read_text().splitlines()]
    shown = site.column("process")
    assert names[: len(shown)] == shown
    assert receipt["rows"] == len(names) >= SPANS


def test_nothing_is_exported_of_nothing(site: Site) -> None:
    site.open("/traces?range=1h&q=nobody-is-called-so")
    site.one("#share-export").click()
    site.browser.wait_for_contains_text("#share-preflight", "No rows match")
    assert not site.one("#share-start").is_enabled()
    site.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    site.until(lambda: not site.one("#share-export-dialog").is_displayed(), "the dialog closes")


def test_lines_for_a_notebook_can_be_copied(site: Site) -> None:
    opened(site, "range=1h&q=status:error")
    site.one("#share-menu summary").click()
    site.one("#share-notebook").click()
    site.browser.wait_for_contains_text("#share-notebook-text", "import duckdb")
    assert "'error'" in site.one("#share-notebook-text").text
    site.one("#share-notebook-copy").click()
    site.browser.wait_for_contains_text("#share-notebook-said", "Copied.")
    site.one("#share-notebook-close").click()
    assert site.complaints() == []
