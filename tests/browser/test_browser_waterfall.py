"""One trace in a real browser: opening, folding, finding, zooming, windows, growing, keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import span
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from website import Site

GRID = "trace-waterfall-grid"
SHOP, BROKEN, LONG = 1, 2, 3
LONG_SPANS = 5_000


@pytest.fixture(scope="module", autouse=True)
def _traces(site: Site) -> None:
    """A shop's trace with 40 identical leaves, a broken one, and one of 5,000 spans."""
    shop = [
        span("checkout", trace=SHOP, number=1, ago=60, ms=5_000),
        span("reserve", trace=SHOP, number=2, parent=1, ago=59.5, ms=500),
        span("lock", trace=SHOP, number=3, parent=2, ago=59.4, ms=100),
        span("query", trace=SHOP, number=4, parent=1, ago=58, ms=900),
        span("pay", trace=SHOP, number=5, parent=1, ago=56, ms=400, error="CardRefused"),
        *(
            span("read row", trace=SHOP, number=100 + i, parent=4, ago=57.9 - i * 0.01, ms=i + 1)
            for i in range(40)
        ),
    ]
    broken = [
        span("start", trace=BROKEN, number=201, ago=60, ms=1_000),
        span("lost one", trace=BROKEN, number=202, parent=0xABC, ago=59.8, ms=100),
        span("lost two", trace=BROKEN, number=203, parent=0xABC, ago=59.6, ms=100),
        span("self", trace=BROKEN, number=204, parent=204, ago=59.5, ms=100),
        span("\n", trace=BROKEN, number=205, parent=201, ago=59.4, ms=100, text="x" * 30_000),
    ]
    long = [
        span(
            f"step {i}",
            trace=LONG,
            number=1_000 + i,
            parent=1_000 + i - i % 10 if i % 10 else (1_000 if i else None),
            ago=3_000 - i * 0.1,
            ms=50,
        )
        for i in range(LONG_SPANS)
    ]
    site.world.send("acme", *shop, *broken, *long, service="shop")
    site.world.send("globex", span("turbine", trace=99, number=99))
    site.sign_in("alice")


@pytest.fixture(autouse=True)
def _console(site: Site) -> Iterator[None]:
    site.complaints()
    yield
    assert [line for line in site.complaints() if "wheel sensitivity" not in line] == []


def address(trace: int, **more: str) -> str:
    return f"/trace?trace={trace:032x}" + "".join(f"&{k}={v}" for k, v in more.items())


def names(site: Site) -> list[str]:
    """What the rows are called, from the top."""
    script = (
        "return [...document.querySelectorAll('#' + arguments[0] + ' .ag-row')]"
        ".sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))"
        ".map(r => r.querySelector('.wf-words')).map(w => w ? w.textContent : null)"
    )
    found: list[str] = site.driver.execute_script(script, GRID)
    return found


def wait_for_names(site: Site, *expected: str) -> None:
    try:
        site.until(lambda: names(site) == list(expected), f"rows {expected}")
    except Exception as error:
        seen = (names(site), query(site), site.one("#trace-waterfall-face").text)
        raise AssertionError(f"{seen} instead of {expected}") from error


def row(site: Site, name: str) -> Any:
    """The cell with that name."""
    site.until(lambda: name in names(site), f"a row {name}")
    return next(
        cell
        for cell in site.all(f"#{GRID} .ag-cell[col-id=name]")
        if any(name == line for line in cell.text.split("\n"))
    )


def query(site: Site) -> dict[str, str]:
    found = parse_qs(urlsplit(site.driver.current_url).query)
    return {name: values[0] for name, values in found.items()}


SHOPS = ("checkout", "reserve", "lock", "query", "read row", "pay")


def test_a_link_opens_the_trace_with_its_facts(site: Site) -> None:
    site.open(address(SHOP, q="service:shop"))
    wait_for_names(site, *SHOPS)
    head = site.one("#trace-head").text
    for fact in ("checkout", "shop", "5.00 s", "45", f"{SHOP:032x}", "UTC"):
        assert fact in head
    assert "× 40" in row(site, "read row").text
    assert site.column("duration", GRID)[4] == "p95 38.0 ms"
    back = site.one(".trace-top .back").get_attribute("href")
    assert parse_qs(urlsplit(back).query) == {"q": ["service:shop"]}
    assert urlsplit(back).path == "/traces"


