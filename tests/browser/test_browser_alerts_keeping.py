"""Variables, silences and channels in a real browser: open, silence, save, try, and Escape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import World, late, request_of, span
from dash.testing.browser import Browser
from selenium.webdriver.common.keys import Keys
from website import Site

from dashboards.serving import Web

BOARD = "alerts-variables-table"
HOSTILE = '<img src=x onerror="window.hacked=1">'


class Hook(BaseHTTPRequestHandler):
    """An endpoint that takes everything."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append(self.headers.get("webhook-signature", ""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(HOSTILE.encode())

    def log_message(self, *args: object) -> None:
        """Nothing on the console."""


@pytest.fixture(scope="module")
def hook() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(chrome: Browser, new_world: Callable[..., World]) -> Iterator[Site]:
    """A site whose webhooks may lead to this machine, where no tenant's may."""
    world = new_world(alert_allow_private=True)
    web = Web(world.app.server, "127.0.0.1", 0)
    world.app.server.test_client().get("/healthz")
    web.start()
    chrome.driver.get_log("browser")
    yield Site(world, web.url, chrome)
    chrome.driver.get("about:blank")
    web.stop()


@pytest.fixture(scope="module", autouse=True)
def _readings(site: Site) -> None:
    spans = [
        span("press", number=i + 1, ago=300 - 30 * i - late(), **{"aeos.data.force": 7 if i else 1})
        for i in range(9)
    ]
    spans += [
        span(
            "oven", number=i + 50, ago=300 - 30 * i - late(), **{"aeos.data.heat": f"{i}{HOSTILE}"}
        )
        for i in range(9)
    ]
    site.world.post("acme", request_of(*spans, service="hall"))
    site.world.settle()
    site.sign_in("alice")


def query(site: Site, name: str) -> str:
    return parse_qs(urlsplit(site.driver.current_url).query).get(name, [""])[0]


def is_open(site: Site, dialog: str) -> bool:
    return bool(
        site.driver.execute_script("return document.getElementById(arguments[0]).open", dialog)
    )


def test_a_stuck_variable_is_found_opened_and_led_to_its_spans(site: Site) -> None:
    site.open("/alerts?section=variables&range=1h")
    site.wait_for_rows("data", ["force", "heat"], BOARD)
    site.one(f"#{BOARD} .ag-row [col-id=data]").click()
    site.browser.wait_for_contains_text("#alerts-variables-head", "7 came 8 times in a row since")
    site.until(
        lambda: site.all("#alerts-variables-chart .scatterlayer path"), "the chart of readings"
    )
    assert "force" in query(site, "variable")
    site.type_into("#alerts-variables-find", "oven")
    site.wait_for_rows("data", ["heat"], BOARD)
    assert query(site, "find") == "oven"
    way = site.one(".variables-ways a")
    assert way.text == "Spans of this run"
    way.click()
    site.wait_for_rows("process", ["press"] * 8)
    assert site.driver.execute_script("return window.hacked") is None
    assert site.complaints() == []


def test_a_silence_is_made_with_a_preview_and_ended(site: Site) -> None:
    site.open("/alerts?section=silences&range=1h")
    site.one("#alerts-silences-new a").click()
    site.until(lambda: is_open(site, "alerts-silences-dialog"), "the dialog")
    site.one("#alerts-silences-matchers").send_keys("service=hall")
    site.browser.wait_for_contains_text("#alerts-silences-preview", "There are no alerts yet")
    site.one("#alerts-silences-comment").send_keys(HOSTILE)
    site.one("#alerts-silences-save").click()
    site.browser.wait_for_contains_text("#alerts-silences-list", "service=hall")
    site.until(lambda: not is_open(site, "alerts-silences-dialog"), "the dialog closed")
    assert query(site, "silence") == ""
    site.one(".silence-changes summary").click()
    site.one(".silence-changes [data-verb=end]").click()
    site.browser.wait_for_contains_text("#alerts-silences-list", "ended early")
    assert HOSTILE in site.one("#alerts-silences-list").text
    assert site.driver.execute_script("return window.hacked") is None
    assert site.complaints() == []


@pytest.mark.parametrize(("section", "name"), [("silences", "silence"), ("channels", "tab")])
def test_escape_closes_a_dialog_and_the_address_follows(
    site: Site, section: str, name: str
) -> None:
    site.open(f"/alerts?section={section}&{name}=new")
    dialog = f"alerts-{section}-dialog"
    site.until(lambda: is_open(site, dialog), "the dialog")
    site.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    site.until(lambda: query(site, name) == "", "the dialog left the address")
    assert not is_open(site, dialog)
    assert site.complaints() == []


def test_a_webhook_is_made_its_secret_shown_once_and_tried(site: Site, hook: str) -> None:
    site.open("/alerts?section=channels&tab=new")
    site.one("#alerts-channels-name").send_keys("Hall")
    site.one("#alerts-channels-url").send_keys(hook)
    site.one("#alerts-channels-save").click()
    site.until(lambda: is_open(site, "alerts-channels-secret-dialog"), "the secret")
    assert site.one("#alerts-channels-secret").text.startswith("whsec_")
    site.one("#alerts-channels-secret-close").click()
    site.until(
        lambda: (
            not site.driver.execute_script(
                "return document.getElementById('alerts-channels-secret').textContent"
            )
        ),
        "the secret gone",
    )
    site.browser.wait_for_contains_text("#alerts-channels-list", "nothing sent yet")
    site.one("#alerts-channels-list [data-verb=test]").click()
    site.browser.wait_for_contains_text("#alerts-channels-tried", "Trying Hall")
    site.world.app.sender.pump()
    site.browser.wait_for_contains_text("#alerts-channels-tried", "Hall took the test with 200")
    site.browser.wait_for_contains_text("#alerts-channels-log", HOSTILE)
    assert Hook.seen[0].startswith("v1,")
    assert site.driver.execute_script("return window.hacked") is None
    assert site.complaints() == []


def test_bob_sees_all_and_is_offered_nothing_to_change(site: Site) -> None:
    site.sign_in("bob")
    site.open("/alerts?section=channels")
    site.browser.wait_for_contains_text("#alerts-channels-list", "Hall")
    assert site.all("#alerts-channels-list [data-verb]") == []
    site.open("/alerts?section=silences")
    site.browser.wait_for_contains_text("#alerts-silences-list", "service=hall")
    assert site.all("#alerts-silences-new a") == []


def test_charlie_sees_nothing_of_acme(site: Site) -> None:
    site.sign_in("charlie")
    for section, sentence in (
        ("variables", "No watched variable was read"),
        ("silences", "Nothing is silenced."),
        ("channels", "There is no channel yet."),
    ):
        site.open(f"/alerts?section={section}&range=1h")
        site.browser.wait_for_contains_text(f"#alerts-section-{section}", sentence)
