"""The Trace Explorer's list in a real browser: pages, rows that open, columns, views, keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import NOW, World, span
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys
from website import Site

from dashboards.shell.keys import KEYS, Action

SPANS = 250
FOLDED = '.expander[aria-expanded="false"]'
OPEN = '.expander[aria-expanded="true"]'


@pytest.fixture(scope="module", autouse=True)
def _spans(site: Site) -> None:
    """250 spans of acme, a second apart, every fiftieth an error, in traces of ten."""
    spans = [
        span(
            f"step {i}",
            trace=i // 10 + 1,
            number=i + 1,
            parent=i // 10 * 10 + 10 if i % 10 != 9 else None,
            ago=120 + i,
            error="TimeoutError" if i % 50 == 7 else None,
            aeos__data__pressure=1.5,
            user__tier="gold" if i % 2 else "free",
        )
        for i in range(SPANS)
    ]
    site.world.send("acme", *spans, service="robot", **{"aeos.process_group": "arms"})
    site.world.send("acme", span("bill", trace=900, number=900, ago=5000), service="billing")
    site.world.send(
        "acme",
        span("top", trace=800, number=1, ago=9000),
        span("middle", trace=800, number=2, parent=1, ago=8999),
        span("bottom", trace=800, number=3, parent=2, ago=8998),
        span("lost", trace=800, number=4, parent=0x99, ago=8997),
        service="family",
    )
    site.world.send("globex", span("secret of globex", trace=901, number=901))
    site.sign_in("alice")


def query(site: Site) -> dict[str, list[str]]:
    return parse_qs(urlsplit(site.driver.current_url).query)


def press(site: Site, *keys: str) -> None:
    """Keys to whatever has the focus."""
    ActionChains(site.driver).send_keys(*keys).perform()


def hold(site: Site, held: str, key: str) -> None:
    """A key while another is held down."""
    ActionChains(site.driver).key_down(held).send_keys(key).key_up(held).perform()


def go(site: Site, path: str) -> None:
    """To another address without loading the page again, as a link does."""
    site.driver.execute_script(
        "history.pushState({}, '', arguments[0]);"
        "window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'))",
        path,
    )


def focus(site: Site, row: int, field: str = "process") -> None:
    site.driver.execute_script(
        "document.querySelector(`#traces-table [row-index='${arguments[0]}']"
        " [col-id=${arguments[1]}]`).focus()",
        row,
        field,
    )


def headings(site: Site) -> list[str]:
    script = (
        "return [...document.querySelectorAll('#traces-table .ag-header-cell')]"
        ".sort((a, b) => a.getAttribute('aria-colindex') - b.getAttribute('aria-colindex'))"
        ".map(h => h.querySelector('.ag-header-cell-text').innerText)"
    )
    texts: list[str] = site.driver.execute_script(script)
    return texts


def family(site: Site, folded: int = 2) -> None:
    """Open the list of the small family, and wait until it is known who has children."""
    site.driver.execute_script("sessionStorage.clear()")
    site.open("/traces?q=service:family")
    site.wait_for_rows("process", ["lost", "bottom", "middle", "top"])
    site.until(lambda: len(site.all(FOLDED)) == folded, "expanders")


def index_of(site: Site, name: str) -> int:
    return site.column("process").index(name)


def test_it_shows_the_seven_columns_newest_first(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0", "step 1", "step 2"])
    assert headings(site) == [
        *("Process", "Data", "Data Type", "Data Value", "Timestamp", "Status", "Exception")
    ]
    assert site.column("data")[0] == "pressure"
    assert site.column("data_type")[0] == "double"
    assert site.column("data_value")[0] == "1.5"
    assert site.complaints() == []


def test_pages_lead_on_and_back_and_the_back_button_too(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    assert not site.one("#traces-newer").is_enabled()
    site.one("#traces-older").click()
    site.wait_for_rows("process", ["step 100"])
    site.one("#traces-older").click()
    site.wait_for_rows("process", ["step 200"])
    site.until(lambda: not site.one("#traces-older").is_enabled(), "no older page")
    site.one("#traces-newer").click()
    site.wait_for_rows("process", ["step 100"])
    site.driver.back()
    site.wait_for_rows("process", ["step 200"])
    site.driver.back()
    site.wait_for_rows("process", ["step 100"])
    site.driver.forward()
    site.wait_for_rows("process", ["step 200"])
    site.one("#traces-first").click()
    site.wait_for_rows("process", ["step 0"])


def test_a_time_can_be_jumped_to(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    press(site, "t")
    moment = NOW - timedelta(seconds=220)
    press(site, f"{moment:%Y-%m-%d %H:%M:%S}", Keys.ENTER)
    site.wait_for_rows("process", ["step 100", "step 101"])
    assert "after" in query(site)
    site.type_into("#traces-jump-box", "noon")
    press(site, Keys.ENTER)
    site.browser.wait_for_contains_text("#traces-jump-error", "Write a time as 14:05")


def test_a_row_opens_in_place_and_deeper_and_closes(site: Site) -> None:
    family(site)
    site.all(FOLDED)[1].click()
    site.wait_for_rows("process", ["lost", "bottom", "middle", "top", "middle"])
    assert site.all("#traces-table .place")[4].value_of_css_property("padding-left") == "16px"
    site.all(FOLDED)[1].click()
    site.wait_for_rows("process", ["lost", "bottom", "middle", "top", "middle", "bottom"])
    requests = "return performance.getEntriesByType('resource').length"
    before = site.driver.execute_script(requests)
    site.all(OPEN)[0].click()
    site.until(lambda: len(site.column("process")) == 4, "the row is closed")
    assert site.driver.execute_script(requests) == before
    assert site.all("#traces-table .mark-odd")[0].text == "orphan"
    title = site.all("#traces-table .place")[0].get_attribute("title")
    assert title == f"orphan: parent {0x99:016x} is missing"


def test_rows_open_by_keyboard(site: Site) -> None:
    family(site)
    focus(site, 3)
    press(site, Keys.ARROW_RIGHT)
    site.wait_for_rows("process", ["lost", "bottom", "middle", "top", "middle"])
    press(site, Keys.ARROW_DOWN, Keys.ENTER)
    site.wait_for_rows("process", ["lost", "bottom", "middle", "top", "middle", "bottom"])
    press(site, "j", Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    site.until(lambda: len(site.column("process")) == 5, "middle is closed again")
    press(site, "k", Keys.ENTER)
    site.until(lambda: len(site.column("process")) == 4, "top is closed again")
    focus(site, 0)
    press(site, Keys.ENTER)
    site.browser.wait_for_contains_text("#traces-said", "no children")


def test_open_rows_stay_open_over_pages_refresh_and_reload(site: Site) -> None:
    site.driver.execute_script("sessionStorage.clear()")
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    site.until(lambda: site.all(FOLDED), "expanders")
    root = index_of(site, "step 9")
    site.all(FOLDED)[0].click()
    opened = ["step 9", "step 8", "step 7"]
    site.until(lambda: site.column("process")[root : root + 3] == opened, "its children")
    press(site, "n")
    site.wait_for_rows("process", ["step 100"])
    press(site, "p")
    site.wait_for_rows("process", ["step 0"])
    site.until(lambda: site.column("process")[root : root + 3] == opened, "open on the way back")
    site.driver.execute_script("document.querySelector('#traces-table').dataset.old = 'yes'")
    press(site, "r")
    site.until(lambda: site.column("process")[root : root + 3] == opened, "open after a refresh")
    site.driver.refresh()
    site.wait_for_rows("process", ["step 0"])
    site.until(lambda: site.column("process")[root : root + 3] == opened, "open after a reload")


def test_a_trace_opens_to_its_roots(site: Site) -> None:
    site.driver.execute_script("sessionStorage.clear()")
    site.open("/traces?mode=traces&q=service:family")
    site.wait_for_rows("process", ["top"])
    assert site.column("orphans") == ["1"]
    site.all(FOLDED)[0].click()
    site.wait_for_rows("process", ["top", "top", "lost"])


def test_a_row_opens_its_trace_and_back_returns_to_it(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    site.one("#traces-older").click()
    site.wait_for_rows("process", ["step 100"])
    focus(site, 3)
    press(site, "o")
    site.until(lambda: urlsplit(site.driver.current_url).path == "/trace", "the trace")
    assert query(site)["trace"] == [f"{11:032x}"]
    assert query(site)["span"] == [f"{104:016x}"]
    site.driver.back()
    site.wait_for_rows("process", ["step 100"])
    site.until(
        lambda: site.driver.switch_to.active_element.text.startswith("step 103"), "the same row"
    )


def test_columns_are_added_moved_resized_and_removed(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    press(site, "c", "user.tier")
    site.one('[data-add="attr.user.tier"]')
    press(site, Keys.ENTER)
    site.until(lambda: headings(site)[-1] == "user.tier", "the new column")
    cells = "#traces-table .ag-row [col-id='attr.user.tier']"
    site.until(lambda: {"free", "gold"} <= {cell.text for cell in site.all(cells)}, "its values")
    for _ in range(6):
        site.one('[data-focus="upattr.user.tier"]').click()
    site.until(lambda: headings(site)[1] == "user.tier", "moved to the left")
    site.one('[data-focus="offexception"]').click()
    site.until(lambda: "Exception" not in headings(site), "removed")
    press(site, Keys.ESCAPE)
    handle = site.one('#traces-table [col-id="process"] .ag-header-cell-resize')
    ActionChains(site.driver).drag_and_drop_by_offset(handle, 60, 0).perform()
    site.until(lambda: ":" in query(site)["cols"][0], "the width in the link")
    wanted = headings(site)
    site.driver.refresh()
    site.wait_for_rows("process", ["step 0"])
    site.until(lambda: headings(site) == wanted, "the same after a reload")
    site.open("/traces")
    site.until(lambda: headings(site) == wanted, "remembered without a link")
    go(site, "/traces?cols=process,data")
    site.until(lambda: headings(site) == ["Process", "Data"], "the link wins")
    press(site, "c")
    site.one('[data-focus="reset"]').click()
    site.until(lambda: len(headings(site)) == 7, "the default again")
    assert site.complaints() == []


def test_headers_are_dragged(site: Site) -> None:
    site.open("/traces?cols=process,status,time")
    site.until(lambda: headings(site) == ["Process", "Status", "Timestamp"], "three columns")
    moved = site.one('#traces-table .ag-header-cell[col-id="time"]')
    there = site.one('#traces-table .ag-header-cell[col-id="process"]')
    drag = ActionChains(site.driver, duration=60).click_and_hold(moved).move_by_offset(-20, 0)
    drag.move_to_element(there).move_by_offset(-30, 0).release().perform()
    site.until(lambda: query(site)["cols"] == ["time,process,status"], "the order in the link")
    press(site, "c")
    site.one('[data-focus="reset"]').click()
    site.until(lambda: len(headings(site)) == 7, "the default again")


def test_a_cell_is_filtered_for_and_out(site: Site) -> None:
    site.open("/traces?q=group:arms")
    site.wait_for_rows("process", ["step 0"])
    cell = site.one("#traces-table [row-index='7'] [col-id=exception]")
    ActionChains(site.driver).context_click(cell).perform()
    menu = site.one(".cell-menu [role=menu]")
    assert "TimeoutError: it broke" in menu.text
    press(site, Keys.ENTER)
    site.wait_for_rows("process", ["step 7", "step 57"])
    assert query(site)["q"] == ["group:arms exception=TimeoutError"]
    focus(site, 0)
    hold(site, Keys.SHIFT, Keys.F10)
    site.one(".cell-menu [role=menu]")
    press(site, Keys.ARROW_DOWN, Keys.ENTER)
    site.wait_for_rows("process", ["step 57"])
    assert query(site)["q"] == ['group:arms exception=TimeoutError -name="step 7"']
    focus(site, 0)
    hold(site, Keys.SHIFT, Keys.F10)
    site.one(".cell-menu [role=menu]")
    press(site, Keys.ESCAPE)
    site.until(lambda: not site.all(".cell-menu [role=menu]"), "the menu is gone")
    assert site.driver.switch_to.active_element.text.startswith("step 57")


def test_the_dots_of_a_cell_open_its_menu_too(site: Site) -> None:
    site.open("/traces?q=bill")
    site.wait_for_rows("process", ["bill"])
    cell = site.one("#traces-table [row-index='0'] [col-id=data]")
    ActionChains(site.driver).move_to_element(cell).perform()
    site.one(".cell-more").click()
    assert "Only rows without a value" in site.one(".cell-menu [role=menu]").text
    press(site, Keys.ENTER)
    site.until(lambda: query(site)["q"] == ["bill -exists:data"], "the lack of a value")


def test_watched_variables_lead_to_their_spans(site: Site) -> None:
    site.open("/traces?mode=watched&q=name:step*")
    site.wait_for_rows("data", ["pressure"])
    site.browser.wait_for_contains_text("#traces-summary", "without gauges")
    name = site.column("process")[0]
    site.one("#traces-table [row-index='0'] [col-id=data]").click()
    site.wait_for_rows("process", [name])
    assert query(site)["q"] == [f'data=pressure service=robot name="{name}"']


def test_a_link_and_a_view_show_the_same_to_somebody_else(site: Site) -> None:
    site.open("/traces?q=group:arms&cols=process,attr.user.tier")
    site.wait_for_rows("process", ["step 0"])
    site.one("#traces-older").click()
    site.wait_for_rows("process", ["step 100"])
    link = site.driver.current_url
    go(site, "/traces?q=status:error&range=7d")
    site.wait_for_rows("process", ["step 7"])
    press(site, "v", "failures")
    site.one("#saved-menu [data-shared]").click()
    site.browser.wait_for_text_to_equal("#saved-name", "failures")
    site.sign_in("bob")
    site.driver.get(link)
    site.wait_for_rows("process", ["step 100", "step 101"])
    assert headings(site) == ["Process", "user.tier"]
    press(site, "v")
    site.one(".saved-open").click()
    site.wait_for_rows("process", ["step 7", "step 57"])
    assert query(site) == {"q": ["status:error"], "range": ["7d"]}
    assert len(headings(site)) == 7
    site.one("#traces-mode label:nth-of-type(2)").click()
    site.until(lambda: site.one("#saved-name").get_attribute("data-changed") is not None, "changed")
    site.until(lambda: len(site.column("process")) == 5, "five traces with an error")
    assert not site.all("#saved-menu [data-verb=delete]")
    site.sign_in("alice")
    site.open("/traces")
    site.one("#saved-menu summary").click()
    site.one("#saved-menu li > details > summary").click()
    site.one(".saved-delete > summary").click()
    site.one("#saved-menu [data-verb=delete]").click()
    site.until(lambda: not site.all(".saved-open"), "the view is gone")
    assert site.complaints() == []


# keys

DOES: dict[str, Callable[[Site], bool]] = {
    Action.SEARCH: lambda site: (
        site.driver.switch_to.active_element.get_attribute("type") == "text"
    ),
    Action.OVERVIEW: lambda site: urlsplit(site.driver.current_url).path == "/",
    Action.TRACES: lambda site: urlsplit(site.driver.current_url).path == "/traces",
    Action.CODE: lambda site: urlsplit(site.driver.current_url).path == "/code",
    Action.ALERTS: lambda site: urlsplit(site.driver.current_url).path == "/alerts",
    Action.EARLIER: lambda site: "since" in query(site),
    Action.LATER: lambda site: "since" in query(site),
    Action.DOWN: lambda site: site.driver.switch_to.active_element.text.startswith("step 0"),
    Action.UP: lambda site: site.driver.switch_to.active_element.text.startswith("step 0"),
    Action.NEXT: lambda site: "after" in query(site),
    Action.MODE: lambda site: query(site).get("mode") == ["traces"],
    Action.JUMP: lambda site: (
        site.driver.switch_to.active_element.get_attribute("id") == "traces-jump-box"
    ),
    Action.COLUMNS: lambda site: bool(site.all("#traces-columns[open]")),
    Action.VIEWS: lambda site: bool(site.all("#saved-menu[open]")),
}
"""What can be seen of a key that was pressed on the list, where its own test does not look."""


def test_every_key_of_the_table_has_its_function(site: Site) -> None:
    site.open("/traces")
    known = site.driver.execute_script("return Object.keys(window.observatory.actions)")
    assert set(known) == {str(key.action) for key in KEYS} == set(map(str, Action))


def test_keys_do_what_the_table_says(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    for key in (key for key in KEYS if key.action in DOES):
        press(site, Keys.ESCAPE)
        site.driver.execute_script("document.activeElement.blur()")
        go(site, "/traces")
        site.wait_for_rows("process", ["step 0"])
        press(site, *key.keys.split(" "))
        site.until(lambda key=key: DOES[key.action](site), f"{key.keys} did {key.action}")


def test_keys_rest_while_one_types_and_with_control(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    site.one("#traces-jump-box").click()
    press(site, "n?m")
    assert site.one("#traces-jump-box").get_attribute("value") == "n?m"
    assert query(site) == {}
    site.driver.execute_script("document.activeElement.blur()")
    hold(site, Keys.CONTROL, "m")
    assert query(site) == {}


def test_help_shows_every_key_and_closes_on_escape(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    press(site, "?")
    shown = site.one("dialog.keys[open]").text
    assert [key.does for key in KEYS if key.does not in shown] == []
    press(site, Keys.ESCAPE)
    site.until(lambda: not site.all("dialog.keys[open]"), "the help is closed")


# whose data


def test_new_spans_are_offered_and_move_nothing(site: Site) -> None:
    site.open("/traces?live=5s")
    site.wait_for_rows("process", ["step 0"])
    site.world.send("acme", span("fresh", trace=950, number=950, ago=1), service="robot")
    button = site.one("#traces-new")
    site.until(button.is_displayed, "an offer of new rows")
    assert button.text == "1 new – show"
    assert site.column("process")[0] == "step 0"
    button.click()
    site.wait_for_rows("process", ["fresh", "step 0"])
    site.until(lambda: not button.is_displayed(), "the offer goes")


def test_two_apps_in_one_process_do_not_share_their_data(site: Site, world: World) -> None:
    world.send("acme", span("of the other app"))
    site.open('/traces?q="of+the+other"')
    site.browser.wait_for_contains_text("#traces-face", "Nothing matches these filters")


def test_a_function_leads_to_its_spans(site: Site) -> None:
    site.world.send(
        "acme",
        span("named otherwise", trace=960, number=960, code__function__name="arms.grip.close"),
        service="robot",
    )
    for function, name in (("arms.grip.close", "named otherwise"), ("bill", "bill")):
        site.open(f"/code?range=6h&function={function}")
        site.one(".code-all").click()
        site.wait_for_rows("process", [name])


def test_staff_open_a_trace_inside_its_own_org(site: Site) -> None:
    site.sign_in("sam")
    site.open("/traces?q=secret")
    site.wait_for_rows("process", ["secret of globex"])
    assert site.column("org") == ["globex"]
    site.one("#traces-table .ag-row[row-index='0'] [col-id=process]").click()
    site.until(lambda: urlsplit(site.driver.current_url).path == "/trace", "the trace")
    assert query(site)["org"] == ["globex"]
    site.browser.wait_for_contains_text(".banner", "looking into Globex")
    site.sign_in("alice")
