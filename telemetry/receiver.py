"""The receiver: OTLP over HTTP. The ingest key names the org, whatever the telemetry says.

The one idea: 200 is answered after the spool has the request on disk, and never before.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Final, Protocol

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import ClientDisconnected

from access.errors import OrgDisabled, UnknownKey
from settings import Settings
from telemetry import admission, body, replies
from telemetry.admission import Admitted
from telemetry.counts import NOBODY, Counts
from telemetry.errors import (
    Malformed,
    NoKey,
    NotStored,
    OrgClosed,
    Refused,
    SpoolError,
    TooLarge,
    WrongMethod,
    WrongType,
)
from telemetry.otlp import JSON, PROTOBUF, SIGNALS, Signal
from telemetry.spool import Batch, Spool

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LARGE_BYTES: Final = 4 * 1024 * 1024

REASONS: Final[dict[type[Refused], str]] = {
    Malformed: "requests that are not valid OTLP",
    NoKey: "requests without a known key",
    OrgClosed: "requests of a disabled organisation",
    TooLarge: "requests over a limit",
    WrongType: "requests of another content type",
    NotStored: "requests while nothing could be stored",
}
"""What refused requests are counted under."""

log = logging.getLogger(__name__)


class Keys(Protocol):
    """Knows whose key an Authorization header carries, as access.keys.KeyRing does."""

    def org_of(self, authorization: str | None) -> str: ...


def blueprint(
    spool: Spool, keyring: Keys, settings: Settings, counts: Counts | None = None
) -> Blueprint:
    """The three paths of OTLP/HTTP; what they take and refuse is counted in `counts`."""
    room = Blueprint("receiver", __name__)
    receiver = Receiver(spool, keyring, settings, counts or Counts())
    for signal in SIGNALS.values():
        room.add_url_rule(
            f"/v1/{signal.name}",
            signal.name,
            receiver.answer,
            defaults={"signal": signal},
            methods=METHODS,
            provide_automatic_options=False,
        )
    return room


class Receiver:
    """Takes requests into the spool."""

    def __init__(self, spool: Spool, keyring: Keys, settings: Settings, counts: Counts) -> None:
        self._spool = spool
        self._keyring = keyring
        self._settings = settings
        self._counts = counts
        self._large = Lock()

    def answer(self, signal: Signal) -> Response:
        """Store the request, or say why not."""
        content_type = request.mimetype if request.mimetype in (PROTOBUF, JSON) else JSON
        try:
            taken = self._take(signal, request)
        except Refused as refused:
            return replies.refusal(refused, content_type)
        return replies.result(signal, content_type, taken.rejected, taken.notice)

    def _take(self, signal: Signal, sent: Request) -> Admitted:
        if sent.method != "POST":
            raise WrongMethod("Send OTLP with POST.")
        with self._counted(NOBODY):
            org = self._org(sent)
        with self._counted(org):
            received = self._body(sent)
            with self._turn(len(received)):
                taken = admission.admit(signal, received, sent.mimetype, self._settings)
            if taken.items:
                batch = Batch(org, signal.name, taken.body, taken.items, time.time_ns() // 1000)
                self._put(batch, _digest(batch, received))
        self._counts.took(org, taken.items, taken.problems)
        return taken

    @contextmanager
    def _counted(self, org: str) -> Iterator[None]:
        """Requests that are refused are counted by reason."""
        try:
            yield
        except Refused as refused:
            self._counts.refused(org, REASONS[type(refused)])
            raise

    def _turn(self, length: int) -> AbstractContextManager[object]:
        """Large bodies are decoded one at a time: each can become many times its size."""
        return self._large if length > LARGE_BYTES else nullcontext()

    def _org(self, sent: Request) -> str:
        try:
            return self._keyring.org_of(sent.headers.get("Authorization"))
        except UnknownKey as error:
            raise NoKey(str(error)) from error
        except OrgDisabled as error:
            raise OrgClosed(str(error)) from error
        except Exception as error:
            log.exception("An ingest key could not be checked.")
            raise NotStored("Keys cannot be checked right now. Try again later.") from error

    def _body(self, sent: Request) -> bytes:
        if sent.mimetype not in (PROTOBUF, JSON):
            raise WrongType(f"Send OTLP as {PROTOBUF} or {JSON}.")
        encoding = sent.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise WrongType("Send the body as it is, or compressed with gzip.")
        limit = self._settings.otlp_max_body_bytes
        try:
            return body.read(sent.stream, sent.content_length, encoding == "gzip", limit)
        except ClientDisconnected as error:
            raise Malformed("The body ends too early.") from error

    def _put(self, batch: Batch, digest: bytes) -> None:
        if self._spool.size > self._settings.spool_max_bytes:
            raise NotStored("The spool is full. Try again later.")
        try:
            self._spool.put(batch, digest)
        except SpoolError as error:
            log.exception("A batch could not be stored.")
            raise NotStored("The batch could not be stored. Try again later.") from error


def _digest(batch: Batch, received: bytes) -> bytes:
    """Names a request: the same one, sent again, is stored once."""
    return hashlib.sha256(f"{batch.org}/{batch.signal}/".encode() + received).digest()
