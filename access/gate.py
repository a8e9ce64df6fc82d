"""The gate: every request passes it before anything else; without a live session little is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from access import audit, origin, people, sessions
from access.clock import utc_now
from access.errors import NotSignedIn
from access.people import Person
from access.scope import Scope, scope_for
from records.store import Records
from settings import Settings

COOKIE = "observatory_session"
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"

# Telemetry and source prove themselves with an ingest key and never with a cookie.
RECEIVER_PATHS = frozenset(
    {"/v1/traces", "/v1/logs", "/v1/metrics", "/v1/source", "/v1/source/contents"}
)
PUBLIC_PATHS = RECEIVER_PATHS | {"/healthz", "/readyz", SIGN_IN, "/_favicon.ico"}
PUBLIC_FOLDERS = ("/assets/", "/_dash-component-suites/", "/vendor/")

EXTENSION = "observatory-gate"


@dataclass(frozen=True)
class SignedIn:
    """Who sent the present request, and in which session."""

    person: Person
    session_id: str


@dataclass(frozen=True)
class Gate:
    """What the gate works with; kept on the server so that `current_scope` finds it."""

    records: Records
    settings: Settings


def install_gate(server: Flask, records: Records, settings: Settings) -> None:
    """Put the gate in front of every route of `server`, also of those added later."""
    server.extensions[EXTENSION] = Gate(records, settings)
    server.before_request(_admit)


def current_person() -> Person:
    """Who sent this request. Raises NotSignedIn outside the gate."""
    return _current().person


def current_scope(wanted: str | None) -> Scope:
    """The scope of this request; `wanted` is what the page asks for. Staff leave an audit row."""
    signed_in = _current()
    scope = scope_for(signed_in.person, wanted)
    if signed_in.person.is_staff and scope.org is not None:
        _note_visit(signed_in, scope.org, utc_now())
    return scope


def current_records() -> Records:
    """The records of the app that this request came to."""
    return _gate().records


def signed_in_by_cookie(records: Records, now: datetime) -> SignedIn | None:
    """The person whose session cookie came with this request, if the session is alive."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with records.reading() as session:
        found = sessions.find(session, token, now)
        row = sessions.person_of(session, found) if found else None
        if found is None or row is None:
            return None
        person = people.load(session, row)
    if sessions.stale(found, now):
        with records.session() as session:
            sessions.touch(session, found.id, now)
    return SignedIn(person, found.id)


def _admit() -> ResponseReturnValue | None:
    """Let the request through by returning nothing."""
    if request.path in RECEIVER_PATHS:
        return None
    if not _is_from_our_pages():
        return _refusal(403, "This request came from another site and was refused.")
    if is_public(request.path):
        return None
    g.signed_in = signed_in_by_cookie(_gate().records, utc_now())
    return None if g.signed_in else _send_to_sign_in()


def _is_from_our_pages() -> bool:
    return origin.is_ours(
        request.method,
        request.host,
        site=request.headers.get("Sec-Fetch-Site"),
        origin=request.headers.get("Origin"),
    )


def is_public(path: str) -> bool:
    """Whether `path` is open to everybody."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)


def _send_to_sign_in() -> ResponseReturnValue:
    """A page leads to the sign-in page and back; anything else is a 401."""
    if request.path == SIGN_OUT:
        return redirect(SIGN_IN, 303)
    if not _is_page():
        return _refusal(401, NotSignedIn.sentence)
    wanted = request.full_path.removesuffix("?")
    target = SIGN_IN if wanted == "/" else f"{SIGN_IN}?{urlencode({'next': wanted})}"
    response = redirect(target, 302)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_page() -> bool:
    # A script's request accepts */*, which is not a wish for a page.
    asks_for_html = any(kind == "text/html" for kind, _ in request.accept_mimetypes)
    return request.method in {"GET", "HEAD"} and asks_for_html and "/_dash" not in request.path


def _refusal(status: int, sentence: str) -> Response:
    response = jsonify(error=sentence)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _note_visit(signed_in: SignedIn, org: str, now: datetime) -> None:
    records = _gate().records
    with records.reading() as session:
        if sessions.visited_lately(session, signed_in.session_id, org, now):
            return
    with records.session() as session:
        if sessions.begin_visit(session, signed_in.session_id, org, now):
            audit.record(
                session,
                "org.entered",
                person=signed_in.person.id,
                org=org,
                subject=org,
                address=request.remote_addr,
                at=now,
            )


def _current() -> SignedIn:
    signed_in: SignedIn | None = g.get("signed_in")
    if signed_in is None:
        raise NotSignedIn
    return signed_in


def _gate() -> Gate:
    gate: Gate = current_app.extensions[EXTENSION]
    return gate
