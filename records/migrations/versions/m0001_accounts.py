"""Orgs, people, memberships, ingest keys, sessions, visits and the audit log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _orgs()
    _people()
    _memberships()
    _ingest_keys()
    _sessions()
    _visits()
    _audit_log()


def _orgs() -> None:
    op.create_table(
        "orgs",
        sa.Column("slug", sa.String(63), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("plan", _one_of("plan", "free", "pro", "enterprise"), nullable=False),
        sa.Column("settings", _json(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("disabled_at", _time()),
        sa.PrimaryKeyConstraint("slug", name="pk_orgs"),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("staff_role", _one_of("staff_role", "alias_admin", "alias_support")),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("disabled_at", _time()),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
        sa.CheckConstraint("email = lower(email)", name="email_lower"),
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("role", _one_of("role", "owner", "admin", "member"), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "org", name="pk_memberships"),
        _reference("memberships", "person_id", "people.id", "CASCADE"),
        _reference("memberships", "org", "orgs.slug", "CASCADE"),
    )
    op.create_index("ix_memberships_org", "memberships", ["org"])


def _ingest_keys() -> None:
    op.create_table(
        "ingest_keys",
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("prefix", sa.String(32), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("created_by", sa.String(32)),
        sa.Column("last_used_at", _time()),
        sa.Column("revoked_at", _time()),
        sa.PrimaryKeyConstraint("id", name="pk_ingest_keys"),
        sa.UniqueConstraint("key_hash", name="uq_ingest_keys_key_hash"),
        _reference("ingest_keys", "org", "orgs.slug", "CASCADE"),
        _reference("ingest_keys", "created_by", "people.id", "SET NULL"),
    )
    op.create_index("ix_ingest_keys_org", "ingest_keys", ["org"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("expires_at", _time(), nullable=False),
        sa.Column("last_seen_at", _time(), nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        _reference("sessions", "person_id", "people.id", "CASCADE"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("entered_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "org", name="pk_visits"),
        _reference("visits", "session_id", "sessions.id", "CASCADE"),
        _reference("visits", "org", "orgs.slug", "CASCADE"),
    )
    op.create_index("ix_visits_org", "visits", ["org"])


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("person_id", sa.String(32)),
        sa.Column("org", sa.String(63)),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200)),
        sa.Column("details", _json(), nullable=False),
        sa.Column("address", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_audit_log_org_at", "audit_log", ["org", "at"])


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def _reference(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=f"fk_{table}_{column}", ondelete=ondelete
    )
