"""The search box in a browser: typing, completing, pills, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import World, span
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from website import Site

BOX = "#traces-search"
TRACE = f"{0xBEEF:032x}"


@pytest.fixture(scope="module", autouse=True)
def _telemetry(site: Site) -> None:
    world: World = site.world
    spans = [
        span("checkout cart", trace=0xBEEF, ago=50, user__tier="gold"),
        span("pay", trace=0xBEEF, number=2, parent=1, ago=40, error="PaymentTimeout"),
        span("ship", trace=0xBEEF, number=3, parent=1, ago=30, note="<img src=x onerror=alert(1)>"),
    ]
    world.send("acme", *spans, service="shop")
    world.send("acme", span("grip", trace=2, number=9, ago=20), service="robot")
    world.send("globex", span("secret of globex", trace=3, number=9), service="secret-service")
    site.sign_in("alice")


@pytest.fixture
def box(site: Site) -> Callable[[], str]:
    """Opens the room; what the box holds."""
    site.open("/traces")
    site.until(lambda: site.one(BOX).get_attribute("role") == "combobox", "the box is ready")
    return lambda: str(site.one(BOX).get_attribute("value"))


def query(site: Site) -> str:
    return parse_qs(urlsplit(site.driver.current_url).query).get("q", [""])[0]


def pills(site: Site) -> list[str]:
    return texts(site, "#traces-search-terms .term-text")


def offers(site: Site) -> list[str]:
    return texts(site, ".query[data-open] #traces-search-offers code")


def texts(site: Site, selector: str) -> list[str]:
    """In one step, because the page may draw them anew at any moment."""
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    found: list[str] = site.driver.execute_script(script, selector)
    return found


def type_(site: Site, keys: str) -> None:
    site.one(BOX).send_keys(keys)


def test_typing_searches_after_a_pause(site: Site, box: Callable[[], str]) -> None:
    type_(site, "name:pay")
    site.until(lambda: query(site) == "name:pay", "the search in the address")
    site.until(lambda: pills(site) == ["name:pay"], "its pill")
    site.wait_for_rows("process", ["pay"])
    assert box() == "name:pay"


def test_a_search_is_completed_by_keyboard(site: Site, box: Callable[[], str]) -> None:
    type_(site, "servi")
    site.until(lambda: offers(site)[:1] == ["service:"], "keys to choose from")
    type_(site, Keys.TAB)
    site.until(lambda: box() == "service:", "the key")
    site.until(lambda: offers(site) == ["shop", "robot"], "values to choose from")
    type_(site, Keys.ARROW_DOWN + Keys.ARROW_DOWN)
    assert texts(site, "#traces-search-offers li[aria-selected=true] code") == ["robot"]
    assert site.one(BOX).get_attribute("aria-activedescendant") == "traces-offer-1"
    type_(site, Keys.ENTER)
    site.until(lambda: query(site) == "service:robot", "the search")
    assert not offers(site)
    site.wait_for_rows("process", ["grip"])
    type_(site, "sta")
    site.until(lambda: "status:" in offers(site), "keys to choose from")
    type_(site, Keys.ESCAPE)
    assert not offers(site)
    assert site.driver.switch_to.active_element == site.one(BOX)


def test_another_orgs_values_are_not_offered(site: Site, box: Callable[[], str]) -> None:
    type_(site, "service:s")
    site.until(lambda: offers(site) == ["shop"], "the one value that alice may see")


def test_a_mistake_is_shown_at_its_character(site: Site, box: Callable[[], str]) -> None:
    type_(site, "pay status:eror" + Keys.ENTER)
    site.browser.wait_for_contains_text("#traces-search-error", "unset, ok or error")
    assert site.one("#traces-search-error mark").text == "e"
    assert query(site) == ""
    selected = "const b = document.activeElement; return [b.id, b.selectionStart]"
    assert site.driver.execute_script(selected) == ["traces-search", 11]
    type_(site, Keys.END + Keys.BACKSPACE * 4 + "error")
    site.until(lambda: query(site) == "pay status:error", "the mended search")
    site.until(lambda: not site.one("#traces-search-error").text, "no mistake left")


def test_pills_turn_and_go(site: Site, box: Callable[[], str]) -> None:
    type_(site, "service:shop -name:pay" + Keys.ENTER)
    site.until(lambda: pills(site) == ["service:shop", "not name:pay"], "two pills")
    site.wait_for_rows("process", ["ship", "checkout cart"])
    site.all("#traces-search-terms .term-text")[1].click()
    site.until(lambda: box() == "service:shop name:pay", "the pill turned round")
    site.wait_for_rows("process", ["pay"])
    site.all("#traces-search-terms .term-remove")[0].click()
    site.until(lambda: (box(), query(site)) == ("name:pay", "name:pay"), "the pill is gone")
    site.one(".query-clear").click()
    site.until(lambda: (box(), query(site), pills(site)) == ("", "", []), "nothing is left")


def test_back_and_forward_change_the_text(site: Site, box: Callable[[], str]) -> None:
    type_(site, "pay" + Keys.ENTER)
    site.until(lambda: query(site) == "pay", "the first search")
    type_(site, " status:error" + Keys.ENTER)
    site.until(lambda: query(site) == "pay status:error", "the second search")
    site.driver.back()
    site.until(lambda: box() == "pay", "the first search again")
    site.driver.forward()
    site.until(lambda: box() == "pay status:error", "the second search again")


def test_a_refresh_takes_nothing_from_who_is_typing(site: Site, box: Callable[[], str]) -> None:
    type_(site, "pay (")
    refresh = "dash_clientside.set_props('shell-view', {data: {...observatory.viewNow(), at: 1}})"
    site.until(lambda: site.one("#traces-search-error").text, "that it is not complete")
    site.driver.execute_script(refresh)
    site.driver.execute_script("observatory.put({zone: 'Asia/Tokyo'})")
    site.browser.wait_for_contains_text("#shell-zone", "Asia/Tokyo")
    assert box() == "pay ("


def test_a_text_leads_to_the_field_it_is_in(site: Site, box: Callable[[], str]) -> None:
    type_(site, "timeout" + Keys.ENTER)
    site.browser.wait_for_contains_text("#traces-search-found", "Exception 1")
    site.one("#traces-search-found button").click()
    site.until(lambda: box() == "exception:*timeout*", "the field")
    site.wait_for_rows("process", ["pay"])


def test_a_pasted_trace_id_opens_the_trace(site: Site, box: Callable[[], str]) -> None:
    type_(site, f" {TRACE.upper()} ")
    site.until(lambda: f"/trace?trace={TRACE}" in site.driver.current_url, "the trace")


def test_other_parts_add_to_the_search(site: Site, box: Callable[[], str]) -> None:
    site.open("/traces?q=pay+OR+ship")
    site.until(lambda: pills(site) == ["pay OR ship"], "the search of the address")
    site.driver.execute_script("observatory.addTerm('service=shop')")
    site.until(lambda: box() == "(pay OR ship) service=shop", "the term in addition")
    site.driver.execute_script("observatory.addTerm('-service=shop')")
    site.until(lambda: query(site) == "(pay OR ship) -service=shop", "its opposite instead")
    site.driver.execute_script("observatory.setQuery('pay')")
    site.until(lambda: box() == "pay", "another search")


def test_help_lists_examples_that_can_be_clicked(site: Site, box: Callable[[], str]) -> None:
    site.one(".query-help").click()
    menu = site.one(".menu-search")
    menu.find_element(By.XPATH, ".//button[text()='status:(error OR unset)']").click()
    site.until(lambda: box() == "status:(error OR unset)", "the example in the box")
    assert not menu.is_displayed()
    assert site.complaints() == []
