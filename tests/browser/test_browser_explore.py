"""The numbers around the list in a browser: facets, brushes, the quiet line, the difference."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cast import NOW, span
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from website import Site

SPANS = 240


@pytest.fixture(scope="module", autouse=True)
def _spans(site: Site) -> None:
    """240 spans over four hours: every tenth fails and is slow; one is an orphan."""
    for service in ("robot", "billing", "search"):
        site.world.send(
            "acme",
            *(
                span(
                    f"{service} step {i % 2}",
                    trace=i // 10 + 1,
                    number=i + 1,
                    parent=7_777 if i == 4 else None,
                    ago=120 + i * 60,
                    ms=3_000 if i % 10 == 0 else 20,
                    error="TimeoutError" if i % 10 == 0 else None,
                    app__shard="shard-3" if i % 10 == 0 else f"shard-{i % 3}",
                )
                for i in range(SPANS)
                if ("robot", "billing", "search")[i % 3] == service
            ),
            service=service,
        )
    site.world.send("globex", span("secret of globex", trace=901, number=901))
    site.sign_in("alice")


def query(site: Site) -> dict[str, str]:
    found = parse_qs(urlsplit(site.driver.current_url).query)
    return {name: values[0] for name, values in found.items()}


def facet(site: Site, key: str) -> dict[str, str]:
    """Value → count, as the facet shows them."""
    rows = site.all(f"#traces-facet-{key} .facet-row")
    return {
        row.find_element("class name", "facet-name").text: row.find_element(
            "class name", "facet-count"
        ).text
        for row in rows
    }


def click_facet(site: Site, key: str, value: str, what: str = "facet-value") -> None:
    """Click a value, or one of the buttons that appear when the pointer is over it."""
    site.until(lambda: value in facet(site, key), f"{value} among the values of {key}")
    row = next(
        row
        for row in site.all(f"#traces-facet-{key} .facet-row")
        if row.find_element("class name", "facet-name").text == value
    )
    ActionChains(site.driver).move_to_element(row).perform()
    if what == "facet-value":
        row.find_element("class name", "facet-name").click()
        return
    button = next(
        b
        for b in row.find_elements("class name", "facet-button")
        if what in b.get_attribute("textContent")
    )
    button.click()


def matched(site: Site, words: str) -> None:
    site.browser.wait_for_contains_text("#traces-total", words)


def brush(site: Site, left: float, right: float, top: float = 0.5, bottom: float = 0.5) -> None:
    """Drag over a part of the chart, in shares of its width and height."""
    area = site.one("#traces-chart .nsewdrag")
    width, height = area.size["width"], area.size["height"]

    def place(x: float, y: float) -> tuple[int, int]:
        return round((x - 0.5) * width), round((y - 0.5) * height)

    (x0, y0), (x1, y1) = place(left, top), place(right, bottom)
    chain = ActionChains(site.driver, duration=60)
    chain.move_to_element_with_offset(area, x0, y0).click_and_hold()
    chain.move_by_offset((x1 - x0) // 2, (y1 - y0) // 2)
    chain.move_by_offset(x1 - x0 - (x1 - x0) // 2, y1 - y0 - (y1 - y0) // 2).release().perform()


def drawn(site: Site, kind: str) -> None:
    site.until(lambda: site.all(f"#traces-chart .{kind}"), f"a chart with {kind}")


def test_facets_include_exclude_and_leave_one_only(site: Site) -> None:
    site.open("/traces")
    matched(site, "240 match (10.0 % errors)")
    assert facet(site, "service") == {"billing": "80", "robot": "80", "search": "80"}
    click_facet(site, "service", "robot")
    matched(site, "80 match")
    assert query(site)["q"] == "service=robot"
    assert facet(site, "service") == {"billing": "80", "robot": "80", "search": "80"}
    click_facet(site, "service", "search")
    matched(site, "160 match")
    included = [e.text.split("\n") for e in site.all("#traces-facet-service .facet-included")]
    assert [row[0] for row in included] == ["✓", "✓"]
    click_facet(site, "service", "billing", "only")
    matched(site, "80 match")
    assert query(site)["q"] == "service=billing"
    click_facet(site, "service", "billing", "exclude")
    matched(site, "160 match")
    assert query(site)["q"] == "-service=billing"
    click_facet(site, "service", "billing")
    matched(site, "240 match")
    assert "q" not in query(site)
    site.driver.back()
    matched(site, "160 match")
    assert site.complaints() == []


def test_a_facet_works_by_keyboard(site: Site) -> None:
    site.open("/traces")
    matched(site, "240 match")
    value = next(
        link for link in site.all("#traces-facet-status .facet-value") if "error" in link.text
    )
    value.send_keys(Keys.ENTER)
    matched(site, "24 match")
    assert query(site)["q"] == "status=error"


def test_a_brush_on_the_bars_narrows_the_time_and_the_list(site: Site) -> None:
    site.open("/traces?range=6h")
    drawn(site, "bars")
    matched(site, "240 match")
    brush(site, 0.5, 0.75)
    site.until(lambda: "since" in query(site), "a range in the URL")
    since, until = (datetime.fromisoformat(query(site)[end]) for end in ("since", "until"))
    assert timedelta(hours=1) <= until - since <= timedelta(hours=2)
    assert since.second == until.second == 0
    inside = sum(since <= NOW - timedelta(seconds=120 + i * 60) < until for i in range(SPANS))
    assert 40 < inside < 130
    matched(site, f"{inside} match")
    assert "range" not in query(site)
    site.one("#traces-chart-reset").click()
    matched(site, "240 match")
    assert query(site) == {"range": "6h"}
    site.until(lambda: not site.one("#traces-chart-reset").is_displayed(), "no zoom to reset")
    site.driver.back()
    matched(site, f"{inside} match")


def test_a_brush_on_the_heatmap_narrows_durations_too(site: Site) -> None:
    site.open("/traces?range=6h")
    drawn(site, "bars")
    site.one("#traces-chart-kind label:nth-of-type(2)").click()
    drawn(site, "hm")
    # the slow ones are the upper row
    brush(site, 0.02, 0.999, 0.02, 0.3)
    site.until(lambda: "q" in query(site), "durations in the URL")
    assert query(site)["q"].startswith("duration>=")
    matched(site, "24 match")
    site.driver.back()
    matched(site, "240 match")
    site.one("#traces-chart-kind label:nth-of-type(1)").click()
    drawn(site, "bars")
    assert site.complaints() == []


def test_numbers_of_the_quiet_line_lead_to_their_spans(site: Site) -> None:
    site.open("/traces")
    line = site.one("#traces-residue")
    site.browser.wait_for_contains_text("#traces-residue", "1 orphan")
    assert "0 dated in the future" in line.text
    assert "file" in line.text
    assert "as of" in line.text
    site.browser.wait_for_contains_text("#traces-shown", "100 shown")
    next(a for a in site.all("#traces-residue a") if "orphan" in a.text).click()
    matched(site, "1 match")
    assert query(site)["q"] == "is:orphan"
    site.wait_for_rows("process", ["billing step 0"])


def test_the_difference_is_shown_filters_and_closes(site: Site) -> None:
    site.open("/traces")
    site.one(".brushable .drop summary").click()
    site.one("#traces-difference-errors").click()
    site.browser.wait_for_contains_text("#traces-difference-title", "24 errors against 216 others")
    assert query(site)["select"] == "status:error"
    site.until(lambda: site.all(".difference-keys h3"), "keys that differ")
    names = [heading.text for heading in site.all(".difference-keys h3")]
    assert "app.shard" in names[:6]
    shard = next(link for link in site.all("a.difference-value") if link.text == "shard-3")
    site.driver.execute_script("arguments[0].scrollIntoView()", shard)
    shard.click()
    matched(site, "24 match")
    assert query(site)["q"] == "attr.app.shard=shard-3"
    site.browser.wait_for_contains_text("#traces-difference-body", "Too few spans to compare")
    site.one("#traces-difference-close").click()
    site.until(lambda: "select" not in query(site), "the comparison is over")
    site.until(lambda: not site.one("#traces-difference").is_displayed(), "the panel is gone")


def test_the_slowest_and_a_brushed_part_can_be_compared(site: Site) -> None:
    site.open("/traces?range=6h")
    drawn(site, "bars")
    site.one(".brushable .drop summary").click()
    site.one("#traces-difference-slowest").click()
    site.browser.wait_for_contains_text("#traces-difference-title", "spans with duration>=3s")
    site.one("#traces-difference-close").click()
    site.until(lambda: "select" not in query(site), "the comparison is over")
    site.one("#traces-chart-drag label:nth-of-type(2)").click()
    brush(site, 0.5, 0.75)
    site.until(lambda: "select" in query(site), "a brushed selection in the URL")
    assert query(site)["select"].startswith("start>=")
    assert "since" not in query(site)
    site.browser.wait_for_contains_text("#traces-difference-title", "others")
    site.one("#traces-chart-drag label:nth-of-type(1)").click()


def test_what_is_folded_stays_folded(site: Site) -> None:
    site.open("/traces")
    drawn(site, "bars")
    site.one("#traces-chart-fold").click()
    site.one("#traces-sidebar-fold").click()
    site.until(lambda: not site.one("#traces-chart").is_displayed(), "no chart")
    site.open("/traces")
    matched(site, "240 match")
    assert not site.one("#traces-chart").is_displayed()
    assert not site.one("#traces-facet-service").is_displayed()
    site.one("#traces-chart-fold").click()
    site.one("#traces-sidebar-fold").click()
    drawn(site, "bars")
    site.until(lambda: site.one("#traces-facet-service").is_displayed(), "facets")
