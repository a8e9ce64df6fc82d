"""Saved views, preferences and exports."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _saved_views()
    _preferences()
    _exports()


def _saved_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63)),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("updated_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("person_id", "org", "name", name="uq_saved_views_person_id_org_name"),
        sa.CheckConstraint("org is not null or not shared", name="shared_in_an_org"),
        _reference("saved_views", "person_id", "people.id"),
        _reference("saved_views", "org", "orgs.slug"),
    )
    op.create_index("ix_saved_views_org", "saved_views", ["org"])
    op.create_index(
        "uq_saved_views_of_all_orgs",
        "saved_views",
        ["person_id", "name"],
        unique=True,
        sqlite_where=sa.text("org is null"),
        postgresql_where=sa.text("org is null"),
    )


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", _json(), nullable=False),
        sa.Column("updated_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "name", name="pk_preferences"),
        _reference("preferences", "person_id", "people.id"),
    )


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63)),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("started_at", _time(), nullable=False),
        sa.Column("finished_at", _time()),
        sa.Column(
            "state",
            _one_of("export_state", "running", "done", "cancelled", "failed"),
            nullable=False,
        ),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        _reference("exports", "person_id", "people.id"),
        _reference("exports", "org", "orgs.slug"),
    )
    for column in ("person_id", "org", "started_at"):
        op.create_index(f"ix_exports_{column}", "exports", [column])


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )
