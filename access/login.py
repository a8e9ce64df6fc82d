"""Signing in and out: the page, its form and the cookie.

`current_person`, `current_records`, `current_scope` and `install_gate` live in the gate and can
be had from here too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from access import audit, form_token, passwords, sessions
from access.attempts import WINDOW, Attempts
from access.clock import utc_now
from access.destinations import local_path
from access.gate import (
    COOKIE,
    SIGN_IN,
    SIGN_OUT,
    current_person,
    current_records,
    current_scope,
    install_gate,
    signed_in_by_cookie,
)
from access.people import normal_email
from records import models
from records.store import Records
from settings import Settings

__all__ = ["blueprint", "current_person", "current_records", "current_scope", "install_gate"]

WRONG = "E-mail or password is wrong."
TOO_OLD = "This page was open for too long. Please try again."
TOO_MANY = "Too many tries. Wait five minutes, then try again."
FORM_BYTES = 64 * 1024
THEMES = frozenset({"light", "dark"})

log = logging.getLogger(__name__)


def blueprint(
    records: Records,
    settings: Settings,
    demo_accounts: Sequence[tuple[str, str]] = (),
    demo_password: str = "",
) -> Blueprint:
    """The routes /sign-in and /sign-out. Demo accounts are pairs of e-mail and a sentence on what
    they may do; the page shows them with their one password.
    """
    door = Door(records, settings, tuple(demo_accounts), demo_password)
    routes = Blueprint("login", __name__, template_folder="templates")
    routes.add_url_rule(SIGN_IN, "sign_in", door.show, methods=["GET"])
    routes.add_url_rule(SIGN_IN, "submit", door.submit, methods=["POST"])
    routes.add_url_rule(SIGN_OUT, "sign_out", door.leave, methods=["POST"])
    return routes


@dataclass(frozen=True)
class Door:
    """The sign-in page and what it needs."""

    records: Records
    settings: Settings
    demo_accounts: tuple[tuple[str, str], ...]
    demo_password: str
    attempts: Attempts = field(default_factory=Attempts)

    def show(self) -> ResponseReturnValue:
        """The empty form, or straight on for somebody who is signed in."""
        wanted = local_path(request.args.get("next"))
        if signed_in_by_cookie(self.records, utc_now()):
            return redirect(wanted, 303)
        return self._page(200, wanted=wanted)

    def submit(self) -> ResponseReturnValue:
        """Let the person in, or show the form again with what they typed and why not."""
        request.max_content_length = FORM_BYTES
        email = request.form.get("email", "")
        wanted = local_path(request.form.get("next"))
        if not self._form_is_ours():
            return self._page(400, email=email, wanted=wanted, error=TOO_OLD)
        who = f"{normal_email(email)} {request.remote_addr}"
        now = utc_now()
        if not self.attempts.allow(who, now):
            return self._page(429, email=email, wanted=wanted, error=TOO_MANY)
        person = find_by_password(self.records, email, request.form.get("password", ""))
        if person is None:
            log.info("sign-in refused from %s", request.remote_addr)
            return self._page(401, email=email, wanted=wanted, error=WRONG)
        self.attempts.forget(who)
        return self._let_in(person, wanted, now)

    def leave(self) -> ResponseReturnValue:
        """End the session on the server, then forget the cookie."""
        person = current_person()
        with self.records.session() as session:
            sessions.close_session(session, request.cookies[COOKIE])
            audit.record(session, "signed_out", person=person.id, address=request.remote_addr)
        response = redirect(SIGN_IN, 303)
        response.delete_cookie(COOKIE, secure=self.settings.secure_cookies, httponly=True)
        return response

    def _let_in(self, person: models.Person, wanted: str, now: datetime) -> ResponseReturnValue:
        """Begin a new session; the one the browser came with ends."""
        hours = self.settings.session_hours
        with self.records.session() as session:
            sessions.close_session(session, request.cookies.get(COOKIE, ""))
            token = sessions.open_session(
                session,
                person.id,
                now=now,
                hours=hours,
                user_agent=request.headers.get("User-Agent", ""),
            )
            audit.record(session, "signed_in", person=person.id, address=request.remote_addr)
        response = redirect(wanted, 303)
        self._set_cookie(response, COOKIE, token, hours * 60 * 60)
        return response

    def _page(
        self, status: int, *, wanted: str, email: str = "", error: str | None = None
    ) -> Response:
        nonce = request.cookies.get(form_token.COOKIE) or form_token.new_nonce()
        response = make_response(
            render_template(
                "sign_in.html",
                email=email,
                wanted=wanted,
                error=error,
                form_token=form_token.token_for(nonce, self._form_key()),
                theme=theme_of(request.cookies.get("theme")),
                demo_accounts=self.demo_accounts,
                demo_password=self.demo_password,
            ),
            status,
        )
        response.headers["Cache-Control"] = "no-store"
        if status == 429:
            response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        self._set_cookie(
            response, form_token.COOKIE, nonce, form_token.MAX_AGE_SECONDS, path=SIGN_IN
        )
        return response

    def _form_is_ours(self) -> bool:
        nonce = request.cookies.get(form_token.COOKIE, "")
        return form_token.is_valid(request.form.get("token", ""), nonce, self._form_key())

    def _form_key(self) -> str:
        """The key of the settings, or the one the app made for itself."""
        key = self.settings.secret_key.get_secret_value() or current_app.secret_key
        if not key:
            raise RuntimeError("Set server.secret_key before the sign-in page is served.")
        return key.decode("latin-1") if isinstance(key, bytes) else key

    def _set_cookie(
        self, response: BaseResponse, name: str, value: str, seconds: int, path: str = "/"
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=path,
            httponly=True,
            samesite="Lax",
            secure=self.settings.secure_cookies,
        )


def find_by_password(records: Records, email: str, password: str) -> models.Person | None:
    """The person with this e-mail and password.

    Somebody unknown, disabled or without a password costs the same time as a wrong password.
    """
    with records.reading() as session:
        person = session.scalar(
            select(models.Person).where(
                models.Person.email == normal_email(email), models.Person.disabled_at.is_(None)
            )
        )
    password_hash = person.password_hash if person else None
    if not passwords.matches(password_hash, password):
        return None
    if person and password_hash and passwords.outdated(password_hash):
        _renew_hash(records, person.id, password)
    return person


def theme_of(cookie: str | None) -> str | None:
    """The theme a person has chosen; None leaves it to their system."""
    return cookie if cookie in THEMES else None


def _renew_hash(records: Records, person_id: str, password: str) -> None:
    """Keep the password under today's parameters, now that it is at hand."""
    with records.session() as session:
        person = session.get_one(models.Person, person_id)
        person.password_hash = passwords.hash_of(password)
