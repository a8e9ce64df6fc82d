"""E-mail over the SMTP server of the installation; mails of one incident are one thread."""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from alerts.channels.messages import Channel, Notification, lines, plain
from alerts.channels.results import LONGEST_ANSWER, Failed, Result, Sent
from alerts.channels.ways import MailServer, Ways
from alerts.errors import Problem, Refused
from alerts.secrets import Secret

MOST_RECIPIENTS = 20
NO_SERVER = (
    "This installation has no mail server. Ask whoever runs it to set OBSERVATORY_SMTP_HOST."
)
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}"
)


def taken(given: Mapping[str, Any], ways: Ways) -> tuple[dict[str, Any], Secret]:
    """Whom to write to: a list, or a text with commas. Raises Refused."""
    if not ways.mail.host:
        raise Refused([Problem("to", NO_SERVER)])
    to = given.get("to", "")
    parts = to.replace(";", ",").split(",") if isinstance(to, str) else list(to)
    addresses = list(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))
    if not 0 < len(addresses) <= MOST_RECIPIENTS:
        raise Refused([Problem("to", f"Name 1 to {MOST_RECIPIENTS} e-mail addresses.")])
    for address in addresses:
        if not _ADDRESS.fullmatch(address):
            raise Refused([Problem("to", f"{address[:80]!r} is not an e-mail address.")])
    return {"to": addresses}, Secret()


def send(channel: Channel, notification: Notification, ways: Ways) -> Result:
    started = time.monotonic()
    if not ways.mail.host:
        return Failed(NO_SERVER, busy=True)
    mail = _mail(channel, notification, ways)
    try:
        with _connected(ways.mail) as server:
            refused = server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _failed(
            "The mail server refuses every recipient. Check the addresses.",
            max(codes),
            "; ".join(_said(text) for _, text in error.recipients.values()),
            started,
            final=min(codes) >= 500,
        )
    except smtplib.SMTPAuthenticationError as error:
        sentence = "The mail server does not accept our user and password."
        return _failed(sentence, error.smtp_code, _said(error.smtp_error), started, busy=True)
    except smtplib.SMTPResponseException as error:
        sentence = f"The mail server answered {error.smtp_code} and did not take it."
        code, said = error.smtp_code, _said(error.smtp_error)
        return _failed(sentence, code, said, started, final=code >= 500, busy=code < 500)
    except (smtplib.SMTPException, OSError) as error:
        sentence = f"The mail server cannot be used ({_why(error)})."
        return _failed(sentence, None, "", started, busy=True)
    said = "".join(f"Not to {to}: {_said(text)} " for to, (_, text) in refused.items())
    return Sent(250, lines(said)[:LONGEST_ANSWER], time.monotonic() - started)


@contextmanager
def _connected(mail: MailServer) -> Iterator[smtplib.SMTP]:
    """A conversation with the mail server, encrypted unless that was switched off."""
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if mail.encryption == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=mail.seconds, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.seconds)
    try:
        if mail.encryption == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, mail.password)
        yield server
        # the mail is taken by now: how the conversation ends changes nothing
        _part(server)
    finally:
        server.close()


def _part(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        return


def _mail(channel: Channel, notification: Notification, ways: Ways) -> EmailMessage:
    domain = parseaddr(ways.mail.sender)[1].rpartition("@")[2] or "observatory.invalid"
    mail = EmailMessage()
    mail["From"] = ways.mail.sender
    mail["To"] = ", ".join(channel.config["to"])
    mail["Subject"] = notification.message.heading
    mail["Date"] = format_datetime(ways.now())
    mail["Message-ID"] = f"<{notification.id}@{domain}>"
    mail["References"] = f"<{notification.incident or notification.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(plain(notification))
    return mail


def _failed(
    sentence: str,
    status: int | None,
    answer: str,
    started: float,
    *,
    final: bool = False,
    busy: bool = False,
) -> Failed:
    return Failed(
        sentence,
        status,
        lines(answer)[:LONGEST_ANSWER],
        time.monotonic() - started,
        final=final,
        busy=busy,
    )


def _said(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it offers no encryption or no sign-in"
    return (getattr(error, "strerror", None) or type(error).__name__).rstrip(".")
