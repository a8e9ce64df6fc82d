"""The cast: alice and bob at acme, charlie at globex, sam and ada of ALIAS; a small real lake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

import app as app_module
from access.keys import issue
from access.people import (
    Person,
    add_member,
    create_org,
    create_person,
    find_person_by_email,
)
from access.scope import Scope, scope_for
from queries import reader, source
from settings import Settings

PASSWORD = "correct horse battery"
SHARED = Path(__file__).parents[1].parent / "shared"
PROTOBUF = "application/x-protobuf"

PEOPLE = {
    "ada": ("ada@alias.example", "Ada Admin", "alias_admin", None),
    "sam": ("sam@alias.example", "Sam Support", "alias_support", None),
    "alice": ("alice@acme.example", "Alice Owner", None, ("acme", "owner")),
    "bob": ("bob@acme.example", "Bob Member", None, ("acme", "member")),
    "charlie": ("charlie@globex.example", "Charlie Member", None, ("globex", "member")),
}


@dataclass
class World:
    """A wired app over an empty data folder, with the cast and an ingest key for each org."""

    app: app_module.App
    keys: dict[str, str] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        return find_person_by_email(self.app.records, PEOPLE[name][0])

    def scope(self, name: str, org: str | None = None) -> Scope:
        """What `name` may read; from here on questions are asked of this world."""
        reader.use(self.app.reader)
        source.use(self.app.library)
        return scope_for(self.person(name), org)

    def client(self, name: str | None = None) -> FlaskClient:
        """A browser's worth of cookies, signed in as `name`."""
        client = self.app.server.test_client()
        if name:
            page = client.get("/sign-in").get_data(as_text=True)
            token = page.split('name="token" value="')[1].split('"')[0]
            answer = client.post(
                "/sign-in", data={"email": PEOPLE[name][0], "password": PASSWORD, "token": token}
            )
            assert answer.status_code == 303, answer.get_data(as_text=True)
        return client

    def post(
        self, org: str, body: bytes, signal: str = "traces", content_type: str = PROTOBUF
    ) -> Any:
        """Send OTLP with the org's key."""
        return self.app.server.test_client().post(
            f"/v1/{signal}",
            data=body,
            content_type=content_type,
            headers={"Authorization": f"Bearer {self.keys[org]}"},
        )

    def send(self, org: str, *spans: Span, service: str = "checkout", **resource: Any) -> None:
        """Send spans of one service and move them into the tables."""
        answer = self.post(org, request_of(*spans, service=service, **resource))
        assert answer.status_code == 200, answer.data
        self.settle()

    def settle(self, *, compact: bool = False) -> None:
        """Move everything acknowledged into the tables and the rollups."""
        self.app.writer.drain_all()
        assert self.app.spool.depth().batches == 0
        if compact:
            self.app.compact(force=True)
        self.app.roll()


def make_world(folder: Path, **settings: Any) -> World:
    app = app_module.create_app(
        Settings(_env_file=None, data_dir=folder, demo="off", **settings)  # type: ignore[call-arg]
    )
    with app.records.session() as session:
        for slug in ("acme", "globex", "initech"):
            create_org(session, slug, slug.capitalize())
        for email, name, staff, member in PEOPLE.values():
            person = create_person(session, email, name, PASSWORD, staff)
            if member:
                add_member(session, person, *member)
    keys = {
        slug: issue(app.records, slug, "tests", None).secret
        for slug in ("acme", "globex", "initech")
    }
    return World(app, keys)


NOW = datetime.now(UTC).replace(microsecond=0)
"""One present for a whole run; spans lie before it."""


def late() -> float:
    """Seconds since NOW: a long run comes to a test minutes after it. To be taken from `ago` where
    a test is about the present."""
    return (datetime.now(UTC) - NOW).total_seconds()


def span(
    name: str = "pay",
    *,
    trace: int = 1,
    number: int = 1,
    parent: int | None = None,
    ago: float = 60.0,
    ms: float = 10.0,
    error: str | None = None,
    kind: int = Span.SPAN_KIND_INTERNAL,
    **attributes: Any,
) -> Span:
    """A span that began `ago` seconds before NOW; underscores in attribute names become dots."""
    start = int((NOW - timedelta(seconds=ago)).timestamp() * 1e9)
    made = Span(
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        parent_span_id=parent.to_bytes(8, "big") if parent else b"",
        name=name,
        kind=kind,
        start_time_unix_nano=start,
        end_time_unix_nano=start + int(ms * 1e6),
        attributes=pairs({k.replace("__", "."): v for k, v in attributes.items()}),
        status=Status(code=Status.STATUS_CODE_ERROR if error else Status.STATUS_CODE_OK),
    )
    if error:
        event = made.events.add(name="exception", time_unix_nano=start)
        event.attributes.extend(pairs({"exception.type": error, "exception.message": "it broke"}))
    return made


def request_of(*spans: Span, service: str = "checkout", **resource: Any) -> bytes:
    block = ResourceSpans()
    block.resource.attributes.extend(pairs({"service.name": service, **resource}))
    block.scope_spans.add().spans.extend(spans)
    return ExportTraceServiceRequest(resource_spans=[block]).SerializeToString()


def pairs(values: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in values.items()]


def any_value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=str(value))
