"""The Overview in a real browser: cards lead to what they count, a brush narrows and leads back,
and a refresh moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import late, span
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from website import Site

SPANS = 120


@pytest.fixture(scope="module", autouse=True)
def _telemetry(site: Site) -> None:
    for service in ("shop", "till"):
        spans = [
            span(
                f"op {i % 5}",
                trace=i // 10 + 1 + len(service) * 100 + ord(service[0]),
                number=i + 1,
                parent=i // 10 * 10 + 1 if i % 10 else None,
                ago=3_300 - 25 * i - late(),
                ms=10 + i,
                error="KeyError" if i % 10 == 3 else None,
                gen_ai__agent__name="worker",
            )
            for i in range(SPANS // 2)
        ]
        site.world.send("acme", *spans, service=service)
    site.sign_in("alice")


@pytest.fixture(autouse=True)
def _console(site: Site) -> Iterator[None]:
    site.complaints()
    yield
    assert site.complaints() == []


def query(site: Site) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(site.driver.current_url).query).items()}


def path(site: Site) -> str:
    return urlsplit(site.driver.current_url).path


def show(site: Site, search: str) -> None:
    site.open(f"/?{search}")
    site.one("#overview-cards .card-errors")
    site.one("#overview-chart .nsewdrag")


@pytest.mark.parametrize(
    ("card", "shown"), [("errors", "12 match"), ("traces", "12 match"), ("spans", "120 match")]
)
def test_a_card_opens_exactly_what_it_counts(site: Site, card: str, shown: str) -> None:
    show(site, "range=1h")
    # the card itself, not its number, so that all of it is known to lead there
    ActionChains(site.driver).move_to_element_with_offset(
        site.one(f"#overview-cards .card-{card}"), 40, 50
    ).click().perform()
    site.browser.wait_for_contains_text("#traces-residue", shown)
    assert path(site) == "/traces"
    site.driver.back()
    site.one("#overview-cards .card-errors")


def test_a_card_opens_by_keyboard(site: Site) -> None:
    show(site, "range=1h")
    site.one(".card-errors .card-open").send_keys(Keys.ENTER)
    site.browser.wait_for_contains_text("#traces-residue", "12 match")


def test_a_choice_above_the_chart_changes_the_panels_and_stands_in_the_url(site: Site) -> None:
    show(site, "range=1h")
    site.browser.wait_for_contains_text("#overview-operations", "op 1")
    site.all("#overview-kind label")[1].click()
    site.browser.wait_for_contains_text("#overview-exceptions", "KeyError")
    site.browser.wait_for_contains_text("#overview-causes", "where errors begin")
    assert query(site)["chart"] == "errors"
    assert not site.one("#overview-rate").is_displayed()
    site.all("#overview-kind label")[2].click()
    site.browser.wait_for_contains_text("#overview-slowest", "op 1")
    site.one("#overview-heat .heatmaplayer")
    site.driver.refresh()
    site.browser.wait_for_contains_text("#overview-own", "Time that no child covers")


def test_a_brush_narrows_the_page_and_leads_back(site: Site) -> None:
    show(site, "range=1h")
    chart = site.one("#overview-chart .nsewdrag")
    third = chart.size["width"] // 6
    ActionChains(site.driver).move_to_element_with_offset(
        chart, -third, 0
    ).click_and_hold().move_by_offset(2 * third, 0).release().perform()
    site.until(lambda: "since" in query(site), "the range in the URL")
    site.until(lambda: "of 120" not in site.one("#overview-cards").text, "fewer spans")
    site.one("#overview-chart-reset").click()
    site.until(lambda: query(site).get("range") == "1h", "the range of before")
    site.browser.wait_for_contains_text("#overview-cards", "12 of 120 spans")
    site.driver.back()
    site.until(lambda: "since" in query(site), "the brush again")


def test_the_keyboard_narrows_too(site: Site) -> None:
    show(site, "range=1h")
    frame = site.one("#overview-chart-frame")
    frame.send_keys(Keys.ARROW_RIGHT * 10 + Keys.SHIFT + Keys.ARROW_RIGHT * 20 + Keys.NULL)
    site.until(
        lambda: (
            " to "
            in site.driver.execute_script(
                "return document.getElementById('overview-chart-picked').textContent"
            )
        ),
        "what is chosen is told",
    )
    frame.send_keys(Keys.ENTER)
    site.until(lambda: "since" in query(site), "the range in the URL")


def test_a_share_of_the_donut_opens_its_group(site: Site) -> None:
    show(site, "range=1h")
    site.until(lambda: site.all("#overview-donut .slice"), "the donut")
    # what plotly tells of a click on the first share
    site.driver.execute_script(
        "document.querySelector('#overview-donut .js-plotly-plot')"
        ".emit('plotly_click', {points: [{curveNumber: 0, pointNumber: 0}]})"
    )
    site.until(lambda: query(site).get("q") == "group=shop", "the group's spans")
    site.browser.wait_for_contains_text("#traces-residue", "60 match")


def test_a_refresh_moves_nothing(site: Site) -> None:
    show(site, "range=1h&live=5s")
    site.browser.wait_for_contains_text("#overview-age", "every 5 s")
    site.one(".card-spans .card-open").send_keys(Keys.NULL)
    site.driver.execute_script(
        "document.querySelector('.card-spans .card-open').focus();"
        "for (const id of ['overview-chart', 'overview-donut', 'overview-errors'])"
        " document.getElementById(id).dataset.same = 'yes';"
        "document.getElementById('shell-room').scrollTop = 120"
    )
    site.world.send("acme", span("fresh", trace=7_777, number=7_777, ago=20), service="shop")
    site.browser.wait_for_contains_text("#overview-cards", "12 of 121 spans")
    same = (
        "return ['overview-chart', 'overview-donut', 'overview-errors'].map("
        "id => document.getElementById(id).dataset.same)"
    )
    assert site.driver.execute_script(same) == ["yes"] * 3
    assert (
        site.driver.execute_script("return document.getElementById('shell-room').scrollTop") == 120
    )
    at = "return (document.activeElement.closest('.card') || {}).className"
    site.until(lambda: "card-spans" in (site.driver.execute_script(at) or ""), "the focus stays")
