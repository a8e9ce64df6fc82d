"""The page: Dash with our frame, our rooms and a document that knows the theme before it paints."""

from __future__ import annotations

from dash import Dash, html
from flask import Flask, has_request_context, request

from dashboards.alerts import callbacks as alerts
from dashboards.code import callbacks as code
from dashboards.compare import callbacks as compare
from dashboards.headers import PLOTLY
from dashboards.overview import callbacks as overview
from dashboards.overview.map import callbacks as service_map
from dashboards.rooms import ROOMS
from dashboards.shell import callbacks as shell
from dashboards.shell import layout as frame
from dashboards.trace import callbacks as trace
from dashboards.traces import callbacks as traces

_DOCUMENT = """<!DOCTYPE html>
<html lang="en"{theme}>
<head>
{{%metas%}}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{%title%}}</title>
{{%favicon%}}
{{%css%}}
</head>
<body>
{{%app_entry%}}
<footer>
{{%config%}}
{{%scripts%}}
{{%renderer%}}
</footer>
</body>
</html>"""


class Page(Dash):
    """Dash whose document carries the reader's theme, so that dark pages never flash white."""

    def index(self, *args: object, **kwargs: object) -> str:
        self.index_string = _DOCUMENT.format(theme=_theme())
        document: str = super().index(*args, **kwargs)
        return document


def _theme() -> str:
    chosen = request.cookies.get("theme") if has_request_context() else None
    return f' data-theme="{chosen}"' if chosen in ("light", "dark") else ""


def create(server: Flask, assets: str) -> Page:
    """The page on `server`, every room wired."""
    page = Page(
        __name__,
        server=server,  # type: ignore[arg-type]
        use_async=False,
        title="Observatory",
        update_title="",
        assets_folder=assets,
        external_scripts=[{"src": f"/vendor/{PLOTLY}"}],
        assets_ignore="sign-in.css|vendor/.*",
    )
    page.layout = frame.serve
    page.validation_layout = html.Div(  # type: ignore[assignment]
        # the map also stands in the Overview
        [frame.frame(None), *(room() for path, room in ROOMS.items() if path != "/map")]
    )
    for room in (shell, overview, service_map, traces, trace, compare, code, alerts):
        room.register(page)
    return page
