"""Routes of exports: the file itself, how far it is, stopping it, its receipt, and one trace.

The one idea: a plain address is enough; the dialog only puts an id of its own into it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import wraps
from itertools import chain
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from access import exports
from access.errors import AccessError, NotFound
from access.exports import Asked
from access.login import current_person, current_records, current_scope
from dashboards.errors import sentence
from dashboards.export import formats, links, receipts
from dashboards.export.running import Cancelled, Registry, Running, TooMany
from dashboards.shell.link import Link, LinkError, zone_of
from queries import errors, export, reader
from queries.errors import Gone, QuestionError
from telemetry import otlp_out

routes = Blueprint("export", __name__)

EXTENSION = "observatory-exports"
MISSING = (NotFound, errors.NotFound)

Route = Callable[..., ResponseReturnValue]


def told(route: Route) -> Route:
    """Errors of ours as a status and a plain sentence."""

    @wraps(route)
    def tell(*args: Any, **more: Any) -> ResponseReturnValue:
        try:
            return route(*args, **more)
        except (AccessError, QuestionError, LinkError) as error:
            return Response(sentence(error) + "\n", _status(error), mimetype="text/plain")
        except Cancelled:
            return Response("This export was cancelled.\n", 409, mimetype="text/plain")

    return tell


@routes.get("/export/spans.<format_>")
@told
def spans(format_: str) -> ResponseReturnValue:
    """Every span of the link's org, range, search and version, newest first."""
    if format_ not in formats.MEDIA:
        raise NotFound
    now = datetime.now(UTC)
    if request.method == "HEAD":
        return Response(mimetype=formats.MEDIA[format_])
    running = _begun(format_, now)
    pieces = running.pieces()
    # the question runs here, so that a failure is still a status and a sentence
    first = next(pieces)
    name = f"spans-{running.asked.org or 'all'}-{now:%Y%m%dT%H%M%SZ}.{format_}"
    response = _attachment(chain([first], pieces), format_, name)
    response.call_on_close(pieces.close)
    response.headers["Link"] = f'</export/receipt/{running.asked.id}.json>; rel="describedby"'
    return response


@routes.get("/export/receipt/<export_id>.json")
@told
def receipt(export_id: str) -> ResponseReturnValue:
    """What was exported, by whom, and the digest of the file."""
    found = exports.receipt(current_records(), current_person(), export_id)
    response = jsonify(receipts.content(found))
    name = f"receipt-{export_id}.json"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@routes.get("/export/progress/<export_id>.json")
@told
def progress(export_id: str) -> ResponseReturnValue:
    """How far an export of one's own is; one that has not begun is waited for."""
    try:
        found = exports.receipt(current_records(), current_person(), export_id)
    except NotFound:
        return jsonify({"state": "waiting"})
    running = registry().find(export_id)
    return jsonify(receipts.progress(found, running.written if running else None))


@routes.post("/export/cancel/<export_id>")
@told
def cancel(export_id: str) -> ResponseReturnValue:
    """Stop an export of one's own; one that ended already stays as it ended."""
    exports.cancel(current_records(), current_person(), export_id, datetime.now(UTC))
    if running := registry().find(export_id):
        running.cancel()
    return Response(status=204)


@routes.get("/export/trace.json")
@told
def trace() -> ResponseReturnValue:
    """One trace as OTLP/JSON, as it can be sent to any receiver."""
    link = _link()
    rows = export.trace(current_scope(link.org or None), link.trace, link.pinned)
    response = Response(otlp_out.request_of(rows), mimetype="application/json")
    name = f"trace-{link.trace}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def registry() -> Registry:
    """The running exports of this app."""
    found: Registry = current_app.extensions.setdefault(EXTENSION, Registry())
    return found


def _begun(format_: str, now: datetime) -> Running:
    """The export that this request asks for, in the records and on its way."""
    link, asked = _link(), reader.the_reader()
    scope, zone = current_scope(link.org or None), zone_of(link.zone)
    version = asked.hold(scope, link.pinned, now)
    pinned = links.fixed(links.rows_only(link), now, version)
    wanted = Asked(
        id=request.args.get("id") or uuid.uuid4().hex,
        org=scope.org,
        format=format_,
        search=pinned.search,
        zone=zone.key,
        version=version,
    )
    bom = request.args.get("bom") == "1"
    running = registry().start(
        current_records(),
        asked,
        scope,
        pinned.filters(now),
        wanted,
        formats.of(format_, zone, bom=bom),
    )
    try:
        exports.forget_lost(current_records(), now)
        exports.begin(current_records(), current_person(), wanted, now, request.remote_addr)
    except Exception:
        running.ended()
        raise
    return running


def _link() -> Link:
    return Link.parse(request.query_string.decode("utf-8", "replace"))


def _attachment(pieces: Iterator[bytes], format_: str, name: str) -> Response:
    return Response(
        pieces,
        mimetype=formats.MEDIA[format_],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _status(error: Exception) -> int:
    if isinstance(error, TooMany):
        return 429
    if isinstance(error, Gone):
        return 410
    return 404 if isinstance(error, MISSING) else 400
