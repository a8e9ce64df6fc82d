"""Views of the history: rows of the grid, the choices above it, and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from alerts.past import Cursor, Evaluation, Event, Filters
from alerts.rules import Rule
from dashboards.alerts import words
from dashboards.alerts.history.layout import CHANGES, EVALUATIONS, ORG_COLUMN
from dashboards.alerts.sections import Asked
from dashboards.parts import faces, formats
from dashboards.shell.link import Link, LinkError

ROWS = 100
LONGEST = 300


def is_evaluations(link: Link) -> bool:
    """Whether every evaluation is listed, rather than what happened."""
    return link.tab == "evaluations"


def filters(about: Asked) -> Filters:
    """What is asked for. Raises LinkError."""
    link, range_ = about.link, about.range
    return Filters(
        rule_id=link.rule,
        kinds=(link.kind,) if link.kind else (),
        text=link.find,
        since=range_.since,
        until=range_.until,
    )


# the table


def columns(about: Asked) -> list[dict[str, Any]]:
    own = EVALUATIONS if is_evaluations(about.link) else CHANGES
    return [*([ORG_COLUMN] if about.many else []), *own]


def events(found: Sequence[Event], about: Asked) -> list[dict[str, Any]]:
    return [
        {
            **_named(event, event.incident_id),
            "at": formats.second(event.at, about.zone),
            "state": words.LOOKS.get(event.kind, event.kind),
            "state_text": words.KINDS.get(event.kind, event.kind),
            "person": formats.shorten(event.person, 100),
        }
        for event in found
    ]


def evaluations(found: Sequence[Evaluation], about: Asked) -> list[dict[str, Any]]:
    return [
        {
            **_named(each, None),
            "first": formats.second(each.first_at, about.zone),
            "at": formats.second(each.last_at, about.zone),
            "evaluations": each.evaluations,
            "evaluations_text": f"{each.evaluations:,} ×",
            "state": each.state,
            "state_text": words.STATES.get(each.state, each.state),
            "reason": words.REASONS.get(each.reason, each.reason),
        }
        for each in found
    ]


def _named(each: Event | Evaluation, incident_id: str | None) -> dict[str, Any]:
    """What both kinds of rows have. The id leads to the incident, or to the alert itself."""
    key = incident_id or f"{each.rule_id}.{each.group_key}"
    name = each.rule or "A rule that was deleted"
    return {
        "id": f"{each.org}:{key}:{each.id}",
        "org": each.org,
        "name": formats.shorten(formats.visible(name), 160),
        "group": words.group(each.group),
        "text": formats.shorten(each.text, LONGEST),
    }


def nothing(rows: Sequence[Any], about: Asked) -> Component | None:
    if rows:
        return None
    link = about.link
    if link.rule or link.kind or link.find:
        return faces.empty("Nothing fits these filters in this time range.", "Take one away.")
    what = "evaluated" if is_evaluations(link) else "happened"
    return faces.empty(f"Nothing {what} in this time range.", "Choose a longer one above.")


# what surrounds it


def tabs(about: Asked) -> list[Component]:
    """What happened, or why each evaluation spoke or stayed silent."""
    here = is_evaluations(about.link)
    return [
        _tab("Changes", "", not here, about),
        _tab("Why / why not", "evaluations", here, about),
    ]


def _tab(word: str, tab: str, here: bool, about: Asked) -> Component:
    href = about.link.to("/alerts", tab=tab, kind="", after="")
    return dcc.Link(word, href=href, className="segment segment-here" if here else "segment")


def rules(found: Sequence[Rule], about: Asked) -> list[dict[str, str]]:
    """The rules to choose from; of many orgs, each with its own."""
    return [
        {
            "label": formats.shorten(rule.name, 80) + (f" · {rule.org}" if about.many else ""),
            "value": rule.id,
        }
        for rule in found
    ]


def kinds(about: Asked) -> list[dict[str, str]]:
    chosen = words.REASONS if is_evaluations(about.link) else words.KINDS
    return [{"label": word, "value": kind} for kind, word in chosen.items()]


def summary(rows: Sequence[Any], following: Cursor | None, about: Asked) -> str:
    what = "reasons" if is_evaluations(about.link) else "events"
    more = ", and older ones" if following else ""
    return f"{len(rows):,} {what}{more} · {formats.zone_label(about.zone, about.now)}"


def pager(following: Cursor | None, about: Asked) -> list[Component]:
    to_newest = about.link.to("/alerts", after="")
    newest = dcc.Link("Newest", href=to_newest, className="button") if about.link.after else None
    found = [newest]
    if following:
        to_older = about.link.to("/alerts", after=written(following))
        found.append(dcc.Link("Older", href=to_older, className="button"))
    return [each for each in found if each] or [html.Span()]


# the place in the list


def written(cursor: Cursor) -> str:
    return f"{cursor[0].isoformat()}~{cursor[1]}"


def cursor(text: str) -> Cursor | None:
    """Where a page begins. Raises LinkError."""
    if not text:
        return None
    when, _, number = text.partition("~")
    try:
        moment = datetime.fromisoformat(when)
    except ValueError as error:
        raise LinkError(_LOST) from error
    if moment.tzinfo is None or not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise LinkError(_LOST)
    return moment, int(number)


_LOST = "The link's place in the history is not one. Open the newest page."
