"""The tables of the records. Every time in them is an aware UTC datetime, on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Plan = Literal["free", "pro", "enterprise"]
Role = Literal["owner", "admin", "member"]
StaffRole = Literal["alias_admin", "alias_support"]
ExportState = Literal["running", "done", "cancelled", "failed"]

SLUG_LENGTH = 63
ID_LENGTH = 32
HASH_LENGTH = 64
EMAIL_LENGTH = 254
NAME_LENGTH = 200
PATH_LENGTH = 400


class UtcTime(TypeDecorator[datetime]):
    """A moment: refuses naive datetimes going in, hands out UTC coming back.

    SQLite keeps no zone, so what it returns is marked as the UTC that was stored.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be recorded.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(choices: Any, name: str) -> Enum:
    """A text column checked to be one of a Literal's words."""
    words = get_args(choices)
    return Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcTime(),
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
    }


class Org(Base):
    """A customer. Its slug never changes: telemetry is filed under it."""

    __tablename__ = "orgs"

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    plan: Mapped[Plan] = mapped_column(one_of(Plan, "plan"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Person(Base):
    """Somebody who may sign in. `email` is kept in lower case, so unique means unique."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    staff_role: Mapped[StaffRole | None] = mapped_column(one_of(StaffRole, "staff_role"))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """A person's role in an org."""

    __tablename__ = "memberships"

    person_id: Mapped[str] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    org: Mapped[str] = mapped_column(
        ForeignKey("orgs.slug", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role] = mapped_column(one_of(Role, "role"))
    created_at: Mapped[datetime]


class IngestKey(Base):
    """A key that lets an org send telemetry. Only a hash of its secret is kept."""

    __tablename__ = "ingest_keys"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    org: Mapped[str] = mapped_column(ForeignKey("orgs.slug", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    prefix: Mapped[str] = mapped_column(String(32))
    key_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignIn(Base):
    """A signed-in browser. Its id is the hash of the token in the browser's cookie."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(300))


class Visit(Base):
    """When a session of ALIAS staff last counted as entering an org."""

    __tablename__ = "visits"

    session_id: Mapped[str] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    org: Mapped[str] = mapped_column(
        ForeignKey("orgs.slug", ondelete="CASCADE"), primary_key=True, index=True
    )
    entered_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what, when, from where. No foreign keys: a row outlives what it names."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "org", "at"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    org: Mapped[str | None] = mapped_column(String(SLUG_LENGTH))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str | None] = mapped_column(String(64))


class SavedView(Base):
    """A view of the Trace Explorer under a name: the query string that brings it back.

    `org` is null for staff looking at every org at once; such a view is never shared.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("person_id", "org", "name"),
        # null is unlike null in the constraint above
        Index(
            "uq_saved_views_of_all_orgs",
            "person_id",
            "name",
            unique=True,
            sqlite_where=text("org is null"),
            postgresql_where=text("org is null"),
        ),
        CheckConstraint("org is not null or not shared", name="shared_in_an_org"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    org: Mapped[str | None] = mapped_column(ForeignKey("orgs.slug", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    path: Mapped[str] = mapped_column(String(NAME_LENGTH))
    search: Mapped[str] = mapped_column(Text())
    shared: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Preference(Base):
    """What a person chose once and wants to find again, such as the columns of a list."""

    __tablename__ = "preferences"

    person_id: Mapped[str] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class Export(Base):
    """A download of rows: what was asked, how far it came, and the digest of what was sent.

    `org` is null when staff exported every org at once.
    """

    __tablename__ = "exports"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    org: Mapped[str | None] = mapped_column(ForeignKey("orgs.slug", ondelete="CASCADE"), index=True)
    format: Mapped[str] = mapped_column(String(16))
    search: Mapped[str] = mapped_column(Text())
    zone: Mapped[str] = mapped_column(String(64))
    version: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    state: Mapped[ExportState] = mapped_column(one_of(ExportState, "export_state"))
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(String(HASH_LENGTH))


class SourceRevision(Base):
    """The source of one service as one revision had it, sent as a manifest of files.

    A revision sent again with other files is a second row until all contents are there; then it
    takes the first one's place.
    """

    __tablename__ = "source_revisions"
    __table_args__ = (UniqueConstraint("org", "service", "revision", "digest"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    org: Mapped[str] = mapped_column(ForeignKey("orgs.slug", ondelete="CASCADE"))
    service: Mapped[str] = mapped_column(String(NAME_LENGTH))
    revision: Mapped[str] = mapped_column(String(NAME_LENGTH))
    digest: Mapped[str] = mapped_column(String(HASH_LENGTH))
    uploaded_at: Mapped[datetime] = mapped_column(index=True)
    key_id: Mapped[str | None] = mapped_column(String(12))
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    complete: Mapped[bool]


class SourceFile(Base):
    """A file of a revision; its content lies in the source store under its SHA-256."""

    __tablename__ = "source_files"
    __table_args__ = (
        UniqueConstraint("revision_id", "path"),
        Index(None, "org", "sha256"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    revision_id: Mapped[str] = mapped_column(ForeignKey("source_revisions.id", ondelete="CASCADE"))
    org: Mapped[str] = mapped_column(ForeignKey("orgs.slug", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(PATH_LENGTH))
    sha256: Mapped[str] = mapped_column(String(HASH_LENGTH))
    size: Mapped[int]
