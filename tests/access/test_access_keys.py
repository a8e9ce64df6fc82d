"""Ingest keys: whose telemetry a request carries."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from access_cast import Cast, Clock, audited
from sqlalchemy import event

from access import keys, people
from access.errors import BadValue, Forbidden, NotFound, OrgDisabled, UnknownKey
from access.keys import IssuedKey, KeyRing
from records import models
from records.store import Records, RecordsError


@pytest.fixture
def key(records: Records, cast: Cast) -> IssuedKey:
    return keys.issue(records, "acme", "production", cast.alice)


@pytest.fixture
def tick() -> Clock:
    return Clock()


@pytest.fixture
def ring(records: Records, tick: Clock) -> KeyRing:
    return KeyRing(records, tick)


def test_a_key_names_its_org(ring: KeyRing, key: IssuedKey) -> None:
    assert ring.org_of(f"Bearer {key.secret}") == "acme"


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer  {} ", " Bearer {}"])
def test_the_scheme_may_be_in_any_case(ring: KeyRing, key: IssuedKey, form: str) -> None:
    assert ring.org_of(form.format(key.secret)) == "acme"


def test_a_key_has_its_form_and_only_its_hash_is_kept(records: Records, key: IssuedKey) -> None:
    assert re.fullmatch(r"obs_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key.secret)
    assert key.secret not in repr(key)
    with records.reading() as session:
        row = session.get_one(models.IngestKey, key.id)
        assert row.prefix == f"obs_{key.id}"
        assert row.key_hash == keys.hash_of(key.secret)
        assert key.secret not in {str(value) for value in vars(row).values()}


def test_malformed_unknown_and_revoked_keys_look_the_same(
    ring: KeyRing, key: IssuedKey, records: Records, cast: Cast
) -> None:
    revoked = keys.issue(records, "acme", "old", cast.alice)
    keys.revoke(records, revoked.id, cast.alice)
    other_secret = key.secret[:-1] + ("A" if key.secret[-1] != "A" else "B")
    headers = [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        f"Basic {key.secret}",
        key.secret,
        f"Bearer {key.secret}x",
        f"Bearer {key.secret[:-1]}é",
        f"Bearer {key.secret} {key.secret}",
        f"Bearer {other_secret}",
        "Bearer obs_000000000000_" + "a" * 43,
        f"Bearer {revoked.secret}",
    ]
    sentences = set()
    for header in headers:
        with pytest.raises(UnknownKey) as refused:
            ring.org_of(header)
        sentences.add(str(refused.value))
    assert len(sentences) == 1


def test_a_key_of_a_disabled_org_is_refused_as_such(
    ring: KeyRing, key: IssuedKey, records: Records, tick: Clock
) -> None:
    assert ring.org_of(f"Bearer {key.secret}") == "acme"
    with records.session() as session:
        people.disable_org(session, "acme", tick())
    tick.tick(seconds=5)
    for _ in range(2):
        with pytest.raises(OrgDisabled):
            ring.org_of(f"Bearer {key.secret}")


def test_a_revoked_key_is_refused_within_five_seconds(
    ring: KeyRing, key: IssuedKey, records: Records, cast: Cast, tick: Clock
) -> None:
    assert ring.org_of(f"Bearer {key.secret}") == "acme"
    keys.revoke(records, key.id, cast.alice)
    tick.tick(seconds=5)
    with pytest.raises(UnknownKey):
        ring.org_of(f"Bearer {key.secret}")


def test_a_key_in_use_asks_the_records_once_in_five_seconds(
    ring: KeyRing, key: IssuedKey, records: Records, tick: Clock
) -> None:
    ring.org_of(f"Bearer {key.secret}")
    asked: list[str] = []
    event.listen(records.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    for _ in range(20):
        ring.org_of(f"Bearer {key.secret}")
    assert asked == []
    tick.tick(seconds=5)
    ring.org_of(f"Bearer {key.secret}")
    assert len([sql for sql in asked if sql.startswith("SELECT")]) == 1


def test_the_last_use_is_noted_once_a_minute(
    ring: KeyRing, key: IssuedKey, records: Records, tick: Clock
) -> None:
    def last_used() -> object:
        ring.org_of(f"Bearer {key.secret}")
        with records.reading() as session:
            return session.get_one(models.IngestKey, key.id).last_used_at

    first = tick()
    assert last_used() == first
    tick.tick(seconds=59)
    assert last_used() == first
    tick.tick(seconds=6)
    assert last_used() == tick()


def test_telemetry_is_not_refused_because_the_last_use_cannot_be_noted(
    ring: KeyRing, key: IssuedKey, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr(records, "session", fail)
    assert ring.org_of(f"Bearer {key.secret}") == "acme"


def test_the_ring_does_not_grow_without_bound(
    records: Records, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "KNOWN_MOST", 3)
    issued = [keys.issue(records, "acme", f"key {n}", None) for n in range(6)]
    for _ in range(2):
        for key in issued:
            assert ring.org_of(f"Bearer {key.secret}") == "acme"
    assert len(ring._known) == 3


def test_guesses_are_not_remembered(ring: KeyRing) -> None:
    for n in range(20):
        with pytest.raises(UnknownKey):
            ring.org_of(f"Bearer obs_{n:012x}_" + "a" * 43)
    assert len(ring._known) == 0


def test_many_threads_share_one_ring(records: Records, ring: KeyRing, tick: Clock) -> None:
    issued = [keys.issue(records, org, "key", None) for org in ("acme", "globex") * 4]

    def ask(n: int) -> bool:
        tick.tick(seconds=1)
        return ring.org_of(f"Bearer {issued[n % 8].secret}") == ("acme", "globex")[n % 2]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))


@pytest.mark.parametrize(
    ("who", "org", "refused"),
    [
        ("bob", "acme", Forbidden),
        ("sam", "acme", Forbidden),
        ("dana", "acme", Forbidden),
        ("charlie", "acme", NotFound),
        ("alice", "globex", NotFound),
        ("alice", "initech", NotFound),
        ("ada", "initech", NotFound),
    ],
)
def test_only_owners_admins_and_alias_admins_make_keys(
    records: Records, cast: Cast, who: str, org: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        keys.issue(records, org, "key", getattr(cast, who))


@pytest.mark.parametrize(("who", "org"), [("alice", "acme"), ("dana", "globex"), ("ada", "acme")])
def test_making_and_revoking_a_key_is_audited(
    records: Records, cast: Cast, who: str, org: str
) -> None:
    person = getattr(cast, who)
    key = keys.issue(records, org, "key", person)
    keys.revoke(records, key.id, person)
    keys.revoke(records, key.id, person)
    assert audited(records, "key.issued") == [(person.id, org)]
    assert audited(records, "key.revoked") == [(person.id, org)]


def test_a_foreign_key_cannot_be_revoked_and_looks_absent(
    records: Records, cast: Cast, key: IssuedKey, ring: KeyRing
) -> None:
    for key_id in (key.id, "000000000000"):
        with pytest.raises(NotFound):
            keys.revoke(records, key_id, cast.charlie)
    assert ring.org_of(f"Bearer {key.secret}") == "acme"


def test_the_program_itself_may_make_keys_for_orgs_that_exist(records: Records) -> None:
    assert keys.issue(records, "globex", "demo", None).secret
    with pytest.raises(NotFound):
        keys.issue(records, "initech", "demo", None)
    with pytest.raises(BadValue):
        keys.issue(records, "globex", " ", None)
