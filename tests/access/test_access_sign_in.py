"""Signing in and out, as a browser does it."""

from __future__ import annotations

import re

import pytest
from access_cast import PAGE, PASSWORD, Cast, Clock, audited, form_token, sign_in
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from access import login, passwords
from access.sessions import id_of
from records import models
from records.store import Records
from settings import Settings

WRONG = "E-mail or password is wrong."


def sessions_kept(records: Records) -> int:
    with records.reading() as session:
        return session.scalar(select(func.count()).select_from(models.SignIn)) or 0


def test_alice_signs_in_and_is_alice(browser: FlaskClient, records: Records, cast: Cast) -> None:
    answer = sign_in(browser, "alice@acme.example")
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/me").text == "alice@acme.example"
    assert audited(records, "signed_in") == [(cast.alice.id, None)]


def test_an_email_is_the_same_in_any_case(browser: FlaskClient) -> None:
    assert sign_in(browser, "  ALICE@Acme.Example ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@acme.example", "wrong"),
        ("alice@acme.example", ""),
        ("alice@acme.example", PASSWORD + " "),
        ("alice@acme.example", "x" * 5000),
        ("nobody@acme.example", PASSWORD),
        ("", PASSWORD),
        ("alice@acme.example\x00", PASSWORD),
        ("' or 1=1 --", PASSWORD),
        ("é" * 300 + "@x", "\ud7ff😀"),
    ],
)
def test_wrong_and_unknown_look_the_same(browser: FlaskClient, email: str, password: str) -> None:
    answer = sign_in(browser, email, password)
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert browser.get_cookie("observatory_session") is None


