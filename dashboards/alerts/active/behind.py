"""Behind: where an alert leads – the spans of the exact window, the variable, the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.board import Alert
from alerts.rules import Heartbeat, Staleness, Threshold
from alerts.silences import Matcher, written
from dashboards.alerts.active.chosen import Chosen
from dashboards.alerts.sections import Section
from dashboards.alerts.variables.chosen import Chosen as Variable
from dashboards.shell.link import DEFAULT_RANGE, Link
from queries import search

OF_SPANS = (
    "service",
    "agent",
    "model",
    "process",
    "operation",
    "name",
    "subsystem",
    "fleet",
    "data",
)
"""Labels that are fields of a span."""

OF_ERRORS = ("error_rate", "failure_rate")


def query(alert: Alert) -> str:
    """The spans that the alert is about, in the search language."""
    text = alert.rule.search
    for name, value in alert.group.items():
        if name in OF_SPANS and value:
            key = "name" if name in ("process", "operation") else name
            text = search.with_term(text, search.term(key, value))
    condition = alert.rule.condition
    if isinstance(condition, Threshold) and condition.metric in OF_ERRORS:
        text = search.with_term(text, "status:error")
    return text


def window(alert: Alert) -> tuple[datetime, datetime] | None:
    """What the last evaluation looked at: [T - window, T)."""
    at = alert.evaluated_at
    if at is None:
        return None
    condition, quiet = alert.rule.condition, timedelta(0)
    # of what is silent, the last that was seen lies before the window
    if isinstance(condition, Heartbeat) or getattr(condition, "kind", "") == "silent":
        quiet = timedelta(microseconds=(alert.value or 0) / 1_000)
    return at - alert.rule.window - quiet, at


def spans(link: Link, alert: Alert, since: datetime, until: datetime) -> str:
    """Address of the spans behind an alert in exactly this time."""
    ends = {"since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    exact = replace(link.shared, range=DEFAULT_RANGE, live="off", **ends)
    return exact.to("/traces", q=query(alert))


def of_incident(link: Link, chosen: Chosen, now: datetime) -> str | None:
    """Address of the spans of the whole incident, with the window that fired it."""
    if chosen.alert is None or chosen.began is None:
        return None
    until = chosen.ended or chosen.alert.evaluated_at or now
    return spans(link, chosen.alert, chosen.began - chosen.alert.rule.window, until)


def variable(link: Link, alert: Alert) -> str | None:
    """Address of the watched variable that is stale."""
    named = [alert.group.get(name) for name in ("service", "process", "data")]
    if not isinstance(alert.rule.condition, Staleness) or None in named:
        return None
    service, process, data = (str(name) for name in named)
    chosen = Variable(service, process, data, alert.group.get("series", ""))
    return link.shared.to("/alerts", section=Section.VARIABLES.value, variable=str(chosen))


def silence(link: Link, alert: Alert) -> str:
    """Address of a new silence that mutes just this alert."""
    labels = {"rule": alert.rule.name, **alert.group}
    matchers = written([Matcher(name, value) for name, value in labels.items()])
    return link.shared.to("/alerts", section=Section.SILENCES.value, matchers=matchers)


def rule(link: Link, alert: Alert) -> str:
    return link.shared.to("/alerts", section=Section.BUILDER.value, rule=alert.rule.id)
