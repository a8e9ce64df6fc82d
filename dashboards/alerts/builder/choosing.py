"""Choosing: what there is to choose from in an org when a rule is written."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from alerts import metrics
from dashboards.alerts.builder.forms import Known
from dashboards.alerts.sections import Asked
from queries import suggest
from queries.filters import EVERY_SPAN, TimeRange, TraceFilters
from records.alerts import AlertChannel

RECENT = timedelta(days=2)
"""How far back services and processes are looked for."""


def known(about: Asked) -> Known:
    """Metrics that are sent, names that were seen lately, and channels."""
    return Known(
        names=metrics.names(about.scope, about.now),
        services=_values(about, "service"),
        processes=_values(about, "name"),
        agents=_values(about, "agent"),
        channels=channels(about),
    )


def channels(about: Asked) -> dict[str, str]:
    """Names of the scope's channels by their ids."""
    row = AlertChannel
    with about.records.reading() as session:
        found = session.execute(
            select(row.id, row.name)
            .where(row.org.in_(about.scope.orgs))
            .order_by(func.lower(row.name), row.id)
        )
        return {row.id: row.name for row in found}


def _values(about: Asked, key: str) -> list[str]:
    range_ = TimeRange(about.now - RECENT, about.now)
    found = suggest.values(about.scope, TraceFilters(range=range_, condition=EVERY_SPAN), key)
    return sorted(str(each.value) for each in found if each.value)
