"""The cast of access: alice (owner) and bob (member) at acme, charlie (member) at globex, dana with
both, sam and ada of ALIAS; and a small server behind the gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from access_cast import PASSWORD, Cast, Clock
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from access import gate, login, passwords, people
from records.store import Records
from settings import Settings


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes() -> Iterator[None]:
    """The real parameters are chosen to be slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))
        yield


@pytest.fixture(scope="session")
def records_file(tmp_path_factory: pytest.TempPathFactory, cheap_hashes: None) -> Path:
    """Records with the cast in them, to be copied for each test."""
    path = tmp_path_factory.mktemp("cast") / "records.sqlite"
    records = Records(f"sqlite:///{path}")
    records.migrate()
    with records.session() as session:
        people.create_org(session, "acme", "Acme Robotics", "pro")
        people.create_org(session, "globex", "Globex", "free")
        people.create_org(session, "aaa-empty", "Empty", "enterprise")
        alice = people.create_person(session, "alice@acme.example", "Alice", PASSWORD)
        bob = people.create_person(session, "bob@acme.example", "Bob", PASSWORD)
        charlie = people.create_person(session, "charlie@globex.example", "Charlie", PASSWORD)
        dana = people.create_person(session, "dana@both.example", "Dana", PASSWORD)
        people.create_person(session, "sam@alias.example", "Sam", PASSWORD, "alias_support")
        people.create_person(session, "ada@alias.example", "Ada", PASSWORD, "alias_admin")
        people.add_member(session, alice, "acme", "owner")
        people.add_member(session, bob, "acme", "member")
        people.add_member(session, charlie, "globex", "member")
        people.add_member(session, dana, "globex", "admin")
        people.add_member(session, dana, "acme", "member")
    records.close()
    return path


@pytest.fixture
def records(records_file: Path, tmp_path: Path) -> Iterator[Records]:
    copy = shutil.copy(records_file, tmp_path / "records.sqlite")
    records = Records(f"sqlite:///{copy}")
    yield records
    records.close()


@pytest.fixture
def cast(records: Records) -> Cast:
    names = {"alice": "acme", "bob": "acme", "charlie": "globex", "dana": "both"}
    names |= {"sam": "alias", "ada": "alias"}
    return Cast(
        **{
            name: people.find_person_by_email(records, f"{name}@{place}.example")
            for name, place in names.items()
        }
    )


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the gate and of the sign-in page."""
    moving = Clock()
    monkeypatch.setattr(gate, "utc_now", moving)
    monkeypatch.setattr(login, "utc_now", moving)
    return moving


@pytest.fixture
def access_settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, session_hours=12)


@pytest.fixture
def server(records: Records, access_settings: Settings) -> Flask:
    """A server with the gate, the sign-in page and a route of every kind."""
    server = Flask("server", static_folder=None)
    server.secret_key = "a key of the tests"
    gate.install_gate(server, records, access_settings)
    server.register_blueprint(login.blueprint(records, access_settings))
    for path in ("/", "/traces", "/_dash-layout", "/healthz", "/readyz", "/assets/app.css"):
        server.add_url_rule(path, path, lambda: "open")
    for path in ("/_dash-update-component", "/v1/traces", "/v1/logs", "/v1/metrics"):
        server.add_url_rule(path, path, lambda: "open", methods=["POST"])
    server.add_url_rule("/me", "/me", lambda: login.current_person().email)
    return server


@pytest.fixture
def browser(server: Flask) -> FlaskClient:
    return server.test_client()
