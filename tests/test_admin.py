"""The operator's commands: organisations, people and keys from the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import admin
from access.keys import KeyRing
from access.people import find_person_by_email
from access.scope import scope_of_org
from alerts import store
from records.store import Records


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATORY_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(f"sqlite:///{tmp_path / 'records.sqlite'}")


def test_an_empty_installation_gets_its_first_org_person_and_key(
    records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    assert admin.main(["org", "acme", "Acme Robotics", "--plan", "pro"]) == 0
    alice = ["person", "alice@acme.example", "Alice", "--org", "acme", "--role", "owner"]
    assert admin.main(alice) == 0
    capsys.readouterr()
    assert admin.main(["key", "acme", "checkout"]) == 0
    secret = capsys.readouterr().out.splitlines()[0]
    assert KeyRing(records).org_of(f"Bearer {secret}") == "acme"
    (membership,) = find_person_by_email(records, "alice@acme.example").memberships
    assert (membership.org, membership.role) == ("acme", "owner")
    records.close()


def test_a_new_org_begins_with_rules_that_watch_over_it(records: Records) -> None:
    assert admin.main(["org", "acme", "Acme"]) == 0
    names = {rule.name for rule in store.visible(records, scope_of_org("acme"))}
    assert {"Errors", "Slow", "Stuck variables", "Silent services"} <= names
    records.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["org", "Not A Slug", "x"], "cannot name an organisation"),
        (["key", "nobody", "x"], "There is no organisation"),
        (["person", "not an address", "x"], "admin: "),
    ],
)
def test_a_mistake_gets_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert admin.main(arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
