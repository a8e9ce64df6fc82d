"""Views of the source pane: a file becomes numbered lines of pieces, two become pairs of lines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboards.code.source import extent, tokens
from dashboards.code.source.place import Place
from dashboards.parts import faces, formats
from dashboards.shell.link import Link
from queries import search
from queries.lines import Pair, side_by_side
from queries.reader import Row
from queries.source import Found, Revision, Source

AROUND: Final = 400
"""Lines shown above and below a function before somebody asks for more."""

MOST_LINES: Final = 4_000
"""Lines that the page holds at once."""

MOST_JUMPS: Final = 500
KINDS: Final = {"same": "", "changed": "changed", "added": "added", "removed": "removed"}

Shown = dict[str, Any]
Window = tuple[int, int]


def alone(source: Source, place: Place, function: str, asked: Window | None) -> Shown:
    """One revision, as the page draws it."""
    lines = source.lines
    marked = extent.of_function(lines, place.line, function)
    first, last = window(len(lines), marked, asked)
    drawn = tokens.coloured(source.path, lines, first, last)
    return {
        "key": source.id,
        "id": source.id,
        "revision": named(source.revision),
        "against": "",
        "first": first,
        "last": last,
        "total": len(lines),
        "marked": marked,
        "rows": [["", None, at, None, pieces] for at, pieces in enumerate(drawn, first)],
        "jumps": [],
    }


def beside(
    before: Source, after: Source, place: Place, function: str, asked: Window | None
) -> Shown:
    """Two revisions, `before` on the left; rows are pairs of lines."""
    old, new = before.lines, after.lines
    pairs = side_by_side(old, new)
    marked = extent.of_function(new, place.line, function)
    rows = _rows_of(pairs, marked)
    first, last = window(len(pairs), rows or _changed(pairs), asked)
    part = pairs[first - 1 : last]
    left = _drawn(before, old, [pair.before for pair in part])
    right = _drawn(after, new, [pair.after for pair in part])
    return {
        "key": f"{before.id}\n{after.id}",
        "id": after.id,
        "revision": named(after.revision),
        "against": named(before.revision),
        "first": first,
        "last": last,
        "total": len(pairs),
        "marked": marked,
        "beside": [_short(named(before.revision)), _short(named(after.revision))],
        "rows": [
            [
                KINDS[pair.kind],
                pair.before,
                pair.after,
                left.get(pair.before) if pair.before else None,
                right.get(pair.after) if pair.after else None,
            ]
            for pair in part
        ],
        "jumps": _jumps(pairs),
    }


def window(total: int, around: Window | None, asked: Window | None) -> Window:
    """The lines that are shown: what was asked for, else the neighbourhood of the function."""
    if asked:
        first, last = max(1, asked[0]), min(total, asked[1])
    else:
        middle = around or (1, 1)
        first, last = max(1, middle[0] - AROUND), min(total, middle[1] + AROUND)
    first = min(first, max(1, total))
    return first, max(first - 1, min(last, first + MOST_LINES - 1))


def _drawn(
    source: Source, lines: Sequence[str], numbers: Sequence[int | None]
) -> dict[int, list[tokens.Piece]]:
    held = [number for number in numbers if number]
    if not held:
        return {}
    drawn = tokens.coloured(source.path, lines, held[0], held[-1])
    return dict(enumerate(drawn, held[0]))


def _rows_of(pairs: Sequence[Pair], marked: Window | None) -> Window | None:
    """Where the lines of the function stand among the pairs."""
    if marked is None:
        return None
    rows = [
        at
        for at, pair in enumerate(pairs, 1)
        if pair.after and marked[0] <= pair.after <= marked[1]
    ]
    return (rows[0], rows[-1]) if rows else None


def _changed(pairs: Sequence[Pair]) -> Window | None:
    first = next((at for at, pair in enumerate(pairs, 1) if pair.kind != "same"), None)
    return (first, first) if first else None


def _jumps(pairs: Sequence[Pair]) -> list[int]:
    """The rows at which differences begin."""
    found = [
        at
        for at, pair in enumerate(pairs, 1)
        if pair.kind != "same" and (at == 1 or pairs[at - 2].kind == "same")
    ]
    return found[:MOST_JUMPS]


def changes(shown: Shown) -> Component | None:
    """How many differences there are, with a way from one to the next."""
    if "beside" not in shown:
        return None
    if not shown["jumps"]:
        return html.Span("The file is the same in both.", className="muted")
    count = len(shown["jumps"])
    more = "+" if count == MOST_JUMPS else ""
    return html.Div(
        [
            html.Button("↑", className="button", title="Previous difference", **_data("back")),
            html.Button("↓", className="button", title="Next difference", **_data("on")),
            html.Span(f"{count:,}{more} {'difference' if count == 1 else 'differences'}"),
        ],
        className="source-jumps",
    )


def _data(step: str) -> dict[str, Any]:
    return {"data-source-jump": step}


def title(source: Source, marked: Window | None) -> Component:
    """The file's name, the function's lines and the way to copy them."""
    folder, slash, name = formats.visible(source.path).rpartition("/")
    lines: dict[str, Any] = {"data-source-copy": "function"}
    whole: dict[str, Any] = {"data-source-copy": "file"}
    return html.Div(
        [
            html.H2(
                [html.Span(folder + slash, className="source-folder"), html.Span(name)],
                title=formats.visible(source.path),
            ),
            html.Span(_extent(marked), className="muted") if marked else None,
            html.Button("Copy function", className="source-tool", **lines) if marked else None,
            html.Button("Copy file", className="source-tool", **whole),
        ],
        className="source-title",
    )


def _extent(marked: Window) -> str:
    return f"line {marked[0]}" if marked[0] == marked[1] else f"lines {marked[0]}–{marked[1]}"


def options(
    revisions: Sequence[Revision],
    digests: Mapping[str, str],
    shown: Source,
    ran: Sequence[Row],
    zone: ZoneInfo,
) -> list[dict[str, Any]]:
    """The revisions to choose from, each with when it ran first and whether the file changed."""
    seen, versions = _first_seen(ran), _versions(ran)
    return [
        {
            "label": html.Span(
                [
                    html.Span(_title(revision.revision, versions)),
                    html.Small(_about(revision, digests, shown, seen, zone)),
                ],
                className="source-option",
            ),
            "value": named(revision.revision),
            "search": f"{revision.revision} {versions.get(revision.revision, '')}",
        }
        for revision in revisions
    ]


def _title(revision: str, versions: Mapping[str, str]) -> str:
    """A revision with the version under which it ran."""
    name, version = _short(named(revision)), versions.get(revision)
    return f"{formats.shorten(version, 40)} · {name}" if version else name


def _about(
    revision: Revision,
    digests: Mapping[str, str],
    shown: Source,
    seen: Mapping[str, datetime],
    zone: ZoneInfo,
) -> str:
    parts = []
    if at := seen.get(revision.revision):
        parts.append(f"ran since {formats.minute(at, zone)}")
    if revision.root is not None:
        parts.append("registered folder")
    elif revision.uploaded_at:
        parts.append(f"sent {formats.minute(revision.uploaded_at, zone)}")
    digest = digests.get(revision.revision)
    if revision.revision != shown.revision and revision.root is None:
        if digest is None:
            parts.append("file not in it")
        elif digest == shown.sha256:
            parts.append("same file")
    return ", ".join(parts)


def _versions(ran: Sequence[Row]) -> dict[str, str]:
    """Revision → the version that the newest of its spans names."""
    pairs = [(row["revision"], row["version"]) for row in reversed(ran)]
    return {revision: version for revision, version in pairs if revision and version}


def _first_seen(ran: Sequence[Row]) -> dict[str, datetime]:
    """When a revision or version was first seen in the range."""
    seen: dict[str, datetime] = {}
    for row in ran:
        for name in (row["revision"], row["version"]):
            if name:
                seen[name] = min(seen.get(name, row["first_seen"]), row["first_seen"])
    return seen


def named(revision: str) -> str:
    """A revision's name in the lists of choices; a folder may have none."""
    return revision or "registered folder"


