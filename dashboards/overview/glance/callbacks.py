"""Callbacks of the cards: whose data, which questions, what it looks like."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output

from dashboards.errors import guarded
from dashboards.overview.asked import Asked, View, asked
from dashboards.overview.glance import views
from dashboards.overview.glance.layout import Id
from dashboards.overview.glance.views import Glance
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from queries import overview
from queries.filters import TimeRange


def register(app: Dash) -> None:
    app.callback(
        Output(Id.CARDS, "children"), Input(Shell.VIEW, "data"), Input(Shell.TICK, "data")
    )(show)


@guarded(faces.failed)
def show(view: View, tick: int | None) -> Any:
    """The range in numbers, beside the same time a day and a week before."""
    about = asked(view)
    return views.show(about, glance(about))


def glance(about: Asked) -> Glance:
    """What the cards tell, all of it about the same moment."""
    scope, day = about.scope, today(about.now, about.zone)
    return Glance(
        totals=overview.totals(scope, about.range).one,
        before={
            when: overview.totals(scope, then).one
            for when, then in overview.earlier(about.range).items()
        },
        course=overview.course(scope, about.range),
        today=day,
        spent=overview.spent(scope, day),
        spent_before={
            views.WHEN[when]: overview.spent(scope, then)
            for when, then in overview.earlier(day).items()
        },
    )


def today(now: datetime, zone: ZoneInfo) -> TimeRange:
    """From the last midnight of the zone's clock until now."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return TimeRange(min(midnight.astimezone(now.tzinfo), now - timedelta(microseconds=1)), now)
