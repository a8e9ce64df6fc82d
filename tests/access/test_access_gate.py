"""The gate: what is open, where everything else leads, and how sessions end."""

from __future__ import annotations

import pytest
from access_cast import PAGE, Cast, Clock, audited, sign_in
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from access import sessions
from access.errors import NotSignedIn
from access.gate import current_person, current_scope
from records import models
from records.store import Records


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/sign-in", "/assets/app.css"])
def test_health_sign_in_and_assets_are_open(browser: FlaskClient, path: str) -> None:
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
def test_the_receiver_is_open_also_to_pages_of_other_sites(browser: FlaskClient, path: str) -> None:
    headers = {"Origin": "https://app.acme.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post(path, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/traces", "/no-such-page", "/v1/other", "/healthz/more"])
def test_a_page_leads_to_the_sign_in_page(browser: FlaskClient, path: str) -> None:
    answer = browser.get(path, headers=PAGE)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/_dash-layout", "/_dash-dependencies", "/_dash-component-suites", "/no-such-page", "/me"],
)
def test_anything_but_a_page_is_401(browser: FlaskClient, path: str) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = browser.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json == {"error": "Your session has ended. Please sign in again."}


@pytest.mark.parametrize("path", ["/_dash-update-component", "/no-such-page", "/"])
def test_a_callback_is_401_even_for_a_browser(browser: FlaskClient, path: str) -> None:
    assert browser.post(path, json={}, headers=PAGE).status_code == 401
    assert browser.get("/_dash-layout", headers=PAGE).status_code == 401


def test_the_way_back_is_kept_with_everything_in_the_url(browser: FlaskClient) -> None:
    answer = browser.get("/traces?q=a%26b&next=//evil.example", headers=PAGE)
    assert answer.location == "/sign-in?next=%2Ftraces%3Fq%3Da%2526b%26next%3D%2F%2Fevil.example"


def test_a_path_dressed_up_as_an_asset_is_not_another_route(browser: FlaskClient) -> None:
    for path in ("/assets/../me", "/assets/%2e%2e/me", "//assets/../me", "/assets"):
        assert browser.get(path).status_code in {308, 401, 404}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://LOCALHOST"}, 200),
        ({"Origin": "http://localhost:8051"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://[::1"}, 403),
    ],
)
def test_what_changes_something_comes_from_our_own_pages(
    browser: FlaskClient, headers: dict[str, str], status: int
) -> None:
    sign_in(browser, "alice@acme.example")
    assert browser.post("/_dash-update-component", headers=headers).status_code == status


def test_another_site_cannot_sign_a_person_in_or_out(browser: FlaskClient) -> None:
    sign_in(browser, "alice@acme.example")
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/sign-in", headers=elsewhere).status_code == 403
    assert browser.post("/sign-out", headers=elsewhere).status_code == 403
    assert browser.get("/me").text == "alice@acme.example"


def test_a_session_ends_after_its_hours_used_or_not(browser: FlaskClient, time: Clock) -> None:
    sign_in(browser, "alice@acme.example")
    for _ in range(11):
        time.tick(hours=1)
        assert browser.get("/me").status_code == 200
    time.tick(minutes=59, seconds=59)
    assert browser.get("/me").status_code == 200
    time.tick(seconds=1)
    assert browser.get("/me").status_code == 401


def test_sessions_that_are_over_are_purged(
    browser: FlaskClient, server: Flask, records: Records, time: Clock
) -> None:
    sign_in(browser, "alice@acme.example")
    time.tick(hours=6)
    sign_in(server.test_client(), "bob@acme.example")
    time.tick(hours=6)
    assert sessions.purge_expired(records, time()) == 1
    assert sessions.purge_expired(records, time()) == 0


def test_a_session_in_use_is_noted_once_a_minute(
    browser: FlaskClient, records: Records, time: Clock
) -> None:
    sign_in(browser, "alice@acme.example")
    began = time()

    def last_seen() -> object:
        browser.get("/me")
        with records.reading() as session:
            return session.scalars(select(models.SignIn.last_seen_at)).one()

    time.tick(seconds=59)
    assert last_seen() == began
    time.tick(seconds=1)
    assert last_seen() == time()


def test_disabling_a_person_ends_their_sessions_at_once(
    browser: FlaskClient, records: Records, cast: Cast, time: Clock
) -> None:
    sign_in(browser, "bob@acme.example")
    with records.session() as session:
        session.get_one(models.Person, cast.bob.id).disabled_at = time()
    assert browser.get("/me").status_code == 401


def test_nobody_is_signed_in_where_the_gate_was_not_passed(server: Flask) -> None:
    with server.test_request_context("/"):
        with pytest.raises(NotSignedIn):
            current_person()
        with pytest.raises(NotSignedIn):
            current_scope(None)


@pytest.fixture
def rooms(server: Flask) -> FlaskClient:
    """A page that asks its question of whichever org the URL names."""

    def room(org: str) -> str:
        return ",".join(sorted(current_scope(org).orgs))

    server.add_url_rule("/room/<org>", "room", room)
    return server.test_client()


def test_staff_entering_an_org_leave_one_audit_row(
    rooms: FlaskClient, records: Records, cast: Cast, time: Clock
) -> None:
    sign_in(rooms, "sam@alias.example")
    assert rooms.get("/room/all").text == "aaa-empty,acme,globex"
    assert audited(records, "org.entered") == []
    for _ in range(3):
        assert rooms.get("/room/acme").text == "acme"
    assert rooms.get("/room/globex").text == "globex"
    assert audited(records, "org.entered") == [(cast.sam.id, "acme"), (cast.sam.id, "globex")]


def test_two_tabs_for_two_orgs_do_not_flood_the_audit_log(
    rooms: FlaskClient, records: Records, cast: Cast, time: Clock
) -> None:
    sign_in(rooms, "ada@alias.example")
    for _ in range(10):
        rooms.get("/room/acme")
        rooms.get("/room/globex")
        time.tick(seconds=5)
    assert len(audited(records, "org.entered")) == 2
    time.tick(hours=1)
    rooms.get("/room/acme")
    assert audited(records, "org.entered")[2:] == [(cast.ada.id, "acme")]


def test_a_new_session_of_staff_enters_anew(
    rooms: FlaskClient, records: Records, time: Clock
) -> None:
    for _ in range(2):
        sign_in(rooms, "sam@alias.example")
        rooms.get("/room/acme")
        rooms.post("/sign-out")
    assert len(audited(records, "org.entered")) == 2


def test_members_at_home_leave_no_audit_row(rooms: FlaskClient, records: Records) -> None:
    sign_in(rooms, "alice@acme.example")
    assert rooms.get("/room/acme").text == "acme"
    assert audited(records, "org.entered") == []
