"""Route of source: one file as text, by its id, for copying."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from access.errors import AccessError, NotFound
from access.login import current_scope
from queries import source

routes = Blueprint("source", __name__)


@routes.get("/source")
def file() -> ResponseReturnValue:
    """The file `id` of the org. Whatever may not be seen looks like what does not exist."""
    try:
        found = source.opened(current_scope(request.args.get("org")), request.args.get("id", ""))
    except AccessError:
        found = None
    if found is None:
        return Response(f"{NotFound.sentence}\n", 404, mimetype="text/plain")
    return Response(found.text.encode(), mimetype="text/plain")
