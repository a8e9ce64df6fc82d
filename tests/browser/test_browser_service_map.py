"""The service map as a person uses it: choose, follow links, refresh without movement."""

from __future__ import annotations

from typing import Any

import pytest
from cast import span
from website import Site

HOSTILE = "<img src=x onerror=alert(1)>"
CY = "document.getElementById('overview-map-drawing')._cyreg.cy"


@pytest.fixture(scope="module", autouse=True)
def _alice(site: Site) -> None:
    """A shop that asks the bank three times; one of them fails."""
    site.world.send("acme", span("checkout", ms=100), service="web")
    site.world.send(
        "acme",
        *(span("pay", number=n, parent=1, error="Boom" if n == 2 else None) for n in (2, 3, 4)),
        span("look", number=5, parent=2),
        service=HOSTILE,
    )
    site.sign_in("alice")
    site.complaints()


def run(site: Site, script: str) -> Any:
    return site.driver.execute_script(script)


def places(site: Site) -> dict[str, list[float]]:
    """Where every node stands, and the zoom."""
    script = (
        f"const cy = {CY}; return Object.fromEntries(cy.nodes().map(n =>"
        " [n.data('key'), [n.position('x'), n.position('y'), cy.zoom()]]))"
    )
    found: dict[str, list[float]] = run(site, script)
    return found


def drawn(site: Site, nodes: int) -> None:
    there = f"const d = document.getElementById('overview-map-drawing'); const cy = {CY}"
    ready = f"try {{ {there}; return cy.nodes().length }} catch {{ return 0 }}"
    site.until(lambda: run(site, ready) == nodes, f"{nodes} nodes")


def tap(site: Site, selector: str) -> None:
    """What a click on the canvas does to a node or an edge."""
    run(site, f"{CY}.$({selector!r}).emit('tap')")


def test_a_node_is_chosen_and_its_link_leads_to_as_many_spans(site: Site) -> None:
    site.open("/map?range=1h")
    drawn(site, 2)
    tap(site, "node[size=66]")
    card = site.one(".map-facts")
    site.until(lambda: "4" in card.text, "the number of spans")
    assert HOSTILE in card.text
    assert "node=service" in site.driver.current_url
    site.one(".map-links .primary").click()
    site.until(lambda: len(site.column("process")) == 4, "the four spans")
    assert not [c for c in site.complaints() if "alert" in c]


def test_an_edge_is_chosen_in_the_list_and_its_link_leads_to_its_calls(site: Site) -> None:
    site.open("/map?range=1h&node=service:web")
    drawn(site, 2)
    site.one("#overview-map-listed label:nth-of-type(2)").click()
    site.wait_for_rows("calls", ["3"], "overview-map-table")
    site.one("#overview-map-table .ag-row [col-id=name]").click()
    site.until(lambda: "onto=" in site.driver.current_url, "the edge in the address")
    site.until(lambda: run(site, f"return {CY}.edges('.chosen').length") == 1, "a chosen edge")
    site.until(lambda: "1 (33.3 %)" in site.one(".map-facts").text, "the failed call")
    site.one(".map-links .primary").click()
    site.until(lambda: len(site.column("process")) == 3, "the three calls")


def test_a_refresh_moves_nothing_and_new_nodes_stand_apart(site: Site) -> None:
    site.open("/map?range=1h")
    drawn(site, 2)
    site.one("#overview-map-closer").click()
    before = places(site)
    site.world.send("acme", span("x", number=9, parent=3), service="new")
    run(site, "dash_clientside.set_props('shell-tick', {data: Date.now()})")
    drawn(site, 3)
    after = places(site)
    assert {key: after[key] for key in before} == before
    spots = [(x, y) for x, y, _ in after.values()]
    assert len(set(spots)) == 3
    assert site.complaints() == []
