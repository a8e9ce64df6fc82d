"""Sections: the parts of the Alerts tab, one of them open, and what their callbacks begin with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ParamSpec
from zoneinfo import ZoneInfo

from dash.exceptions import PreventUpdate

from access.login import current_person, current_records, current_scope
from access.people import Person
from access.scope import Scope
from alerts.rights import may
from dashboards.shell.link import Link, zone_of
from queries.filters import TimeRange
from records.store import Records

View = dict[str, Any]
P = ParamSpec("P")


class Section(StrEnum):
    """What `section` in the URL can be. The builder and the time machine belong to the rules."""

    ACTIVE = ""
    RULES = "rules"
    BUILDER = "builder"
    REPLAY = "replay"
    HISTORY = "history"
    VARIABLES = "variables"
    SILENCES = "silences"
    CHANNELS = "channels"
    INBOX = "inbox"


INSIDE = {Section.BUILDER: Section.RULES, Section.REPLAY: Section.RULES}
"""Sections without a tab of their own, and the tab they stand under."""

TITLES = {
    Section.ACTIVE: "Active",
    Section.RULES: "Rules",
    Section.HISTORY: "History",
    Section.VARIABLES: "Variables",
    Section.SILENCES: "Silences",
    Section.CHANNELS: "Channels",
    Section.INBOX: "Inbox",
}


@dataclass(frozen=True)
class Asked:
    """Who asks, about whose alerts, in which zone, and the moment at which it is asked."""

    link: Link
    person: Person
    scope: Scope
    records: Records
    zone: ZoneInfo
    now: datetime

    @property
    def range(self) -> TimeRange:
        """The time range of the page. Raises LinkError."""
        return self.link.time_range(self.now)

    @property
    def marks(self) -> bool:
        """Whether the person may acknowledge, snooze and write notes here."""
        return may(self.person, self.scope, "mark")

    @property
    def edits(self) -> bool:
        """Whether the person may change rules, silences and channels here."""
        return may(self.person, self.scope, "edit")

    @property
    def many(self) -> bool:
        """Whether rows of several orgs stand side by side."""
        return self.scope.org is None


def asked(view: View) -> Asked:
    """What a callback is about. Raises AccessError."""
    link = Link.parse(view["search"])
    return Asked(
        link=link,
        person=current_person(),
        scope=current_scope(link.org or None),
        records=current_records(),
        zone=zone_of(view["zone"]),
        now=datetime.now(UTC),
    )


def section_of(link: Link) -> Section:
    """The open section; a name that nobody knows opens the first."""
    return Section(link.section) if link.section in set(Section) else Section.ACTIVE


def only_in(section: Section) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Decorate a callback whose first argument is the view: it runs in that section only. Stands
    above @guarded."""

    def decorate(callback: Callable[P, Any]) -> Callable[P, Any]:
        @functools.wraps(callback)
        def when_open(*args: P.args, **kwargs: P.kwargs) -> Any:
            view: Any = args[0]
            if not view or section_of(Link.parse(view["search"])) is not section:
                raise PreventUpdate
            return callback(*args, **kwargs)

        return when_open

    return decorate
