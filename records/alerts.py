"""The tables of alerting: rules, what became of them, whom they told, and who leads the evaluating.

What happened is kept without foreign keys to rules and channels: it outlives what it names.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from records.models import ID_LENGTH, NAME_LENGTH, SLUG_LENGTH, Base, one_of

State = Literal["inactive", "pending", "firing", "recovering", "no_data", "error"]
ChannelKind = Literal["webhook", "email", "slack", "pagerduty"]
NotificationKind = Literal["firing", "resolved", "reminder", "test"]
NotificationState = Literal["waiting", "sending", "sent", "dead", "cancelled"]
Severity = Literal["info", "warning", "critical"]

KEY_LENGTH = 64
CODE_LENGTH = 24

ANY_JSON = JSON().with_variant(JSONB(), "postgresql")
COUNTED = BigInteger().with_variant(Integer(), "sqlite")


def _org() -> Any:
    return mapped_column(String(SLUG_LENGTH), ForeignKey("orgs.slug", ondelete="CASCADE"))


def _person() -> Any:
    return mapped_column(String(ID_LENGTH), ForeignKey("people.id", ondelete="SET NULL"))


class AlertRule(Base):
    """A rule of one org. `spec` is all of it that its other columns are not."""

    __tablename__ = "alert_rules"
    __table_args__ = (UniqueConstraint("org", "name"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    org: Mapped[str] = _org()
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    spec: Mapped[dict[str, Any]]
    revision: Mapped[int]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str | None] = _person()


class AlertState(Base):
    """Where one group of a rule stands. `history` is the verdicts of the last evaluations.

    `measured_as` is the mark of what the rule asked then: a rule that asks otherwise starts anew.
    """

    __tablename__ = "alert_states"
    __table_args__ = (Index(None, "org", "state"),)

    rule_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("alert_rules.id", ondelete="CASCADE"), primary_key=True
    )
    group_key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    org: Mapped[str] = _org()
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[State] = mapped_column(one_of(State, "alert_state"))
    since: Mapped[datetime]
    incident_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    opened_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]
    measured_as: Mapped[str] = mapped_column(String(KEY_LENGTH), default="")
    value: Mapped[float | None]
    text: Mapped[str] = mapped_column(Text(), default="")
    history: Mapped[list[Any]] = mapped_column(ANY_JSON, default=list)
    pending_count: Mapped[int] = mapped_column(default=0)
    snoozed_until: Mapped[datetime | None]
    snoozed_by: Mapped[str | None] = _person()
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = _person()
    acknowledged_note: Mapped[str] = mapped_column(Text(), default="")
    last_notified_at: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)


class AlertEvaluation(Base):
    """Evaluations of a group in a row that ended alike: same state, same reason."""

    __tablename__ = "alert_evaluations"
    __table_args__ = (
        Index(None, "rule_id", "group_key", "last_at"),
        Index(None, "org", "last_at"),
    )

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    org: Mapped[str] = _org()
    rule_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    group_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    evaluations: Mapped[int]
    value: Mapped[float | None]
    state: Mapped[State] = mapped_column(one_of(State, "alert_evaluation_state"))
    reason: Mapped[str] = mapped_column(String(CODE_LENGTH))
    text: Mapped[str] = mapped_column(Text(), default="")


class AlertHistory(Base):
    """Something that happened to an alert: a change of its state, or what a person did."""

    __tablename__ = "alert_history"
    __table_args__ = (Index(None, "org", "at"), Index(None, "rule_id", "at"))

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    org: Mapped[str] = _org()
    rule_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    incident_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    group_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(CODE_LENGTH))
    value: Mapped[float | None]
    text: Mapped[str] = mapped_column(Text(), default="")
    person_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class AlertSilence(Base):
    """Alerts that tell nobody for a time. `weekly` is null for one stretch without a break."""

    __tablename__ = "alert_silences"
    __table_args__ = (
        Index(None, "org", "ends_at"),
        CheckConstraint("starts_at < ends_at", name="silence_lasts"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    org: Mapped[str] = _org()
    matchers: Mapped[list[Any]] = mapped_column(ANY_JSON)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    weekly: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    comment: Mapped[str] = mapped_column(Text(), default="")
    created_by: Mapped[str | None] = _person()
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AlertChannel(Base):
    """Where notifications go. `config` holds nothing secret; `secret` is encrypted text."""

    __tablename__ = "alert_channels"
    __table_args__ = (UniqueConstraint("org", "name"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    org: Mapped[str] = _org()
    kind: Mapped[ChannelKind] = mapped_column(one_of(ChannelKind, "channel_kind"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secret: Mapped[str | None] = mapped_column(Text())
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str] = mapped_column(Text(), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AlertNotification(Base):
    """The outbox: what is to be sent. A row is made once for each word of an incident."""

    __tablename__ = "alert_notifications"
    __table_args__ = (
        UniqueConstraint("incident_id", "channel_id", "kind", "sequence"),
        Index(None, "state", "due_at"),
        Index(None, "org", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    org: Mapped[str] = _org()
    rule_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    incident_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    channel_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    kind: Mapped[NotificationKind] = mapped_column(one_of(NotificationKind, "notification_kind"))
    sequence: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[NotificationState] = mapped_column(
        one_of(NotificationState, "notification_state"), default="waiting"
    )
    claimed_by: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    claimed_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text())
    sent_at: Mapped[datetime | None]


class AlertDelivery(Base):
    """One attempt to send a notification, and what came back."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (Index(None, "org", "at"),)

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    notification_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("alert_notifications.id", ondelete="CASCADE"), index=True
    )
    org: Mapped[str] = _org()
    at: Mapped[datetime]
    status: Mapped[int | None]
    seconds: Mapped[float]
    answer: Mapped[str] = mapped_column(Text(), default="")
    error: Mapped[str | None] = mapped_column(Text())


class AlertInbox(Base):
    """A notice that everybody in the org reads in the page."""

    __tablename__ = "alert_inbox"
    __table_args__ = (Index(None, "org", "at"),)

    id: Mapped[int] = mapped_column(COUNTED, primary_key=True, autoincrement=True)
    org: Mapped[str] = _org()
    rule_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    incident_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime]
    severity: Mapped[Severity] = mapped_column(one_of(Severity, "inbox_severity"))
    title: Mapped[str] = mapped_column(Text())
    text: Mapped[str] = mapped_column(Text(), default="")
    link: Mapped[str] = mapped_column(Text(), default="")


class AlertRead(Base):
    """How far a person has read an org's inbox: up to and with the notice `read_until`."""

    __tablename__ = "alert_read"

    person_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    org: Mapped[str] = mapped_column(
        String(SLUG_LENGTH), ForeignKey("orgs.slug", ondelete="CASCADE"), primary_key=True
    )
    read_until: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Lease(Base):
    """Who does a job that one process at a time may do; `token` grows with every taking over."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    holder: Mapped[str] = mapped_column(String(KEY_LENGTH))
    token: Mapped[int] = mapped_column(BigInteger)
    beat: Mapped[int] = mapped_column(BigInteger)
