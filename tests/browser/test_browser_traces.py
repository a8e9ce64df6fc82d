"""The Trace Explorer in a real browser: search, paging, opening, going back, live rows, export."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import NOW, World, span
from selenium.webdriver.common.keys import Keys
from website import Site

SPANS = 250


@pytest.fixture(scope="module", autouse=True)
def _spans(site: Site) -> None:
    """250 spans of acme, a second apart, every fiftieth an error, in traces of ten."""
    spans = [
        span(
            f"step {i}",
            trace=i // 10 + 1,
            number=i + 1,
            parent=i // 10 * 10 + 1 if i % 10 else None,
            ago=120 + i,
            error="TimeoutError" if i % 50 == 7 else None,
            aeos__data__pressure=1.5,
        )
        for i in range(SPANS)
    ]
    site.world.send("acme", *spans, service="robot", **{"aeos.process_group": "arms"})
    site.world.send("acme", span("bill", trace=900, number=900, ago=5000), service="billing")
    site.world.send("globex", span("secret of globex", trace=901, number=901))
    site.sign_in("alice")


def query(site: Site) -> dict[str, list[str]]:
    return parse_qs(urlsplit(site.driver.current_url).query)


def test_it_shows_the_seven_columns_newest_first(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0", "step 1", "step 2"])
    headings = [h.text for h in site.all("#traces-table .ag-header-cell-text")]
    assert headings == [
        "Process",
        "Data",
        "Data Type",
        "Data Value",
        "Timestamp",
        "Status",
        "Exception",
    ]
    assert site.column("data")[0] == "pressure"
    assert site.column("data_type")[0] == "double"
    assert site.column("data_value")[0] == "1.5"
    site.browser.wait_for_contains_text("#traces-total", "251 match")
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


def test_a_search_narrows_as_one_types_and_stands_in_the_url(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    site.driver.switch_to.active_element.send_keys("/")
    box = site.one("#traces-process")
    site.until(lambda: site.driver.switch_to.active_element == box, "search has the focus")
    box.send_keys("step 12")
    site.wait_for_rows("process", ["step 12", "step 120", "step 121"])
    assert query(site)["process"] == ["step 12"]
    assert box.get_attribute("value") == "step 12"
    box.send_keys(Keys.BACKSPACE * 7 + "no such thing")
    site.browser.wait_for_contains_text("#traces-face", "Nothing matches these filters")
    assert site.column("process") == []


def test_errors_only_and_a_process_group_narrow(site: Site) -> None:
    site.open("/traces")
    site.wait_for_rows("process", ["step 0"])
    site.one("#traces-errors label").click()
    site.wait_for_rows("process", ["step 7", "step 57"])
    assert query(site)["errors"] == ["1"]
    assert site.column("exception")[0] == "TimeoutError: it broke"
    site.open("/traces?group=billing")
    site.wait_for_rows("process", ["bill"])
    site.browser.wait_for_contains_text("#traces-group", "billing")


def test_a_row_opens_its_trace_as_an_indented_list(site: Site) -> None:
    site.open("/traces?process=step+23")
    site.wait_for_rows("process", ["step 23"])
    site.one("#traces-table .ag-row[row-index='0'] .ag-cell").click()
    site.wait_for_rows("process", ["step 20", "step 29"], "traces-spans")
    indents = [
        element.value_of_css_property("padding-left")
        for element in site.all("#traces-spans .branch")
    ]
    assert indents[0] == "0px"
    assert set(indents[1:]) == {"14px"}
    assert len(indents) == 10
    assert site.one(".branch-chosen").text.startswith("step 23")
    site.driver.back()
    site.wait_for_rows("process", ["step 23"])
    assert query(site) == {"process": ["step 23"]}


def test_a_row_opens_by_keyboard(site: Site) -> None:
    site.open("/traces?process=step+7")
    site.wait_for_rows("process", ["step 7"])
    site.driver.execute_script(
        "document.querySelector('#traces-table .ag-row[row-index=\"0\"] .ag-cell').focus()"
    )
    site.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    site.driver.switch_to.active_element.send_keys(Keys.ENTER)
    site.wait_for_rows("process", ["step 70"], "traces-spans")


def test_a_link_shows_the_same_elsewhere(site: Site) -> None:
    site.open("/traces?group=arms")
    site.wait_for_rows("process", ["step 0"])
    site.one("#traces-older").click()
    site.wait_for_rows("process", ["step 100"])
    link = site.driver.current_url
    site.sign_in("bob")
    site.driver.get(link)
    site.wait_for_rows("process", ["step 100", "step 101"])
    site.browser.wait_for_contains_text("#traces-group", "arms")
    site.open("/traces?mode=traces&errors=1")
    site.until(lambda: len(site.column("process")) == 5, "five traces with an error")
    assert site.one("#traces-mode .selected").text == "Traces"
    site.sign_in("alice")


def test_a_strangers_trace_is_not_there(site: Site) -> None:
    site.open(f"/traces?trace={901:032x}")
    site.browser.wait_for_contains_text("#traces-spans-face", "no such trace")
    assert "secret" not in site.driver.page_source


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


def test_the_export_holds_what_the_screen_shows(site: Site) -> None:
    site.open("/traces?process=step+2&group=arms")
    site.wait_for_rows("process", ["step 2"])
    site.browser.wait_for_contains_text("#traces-total", "61 match")
    cookie = site.driver.get_cookie("observatory_session")["value"]
    link = urlsplit(site.one("#traces-csv").get_attribute("href"))
    client = site.world.app.server.test_client()
    client.set_cookie("observatory_session", cookie)
    answer = client.get(f"{link.path}?{link.query}")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert len(rows) == 61
    shown = site.column("process")
    assert [row["process"] for row in rows][: len(shown)] == shown
    stamps = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    assert stamps[0] == NOW.astimezone(UTC) - timedelta(seconds=122)


def test_two_apps_in_one_process_do_not_share_their_data(site: Site, world: World) -> None:
    world.send("acme", span("of the other app"))
    site.open("/traces?process=of+the+other")
    site.browser.wait_for_contains_text("#traces-face", "Nothing matches these filters")
    shown = world.client("alice").get("/export/spans.csv").get_data(as_text=True)
    assert "of the other app" in shown
    assert "step 0" not in shown


def test_a_function_leads_to_its_spans(site: Site) -> None:
    site.world.send(
        "acme",
        span("named otherwise", trace=960, number=960, code__function__name="arms.grip.close"),
        service="robot",
    )
    site.open("/code?range=1h")
    site.until(lambda: "arms.grip.close" in site.column("process", "code-table"), "the function")
    row = site.column("process", "code-table").index("arms.grip.close")
    site.one(f"#code-table .ag-row[row-index='{row}'] .ag-cell").click()
    site.wait_for_rows("process", ["named otherwise"])
    assert query(site) == {"range": ["1h"], "process": ["arms.grip.close"]}


def test_staff_open_a_trace_inside_its_own_org(site: Site) -> None:
    site.sign_in("sam")
    site.open("/traces?process=secret")
    site.wait_for_rows("process", ["secret of globex"])
    assert site.column("org") == ["globex"]
    site.one("#traces-table .ag-row[row-index='0'] .ag-cell").click()
    site.wait_for_rows("process", ["secret of globex"], "traces-spans")
    assert query(site)["org"] == ["globex"]
    site.browser.wait_for_contains_text(".banner", "looking into Globex")
    site.sign_in("alice")
