"""The span panel in a real browser: opening, filtering, leading on, folding and closing."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from cast import span
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from website import Site

HTML = "<img src=x onerror=\"document.title='owned'\">"
TRACE = f"{1:032x}"
PANEL = "#trace-panel"
ROWS = "#trace-panel-attributes .attr"


@pytest.fixture(scope="module", autouse=True)
def _spans(site: Site) -> None:
    """A root, a call with both halves, a hostile span and one with more attributes than rows."""
    root = span("run", ms=500, user__tier="gold", user__name="ann", long="x" * 9_000)
    root.attributes.add(key=HTML).value.string_value = HTML + "\x1b"
    peers = [span("run", trace=9, number=100 + n, ago=400 + n, ms=n) for n in range(1, 40)]
    ask = {"trace": 1, "number": 2, "parent": 1}
    site.world.send("acme", root, span("other", trace=2, number=7, user__tier="iron"), *peers)
    site.world.send("acme", span("ask", kind=Span.SPAN_KIND_CLIENT, **ask), service="caller")
    site.world.send("acme", span("ask", kind=Span.SPAN_KIND_SERVER, **ask), service="callee")
    site.sign_in("alice")


def open_span(site: Site, number: int = 1) -> None:
    site.open(f"/trace?trace={TRACE}&span={number:016x}")
    site.browser.wait_for_contains_text("#trace-panel-head", "Duration")


def query(site: Site) -> dict[str, list[str]]:
    return parse_qs(urlsplit(site.driver.current_url).query)


def shown(site: Site) -> list[str]:
    """Names of the attributes that can be seen."""
    return [
        r.find_element(By.CSS_SELECTOR, ".attr-key").text
        for r in site.all(ROWS)
        if r.is_displayed()
    ]


def test_it_shows_the_span_that_the_link_names(site: Site) -> None:
    open_span(site)
    site.browser.wait_for_contains_text("#trace-panel-standing", "Slower than all 39 spans")
    assert site.one(f"{PANEL} h2").text == "run"
    site.until(lambda: "user.tier" in shown(site), "its attributes")
    assert HTML in shown(site)
    assert site.driver.title != "owned"
    assert len(site.all(".stand-here")) == 1
    assert [c for c in site.complaints() if "cytoscape" not in c] == []


def test_attributes_are_filtered_as_one_types(site: Site) -> None:
    open_span(site)
    site.until(lambda: len(shown(site)) == 4, "all attributes")
    site.type_into("#trace-panel-find", "GOLD")
    site.until(lambda: shown(site) == ["user.tier"], "the one with this value")
    site.browser.wait_for_text_to_equal("#trace-panel-found", "1 of 4")
    site.type_into("#trace-panel-find", "user.")
    site.until(lambda: shown(site) == ["user.name", "user.tier"], "two with this name")
    site.one("#trace-panel-find").send_keys(Keys.ESCAPE)
    assert site.one(PANEL).is_displayed()


def test_an_attribute_leads_to_the_spans_that_share_it(site: Site) -> None:
    open_span(site)
    site.until(lambda: len(shown(site)) == 4, "all attributes")
    row = next(r for r in site.all(ROWS) if "user.tier" in r.text)
    site.driver.execute_script("arguments[0].scrollIntoView()", row)
    row.find_element(By.CSS_SELECTOR, "a.tool").click()
    site.until(lambda: urlsplit(site.driver.current_url).path == "/traces", "the list")
    assert query(site) == {"q": ["attr.user.tier=gold"]}
    site.wait_for_rows("process", ["run"])
    assert len(site.column("process")) == 1
    site.driver.back()
    site.browser.wait_for_contains_text("#trace-panel-head", "Duration")


def test_a_long_value_unfolds_and_is_copied_whole(site: Site) -> None:
    site.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    open_span(site)
    site.until(lambda: len(shown(site)) == 4, "all attributes")
    for name, sent in (("long", "x" * 9_000), (HTML, HTML + "\x1b")):
        row = next(r for r in site.all(ROWS) if name in r.text)
        site.driver.execute_script("arguments[0].scrollIntoView()", row)
        button = row.find_element(By.CSS_SELECTOR, "[data-copy]")
        button.click()
        site.until(lambda b=button: b.text == "Copied", "the copy")
        script = "navigator.clipboard.readText().then(arguments[0])"
        assert site.driver.execute_async_script(script) == sent
    long = site.one(f"{ROWS} .long")
    long.find_element(By.TAG_NAME, "summary").click()
    site.until(lambda: long.find_element(By.CSS_SELECTOR, ".whole").is_displayed(), "all of it")


def test_the_other_half_of_a_call_is_one_click_away(site: Site) -> None:
    open_span(site, 2)
    site.browser.wait_for_contains_text(".panel-service", "caller")
    site.one(".panel-halves [aria-pressed=false]").click()
    site.browser.wait_for_contains_text(".panel-service", "callee")
    assert query(site)["span"] == [f"{2:016x}"]


def test_a_parent_is_one_click_away_and_back(site: Site) -> None:
    open_span(site, 2)
    site.driver.execute_script("document.querySelector('[data-section=about]').open = true")
    site.one("[data-section=about] [data-span]").click()
    site.browser.wait_for_text_to_equal(f"{PANEL} h2", "run")
    site.driver.back()
    site.browser.wait_for_text_to_equal(f"{PANEL} h2", "ask")


def test_what_was_folded_stays_folded(site: Site) -> None:
    open_span(site)
    section = site.one("[data-section=about]")
    assert not section.get_attribute("open")
    section.find_element(By.TAG_NAME, "summary").click()
    open_span(site, 2)
    again = site.one("[data-section=about]")
    site.until(lambda: again.get_attribute("open"), "an open section")
    again.find_element(By.TAG_NAME, "summary").click()
    kept = "return JSON.parse(localStorage.getItem('trace-panel-folds')).about"
    site.until(lambda: site.driver.execute_script(kept) is False, "a folded section")


def test_escape_closes_it_and_back_opens_it_again(site: Site) -> None:
    open_span(site)
    assert site.one(PANEL).is_displayed()
    site.one(f"{PANEL} h2").click()
    site.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    site.until(lambda: not site.one(PANEL).is_displayed(), "a closed panel")
    assert query(site) == {"trace": [TRACE]}
    site.driver.back()
    site.until(lambda: site.one(PANEL).is_displayed(), "the panel again")


def test_its_sections_are_reached_by_tab(site: Site) -> None:
    open_span(site)
    site.until(lambda: len(shown(site)) == 4, "all attributes")
    site.driver.execute_script("document.getElementById('trace-panel').focus()")
    reached = []
    for _ in range(30):
        site.driver.switch_to.active_element.send_keys(Keys.TAB)
        script = (
            "const at = document.activeElement;"
            "return at.matches('[data-section] > summary') ? at.parentElement.dataset.section : ''"
        )
        reached.append(site.driver.execute_script(script))
    sections = [name for name in reached if name]
    assert sections == ["standing", "attributes", "logs", "resource", "about"]


def test_another_tab_asks_nothing_of_the_panel_again(site: Site) -> None:
    open_span(site)
    site.until(lambda: len(shown(site)) == 4, "all attributes")
    count = (
        "return performance.getEntriesByType('resource')"
        ".filter((e) => e.name.includes('_dash-update-component')).length"
    )
    script = (
        "const real = window.fetch; window.asked = [];"
        "window.fetch = (r, o) => { if (o && o.body) window.asked.push(String(o.body)); "
        "return real(r, o); }"
    )
    assert site.driver.execute_script(count) > 0
    site.driver.execute_script(script)
    site.one("[data-tab=operations]").click()
    site.until(lambda: query(site).get("tab") == ["operations"], "another tab")
    site.until(lambda: site.driver.execute_script("return window.asked.length"), "its question")
    asked = site.driver.execute_script("return window.asked")
    assert not [body for body in asked if "trace-panel-head" in body]
