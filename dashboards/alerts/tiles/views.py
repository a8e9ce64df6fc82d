"""Views of the tiles: a count for each state, which is a link to just these alerts and back."""

from __future__ import annotations

from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from alerts.board import Board, Tile
from dashboards.shell.link import Link

TITLES: Final = {
    Tile.FIRING: "Firing",
    Tile.PENDING: "Pending",
    Tile.FLAPPING: "Flapping",
    Tile.SNOOZED: "Snoozed",
    Tile.NO_DATA: "No data",
    Tile.OK: "OK",
}
LOOKS: Final = {
    Tile.FIRING: "firing",
    Tile.PENDING: "pending",
    Tile.FLAPPING: "flapping",
    Tile.SNOOZED: "snoozed",
    Tile.NO_DATA: "no_data",
    Tile.OK: "inactive",
}


def chosen(link: Link) -> Tile | None:
    """The tile that filters; a name that nobody knows filters nothing."""
    return Tile(link.tile) if link.tile in set(Tile) else None


def strip(board: Board, link: Link) -> list[Component]:
    return [_tile(tile, board.counts[tile], link) for tile in Tile]


def _tile(tile: Tile, count: int, link: Link) -> Component:
    """A second click shows everything again."""
    here = chosen(link) is tile
    kinds = [
        "tile",
        f"tile-{LOOKS[tile]}",
        "tile-here" if here else "",
        "" if count else "tile-none",
    ]
    said = f"{TITLES[tile]}: {count:,}. " + ("Show all." if here else "Show only these.")
    hidden: dict[str, Any] = {"aria-hidden": "true"}
    return dcc.Link(
        [
            html.Span(f"{count:,}", className="tile-count"),
            html.Span([html.I(**hidden), TITLES[tile]], className="tile-name"),
        ],
        href=link.to("/alerts", tile="" if here else tile.value, alert=""),
        className=" ".join(kind for kind in kinds if kind),
        title=said,
    )
