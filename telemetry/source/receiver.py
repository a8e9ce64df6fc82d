"""Receives source at /v1/source: a manifest, answered with what is lacking, then the contents.

The ingest key names the org, as it does for telemetry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from flask import Blueprint, Request, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected

from access.errors import OrgDisabled, UnknownKey
from access.keys import key_id_of
from records.store import Records, RecordsError
from settings import Settings
from telemetry import body
from telemetry.errors import Malformed, NoKey, NotStored, OrgClosed, Refused, WrongMethod, WrongType
from telemetry.receiver import METHODS, Keys
from telemetry.replies import RETRY_AFTER_SECONDS
from telemetry.source import manifests, rules, uploads
from telemetry.source.contents import Contents

MANIFEST: Final = "/v1/source"
CONTENTS: Final = "/v1/source/contents"
MOST_BODY: Final = 16 * 1024 * 1024
JSON: Final = "application/json"
HEADERS: Final = {
    401: {"WWW-Authenticate": 'Bearer realm="source"'},
    405: {"Allow": "POST"},
    415: {"Accept": JSON, "Accept-Encoding": "gzip"},
    503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}

Said = dict[str, Any]

log = logging.getLogger(__name__)


def blueprint(records: Records, contents: Contents, keyring: Keys, settings: Settings) -> Blueprint:
    """The two paths of source."""
    room = Blueprint("source_receiver", __name__)
    receiver = Receiver(records, contents, keyring, settings)
    for path, name, take in (
        (MANIFEST, "manifest", receiver.manifest),
        (CONTENTS, "contents", receiver.contents),
    ):
        room.add_url_rule(
            path,
            name,
            receiver.answer,
            defaults={"take": take},
            methods=METHODS,
            provide_automatic_options=False,
        )
    return room


class Receiver:
    """Takes manifests into the records and contents into their folder."""

    def __init__(
        self, records: Records, contents: Contents, keyring: Keys, settings: Settings
    ) -> None:
        self._records = records
        self._contents = contents
        self._keyring = keyring
        self._settings = settings

    def answer(self, take: Callable[[str, bytes], Said]) -> Response:
        """What `take` says about the request, or why it was not taken."""
        try:
            return jsonify(take(self._org(request), _body(request)))
        except Refused as refused:
            return _refusal(refused)
        except (OSError, RecordsError):
            log.exception("Source could not be stored.")
            return _refusal(NotStored("The source could not be stored. Try again later."))

    def manifest(self, org: str, received: bytes) -> Said:
        """Which contents of a revision are lacking; it is complete when none are."""
        read = uploads.manifest_of(org, received)
        lacking = manifests.take(
            self._records,
            self._contents,
            read.manifest,
            key_id=key_id_of(request.headers.get("Authorization")),
            most_bytes=self._settings.source_max_bytes,
            now=datetime.now(UTC),
        )
        return {
            "service": read.manifest.service,
            "revision": read.manifest.revision,
            "files": len(read.manifest.entries),
            "refused": read.refused,
            "missing": lacking,
            "complete": not lacking,
        }

    def contents(self, org: str, received: bytes) -> Said:
        """Keep contents that a manifest has named."""
        sent = uploads.contents_of(received)
        digests = [sha256(content).hexdigest() for content in sent]
        wanted = manifests.wanted(self._records, org, digests)
        refused = []
        for digest, content in zip(digests, sent, strict=True):
            why = rules.content_refused(content)
            if digest not in wanted:
                why = why or "No manifest names this content. Send the manifest first."
            if why:
                refused.append({"sha256": digest, "why": why})
            else:
                self._contents.put(org, content)
        return {"stored": len(sent) - len(refused), "refused": refused}

    def _org(self, sent: Request) -> str:
        if sent.method != "POST":
            raise WrongMethod("Send source with POST.")
        try:
            return self._keyring.org_of(sent.headers.get("Authorization"))
        except UnknownKey as error:
            raise NoKey(str(error)) from error
        except OrgDisabled as error:
            raise OrgClosed(str(error)) from error


def _body(sent: Request) -> bytes:
    if sent.mimetype != JSON:
        raise WrongType(f"Send source as {JSON}.")
    encoding = sent.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise WrongType("Send the body as it is, or compressed with gzip.")
    try:
        return body.read(sent.stream, sent.content_length, encoding == "gzip", MOST_BODY)
    except ClientDisconnected as error:
        raise Malformed("The body ends too early.") from error


def _refusal(refused: Refused) -> Response:
    response = jsonify(message=str(refused))
    response.status_code = refused.status
    response.headers.update(HEADERS.get(refused.status, {}))
    return response