def _short(name: str) -> str:
    """A commit by its first digits, as people say it."""
    whole = formats.visible(name)
    commit = len(name) == 40 and all(c in "0123456789abcdef" for c in name)
    return whole[:10] if commit else formats.shorten(whole, 60)


def note(found: Found, lacking: str) -> list[Component] | None:
    """What must be said about the source that is shown; `lacking` has no such file to compare."""
    said = [found.note] if found.note else []
    if lacking:
        said.append(f"There is no such file in {_short(lacking)} to compare with.")
    return [html.Span(formats.visible(sentence)) for sentence in said] or None


def badges(rows: Sequence[Row], link: Link, place: Place) -> list[dict[str, Any]]:
    """Numbers of the lines that spans name, each with the way to exactly these spans."""
    most = max((row["calls"] for row in rows), default=1)
    return [_badge(row, link, place, most) for row in rows]


def _badge(row: Row, link: Link, place: Place, most: int) -> dict[str, Any]:
    terms = [
        search.term("service", place.service),
        search.term("file", place.file),
        search.term("line", row["line"]),
    ]
    if place.ran:
        terms.append(search.term("revision", place.ran))
    said = [f"{formats.count(row['calls'])} {'call' if row['calls'] == 1 else 'calls'}"]
    said.append(f"p95 {formats.duration(row['p95_ns'])}")
    if row["errors"]:
        said.append(f"{formats.percent(row['errors'], row['calls'])} errors")
    if row["memory_bytes"] is not None:
        said.append(f"{_memory(row['memory_bytes'])} memory")
    return {
        "line": row["line"],
        "calls": formats.count(row["calls"]),
        "p95": formats.duration(row["p95_ns"]),
        "errors": formats.count(row["errors"]) if row["errors"] else "",
        "memory": _memory(row["memory_bytes"]) if row["memory_bytes"] is not None else "",
        "share": round(row["calls"] / most, 3),
        "said": f"Line {row['line']}: {', '.join(said)}. Open these spans",
        "href": link.shared.to("/traces", q=" ".join(terms)),
    }


