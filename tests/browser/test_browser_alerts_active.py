"""Alerts in a browser: the list, one alert and what is done about it, the history, the bell."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from fired import Fired, broken, fire, standing
from selenium.common.exceptions import (
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.keys import Keys
from website import Site

ROW = "#alerts-active-table .ag-center-cols-container .ag-row"
HISTORY = "#alerts-history-table .ag-center-cols-container .ag-row"
WIDTHS = ((1440, 900), (1024, 768))


@pytest.fixture(scope="module")
def fired(site: Site) -> Fired:
    broken(site.world)
    broken(site.world, service="search")
    return fire(site.world, name="Errors <b>of</b> services")


@pytest.fixture
def bob(site: Site, fired: Fired) -> Iterator[Site]:
    """A member, looking at the alerts."""
    site.sign_in("bob")
    site.open("/alerts")
    site.until(lambda: len(site.all(ROW)) == 2, "both alerts")
    yield site
    assert site.complaints() == []


def query(site: Site) -> dict[str, list[str]]:
    return parse_qs(urlsplit(site.driver.current_url).query)


def reads(site: Site, selector: str, text: str) -> None:
    site.until(lambda: site.one(selector).text == text, f"{selector} reads {text}")


def reasons(site: Site) -> list[str]:
    return [cell.text for cell in site.all(f"{HISTORY} .reason")]


def open_first(site: Site) -> None:
    site.one(f"{ROW} .ag-cell").click()
    site.until(lambda: "Errors" in site.one("#alerts-detail-head h2").text, "the open alert")


def test_a_tile_filters_and_a_second_click_shows_all_again(bob: Site) -> None:
    reads(bob, ".tile-firing .tile-count", "2")
    bob.one(".tile-inactive").click()
    bob.until(lambda: bob.all(ROW) == [], "no alert that is OK")
    assert query(bob)["tile"] == ["ok"]
    bob.one(".tile-inactive").click()
    bob.until(lambda: len(bob.all(ROW)) == 2, "both alerts")
    assert "tile" not in query(bob)


def test_an_alert_is_acknowledged_with_a_note_from_list_to_history(bob: Site, fired: Fired) -> None:
    open_first(bob)
    bob.until(lambda: bob.all("#alerts-detail-chart .scatterlayer .trace"), "the chart")
    assert bob.one("#alerts-detail-head h2").text == "Errors <b>of</b> services"
    bob.type_into("#alerts-acknowledge-note", "I look into it")
    bob.one("#alerts-acknowledge").click()
    bob.until(
        lambda: "I look into it" in bob.one("#alerts-looked-after").text, "who looks after it"
    )
    bob.until(lambda: "Acknowledged" in bob.one("#alerts-detail-past").text, "the event")
    assert not bob.one("#alerts-acknowledging").is_displayed()
    assert standing(bob.world, fired.rule)[0].acknowledged_by == "Bob Member"
    bob.one("#alerts-take-back").click()
    bob.until(lambda: bob.one("#alerts-acknowledging").is_displayed(), "the button again")


def pressed(site: Site, selector: str) -> bool:
    """Press what a refresh may be drawing anew at this moment."""
    try:
        site.one(selector).click()
    except (ElementNotInteractableException, StaleElementReferenceException):
        return False
    return True


def test_a_snoozed_alert_is_counted_and_wakes_again(bob: Site) -> None:
    open_first(bob)
    bob.one("#alerts-snooze").click()
    reads(bob, ".tile-snoozed .tile-count", "1")
    bob.until(lambda: pressed(bob, "#alerts-wake"), "the way to end it")
    reads(bob, ".tile-snoozed .tile-count", "0")


def test_an_open_alert_is_a_link_and_escape_closes_it(bob: Site) -> None:
    open_first(bob)
    address = bob.driver.current_url
    bob.driver.get("about:blank")
    bob.driver.get(address)
    bob.until(lambda: "Errors" in bob.one("#alerts-detail-head h2").text, "the same alert")
    bob.one(f"{ROW} .ag-cell").send_keys(Keys.ESCAPE)
    bob.until(lambda: not bob.one("#alerts-detail").is_displayed(), "the list alone")
    assert "alert" not in query(bob)


def test_the_spans_behind_an_alert_are_those_of_its_window(bob: Site, fired: Fired) -> None:
    open_first(bob)
    bob.one("#alerts-detail-body .detail-links a").click()
    bob.until(lambda: "/traces" in bob.driver.current_url, "the Trace Explorer")
    found = query(bob)
    at = standing(bob.world, fired.rule)[0].evaluated_at
    assert at is not None
    assert found["until"] == [f"{at:%Y-%m-%dT%H:%M:%SZ}"]
    assert found["since"] == [f"{at - fired.rule.window:%Y-%m-%dT%H:%M:%SZ}"]
    service = fired.alerts[0].group["service"]
    assert found["q"] == [f"service={service} status:error"]


def test_the_history_filters_by_reason_and_opens_the_incident(bob: Site) -> None:
    bob.one("#alerts-tab-history").click()
    bob.until(lambda: len(bob.all(f"{HISTORY} .alert-mark-firing")) == 2, "what happened")
    bob.one("#alerts-history-tabs a:nth-child(2)").click()
    bob.until(lambda: {"Fired", "Still firing"} <= set(reasons(bob)), "the evaluations")
    groups = f"{HISTORY} .two-lines .muted"
    assert {"service checkout", "service search"} <= {each.text for each in bob.all(groups)}
    bob.type_into("#alerts-history-find", "search" + Keys.ENTER)
    bob.until(lambda: query(bob).get("find") == ["search"], "the filter in the address")
    bob.until(lambda: {each.text for each in bob.all(groups)} == {"service search"}, "one's")
    bob.one(f"{HISTORY} .ag-cell").click()
    bob.until(lambda: "service search" in bob.one("#alerts-detail-head").text, "the alert")


def test_the_bell_counts_and_falls_silent_when_all_is_read(bob: Site) -> None:
    reads(bob, "#bell-count", "2")
    bob.one(".bell").click()
    bob.until(lambda: len(bob.all("#bell-list .notice-new")) == 2, "the notices")
    bob.one("#bell-read-all").click()
    bob.until(lambda: bob.one("#bell-count").text == "", "a silent bell")
    bob.one("#bell-list .notice-line").click()
    bob.until(lambda: bob.one("#alerts-detail").is_displayed(), "the alert of the notice")
    bob.one("#alerts-tab-inbox").click()
    bob.until(lambda: len(bob.all("#alerts-inbox-list .notice-line")) == 2, "the inbox")


def test_support_reads_and_may_do_nothing(site: Site, fired: Fired) -> None:
    site.sign_in("sam")
    site.open(f"/alerts?org=acme&alert={fired.key}")
    text = "Your role reads alerts only."
    reads(site, "#alerts-looked-after", text)
    assert not any(b.is_displayed() for b in site.all("#alerts-detail-actions button"))
    assert site.complaints() == []


def test_nothing_stands_out_of_the_page_at_any_width(site: Site, fired: Fired) -> None:
    site.sign_in("alice")
    for width, height in WIDTHS:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        site.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for place in (f"alert={fired.key}", "section=history", "section=inbox"):
            site.open(f"/alerts?{place}")
            site.until(lambda: site.all(".alerts-section:not([hidden])"), "the section")
            over = "const e = document.documentElement; return [e.scrollWidth, e.scrollHeight]"
            assert site.driver.execute_script(over) == [width, height], (place, width)
    site.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
