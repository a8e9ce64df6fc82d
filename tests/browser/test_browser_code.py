"""The Code Inspector in a real browser: pick, sort, open, move to a caller, a trace, and back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from cast import span
from selenium.webdriver.common.keys import Keys
from website import Site

TABLE = "code-table"


@pytest.fixture(scope="module", autouse=True)
def _spans(site: Site) -> None:
    """Traces in which a shop is visited, which pays, which asks the bank."""
    visits, payments, banks = [], [], []
    for i in range(1, 31):
        told = {"trace": i, "ago": 600 + 10 * i}
        visits.append(span("visit", number=10 * i, ms=900, **told))
        error = "BankError" if i % 10 == 3 else None
        payments.append(
            span(
                "pay",
                number=10 * i + 1,
                parent=10 * i,
                ms=100 + i,
                error=error,
                code__function__name="shop.pay",
                **told,
            )
        )
        if i > 10:
            banks.append(
                span("ask <b>bank</b>", number=10 * i + 2, parent=10 * i + 1, ms=40, **told)
            )
    site.world.send("acme", *visits, service="front")
    site.world.send("acme", *payments, service="billing", **{"service.version": "1.0"})
    site.world.send("acme", *banks, service="bank")
    site.world.send("globex", span("secret of globex", trace=901, number=901))
    site.sign_in("alice")


def column(site: Site, field: str) -> list[str]:
    """Texts of a column from the top; a pinned column has rows of its own."""
    script = (
        "return [...document.querySelectorAll('#code-table .ag-row')]"
        ".sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))"
        ".map(r => r.querySelector('.ag-cell[col-id=' + arguments[0] + ']')).filter(Boolean)"
        ".map(cell => cell.innerText.split('\\n')[0])"
    )
    texts: list[str] = site.driver.execute_script(script, field)
    return texts


def wait_for_functions(site: Site, *names: str) -> None:
    """Wait until the list begins with these functions."""
    found = list(names)
    site.until(lambda: column(site, "process")[: len(found)] == found, f"functions {found}")


def query(site: Site) -> dict[str, list[str]]:
    return parse_qs(urlsplit(site.driver.current_url).query)


def path(site: Site) -> str:
    return str(urlsplit(site.driver.current_url).path)


def heading(site: Site, name: str) -> None:
    site.browser.wait_for_contains_text("#code-head h1", name)


def header(site: Site, column: str) -> None:
    site.one(f"#{TABLE} .ag-header-cell[col-id='{column}'] .ag-header-cell-text").click()


def test_all_functions_are_listed_the_busiest_first(site: Site) -> None:
    site.open("/code?range=1h")
    wait_for_functions(site, "shop.pay", "visit", "ask <b>bank</b>")
    assert column(site, "calls") == ["30", "30", "20"]
    assert column(site, "errors")[0] == "10.0 %"
    assert column(site, "p50")[1] == "900 ms"
    assert column(site, "calls_change")[0] == "new"
    assert site.complaints() == []


def test_a_function_is_picked_by_typing(site: Site) -> None:
    site.open("/code?range=1h")
    wait_for_functions(site, "shop.pay")
    site.driver.switch_to.active_element.send_keys("/")
    box = site.one("#code-find")
    site.until(lambda: site.driver.switch_to.active_element == box, "the picker has the focus")
    box.send_keys("bank")
    site.browser.wait_for_contains_text(".code-menu-open .code-option", "20 calls")
    wait_for_functions(site, "ask <b>bank</b>")
    assert query(site)["find"] == ["bank"]
    box.send_keys(Keys.ARROW_DOWN)
    site.one(".code-option-active")
    box.send_keys(Keys.ENTER)
    heading(site, "ask <b>bank</b>")
    assert query(site)["function"] == ["ask <b>bank</b>"]
    assert query(site)["service"] == ["bank"]
    assert box.get_attribute("value") == ""
    site.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_for_functions(site, "ask <b>bank</b>")
    site.until(lambda: box.get_attribute("value") == "bank", "the search is kept")
    assert "function" not in query(site)
    assert site.complaints() == []


def test_the_order_of_the_list_is_kept_and_shared(site: Site) -> None:
    site.open("/code?range=1h")
    wait_for_functions(site, "shop.pay")
    header(site, "p95")
    wait_for_functions(site, "visit", "shop.pay", "ask <b>bank</b>")
    site.until(lambda: query(site).get("sort") == ["p95:desc"], "the order in the URL")
    site.one(f"#{TABLE} .ag-row[row-index='1'] .ag-cell").click()
    heading(site, "shop.pay")
    site.one("#code-back").click()
    wait_for_functions(site, "visit", "shop.pay")
    header(site, "p95")
    wait_for_functions(site, "ask <b>bank</b>", "shop.pay", "visit")
    site.until(lambda: query(site).get("sort") == ["p95:asc"], "the other order in the URL")
    site.open("/code?range=1h&sort=p50:asc")
    wait_for_functions(site, "ask <b>bank</b>", "shop.pay", "visit")
    assert query(site)["sort"] == ["p50:asc"]
    assert site.complaints() == []


def test_a_row_opens_by_keyboard(site: Site) -> None:
    site.open("/code?range=1h")
    wait_for_functions(site, "shop.pay", "visit")
    site.driver.execute_script(
        f"document.querySelector('#{TABLE} .ag-row[row-index=\"0\"] .ag-cell').focus()"
    )
    site.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    site.driver.switch_to.active_element.send_keys(Keys.ENTER)
    heading(site, "visit")
    site.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    site.until(lambda: not site.one("#code-list").get_attribute("hidden"), "the list")


def test_one_function_leads_to_its_caller_a_slow_trace_and_back(site: Site) -> None:
    site.open("/code?range=1h&function=shop.pay&service=billing")
    heading(site, "shop.pay")
    tiles = {t.text.split("\n")[0]: t.text.split("\n")[1] for t in site.all(".code-tile")}
    assert tiles["Calls"] == "30"
    assert tiles["Error rate"] == "10.0 %"
    site.browser.wait_for_contains_text("#code-exceptions", "BankError")
    site.browser.wait_for_contains_text("#code-kin", "ask <b>bank</b>")
    for graph in ("code-history", "code-durations"):
        site.until(lambda g=graph: site.all(f"#{g} .bars .point"), f"bars of {graph}")
    site.one("#code-kin a").click()
    heading(site, "visit")
    assert query(site)["service"] == ["front"]
    site.driver.back()
    heading(site, "shop.pay")
    site.browser.wait_for_contains_text("#code-traces", "130 ms")
    site.one("#code-traces a").click()
    site.until(lambda: path(site) == "/trace", "the trace")
    assert query(site)["span"] == [f"{301:016x}"]
    site.browser.wait_for_contains_text("#shell-room", "visit")
    site.driver.back()
    heading(site, "shop.pay")
    assert site.complaints() == []


def test_a_number_leads_to_its_spans(site: Site) -> None:
    site.open("/code?range=1h&function=shop.pay&service=billing")
    heading(site, "shop.pay")
    site.browser.wait_for_contains_text(".code-tiles", "3 failed")
    site.one(".code-tile:nth-child(2)").click()
    site.until(lambda: path(site) == "/traces", "the list of spans")
    site.browser.wait_for_contains_text("#traces-total", "3 match")
    assert query(site)["q"] == ["service=billing function=shop.pay status=error"]


def test_a_bar_leads_to_its_spans(site: Site) -> None:
    site.open("/code?range=1h&function=shop.pay&service=billing")
    site.until(lambda: site.all("#code-durations .bars .point"), "bars")
    opened = (
        "const graph = document.querySelector('#code-durations .js-plotly-plot');"
        "const point = graph.data[1];"
        "dash_clientside.set_props('code-durations',"
        "{clickData: {points: [{customdata: point.customdata[0]}]}});"
        "return point.y[0] + graph.data[0].y[0];"
    )
    calls = site.driver.execute_script(opened)
    site.until(lambda: path(site) == "/traces", "the list of spans")
    site.browser.wait_for_contains_text("#traces-total", f"{calls} match")


def test_another_org_has_its_own_functions(site: Site) -> None:
    site.sign_in("charlie")
    site.open("/code?range=1h&function=shop.pay&service=billing")
    site.browser.wait_for_contains_text("#code-cards", "did not run")
    assert "BankError" not in site.driver.page_source
    site.open("/code?range=1h")
    wait_for_functions(site, "secret of globex")
    assert len(column(site, "process")) == 1
    site.sign_in("alice")
