"""Who plays in the tests of access, and what a browser does at the sign-in page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from access import clock
from access.people import Person
from records import models
from records.store import Records

PASSWORD = "correct horse battery staple"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@dataclass(frozen=True)
class Cast:
    alice: Person
    bob: Person
    charlie: Person
    dana: Person
    sam: Person
    ada: Person


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.time = clock.utc_now()

    def __call__(self) -> datetime:
        return self.time

    def tick(self, **step: float) -> None:
        self.time += timedelta(**step)


def form_token(browser: FlaskClient) -> str:
    page = browser.get("/sign-in").text
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def sign_in(
    browser: FlaskClient, email: str, password: str = PASSWORD, **more: str
) -> TestResponse:
    """Fill in the form of the sign-in page as a person would."""
    form = {"token": form_token(browser), "email": email, "password": password} | more
    return browser.post("/sign-in", data=form)


def audited(records: Records, action: str) -> list[tuple[str | None, str | None]]:
    """The (person, org) of every audit row of one action, oldest first."""
    row = models.AuditEntry
    with records.reading() as session:
        found = session.scalars(select(row).where(row.action == action).order_by(row.id))
        return [(entry.person_id, entry.org) for entry in found]