def test_somebody_unknown_costs_a_hash_too(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class CountingHasher(PasswordHasher):
        verified = 0

        def verify(self, *args: str | bytes) -> bool:
            CountingHasher.verified += 1
            return super().verify(*args)

    monkeypatch.setattr(passwords, "HASHER", CountingHasher(1, 8, 1))
    sign_in(browser, "nobody@acme.example")
    sign_in(browser, "alice@acme.example", "wrong")
    assert CountingHasher.verified == 2


def test_somebody_without_a_password_cannot_sign_in_with_one(
    browser: FlaskClient, records: Records, cast: Cast
) -> None:
    with records.session() as session:
        session.get_one(models.Person, cast.bob.id).password_hash = None
    assert sign_in(browser, "bob@acme.example", "nobody has this password").status_code == 401


def test_somebody_disabled_cannot_sign_in(
    browser: FlaskClient, records: Records, cast: Cast, time: Clock
) -> None:
    with records.session() as session:
        session.get_one(models.Person, cast.bob.id).disabled_at = time()
    assert sign_in(browser, "bob@acme.example").status_code == 401


def test_a_failure_keeps_the_email_and_escapes_it(browser: FlaskClient) -> None:
    page = sign_in(browser, '"><script>alert(1)</script>', "wrong", next="/traces").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert 'name="next" value="/traces"' in page


def test_after_signing_in_the_page_that_was_wanted_comes(browser: FlaskClient) -> None:
    asked = browser.get("/traces?range=1h&org=acme", headers=PAGE)
    assert asked.location == "/sign-in?next=%2Ftraces%3Frange%3D1h%26org%3Dacme"
    assert 'value="/traces?range=1h&amp;org=acme"' in browser.get(asked.location).text
    answer = sign_in(browser, "alice@acme.example", next="/traces?range=1h&org=acme")
    assert answer.location == "/traces?range=1h&org=acme"


def test_another_sites_address_is_not_followed(browser: FlaskClient) -> None:
    answer = sign_in(browser, "alice@acme.example", next="//evil.example")
    assert answer.location == "/"


def test_somebody_who_is_signed_in_goes_straight_on(browser: FlaskClient) -> None:
    sign_in(browser, "alice@acme.example")
    answer = browser.get("/sign-in?next=/traces")
    assert (answer.status_code, answer.location) == (303, "/traces")


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: FlaskClient) -> None:
    cookies = sign_in(browser, "alice@acme.example").headers.getlist("Set-Cookie")
    cookie = next(c for c in cookies if c.startswith("observatory_session="))
    assert re.match(r"observatory_session=[A-Za-z0-9_-]{43};", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=43200" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_is_for_tls_only(records: Records, access_settings: Settings) -> None:
    settings = access_settings.model_copy(update={"secure_cookies": True})
    server = Flask("tls", static_folder=None)
    server.secret_key = b"bytes will do"
    server.register_blueprint(login.blueprint(records, settings))
    browser = server.test_client()
    sign_in(browser, "alice@acme.example", PASSWORD)
    for name, path in (("observatory_session", "/"), ("observatory_form", "/sign-in")):
        cookie = browser.get_cookie(name, path=path)
        assert cookie
        assert cookie.secure


def test_only_a_hash_of_the_token_is_kept(browser: FlaskClient, records: Records) -> None:
    sign_in(browser, "alice@acme.example")
    cookie = browser.get_cookie("observatory_session")
    assert cookie
    with records.reading() as session:
        kept = session.scalars(select(models.SignIn.id)).one()
    assert kept == id_of(cookie.value) != cookie.value


def test_signing_in_from_a_second_tab_ends_the_session_before(
    browser: FlaskClient, records: Records
) -> None:
    token = form_token(browser)
    sign_in(browser, "alice@acme.example")
    old = browser.get_cookie("observatory_session")
    assert old
    form = {"token": token, "email": "bob@acme.example", "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 303
    assert browser.get("/me").text == "bob@acme.example"
    assert sessions_kept(records) == 1
    browser.set_cookie("observatory_session", old.value)
    assert browser.get("/me").status_code == 401


def test_signing_out_ends_the_session_on_the_server(
    browser: FlaskClient, records: Records, cast: Cast
) -> None:
    sign_in(browser, "alice@acme.example")
    cookie = browser.get_cookie("observatory_session")
    assert cookie
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert browser.get_cookie("observatory_session") is None
    assert sessions_kept(records) == 0
    assert audited(records, "signed_out") == [(cast.alice.id, None)]
    browser.set_cookie("observatory_session", cookie.value)
    assert browser.get("/me").status_code == 401


def test_signing_out_without_a_session_leads_to_the_sign_in_page(browser: FlaskClient) -> None:
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_signing_out_is_not_a_link(browser: FlaskClient) -> None:
    sign_in(browser, "alice@acme.example")
    assert browser.get("/sign-out").status_code == 405
    assert browser.get("/me").status_code == 200


@pytest.mark.parametrize("token", ["", "made up", "W10.aaaa.bbbb"])
def test_a_form_that_is_not_ours_is_refused(browser: FlaskClient, token: str) -> None:
    answer = sign_in(browser, "alice@acme.example", token=token)
    assert answer.status_code == 400
    assert "Please try again" in answer.text
    assert 'value="alice@acme.example"' in answer.text


def test_a_form_token_of_another_browser_is_refused(browser: FlaskClient, server: Flask) -> None:
    mine = form_token(server.test_client())
    assert sign_in(browser, "alice@acme.example", token=mine).status_code == 400


def test_two_open_sign_in_pages_both_work(browser: FlaskClient) -> None:
    first = form_token(browser)
    assert form_token(browser)
    assert sign_in(browser, "alice@acme.example", token=first).status_code == 303


def test_the_eleventh_failure_in_five_minutes_is_told_to_wait(
    browser: FlaskClient, time: Clock
) -> None:
    for _ in range(10):
        assert sign_in(browser, "alice@acme.example", "wrong").status_code == 401
    answer = sign_in(browser, "ALICE@acme.example")
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.text
    assert answer.headers["Retry-After"] == "300"
    assert sign_in(browser, "bob@acme.example").status_code == 303
    browser.post("/sign-out")
    time.tick(minutes=5)
    assert sign_in(browser, "alice@acme.example").status_code == 303


def test_getting_in_clears_the_failures(browser: FlaskClient, time: Clock) -> None:
    for _ in range(3):
        for _ in range(6):
            sign_in(browser, "alice@acme.example", "wrong")
        assert sign_in(browser, "alice@acme.example").status_code == 303
        browser.post("/sign-out")


def test_a_password_is_kept_under_todays_parameters(
    browser: FlaskClient, records: Records, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 16, 1))
    sign_in(browser, "alice@acme.example")
    with records.reading() as session:
        kept = session.get_one(models.Person, cast.alice.id).password_hash
    assert kept
    assert "m=16,t=2,p=1" in kept
    assert passwords.matches(kept, PASSWORD)


def test_a_huge_form_is_refused(browser: FlaskClient) -> None:
    answer = browser.post("/sign-in", data={"email": "x" * 100_000})
    assert answer.status_code == 413


def test_a_cookie_of_rubbish_is_nobody(browser: FlaskClient) -> None:
    for rubbish in ("", "x", "\\377\\376", "a" * 4000, "%00"):
        headers = {"Cookie": f"observatory_session={rubbish}"}
        assert browser.get("/me", headers=headers).status_code == 401
    raw = {"HTTP_COOKIE": "observatory_session=\xff\xfe\xed\xa0\x80"}
    assert browser.get("/me", environ_overrides=raw).status_code == 401


def test_the_page_has_no_script_and_no_style_of_its_own(browser: FlaskClient) -> None:
    page = browser.get("/sign-in")
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "<style" not in page.text
    assert 'href="/assets/sign-in.css"' in page.text


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"'), ('"><b>', None)],
)
def test_the_page_has_the_theme_a_person_chose(
    browser: FlaskClient, cookie: str, attribute: str | None
) -> None:
    browser.set_cookie("theme", cookie)
    page = browser.get("/sign-in").text
    assert (attribute or '<html lang="en">') in page


def test_demo_accounts_are_shown_only_where_there_are_some(
    browser: FlaskClient, records: Records, access_settings: Settings
) -> None:
    assert "Demo accounts" not in browser.get("/sign-in").text
    server = Flask("demo", static_folder=None)
    server.secret_key = "a key of the tests"
    accounts = [("ada@alias.example", "ALIAS admin: sees every org")]
    server.register_blueprint(login.blueprint(records, access_settings, accounts, PASSWORD))
    page = server.test_client().get("/sign-in").text
    for shown in ("Demo accounts", PASSWORD, "ada@alias.example", "ALIAS admin: sees every org"):
        assert shown in page


def test_a_server_without_a_key_says_so(records: Records, access_settings: Settings) -> None:
    server = Flask("keyless", static_folder=None)
    server.testing = True
    server.register_blueprint(login.blueprint(records, access_settings))
    with pytest.raises(RuntimeError, match="secret_key"):
        server.test_client().get("/sign-in")
