"""Two traces side by side, and one beside its cohort, in a real browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from cast import span
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from selenium.webdriver.common.keys import Keys
from website import Site

HOUR = 3600.0
A, B, WIDE = (f"{number:032x}" for number in (1, 9, 50))
PAIR = f"/compare?trace={A}&other={B}"
TREE = ["order", "chat", "tool", "check", "page human"]


def run(number: int, *, slow: bool = False) -> list[Span]:
    """A run of order; the slow one retries its tool, skips the check and calls for a human."""
    base, ago = number * 100, HOUR * (20 - number)
    names = [("chat", 400 if slow else 100 + number)]
    names += [("tool", 10)] * (4 if slow else 1)
    names += [("page human", 30)] if slow else [("check", 20)]
    spans = [span("order", trace=number, number=base + 1, ago=ago, ms=520 if slow else 220)]
    for place, (name, ms) in enumerate(names, start=2):
        more = {"trace": number, "number": base + place, "parent": base + 1}
        spans.append(span(name, ago=ago - place / 1000, ms=ms, **more))
    return spans


@pytest.fixture(scope="module", autouse=True)
def _runs(site: Site) -> None:
    spans = [span for number in range(1, 9) for span in run(number)]
    spans += run(9, slow=True)
    spans += [span("root", trace=50, number=5000, ms=2000)]
    spans += [
        span(f"step {i}", trace=50, number=5001 + i, parent=5000, ago=60 - i / 1000, ms=1)
        for i in range(2_000)
    ]
    site.world.send("acme", *spans, service="desk")
    site.world.send("globex", *run(70), service="plant")
    site.sign_in("alice")


def query(site: Site) -> dict[str, list[str]]:
    return parse_qs(urlsplit(site.driver.current_url).query)


def names(site: Site) -> list[str]:
    return texts(site, ".process-name")


def texts(site: Site, selector: str) -> list[str]:
    """Texts in the grid at one moment; its cells are made anew while it is being looked at."""
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    found: list[str] = site.driver.execute_script(script, f"#compare-table {selector}")
    return found


def wait_for_names(site: Site, expected: list[str]) -> None:
    site.until(lambda: sorted(names(site)) == sorted(expected), f"names = {expected}")


def states(site: Site) -> set[str]:
    return {text[1:] for text in texts(site, ".compared-state")}


def test_two_traces_stand_side_by_side(site: Site) -> None:
    site.open(PAIR)
    wait_for_names(site, TREE)
    assert states(site) == {"slower", "repeated", "missing", "added"}
    site.browser.wait_for_contains_text("#compare-sentence", "B took 2.4× as long as A")
    site.browser.wait_for_contains_text("#compare-suggestions", "8 other runs of order")
    assert "220 ms" in site.one("#compare-left-head").text
    assert "520 ms" in site.one("#compare-right-head").text
    assert site.complaints() == []


def test_a_filter_stands_in_the_link_and_swapping_turns_it_round(site: Site) -> None:
    site.open(PAIR)
    wait_for_names(site, TREE)
    site.one("#compare-only label:nth-of-type(6)").click()
    wait_for_names(site, ["order", "check"])
    assert query(site)["only"] == ["missing"]
    site.one("#compare-swap").click()
    wait_for_names(site, TREE)
    assert (query(site)["trace"], query(site)["other"]) == ([B], [A])
    site.browser.wait_for_contains_text("#compare-sentence", "of A's time")
    site.until(lambda: "faster" in states(site), "what was slower is faster")
    site.driver.back()
    wait_for_names(site, ["order", "check"])


def test_repeats_open_and_differences_are_stepped_to_by_key(site: Site) -> None:
    site.open(PAIR)
    wait_for_names(site, TREE)
    assert site.one("#compare-table .repeats").text == "× 1 → × 4"
    site.one("#compare-first").click()
    at = "return (document.activeElement.closest('.ag-row') || {}).innerText || ''"
    site.until(lambda: "× 1 → × 4" in site.driver.execute_script(at), "the repeats have the focus")
    site.driver.switch_to.active_element.send_keys(Keys.SPACE)
    wait_for_names(site, [*TREE, *["tool"] * 4])
    assert query(site)["select"] == ["2"]
    site.driver.switch_to.active_element.send_keys("n")
    site.until(lambda: "added" in site.driver.execute_script(at), "the next difference")
    site.driver.switch_to.active_element.send_keys("p")
    site.until(lambda: "× 1 → × 4" in site.driver.execute_script(at), "the one before")


def test_a_time_opens_the_span_in_its_trace(site: Site) -> None:
    site.open(PAIR)
    wait_for_names(site, TREE)
    site.one("#compare-table .ag-row[row-index='1'] [col-id='left']").click()
    site.until(lambda: urlsplit(site.driver.current_url).path == "/trace", "the trace is open")
    assert query(site) == {"trace": [A], "span": [f"{102:016x}"]}


def test_an_id_can_be_pasted_and_a_wrong_one_leaves_the_other_usable(site: Site) -> None:
    site.open(f"/compare?trace={A}")
    site.browser.wait_for_contains_text("#compare-face", "nothing to compare this trace with yet")
    site.type_into("#compare-right", B + Keys.ENTER)
    wait_for_names(site, TREE)
    assert query(site)["other"] == [B]
    site.type_into("#compare-right", f"{70:032x}" + Keys.ENTER)
    site.browser.wait_for_contains_text("#compare-right-head", "There is no such trace")
    assert "order" in site.one("#compare-left-head").text


def test_the_page_holds_few_rows_of_large_traces(site: Site) -> None:
    site.open(f"/compare?trace={WIDE}&other={WIDE}")
    site.browser.wait_for_contains_text("#compare-summary", "2,001 of 2,001 steps shown")
    site.until(lambda: "root" in names(site), "the first steps")
    site.driver.execute_script(
        "window.dash_ag_grid.getApi('compare-table').ensureIndexVisible(2000)"
    )
    site.until(lambda: "step 1999" in names(site), "the last step")
    assert len(site.all("#compare-table .ag-row")) < 100


def test_the_cohort_tab_judges_the_run_and_leads_to_a_comparison(site: Site) -> None:
    site.open(f"/trace?trace={B}&tab=cohort")
    site.browser.wait_for_contains_text(
        "#trace-cohort-sentence", "slower than all 8 runs of order in the 7 days before it"
    )
    site.until(
        lambda: site.column("step", "trace-cohort-table")[:1] == ["chat"], "the worst step first"
    )
    site.one("#trace-cohort-days label:nth-of-type(1)").click()
    site.browser.wait_for_contains_text("#trace-cohort-sentence", "in the day before it")
    assert query(site)["cohort"] == ["1"]
    site.one("#trace-cohort-links a").click()
    wait_for_names(site, TREE)
    assert query(site)["other"] == [B]
