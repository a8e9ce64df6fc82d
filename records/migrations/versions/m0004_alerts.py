"""Alerts: rules, states, evaluations, history, silences, channels, the outbox and leases."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = ("inactive", "pending", "firing", "recovering", "no_data", "error")


def upgrade() -> None:
    _rules()
    _states()
    _evaluations()
    _history()
    _silences()
    _channels()
    _notifications()
    _deliveries()
    _inbox()
    _leases()


def _rules() -> None:
    op.create_table(
        "alert_rules",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("spec", _json(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("updated_at", _time(), nullable=False),
        sa.Column("updated_by", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_alert_rules"),
        sa.UniqueConstraint("org", "name", name="uq_alert_rules_org_name"),
        _org("alert_rules"),
        _person("alert_rules", "updated_by"),
    )


def _states() -> None:
    op.create_table(
        "alert_states",
        sa.Column("rule_id", sa.String(32), nullable=False),
        sa.Column("group_key", sa.String(64), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("labels", _json(), nullable=False),
        sa.Column("state", _one_of("alert_state", *STATES), nullable=False),
        sa.Column("since", _time(), nullable=False),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("opened_at", _time()),
        sa.Column("missing_since", _time()),
        sa.Column("measured_as", sa.String(64), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("history", _json(), nullable=False),
        sa.Column("pending_count", sa.Integer(), nullable=False),
        sa.Column("snoozed_until", _time()),
        sa.Column("snoozed_by", sa.String(32)),
        sa.Column("acknowledged_at", _time()),
        sa.Column("acknowledged_by", sa.String(32)),
        sa.Column("acknowledged_note", sa.Text(), nullable=False),
        sa.Column("last_notified_at", _time()),
        sa.Column("evaluated_at", _time()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "group_key", name="pk_alert_states"),
        _reference("alert_states", "rule_id", "alert_rules.id"),
        _org("alert_states"),
        _person("alert_states", "snoozed_by"),
        _person("alert_states", "acknowledged_by"),
    )
    _index("alert_states", "org", "state")
    _index("alert_states", "incident_id")


def _evaluations() -> None:
    op.create_table(
        "alert_evaluations",
        _counted(),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("rule_id", sa.String(32), nullable=False),
        sa.Column("group_key", sa.String(64), nullable=False),
        sa.Column("labels", _json(), nullable=False),
        sa.Column("first_at", _time(), nullable=False),
        sa.Column("last_at", _time(), nullable=False),
        sa.Column("evaluations", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("state", _one_of("alert_evaluation_state", *STATES), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_evaluations"),
        _org("alert_evaluations"),
    )
    _index("alert_evaluations", "rule_id", "group_key", "last_at")
    _index("alert_evaluations", "org", "last_at")


def _history() -> None:
    op.create_table(
        "alert_history",
        _counted(),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("rule_id", sa.String(32), nullable=False),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("group_key", sa.String(64), nullable=False),
        sa.Column("labels", _json(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_alert_history"),
        _org("alert_history"),
    )
    _index("alert_history", "org", "at")
    _index("alert_history", "rule_id", "at")
    _index("alert_history", "incident_id")


def _silences() -> None:
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("matchers", _json(), nullable=False),
        sa.Column("starts_at", _time(), nullable=False),
        sa.Column("ends_at", _time(), nullable=False),
        sa.Column("weekly", _json()),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(32)),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("ended_at", _time()),
        sa.PrimaryKeyConstraint("id", name="pk_alert_silences"),
        sa.CheckConstraint("starts_at < ends_at", name="silence_lasts"),
        _org("alert_silences"),
        _person("alert_silences", "created_by"),
    )
    _index("alert_silences", "org", "ends_at")


def _channels() -> None:
    kinds = _one_of("channel_kind", "webhook", "email", "slack", "pagerduty")
    op.create_table(
        "alert_channels",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("config", _json(), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("updated_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_channels"),
        sa.UniqueConstraint("org", "name", name="uq_alert_channels_org_name"),
        _org("alert_channels"),
    )


def _notifications() -> None:
    kinds = _one_of("notification_kind", "firing", "resolved", "reminder", "test")
    states = _one_of("notification_state", "waiting", "sending", "sent", "dead", "cancelled")
    op.create_table(
        "alert_notifications",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("rule_id", sa.String(32)),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("payload", _json(), nullable=False),
        sa.Column("created_at", _time(), nullable=False),
        sa.Column("due_at", _time(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("claimed_by", sa.String(64)),
        sa.Column("claimed_until", _time()),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text()),
        sa.Column("sent_at", _time()),
        sa.PrimaryKeyConstraint("id", name="pk_alert_notifications"),
        sa.UniqueConstraint(
            "incident_id",
            "channel_id",
            "kind",
            "sequence",
            name="uq_alert_notifications_incident_id_channel_id_kind_sequence",
        ),
        _org("alert_notifications"),
    )
    _index("alert_notifications", "state", "due_at")
    _index("alert_notifications", "org", "created_at")


def _deliveries() -> None:
    op.create_table(
        "alert_deliveries",
        _counted(),
        sa.Column("notification_id", sa.String(36), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_alert_deliveries"),
        _reference("alert_deliveries", "notification_id", "alert_notifications.id"),
        _org("alert_deliveries"),
    )
    _index("alert_deliveries", "notification_id")
    _index("alert_deliveries", "org", "at")


def _inbox() -> None:
    op.create_table(
        "alert_inbox",
        _counted(),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("rule_id", sa.String(32)),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("at", _time(), nullable=False),
        sa.Column(
            "severity", _one_of("inbox_severity", "info", "warning", "critical"), nullable=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_inbox"),
        _org("alert_inbox"),
    )
    _index("alert_inbox", "org", "at")
    op.create_table(
        "alert_read",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("org", sa.String(63), nullable=False),
        sa.Column("read_until", sa.BigInteger(), nullable=False),
        sa.Column("at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "org", name="pk_alert_read"),
        _reference("alert_read", "person_id", "people.id"),
        _org("alert_read"),
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def _counted() -> sa.Column[int]:
    return sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        autoincrement=True,
        nullable=False,
    )


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _org(table: str) -> sa.ForeignKeyConstraint:
    return _reference(table, "org", "orgs.slug")


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return _reference(table, column, "people.id", ondelete="SET NULL")


def _reference(
    table: str, column: str, target: str, ondelete: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=f"fk_{table}_{column}", ondelete=ondelete
    )
