"""Texts of strangers: shown whole, wrapped and as text, with nothing invisible in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from dash import html
from dash.development.base_component import Component

LONG = 1_500
"""Characters of a text that are shown before it must be unfolded."""

MOST = 60_000
"""Characters of one text that the page holds; the raw JSON has the others."""

MOST_TOGETHER = 300_000
"""Characters that the long texts of one section may hold together."""

_INVISIBLE = re.compile(
    # controls other than tab and newline, marks that turn the direction of text or take no room,
    # and halves of characters; joiners stay, because scripts and emoji need them
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)


def readable(text: str) -> str:
    """The text with what cannot be seen shown as a symbol or as its number."""
    return _INVISIBLE.sub(_symbol, text.replace("\r\n", "\n"))


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 32:
        return chr(0x2400 + code)
    return "␡" if code == 127 else f"⟨U+{code:04X}⟩"


def passage(text: str, *, long: int = LONG, whole: bool = True, class_name: str = "") -> Component:
    """A text that wraps. Beyond `long` characters it is folded, and cut unless `whole`."""
    name = f"passage {class_name}".strip()
    if len(text) <= long:
        return html.Div(readable(text) or "(empty)", className=f"{name} whole", **_raw(text))
    start = html.Span(readable(text[:long]) + "…", className=name)
    if not whole:
        rest = f"{len(text) - long:,} more characters are in the raw JSON."
        return html.Div([start, html.Div(rest, className="muted")])
    return html.Details(
        [
            html.Summary([start, html.Span(_more(text), className="more")]),
            html.Div(readable(text[:MOST]), className=f"{name} whole", **_raw(text[:MOST])),
            html.Div(f"{len(text) - MOST:,} more characters are in the raw JSON.")
            if len(text) > MOST
            else None,
        ],
        className="long",
    )


def passages(texts: Sequence[str], *, room: int = MOST_TOGETHER, **how: Any) -> list[Component]:
    """Texts that share `room`: the later ones are cut when all together are too much."""
    sizes = accumulate(_size(text[:MOST]) for text in texts)
    return [
        passage(text, whole=size <= room, **how) for text, size in zip(texts, sizes, strict=True)
    ]


def rooms(groups: Iterable[Sequence[str]]) -> Iterator[int]:
    """How much room is left for each group of texts, when they share a section."""
    left = MOST_TOGETHER
    for group in groups:
        yield left
        left = max(0, left - sum(_size(text[:MOST]) for text in group))


def _size(text: str) -> int:
    return len(text) * (2 if _raw(text) else 1)


def _more(text: str) -> str:
    return f"Show all {len(text):,} characters"


def _raw(text: str) -> dict[str, Any]:
    """The text for the clipboard, where it is not what is shown."""
    return {} if text and readable(text) == text else {"data-raw": text}


def copier(what: str) -> Component:
    """A button that copies the text standing in the same row."""
    named: dict[str, Any] = {"data-copy": "", "aria-label": f"Copy {what}"}
    return html.Button("Copy", className="tool", title=f"Copy {what}", **named)


def more_button(kind: str, shown: int, total: int, most: int) -> Component | None:
    """What says that there is more than is shown, and shows up to `most`."""
    if shown >= total:
        return None
    named: dict[str, Any] = {"data-all": kind}
    words = f"Show all {total:,}" if total <= most else f"Show {most:,}"
    button = html.Button(words, className="tool tool-more", **named) if shown < most else None
    return html.Div([f"{shown:,} of {total:,} {kind} shown. ", button], className="panel-more")
