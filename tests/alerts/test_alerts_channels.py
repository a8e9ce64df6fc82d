"""Channels: what each puts on the wire, and that people keep, try, rotate and switch them off."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cast import World
from endpoints import Endpoint, answering, endpoint, until
from outgoing import INSIDE, message, pumped, put, sender, store, webhook
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from access.errors import Forbidden, NotFound
from alerts import deliveries
from alerts.channels import email, kinds, results
from alerts.channels import webhook as webhooks
from alerts.channels.messages import Channel, Notification, message_of
from alerts.channels.results import Failed, Result, Sent
from alerts.channels.ways import MailServer, Ways
from alerts.errors import Refused
from alerts.outward import Answer, Outward
from alerts.secrets import OVERLAP, Secret, SecretError, Vault, new_signing
from records import alerts as tables
from records import models

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
KEY = "0123456789abcdef0123456789ABCDEF"


@pytest.fixture(scope="module")
def house(new_world: Callable[..., World]) -> World:
    return new_world(alert_allow_private=True)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


def notification(**changes: Any) -> Notification:
    return Notification("id-1", "acme", "incident-1", message_of(message(**changes)), "")


def channel(kind: str, secret: Secret | None = None, **config: Any) -> Channel:
    return Channel("c1", "acme", kind, "name", config, secret or Secret())


# webhooks


def hooked(server: Endpoint, secret: Secret, **changes: Any) -> Result:
    return webhooks.send(channel("webhook", secret), notification(**changes), Ways(outward=INSIDE))


def test_a_webhook_is_signed_so_that_the_library_of_the_standard_accepts_it(
    server: Endpoint,
) -> None:
    secret = Secret(address=server.url("/ok"), signing=new_signing())
    assert isinstance(hooked(server, secret, text="größer als 500 ms"), Sent)
    received = server.received[-1]
    read = Webhook(secret.signing).verify(received.body, received.headers)
    assert (read["type"], read["data"]["text"]) == ("alert.firing", "größer als 500 ms")
    assert read["data"]["labels"] == {"service": "checkout", "team": "payments"}
    assert received.headers["webhook-id"] == "id-1"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_signing()).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret.signing).verify(received.body + b" ", received.headers)


def test_after_a_rotation_both_secrets_count_for_a_day(server: Endpoint) -> None:
    old = Secret(address=server.url("/ok"), signing=new_signing())
    new = old.rotated(datetime.now(UTC))
    hooked(server, new)
    received = server.received[-1]
    for secret in (old.signing, new.signing):
        Webhook(secret).verify(received.body, received.headers)
    later = old.rotated(datetime.now(UTC) - OVERLAP)
    hooked(server, later)
    received = server.received[-1]
    Webhook(later.signing).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old.signing).verify(received.body, received.headers)


@pytest.mark.parametrize(
    ("path", "status", "wait", "gone", "busy"),
    [
        ("/500", 500, None, False, True),
        ("/429", 429, timedelta(seconds=7), False, True),
        ("/410", 410, None, True, False),
        ("/404", 404, None, False, False),
        ("/302", 302, None, False, False),
        ("/closing", None, None, False, True),
    ],
)
def test_each_answer_is_read_for_what_it_means(
    server: Endpoint, path: str, status: int | None, wait: timedelta | None, gone: bool, busy: bool
) -> None:
    found = hooked(server, Secret(address=server.url(path), signing=new_signing()))
    assert isinstance(found, Failed)
    assert (found.status, found.retry_after, found.gone, found.busy) == (status, wait, gone, busy)
    assert found.sentence.endswith(".")


def test_retry_after_may_be_a_date(server: Endpoint) -> None:
    found = hooked(server, Secret(address=server.url("/429-date"), signing=new_signing()))
    assert isinstance(found, Failed)
    assert found.retry_after is not None
    assert timedelta(minutes=29) < found.retry_after <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta(0)),
        ("999999999999999999999999", results.LONGEST_WAIT),
        ("Fri, 20 Nov 2026 12:10:00 GMT", timedelta(minutes=10)),
        ("Fri, 20 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 20 Nov 2099 11:00:00 GMT", results.LONGEST_WAIT),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٧", None),
    ],
)
def test_retry_after_is_read_in_both_forms(said: str, wait: timedelta | None) -> None:
    assert results.retry_after(said, NOW) == wait


def test_an_answer_is_kept_as_text_without_control_characters() -> None:
    answer = Answer(500, {}, b"a\x00b\x1b[31m\xff\n" + b"x" * 5000, False, 0.1)
    kept = results.of_answer(answer, NOW).answer
    assert kept.startswith("a b [31m\ufffd\nxxx")
    assert len(kept) == results.LONGEST_ANSWER


# Slack and PagerDuty


@dataclass(frozen=True)
class Bent(Outward):
    """The way out, bent to a server of ours: what Slack and PagerDuty would have received."""

    server: Endpoint | None = None
    asked: list[str] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.target(url)
        self.asked.append(url)
        assert self.server is not None
        return INSIDE.post(self.server.url("/service"), body, headers)


def bent(server: Endpoint, status: int = 200, body: bytes = b"ok") -> Ways:
    server.ways["/service"] = answering(status, body, Retry_After="9")
    return Ways(outward=Bent(server=server))


def test_slack_gets_a_message_whose_text_is_text(server: Endpoint) -> None:
    ways = bent(server)
    config, secret = kinds.KINDS["slack"].taken({"url": SLACK}, ways)
    hostile = "<!channel> <https://evil.example|click> & *bold*"
    said = notification(title=hostile, text=hostile)
    assert isinstance(
        kinds.KINDS["slack"].send(channel("slack", secret, **config), said, ways), Sent
    )
    assert ways.outward.asked == [SLACK]  # type: ignore[attr-defined]
    body = server.received[-1].body.decode()
    assert "<!channel>" not in body
    assert "<https://evil" not in body
    assert "&lt;!channel&gt;" in body
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in json.dumps(config) + body


@pytest.mark.parametrize(("status", "body"), [(404, b"no_service"), (429, b"slow"), (500, b"")])
def test_slack_failing_is_a_failure_with_its_status(
    server: Endpoint, status: int, body: bytes
) -> None:
    found = kinds.KINDS["slack"].send(
        channel("slack", Secret(address=SLACK)), notification(), bent(server, status, body)
    )
    assert isinstance(found, Failed)
    assert found.status == status
    assert found.retry_after == timedelta(seconds=9)


def test_slack_answering_anything_but_ok_did_not_take_it(server: Endpoint) -> None:
    found = kinds.KINDS["slack"].send(
        channel("slack", Secret(address=SLACK)), notification(), bent(server, 200, b"invalid_token")
    )
    assert isinstance(found, Failed)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com.evil.example/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://evil.example/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack.com@evil.example/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "http://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack.com/services/../../etc/passwd",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "json://169.254.169.254/",
        "",
    ],
)
def test_only_an_incoming_webhook_of_slack_is_taken(url: str) -> None:
    with pytest.raises(Refused, match=r"hooks\.slack\.com"):
        kinds.KINDS["slack"].taken({"url": url}, Ways())


def test_pagerduty_knows_an_incident_by_ours_and_resolves_it(server: Endpoint) -> None:
    ways = bent(server, 202, b'{"status":"success"}')
    config, secret = kinds.KINDS["pagerduty"].taken({"key": KEY, "region": "eu"}, ways)
    to = channel("pagerduty", secret, **config)
    for kind in ("firing", "reminder", "resolved"):
        assert isinstance(kinds.KINDS["pagerduty"].send(to, notification(kind=kind), ways), Sent)
    assert set(ways.outward.asked) == {  # type: ignore[attr-defined]
        "https://events.eu.pagerduty.com/v2/enqueue"
    }
    sent = [json.loads(one.body) for one in server.received]
    assert [one["event_action"] for one in sent] == ["trigger", "trigger", "resolve"]
    assert {one["dedup_key"] for one in sent} == {"incident-1"}
    assert {one["routing_key"] for one in sent} == {KEY}
    assert sent[0]["payload"]["severity"] == "critical"
    assert sent[0]["payload"]["custom_details"] == {"service": "checkout", "team": "payments"}
    assert KEY not in json.dumps(config)


@pytest.mark.parametrize(
    "given", [{"key": "short"}, {"key": KEY + "/../x"}, {"key": KEY, "region": "evil.example"}, {}]
)
def test_only_a_key_of_pagerduty_is_taken(given: dict[str, str]) -> None:
    with pytest.raises(Refused):
        kinds.KINDS["pagerduty"].taken(given, Ways())


def test_apprise_reaches_no_other_host_and_logs_no_token(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it was given: its requests end here."""
    from apprise.plugins.slack import NotifySlack, requests

    from alerts.channels.through_apprise import notified

    class Elsewhere(NotifySlack):  # type: ignore[misc]
        webhook_url = "https://evil.example/services"

    plugin = Elsewhere(token_a="T1JJ3T3L2", token_b="A1BRTD4JD", token_c="TIiajkdnlazkcOXrIdevi7FQ")
    with caplog.at_level(logging.DEBUG):
        found = notified(plugin, Ways(), "title", "body", "info")
    assert isinstance(found, Failed)
    assert not hasattr(requests, "Session")
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in caplog.text


