"""Source: the manifests of the code that ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _source_revisions()
    _source_files()


def _source_revisions() -> None:
    op.create_table(
        "source_revisions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("service", sa.String(200), nullable=False),
        sa.Column("revision", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(12)),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source_revisions"),
        sa.UniqueConstraint(
            "org",
            "service",
            "revision",
            "digest",
            name="uq_source_revisions_org_service_revision_digest",
        ),
        _reference("source_revisions", "org", "orgs.slug"),
    )
    op.create_index("ix_source_revisions_uploaded_at", "source_revisions", ["uploaded_at"])


def _source_files() -> None:
    op.create_table(
        "source_files",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("revision_id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("path", sa.String(400), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source_files"),
        sa.UniqueConstraint("revision_id", "path", name="uq_source_files_revision_id_path"),
        _reference("source_files", "revision_id", "source_revisions.id"),
        _reference("source_files", "org", "orgs.slug"),
    )
    op.create_index("ix_source_files_org_sha256", "source_files", ["org", "sha256"])


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )
