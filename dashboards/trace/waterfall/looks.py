"""Looks: what the link and the browser's store say about how a trace is looked at.

The one idea: the store is what the browser sends, so whatever makes no sense in it is left out.
"""

from __future__ import annotations

import re
from typing import Any

from dashboards.shell.link import Link, LinkError
from queries.waterfall import Fold, View

Stored = dict[str, Any]

MOST_FOLDS = 2_000

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ns|us|µs|ms|s|m)?", re.ASCII | re.IGNORECASE)


def view_of(link: Link, tree: Stored | None) -> View:
    """The view. Raises LinkError for a duration that is none."""
    own = _own(link, tree)
    level = own.get("level")
    return View(
        root=link.root,
        level=level if isinstance(level, int) and not isinstance(level, bool) else None,
        folds=_folds(own.get("folds")),
        shorter_ns=shorter_ns(link.short),
        only=link.only.strip(),
        grouped=own.get("grouped") is not False,
    )


def tree_of(view: View, tree: Stored | None, link: Link) -> Stored:
    """The store that says what the view says."""
    folds = [[fold.name, fold.open, fold.whole] for fold in view.folds[-MOST_FOLDS:]]
    return {**_own(link, tree), "trace": link.trace, "level": view.level, "folds": folds}


def clocks(link: Link, tree: Stored | None) -> bool:
    """Whether corrected times are drawn beside the raw ones."""
    return _own(link, tree).get("clocks") is True


def version(link: Link, opened: Stored | None) -> int | None:
    """The version of the table to read: the link's, or the one that the page opened."""
    if link.version:
        return link.pinned
    known = (opened or {}).get("version")
    same = (opened or {}).get("trace") == link.trace
    return known if same and isinstance(known, int) and known >= 0 else None


def shorter_ns(text: str) -> int:
    """A duration such as 5ms or 1.5s; without a unit ms. Raises LinkError."""
    if not text.strip():
        return 0
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise LinkError(f"{text[:20]!r} is no duration. Write 5ms, 1.5s or 200us.")
    return round(float(found[1]) * _UNITS[(found[2] or "ms").lower()])


def zoom(link: Link) -> tuple[int, int]:
    """From when to when, ns since the trace's beginning; nothing for what is no zoom."""
    found = re.fullmatch(r"(\d{1,19})-(\d{1,19})", link.zoom, re.ASCII)
    return (int(found[1]), int(found[2])) if found else (0, -1)


def _own(link: Link, tree: Stored | None) -> Stored:
    """The store, if it is about this trace."""
    return tree if tree and tree.get("trace") == link.trace else {}


def _folds(sent: Any) -> tuple[Fold, ...]:
    if not isinstance(sent, list):
        return ()
    return tuple(
        Fold(name=fold[0], open=fold[1] is True, whole=fold[2] is True)
        for fold in sent[-MOST_FOLDS:]
        if isinstance(fold, list) and len(fold) == 3 and isinstance(fold[0], str)
    )