def _memory(size: float) -> str:
    """Bytes gained or given back."""
    sign = "+" if size > 0 else "−" if size < 0 else ""
    size = abs(size)
    for unit, of in (("B", 1), ("KiB", 1024), ("MiB", 1024**2)):
        if size < of * 1000:
            return f"{sign}{size / of:.3g} {unit}"
    return f"{sign}{size / 1024**3:.3g} GiB"


def missing(found: Found, place: Place, url: str) -> Component:
    """No source: which is lacking, and the command that sends it."""
    if found.candidates:
        names = [html.Li(formats.visible(path)) for path in found.candidates[:10]]
        return html.Div(
            [
                html.P("Which file ran cannot be told.", className="face-title"),
                html.P(f"{formats.visible(found.note)} Let the spans name more of its path:"),
                html.Ul(names),
            ],
            className="face",
        )
    command = _command(place, url)
    copied: dict[str, Any] = {"data-source-copy": "command"}
    return html.Div(
        [
            html.P("The source of this function is not here.", className="face-title"),
            html.P(formats.visible(found.note)),
            html.P("Send it where the service is built, with an ingest key of the organisation:"),
            html.Div(
                [
                    html.Pre(command, className="source-command"),
                    html.Button("Copy", className="source-tool", **copied),
                ],
                className="source-commands",
            ),
            html.P("All numbers stand without it.", className="muted"),
        ],
        className="face source-missing",
    )


def _command(place: Place, url: str) -> str:
    revision = place.revisions[0] if place.revisions else ""
    return (
        f"INGEST_KEY=… python -m send_source FOLDER \\\n"
        f"  --to {_word(url, 'URL')} --service {_word(place.service, 'SERVICE')} \\\n"
        f"  --revision {_word(revision, 'REVISION')}"
    )


def _word(text: str, stands_for: str) -> str:
    """Telemetry as one word of a shell; what cannot be typed is left to the reader."""
    return shlex.quote(text) if text and text.isascii() and text.isprintable() else stands_for


def nowhere(rows: Sequence[Row]) -> Component:
    """No span says where the function is."""
    if not rows:
        return faces.empty(
            "This function did not run in this time range.", "Choose a longer range."
        )
    return faces.empty(
        "The spans of this function do not say which file it is in.",
        "Set code.file.path and code.line.number on them, and its source can be shown here.",
    )


def unchosen() -> Component:
    """No function is chosen yet."""
    return faces.empty("Choose a function to see its source.", "")