def test_a_click_folds_and_unfolds(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    row(site, "reserve").find_element("css selector", ".wf-fold").click()
    wait_for_names(site, "checkout", "reserve", "query", "read row", "pay")
    fold = row(site, "reserve").find_element("css selector", ".wf-fold")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.click()
    wait_for_names(site, *SHOPS)
    row(site, "read row").find_element("css selector", ".wf-fold").click()
    site.until(lambda: names(site).count("read row") > 10, "the members of the group")
    assert "span" not in query(site)


def test_levels_open_and_shut_one_by_one_and_all_at_once(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    site.one("#trace-waterfall-shut-all").click()
    wait_for_names(site, "checkout")
    site.one("#trace-waterfall-deeper").click()
    wait_for_names(site, "checkout", "reserve", "query", "pay")
    site.one("#trace-waterfall-open-all").click()
    wait_for_names(site, *SHOPS)
    site.one("#trace-waterfall-shallower").click()
    wait_for_names(site, "checkout", "reserve", "query", "pay")


def test_it_all_works_by_keyboard(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    site.driver.execute_script(f"dash_ag_grid.getApi('{GRID}').setFocusedCell(0, 'name')")
    keys = ActionChains(site.driver)
    keys.send_keys(Keys.ARROW_DOWN, Keys.ARROW_LEFT).perform()
    wait_for_names(site, "checkout", "reserve", "query", "read row", "pay")
    ActionChains(site.driver).send_keys(Keys.ARROW_RIGHT).perform()
    wait_for_names(site, *SHOPS)
    # right again goes to the first child, left back to the parent
    ActionChains(site.driver).send_keys(Keys.ARROW_RIGHT, Keys.ENTER).perform()
    site.until(lambda: query(site).get("span") == f"{3:016x}", "the panel of lock")
    site.until(lambda: site.one("#trace-panel").is_displayed(), "the panel")
    site.driver.back()
    site.until(lambda: "span" not in query(site), "no span")


def test_a_click_on_a_row_opens_its_span(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    row(site, "pay").click()
    site.until(lambda: query(site).get("span") == f"{5:016x}", "pay in the link")
    site.browser.wait_for_contains_text("#trace-panel", "CardRefused")
    site.until(lambda: len(site.all(f"#{GRID} .wf-chosen")) == 1, "the chosen row")


def test_find_goes_from_match_to_match(site: Site) -> None:
    site.open(address(LONG))
    site.until(lambda: "step 0" in names(site), "the first rows")
    site.type_into("#trace-waterfall-find", "step 4321")
    site.browser.wait_for_contains_text("#trace-waterfall-found", "1 of 1")
    site.until(lambda: "step 4321" in names(site), "the match on the screen")
    site.type_into("#trace-waterfall-find", "STEP 49")
    site.browser.wait_for_contains_text("#trace-waterfall-found", "1 of 111")
    site.one("#trace-waterfall-find").send_keys(Keys.ENTER)
    site.browser.wait_for_contains_text("#trace-waterfall-found", "2 of 111")
    site.one("#trace-waterfall-previous").click()
    site.one("#trace-waterfall-previous").click()
    site.browser.wait_for_contains_text("#trace-waterfall-found", "111 of 111")
    site.until(lambda: "step 4999" in names(site), "the last match")
    site.type_into("#trace-waterfall-find", "no such step")
    site.browser.wait_for_contains_text("#trace-waterfall-found", "no match")


def held(site: Site) -> int:
    """Rows that the browser holds of the trace."""
    script = (
        f"let n = 0; dash_ag_grid.getApi('{GRID}').forEachNode(row => n += row.data ? 1 : 0);"
        "return n"
    )
    return int(site.driver.execute_script(script))


def test_a_link_into_the_depth_scrolls_there_and_holds_few_rows(site: Site) -> None:
    site.open(address(LONG, span=f"{1_000 + 4_000:016x}"))
    site.until(lambda: "step 4000" in names(site), "the span of the link")
    site.until(lambda: len(site.all(f"#{GRID} .wf-chosen")) == 1, "the chosen row")
    for line in (0, 1_000, 2_000, 3_000, 4_999):
        site.driver.execute_script(
            f"dash_ag_grid.getApi('{GRID}').ensureIndexVisible({line}, 'middle')"
        )
        site.until(lambda line=line: f"step {line}" in names(site), f"step {line}")
        assert held(site) <= 600
        assert len(site.all(f"#{GRID} .ag-row")) <= 60
    site.browser.wait_for_contains_text("#trace-waterfall-summary", "5,000 rows")


def test_a_drag_over_the_minimap_zooms_and_a_double_click_shows_all(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    site.until(lambda: site.all(".wf-skyline"), "the skyline")
    box = site.one(".wf-minimap")
    left = -box.size["width"] // 2
    drag = ActionChains(site.driver)
    drag.move_to_element_with_offset(box, left + box.size["width"] * 3 // 4, 0).click_and_hold()
    drag.move_by_offset(box.size["width"] // 8, 0).release().perform()
    site.until(lambda: "zoom" in query(site), "the zoom in the link")
    begins, ends = (int(ns) for ns in query(site)["zoom"].split("-"))
    assert abs(begins - 3_750_000_000) < 60_000_000
    assert abs(ends - 4_375_000_000) < 60_000_000
    # reserve was over long before
    site.until(lambda: len(site.all(f"#{GRID} .wf-off-left")) >= 3, "bars before the zoom")
    assert "4 s" in site.one(".wf-axis").text
    ActionChains(site.driver).double_click(box).perform()
    site.until(lambda: "zoom" not in query(site), "the whole trace")
    site.until(lambda: not site.all(f"#{GRID} .wf-off"), "every bar")


def test_a_link_with_a_zoom_begins_where_the_zoom_begins(site: Site) -> None:
    site.open(address(LONG, zoom="400000000000-410000000000"))
    site.until(lambda: "step 4000" in names(site), "the first span of the zoom")
    assert "step 0" not in names(site)


def test_only_what_matches_is_shown_with_its_ancestors(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    site.type_into("#trace-waterfall-only", "status:error OR name:lock")
    wait_for_names(site, "checkout", "reserve", "lock", "pay")
    assert query(site)["only"] == "status:error OR name:lock"
    site.type_into("#trace-waterfall-only", "name:(")
    site.until(lambda: site.all("#trace-waterfall-face .face-failed"), "what is wrong with it")
    site.open(address(SHOP, only="name:nobody"))
    site.browser.wait_for_contains_text("#trace-waterfall-face", "No span of this trace matches")


def test_short_spans_can_be_hidden_and_a_span_can_be_the_root(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    site.type_into("#trace-waterfall-short", "450ms")
    wait_for_names(site, "checkout", "reserve", "query")
    assert query(site)["short"] == "450ms"
    site.open(address(SHOP, span=f"{2:016x}"))
    wait_for_names(site, *SHOPS)
    site.one("#trace-waterfall-root").click()
    wait_for_names(site, "reserve", "lock")
    assert query(site)["root"] == f"{2:016x}"
    site.one("#trace-waterfall-whole").click()
    wait_for_names(site, *SHOPS)


def test_oddities_are_said_and_lead_to_their_spans(site: Site) -> None:
    site.open(address(BROKEN))
    wait_for_names(site, "start", "␊", f"missing span {0xABC:016x}", "lost one", "lost two", "self")
    odd = {button.text for button in site.all(".oddity")}
    assert odd == {"2 orphans", "1 cycle"}
    site.one(".oddity[data-jump=cycles]").click()
    site.until(lambda: "self" in (site.all(".wf-here") or [row(site, "start")])[0].text, "self")
    missing = row(site, f"missing span {0xABC:016x}")
    assert "2 spans name it as parent" in missing.text
    missing.find_element("css selector", ".wf-fold").click()
    wait_for_names(site, "start", "␊", f"missing span {0xABC:016x}", "self")


def test_what_a_trace_gains_is_offered_not_pushed(site: Site) -> None:
    site.open(address(BROKEN))
    site.until(lambda: "self" in names(site), "the rows")
    late = span("latecomer", trace=BROKEN, number=206, parent=201, ago=59.3, ms=100)
    site.world.send("acme", late, service="shop")
    site.driver.execute_script("dash_clientside.set_props('shell-tick', {data: 1})")
    site.browser.wait_for_contains_text("#trace-gained", "Gained 1 span since you opened it")
    assert "latecomer" not in names(site)
    site.one("#trace-gained").click()
    site.until(lambda: "latecomer" in names(site), "the latecomer")
    site.until(lambda: not site.one("#trace-gained").is_displayed(), "nothing more to show")


def test_tabs_stand_in_the_link(site: Site) -> None:
    site.open(address(SHOP))
    wait_for_names(site, *SHOPS)
    site.one("#trace-tab-flame").click()
    site.until(lambda: query(site).get("tab") == "flame", "the tab in the link")
    assert not site.one(f"#{GRID}").is_displayed()
    site.driver.back()
    site.until(lambda: site.one(f"#{GRID}").is_displayed(), "the waterfall again")


def test_charlie_sees_no_trace_of_acme(site: Site) -> None:
    site.sign_in("charlie")
    site.open(address(SHOP))
    site.browser.wait_for_contains_text("#trace-head", "There is no such trace")
    assert "reserve" not in site.driver.page_source
    assert not site.one("#trace-body").is_displayed()
    site.open(address(99))
    site.browser.wait_for_contains_text("#trace-head", "turbine")
    site.sign_in("alice")
