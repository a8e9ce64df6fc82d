"""The tabs of the trace page as a person uses them: links, clicks, keys, and what they lead to."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from cast import NOW, span
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from website import Site

TRACE = 0xF1A3E
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
def _alice(site: Site) -> None:
    """A checkout of the web shop that asks the bank three times, with its logs."""
    common: dict[str, Any] = {"trace": TRACE, "ago": 59.99}
    site.world.send("acme", span("checkout", trace=TRACE, ms=100, ago=60), service="web")
    site.world.send(
        "acme",
        span("pay", number=2, parent=1, ms=60, gen_ai__agent__name="planner", **common),
        span(HOSTILE, number=3, parent=2, ms=20, error="Boom", **common),
        span(HOSTILE, number=4, parent=2, ms=30, **common),
        service="bank",
    )
    reply = site.world.post("acme", logs(), "logs", "application/json")
    assert reply.status_code == 200, reply.data
    site.world.settle()
    site.sign_in("alice")
    site.complaints()


def logs() -> bytes:
    at = int(NOW.timestamp() * 1e9) - 59_900_000_000
    records = [
        {
            "timeUnixNano": str(at + number),
            "severityNumber": severity,
            "body": {"stringValue": body},
            "traceId": f"{TRACE:032x}",
            "spanId": f"{2:016x}",
        }
        for number, (severity, body) in enumerate([(9, "asked\nthe bank"), (17, HOSTILE)])
    ]
    scopes = [{"logRecords": records}]
    return orjson.dumps({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": scopes}]})


def link(tab: str, **rest: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in rest.items())
    return f"/trace?trace={TRACE:032x}&tab={tab}{more}"


def query(site: Site) -> dict[str, str]:
    """What the address says."""
    found = parse_qs(urlsplit(site.driver.current_url).query)
    return {name: values[0] for name, values in found.items()}


def texts(site: Site, selector: str) -> list[str]:
    """All at once, because what is drawn again replaces its elements."""
    script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText)"
    found: list[str] = site.driver.execute_script(script, selector)
    return found


def frames(site: Site, *expected: str) -> None:
    site.until(lambda: texts(site, ".flame-frame") == list(expected), f"frames {expected}")


def nodes(site: Site, what: str) -> list[Any]:
    """What the drawn graph knows of each of its nodes."""
    found: list[Any] = site.driver.execute_script(
        "const drawn = document.getElementById('trace-graph-drawing')._cyreg;"
        f"return drawn ? drawn.cy.nodes().map((node) => {what}) : []"
    )
    return found


def test_a_click_in_the_flame_graph_looks_closer_and_back_again(site: Site) -> None:
    site.open(link("flame"))
    frames(site, "checkout", "pay", f"✕ {HOSTILE}")
    site.all(".flame-frame")[1].click()
    frames(site, "pay", f"✕ {HOSTILE}")
    assert query(site)["select"] == f"{2:016x}"
    assert texts(site, "#trace-flame-crumbs > *")[:3] == ["Whole trace", "checkout", "pay"]
    site.driver.back()
    frames(site, "checkout", "pay", f"✕ {HOSTILE}")
    site.driver.forward()
    frames(site, "pay", f"✕ {HOSTILE}")
    site.one("#trace-flame-crumbs a").click()
    frames(site, "checkout", "pay", f"✕ {HOSTILE}")
    assert site.complaints() == []


def test_the_flame_graph_is_walked_by_keys(site: Site) -> None:
    site.open(link("flame"))
    frames(site, "checkout", "pay", f"✕ {HOSTILE}")
    top = site.all(".flame-frame")[0]
    site.driver.execute_script("arguments[0].focus()", top)
    keys = ActionChains(site.driver)
    keys.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN).perform()
    tip = site.one(".flame-tip:not([hidden])").text.split("\n")
    assert tip[:3] == [HOSTILE, "bank", "2 spans, 1 with errors"]
    keys.send_keys(Keys.ENTER).perform()
    frames(site, f"✕ {HOSTILE}")
    ActionChains(site.driver).send_keys(Keys.ESCAPE).perform()
    frames(site, "pay", f"✕ {HOSTILE}")


def test_a_row_of_the_table_filters_the_waterfall(site: Site) -> None:
    site.open(link("operations"))
    names = [HOSTILE, "checkout", "pay"]
    site.wait_for_rows("process", names, "trace-operations-table")
    assert site.column("self", "trace-operations-table") == ["50.0 ms", "40.0 ms", "30.0 ms"]
    assert site.column("critical", "trace-operations-table") == ["30.0 %", "40.0 %", "30.0 %"]
    # sorted by another column, and Enter on the cell instead of a click
    site.one("#trace-operations-table .ag-header-cell[col-id=total]").click()
    row = site.one("#trace-operations-table .ag-row:nth-child(2) .ag-cell[col-id=process]")
    assert "pay" in row.text
    row.click()
    site.until(lambda: "tab" not in query(site), "the waterfall")
    assert query(site)["only"] == "name=pay service=bank"
    assert site.complaints() == []


def test_the_graph_is_drawn_and_its_parts_can_be_chosen(site: Site) -> None:
    site.open(link("operations"))
    site.one("#trace-tab-graph").click()
    # opened by its tab, the drawing gets its size late and must still be fitted
    box = site.one("#trace-graph-drawing")
    width = box.size["width"]
    edges = "[node.renderedBoundingBox().x1, node.renderedBoundingBox().x2]"
    site.until(
        lambda: (
            [0 < x1 < x2 < width and x2 - x1 > 100 for x1, x2 in nodes(site, edges)] == [True] * 2
        ),
        "both nodes inside of the drawing",
    )
    places = nodes(site, "node.renderedPosition()")
    assert places[0]["x"] < places[1]["x"]
    ActionChains(site.driver).move_to_element_with_offset(
        box,
        round(places[1]["x"] - width / 2),
        round(places[1]["y"] - box.size["height"] / 2),
    ).click().perform()
    site.until(lambda: texts(site, "#trace-graph-chosen h2") == ["bank"], "the bank's numbers")
    assert query(site)["select"] == "service:n1"
    site.all("#trace-graph-party label")[1].click()
    site.wait_for_rows("from", ["(no agent)"], "trace-graph-table")
    assert query(site)["select"] == "agent"
    site.one("#trace-graph-table .ag-cell").click()
    site.until(
        lambda: texts(site, "#trace-graph-chosen h2") == ["(no agent) → planner"], "the hand-off"
    )
    assert site.complaints() == []


def test_the_graphs_colours_follow_the_theme(site: Site) -> None:
    site.open(link("graph"))
    root = "document.documentElement"
    site.driver.execute_script(f"{root}.dataset.theme = 'light'")
    light = site.until(lambda: nodes(site, "node.style('color')"), "nodes")
    site.driver.execute_script(f"{root}.dataset.theme = 'dark'")
    site.until(lambda: nodes(site, "node.style('color')") != light, "other colours")
    site.driver.execute_script(f"delete {root}.dataset.theme")


def test_logs_are_filtered_opened_and_lead_to_their_span(site: Site) -> None:
    site.open(link("logs"))
    site.wait_for_rows("body", ["asked the bank", HOSTILE], "trace-logs-table")
    folded = site.one("#trace-logs-table .ag-row").size["height"]
    site.one("#trace-logs-table .log-body").click()
    site.until(
        lambda: site.one("#trace-logs-table .ag-row").size["height"] > folded, "a taller row"
    )
    site.all("#trace-logs-level label")[3].click()
    site.wait_for_rows("body", [HOSTILE], "trace-logs-table")
    site.type_into("#trace-logs-text", "nobody said this")
    site.until(lambda: "No record matches." in site.one("#trace-logs-face").text, "no record")
    assert query(site)["select"] == "error:nobody said this"
    site.open(link("logs", select="all:ASKED"))
    site.wait_for_rows("body", ["asked the bank"], "trace-logs-table")
    assert site.one("#trace-logs-text").get_attribute("value") == "ASKED"
    site.one("#trace-logs-table .ag-cell[col-id=span]").click()
    site.until(lambda: query(site).get("span") == f"{2:016x}", "the span in the address")
    assert site.complaints() == []


def test_raw_json_unfolds(site: Site) -> None:
    site.open(link("raw"))
    site.until(lambda: "All 4 spans" in site.one("#trace-raw-which").text, "what it is of")
    hints = site.until(lambda: texts(site, ".json-hint"), "the tree")
    assert hints[1] == "[2]"
    assert sum(HOSTILE in hint for hint in hints) == 2
    (folded,) = [node for node in site.all("details:not([open]) > summary") if "pay" in node.text]
    folded.click()
    site.until(lambda: '"pay"' in texts(site, ".json-string"), "the span's fields")
    site.open(link("raw", span=f"{2:016x}"))
    site.until(lambda: '"pay"' in texts(site, ".json-string"), "one span, unfolded by itself")
    href = site.one("#trace-raw-links a[href*=export]").get_attribute("href")
    assert href.endswith(f"/export/trace.json?trace={TRACE:032x}")
    assert site.complaints() == []
