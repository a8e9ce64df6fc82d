"""The small pure parts: destinations, attempts, form tokens, passwords."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import form_token, passwords
from access.attempts import Attempts
from access.destinations import local_path

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("path", ["/", "/traces", "/traces?a=b&c=//d#e", "/a//b", "/ünï?x=%0d"])
def test_a_path_on_this_server_is_followed(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "traces",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "/\x00",
        "/x\x7f",
        "/" + "x" * 4000,
    ],
)
def test_anything_else_leads_home(path: str | None) -> None:
    assert local_path(path) == "/"


@given(st.text(alphabet="/\\ \t\n:.aé@#?%", max_size=12))
def test_whatever_is_followed_stays_here(path: str) -> None:
    followed = local_path(path)
    assert followed.startswith("/")
    assert not followed.startswith(("//", "/\\"))
    assert not set(followed) & set("\\ \t\n")


def test_ten_attempts_in_five_minutes_and_no_more() -> None:
    attempts = Attempts()
    times = [NOON + timedelta(seconds=20 * n) for n in range(12)]
    assert [attempts.allow("alice", at) for at in times] == [True] * 10 + [False] * 2
    assert attempts.allow("bob", times[-1])
    assert attempts.allow("alice", NOON + timedelta(minutes=5))
    assert not attempts.allow("alice", NOON + timedelta(minutes=5))


def test_getting_in_starts_afresh() -> None:
    attempts = Attempts(most=1)
    assert attempts.allow("alice", NOON)
    attempts.forget("alice")
    attempts.forget("nobody")
    assert attempts.allow("alice", NOON)


def test_attempts_are_kept_in_bounded_memory() -> None:
    attempts = Attempts(kept=100)
    for n in range(1000):
        attempts.allow(f"guess {n}", NOON)
    assert len(attempts) == 100


def test_a_form_token_belongs_to_one_cookie_and_one_key() -> None:
    token = form_token.token_for("nonce", "key")
    assert form_token.is_valid(token, "nonce", "key")
    assert not form_token.is_valid(token, "other", "key")
    assert not form_token.is_valid(token, "nonce", "other")
    assert not form_token.is_valid(form_token.token_for("", "key"), "", "key")
    assert not form_token.is_valid(token[:-1], "é", "key")


def test_a_form_token_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    token = form_token.token_for("nonce", "key")
    monkeypatch.setattr(form_token, "MAX_AGE_SECONDS", -1)
    assert not form_token.is_valid(token, "nonce", "key")


def test_a_password_matches_its_own_hash_only() -> None:
    kept = passwords.hash_of("pässword with ünïcode")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "pässword with ünïcode")
    assert not passwords.matches(kept, "password with unicode")
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches("not a hash", "password")


def test_a_password_is_not_cut_short_when_it_is_compared() -> None:
    kept = passwords.hash_of("x" * 1024)
    assert passwords.matches(kept, "x" * 1024)
    assert not passwords.matches(kept, "x" * 1025)
