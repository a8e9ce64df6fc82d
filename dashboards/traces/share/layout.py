"""Layout of share: links that keep their rows, the export dialog, and lines for a notebook."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    MENU = "share-menu"
    RELATIVE = "share-relative"
    ABSOLUTE = "share-absolute"
    PINNED = "share-pinned"
    WANTED = "share-wanted"
    MADE = "share-made"
    LINK = "share-link"
    SAID = "share-said"
    NOTICE = "share-notice"
    NOTICE_TEXT = "share-notice-text"
    UNPIN = "share-unpin"
    EXPORT = "share-export"
    DIALOG = "share-export-dialog"
    FORMAT = "share-format"
    BOM = "share-bom"
    ZONE = "share-zone"
    WISH = "share-wish"
    PREFLIGHT = "share-preflight"
    READY = "share-ready"
    START = "share-start"
    PROGRESS = "share-progress"
    STATE = "share-state"
    CANCEL = "share-cancel"
    CLOSE = "share-close"
    RECEIPT = "share-receipt"
    NOTEBOOK = "share-notebook"
    NOTEBOOK_DIALOG = "share-notebook-dialog"
    NOTEBOOK_WISH = "share-notebook-wish"
    NOTEBOOK_TEXT = "share-notebook-text"
    NOTEBOOK_COPY = "share-notebook-copy"
    NOTEBOOK_SAID = "share-notebook-said"
    NOTEBOOK_CLOSE = "share-notebook-close"


FORMATS = (
    ("csv", "CSV", "for spreadsheets; RFC 4180, formulas made inert"),
    ("parquet", "Parquet", "for pandas, DuckDB, Spark; smallest, with types"),
    ("ndjson", "NDJSON", "one JSON object a line, attributes nested"),
)


def layout() -> Component:
    return html.Div(
        [
            _notice(),
            _menu(),
            html.Button("Export", id=Id.EXPORT, className="button"),
            _export_dialog(),
            _notebook_dialog(),
            *(
                dcc.Store(id=store)
                for store in (Id.WANTED, Id.MADE, Id.WISH, Id.READY, Id.NOTEBOOK_WISH)
            ),
        ],
        className="share",
    )


def _notice() -> Component:
    return html.Div(
        [
            html.Span(id=Id.NOTICE_TEXT),
            html.Button("Unpin", id=Id.UNPIN, className="link-button"),
        ],
        id=Id.NOTICE,
        className="pinned",
        role="status",
        hidden=True,
    )


def _menu() -> Component:
    return html.Details(
        [
            html.Summary("Share", className="button"),
            html.Div(
                [
                    _way(Id.RELATIVE, "As it is", "A range such as “24 hours” moves with time."),
                    _way(Id.ABSOLUTE, "These times", "From and until stay; late spans join."),
                    _way(Id.PINNED, "Pinned", "The same rows byte for byte, later too."),
                    html.Div(
                        [
                            dcc.Input(
                                id=Id.LINK,
                                type="text",
                                readOnly=True,
                                placeholder="The link that was copied",
                                className="share-link",
                            ),
                            html.P(id=Id.SAID, className="share-said", role="status"),
                        ],
                        className="share-copied",
                    ),
                    html.Button(
                        "Open in notebook…", id=Id.NOTEBOOK, className="button wide share-notebook"
                    ),
                ],
                className="menu menu-share",
            ),
        ],
        id=Id.MENU,
        className="drop drop-right",
    )


def _way(name: Id, title: str, meaning: str) -> Component:
    """A kind of link: what it is called, what it means, and the button that copies it."""
    return html.Div(
        [
            html.Div(
                [html.Span(title, className="share-title"), html.Span(meaning, className="muted")],
                className="stack",
            ),
            html.Button("Copy", id=name, className="button", title=f"Copy link: {title.lower()}"),
        ],
        className="share-way",
    )


def _named(name: str) -> dict[str, Any]:
    """What a screen reader calls it."""
    return {"aria-label": name}


def _export_dialog() -> Component:
    return html.Dialog(
        [
            html.H2("Export every row of this list"),
            dcc.RadioItems(
                id=Id.FORMAT,
                options=[
                    {
                        "label": html.Span(
                            [html.B(title), html.Span(meaning, className="muted")],
                            className="format",
                        ),
                        "value": name,
                    }
                    for name, title, meaning in FORMATS
                ],
                value="csv",
                className="choices formats",
            ),
            html.Div(
                [
                    html.Span(["Times in ", html.B(id=Id.ZONE), ", each with its offset"]),
                    dcc.Checklist(
                        id=Id.BOM,
                        options=[{"label": "Mark as UTF-8 for Excel (BOM)", "value": "bom"}],
                        value=[],
                        className="check",
                    ),
                ],
                className="export-how",
            ),
            html.Div(id=Id.PREFLIGHT, className="preflight loads", role="status"),
            html.Div(
                [
                    html.Progress(id=Id.PROGRESS, max="100", value="0"),
                    html.Span(id=Id.STATE, role="status"),
                    html.A("Receipt", id=Id.RECEIPT, target="_blank", hidden=True),
                ],
                id=f"{Id.PROGRESS}-line",
                className="export-progress",
                hidden=True,
            ),
            html.Div(
                [
                    html.Button("Close", id=Id.CLOSE, className="button"),
                    html.Button("Cancel export", id=Id.CANCEL, className="button", hidden=True),
                    html.Button("Start", id=Id.START, className="button primary", disabled=True),
                ],
                className="dialog-buttons",
            ),
        ],
        id=Id.DIALOG,
        className="dialog dialog-export",
        **_named("Export"),
    )


def _notebook_dialog() -> Component:
    return html.Dialog(
        [
            html.H2("Open in notebook"),
            html.P(
                "For people who have the lake's files at hand: these lines read the rows of this "
                "list with DuckDB, as a pandas frame. Put the folder in.",
                className="muted",
            ),
            html.Pre(id=Id.NOTEBOOK_TEXT, className="notebook loads", tabIndex=0),
            html.Div(
                [
                    html.Span(id=Id.NOTEBOOK_SAID, className="share-said", role="status"),
                    html.Button("Close", id=Id.NOTEBOOK_CLOSE, className="button"),
                    html.Button("Copy", id=Id.NOTEBOOK_COPY, className="button primary"),
                ],
                className="dialog-buttons",
            ),
        ],
        id=Id.NOTEBOOK_DIALOG,
        className="dialog dialog-notebook",
        **_named("Open in notebook"),
    )