# e-mail


class Mailbox:
    """A mail server's handler: keeps mails, refuses whom it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refusing: dict[str, str] = {}
        self.answer = "250 kept"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusing:
            return self.refusing[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            read = message_from_bytes(content, policy=policy.default)
            assert isinstance(read, EmailMessage)
            self.mails.append(read)
            self.recipients.append(envelope.rcpt_tos)
        return self.answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def post() -> Iterator[tuple[Mailbox, MailServer]]:
    box = Mailbox()
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), server_hostname="mail.test"
    )
    controller.start()
    port = controller.port
    try:
        yield (
            box,
            MailServer("127.0.0.1", port, sender="alerts@observatory.test", encryption="off"),
        )
    finally:
        controller.stop()


def mailed(server: MailServer, *to: str, **changes: Any) -> Result:
    return email.send(
        channel("email", to=list(to) or ["bob@acme.example"]),
        notification(**changes),
        Ways(mail=server),
    )


def test_a_mail_arrives_as_plain_text_in_the_thread_of_its_incident(
    post: tuple[Mailbox, MailServer],
) -> None:
    box, server = post
    assert isinstance(mailed(server, "bob@acme.example", "alice@acme.example"), Sent)
    (mail,) = box.mails
    assert box.recipients == [["bob@acme.example", "alice@acme.example"]]
    assert mail["Subject"] == "[critical] Firing: Slow checkout (service checkout)"
    assert mail["Message-ID"] == "<id-1@observatory.test>"
    assert mail["References"] == "<incident-1@observatory.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert "p95 812 ms, above 500 ms" in mail.get_content()
    assert "team: payments" in mail.get_content()


def test_hostile_text_makes_no_header(post: tuple[Mailbox, MailServer]) -> None:
    box, server = post
    title = "x\r\nBcc: victim@globex.example\r\n\r\n<script>"
    assert isinstance(mailed(server, title=title, text="a\x00b\n.\nQUIT\n"), Sent)
    (mail,) = box.mails
    assert box.recipients == [["bob@acme.example"]]
    assert mail["Bcc"] is None
    assert "QUIT" in mail.get_content()


@pytest.mark.parametrize(
    ("refusing", "answer", "final", "sentence"),
    [
        ({"bob@acme.example": "550 no such user"}, "250 kept", True, "refuses every recipient"),
        ({"bob@acme.example": "450 greylisted"}, "250 kept", False, "refuses every recipient"),
        ({}, "552 too much", True, "answered 552"),
        ({}, "451 later", False, "answered 451"),
    ],
)
def test_what_a_mail_server_refuses_for_good_is_not_tried_again(
    post: tuple[Mailbox, MailServer],
    refusing: dict[str, str],
    answer: str,
    final: bool,
    sentence: str,
) -> None:
    box, server = post
    box.refusing, box.answer = refusing, answer
    found = mailed(server)
    assert isinstance(found, Failed)
    assert found.final == final
    assert sentence in found.sentence


def test_one_refused_recipient_of_two_does_not_keep_the_mail_from_the_other(
    post: tuple[Mailbox, MailServer],
) -> None:
    box, server = post
    box.refusing = {"old@acme.example": "550 no such user"}
    found = mailed(server, "bob@acme.example", "old@acme.example")
    assert isinstance(found, Sent)
    assert "old@acme.example" in found.answer
    assert box.recipients == [["bob@acme.example"]]


def test_nothing_is_sent_unencrypted_unless_that_was_asked_for(
    post: tuple[Mailbox, MailServer],
) -> None:
    box, server = post
    strict = MailServer(server.host, server.port, sender=server.sender)
    found = mailed(strict)
    assert isinstance(found, Failed)
    assert "no encryption" in found.sentence
    assert box.mails == []


def test_a_password_that_is_not_accepted_is_said_without_it() -> None:
    def never(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    controller = Controller(
        Mailbox(),
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=never,
        auth_require_tls=False,
    )
    controller.start()
    try:
        port = controller.port
        server = MailServer("127.0.0.1", port, "me", "hunter22", "a@b.test", "off")
        found = mailed(server)
    finally:
        controller.stop()
    assert isinstance(found, Failed)
    assert "user and password" in found.sentence
    assert "hunter22" not in f"{found}{server}"


def test_a_mail_server_that_is_away_or_not_set_is_said() -> None:
    away = mailed(MailServer("127.0.0.1", 1, sender="a@b.test", encryption="off", seconds=1))
    assert isinstance(away, Failed)
    assert away.busy
    unset = mailed(MailServer())
    assert isinstance(unset, Failed)
    assert "OBSERVATORY_SMTP_HOST" in unset.sentence


@pytest.mark.parametrize(
    "to", ["", "bob", "bob@acme.example\r\nRCPT TO:<x@y.z>", "a@b,c", ", ".join(["a%d@b.c"] * 1)]
)
def test_only_addresses_are_written_to(to: str) -> None:
    ways = Ways(mail=MailServer("mail.example.com"))
    if "%" in to:
        to = ",".join(f"a{n}@b.example" for n in range(21))
    with pytest.raises(Refused) as refused:
        kinds.KINDS["email"].taken({"to": to}, ways)
    assert refused.value.problems[0].field == "to"


# secrets


def test_a_sealed_secret_shows_nothing_and_opens_for_its_channel_only() -> None:
    secret = Secret("https://h.example/token", new_signing()).rotated(NOW)
    vault = Vault("key of the installation")
    sealed = vault.seal("c1", secret)
    assert vault.open("c1", sealed) == secret
    assert not any(word in sealed for word in secret.words())
    assert not any(word in repr(secret) for word in secret.words())
    for other, channel_id in ((vault, "c2"), (Vault("another key"), "c1")):
        with pytest.raises(SecretError, match="Enter the channel's address or key again"):
            other.open(channel_id, sealed)


# the channels that people keep


def actions(house: World, subject: str) -> list[tuple[str, dict[str, Any]]]:
    with house.app.records.reading() as session:
        rows = session.scalars(
            select(models.AuditEntry)
            .where(models.AuditEntry.subject == subject)
            .order_by(models.AuditEntry.id)
        )
        return [(row.action, row.details) for row in rows]


def test_a_channel_is_kept_sealed_and_every_change_is_in_the_audit_log(
    house: World, server: Endpoint
) -> None:
    alice, scope, keeping = house.person("alice"), house.scope("alice"), store(house)
    address = server.url("/ok") + "?token=hidden-token"
    made = keeping.create(alice, scope, "webhook", "  ops \x00 hook ", {"url": address})
    key = made.channel.id
    assert made.channel.name == "ops hook"
    assert made.signing.startswith("whsec_")
    assert made.signing not in repr(made)
    rotated = keeping.rotate(alice, scope, key)
    assert rotated.signing not in ("", made.signing)
    keeping.update(alice, scope, key, name="ops", given={"url": server.url("/accepted")})
    with house.app.records.reading() as session:
        row = session.get(tables.AlertChannel, key)
        assert row is not None
        secret = keeping.vault.open(key, row.secret or "")
        stored = json.dumps([row.config, row.secret, row.name])
    assert (secret.signing, secret.before) == (rotated.signing, made.signing)
    assert secret.address.endswith("/accepted")
    keeping.switch(alice, scope, key, False)
    assert keeping.find(alice, scope, key).disabled_reason == "Alice Owner switched it off."
    keeping.switch(alice, scope, key, True)
    keeping.test(alice, scope, key)
    keeping.delete(alice, scope, key)
    with pytest.raises(NotFound):
        keeping.find(alice, scope, key)
    said = actions(house, key)
    assert [action.removeprefix("alert_channel.") for action, _ in said] == [
        "created",
        "rotated",
        "updated",
        "switched",
        "switched",
        "tested",
        "deleted",
    ]
    assert said[2][1]["before"]["name"] == "ops hook"
    assert said[2][1]["after"]["name"] == "ops"
    assert said[-1][1]["after"] is None
    for word in (made.signing, rotated.signing, "hidden-token"):
        assert word not in json.dumps(said) + stored


@pytest.mark.parametrize(
    ("kind", "name", "given", "field"),
    [
        ("webhook", "x", {"url": "http://169.254.169.254/latest"}, "url"),
        ("webhook", "x", {"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ("webhook", "x", {}, "url"),
        ("webhook", " \n ", {"url": "http://127.0.0.1/"}, "name"),
        ("webhook", "x" * 81, {"url": "http://127.0.0.1/"}, "name"),
        ("carrier pigeon", "x", {}, "kind"),
        ("email", "x", {"to": "bob@acme.example"}, "to"),
    ],
)
def test_what_could_not_be_sent_to_is_refused_at_save(
    house: World, kind: str, name: str, given: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        store(house).create(house.person("alice"), house.scope("alice"), kind, name, given)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_inside_is_closed_unless_the_installation_opens_it(house: World) -> None:
    keeping = store(house, Ways())
    with pytest.raises(Refused, match="not on the public internet"):
        keeping.create(
            house.person("alice"),
            house.scope("alice"),
            "webhook",
            "x",
            {"url": "https://127.0.0.1/"},
        )
    assert house.app.channels.ways.outward.allow_private


def test_a_name_is_taken_once_in_an_org(house: World, server: Endpoint) -> None:
    given = {"url": server.url("/ok")}
    alice, ada = house.person("alice"), house.person("ada")
    store(house).create(alice, house.scope("alice"), "webhook", "twice", given)
    with pytest.raises(Refused, match="There is a channel 'twice' already"):
        store(house).create(alice, house.scope("alice"), "webhook", "twice", given)
    store(house).create(ada, house.scope("ada", "globex"), "webhook", "twice", given)


def changes(house: World, who: str, org: str, key: str) -> list[Callable[[], object]]:
    person, scope, keeping = house.person(who), house.scope(who, org), store(house)
    return [
        lambda: keeping.update(person, scope, key, name="mine"),
        lambda: keeping.switch(person, scope, key, False),
        lambda: keeping.rotate(person, scope, key),
        lambda: keeping.test(person, scope, key),
        lambda: keeping.delete(person, scope, key),
    ]


def test_charlie_sees_and_changes_nothing_of_acme(house: World, server: Endpoint) -> None:
    key = webhook(house, server.url("/ok")).channel.id
    letter = put(house.app.records, "acme", key, state="dead")
    charlie, scope = house.person("charlie"), house.scope("charlie")
    assert key not in [one.id for one in store(house).all(charlie, scope)]
    with pytest.raises(NotFound):
        store(house).find(charlie, scope, key)
    records = house.app.records
    assert deliveries.log(records, charlie, scope, channel_id=key) == []
    assert letter not in [one.id for one in deliveries.outgoing(records, charlie, scope)]
    # as an owner of another org, whose role alone would allow it
    ada, theirs = house.person("ada"), house.scope("ada", "globex")
    assert deliveries.replay(records, ada, theirs, [letter], NOW) == 0
    for change in changes(house, "ada", "globex", key):
        with pytest.raises(NotFound):
            change()
    assert store(house).find(house.person("alice"), house.scope("alice"), key).enabled


@pytest.mark.parametrize("who", ["bob", "sam"])
def test_members_and_support_see_channels_and_change_none(
    house: World, server: Endpoint, who: str
) -> None:
    key = webhook(house, server.url("/ok")).channel.id
    person, scope = house.person(who), house.scope(who, "acme")
    assert store(house).find(person, scope, key).shown == f"http://127.0.0.1:{server.port}/…"
    for change in changes(house, who, "acme", key):
        with pytest.raises(Forbidden):
            change()
    with pytest.raises(Forbidden):
        store(house).create(person, scope, "webhook", "x", {"url": server.url("/ok")})
    with pytest.raises(Forbidden):
        deliveries.replay(house.app.records, person, scope, ["x"], NOW)


def test_the_test_button_tries_once_and_the_log_says_how_it_went(
    house: World, server: Endpoint
) -> None:
    alice, scope, keeping = house.person("alice"), house.scope("alice"), store(house)
    key = webhook(house, server.url("/500")).channel.id
    keeping.switch(alice, scope, key, False)
    asked = keeping.test(alice, scope, key)
    sending = sender(house)
    records = house.app.records
    (one,) = pumped(sending, lambda: deliveries.log(records, alice, scope, notification_id=asked))
    assert (one.status, one.kind, one.answer) == (500, "test", "<script>broken</script>")
    assert 0 < one.seconds < 5
    (found,) = deliveries.outgoing(records, alice, scope, notification_id=asked)
    assert (found.state, found.attempts) == ("dead", 1)
    until(lambda: not sending._threads())
    sending.close()


def test_no_secret_is_logged_or_kept_when_an_endpoint_answers_with_it(
    house: World, server: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.url("/echo") + "?token=hidden-token"
    server.ways["/echo"] = answering(400, f"who sent this to {url}?".encode())
    made = webhook(house, url)
    alice, scope = house.person("alice"), house.scope("alice")
    asked = store(house).test(alice, scope, made.channel.id)
    sending = sender(house)
    with caplog.at_level(logging.DEBUG):
        (one,) = pumped(
            sending,
            lambda: deliveries.log(house.app.records, alice, scope, notification_id=asked),
        )
    assert one.answer == "who sent this to …?"
    assert "hidden-token" not in caplog.text
    assert made.signing not in caplog.text
    sending.close()
