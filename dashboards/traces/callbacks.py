"""Callbacks of the Trace Explorer: those of its parts."""

from __future__ import annotations

from dash import Dash

from dashboards.traces.charts import callbacks as charts
from dashboards.traces.difference import callbacks as difference
from dashboards.traces.grid import callbacks as grid
from dashboards.traces.residue import callbacks as residue
from dashboards.traces.saved import callbacks as saved
from dashboards.traces.search import callbacks as search
from dashboards.traces.share import callbacks as share
from dashboards.traces.sidebar import callbacks as sidebar


def register(app: Dash) -> None:
    for part in (search, grid, saved, share, sidebar, charts, residue, difference):
        part.register(app)
