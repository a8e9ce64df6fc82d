"""Drafts of rules: forms of texts, there and back, and what cannot be read."""

from __future__ import annotations

import json
from datetime import time, timedelta
from typing import Any

import pytest

from alerts import checks
from alerts.rules import (
    TYPES,
    Anomaly,
    Budget,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from dashboards.alerts.builder import drafts, forms

RULES = [
    Rule(
        name="Oil",
        id="q",
        org="acme",
        revision=4,
        condition=Threshold(
            metric="avg metric:oil", comparator="<=", limit=3, recovery=4, by=("agent", "model")
        ),
        search="service=checkout name=pay status:error",
        labels=(("a", "b"), ("c", "d=e")),
        channels=("z",),
        for_=timedelta(minutes=90),
    ),
    Rule(
        name="Not there",
        condition=Threshold(metric="error_rate", comparator=">", limit=0.05),
        search="-service=checkout",
    ),
    Rule(
        name="Two",
        condition=Threshold(metric="p95", comparator=">", limit=0.25e9),
        search="service=a,b",
    ),
    Rule(
        name="Quoted",
        condition=Anomaly(metric="cost", by=("service",)),
        search='service="a b"',
    ),
    Rule(
        name="Tokens",
        condition=Budget(
            measure="tokens", period="month", limit=1e6, warn_at=(0.333, 1.0), forecast=True
        ),
    ),
    Rule(
        name="Night",
        condition=Staleness(
            kind="frozen",
            tolerance=0.5,
            ignore=("0", "x y"),
            ignore_from=time(20),
            ignore_until=time(6, 30),
            roster=("a",),
        ),
        search="service=x",
        window=timedelta(hours=1),
    ),
    Rule(name="Beat", condition=Heartbeat(of="service", roster=("a", "b"))),
    Rule(name="Calls", condition=Failures(service="stripe*", in_a_row=4)),
    Rule(
        name="Hand",
        condition=SqlQuery(sql="select count(*)\nfrom spans", comparator=">=", limit=3.5),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_comes_back_from_its_form_as_it_was(rule: Rule) -> None:
    read = drafts.draft(drafts.form_of(rule), rule)
    assert read.problems == ()
    assert read.rule == rule


@pytest.mark.parametrize("type_", TYPES)
def test_a_new_rule_of_every_type_is_a_rule_with_controls_for_what_it_says(type_: str) -> None:
    form = drafts.blank(type_)
    read = drafts.draft(form)
    assert list(checks.problems(read.rule)) == []
    assert read.rule.name
    named = controls(forms.form(form, forms.Known()))
    assert {"type", "severity", "name", "channels", "every", "for_"} <= named
    assert named <= set(form) | {"service_name", "process_name", "aggregate"}


def controls(tree: Any) -> set[str]:
    """Names of the fields that the controls of a form fill."""
    if isinstance(tree, list | tuple):
        return {name for part in tree for name in controls(part)}
    own = getattr(tree, "id", None)
    found = {own["name"]} if isinstance(own, dict) and own["type"] == "builder-field" else set()
    return found | controls(getattr(tree, "children", None) or [])


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"limit": "5"}, "limit", "unit of time"),
        ({"limit": "$5"}, "limit", "unit of time"),
        ({"for_": "soon"}, "for_", "duration with its unit"),
        ({"window": "0s"}, "window", "at least 1s"),
        ({"recovery": "2s"}, "recovery", "contradict"),
        ({"labels": "team"}, "labels", "name=value"),
        ({"metric": ""}, "metric", ""),
        ({"search": 'name="'}, "search", ""),
        ({"by": ["colour"]}, "by", "no key"),
        ({"type": "staleness", "more_than": "many"}, "more_than", "whole number"),
        ({"type": "staleness", "ignore_from": "noon"}, "ignore_from", "time of day"),
        ({"type": "sql_query", "sql": "drop table spans"}, "sql", ""),
        ({"type": "budget", "warn_at": "half"}, "warn_at", ""),
    ],
)
def test_what_cannot_be_taken_is_a_problem_of_its_field(
    form: dict[str, Any], field: str, sentence: str
) -> None:
    found = drafts.draft(form).problems
    if field == "metric":
        # whether a metric is known is asked of the org
        return
    assert field in [each.field for each in found]
    assert sentence in " ".join(each.sentence for each in found)


def test_a_service_and_a_process_are_part_of_the_search() -> None:
    read = drafts.draft({"service_name": "a b", "process_name": "pay", "search": "status:error"})
    assert read.rule.search == 'service="a b" name=pay status:error'


def test_another_type_keeps_whom_it_tells_and_forgets_the_limit() -> None:
    form = drafts.form_of(RULES[0])
    read = drafts.draft({"type": "budget"}, RULES[0])
    assert read.problems == ()
    assert isinstance(read.rule.condition, Budget)
    assert (read.rule.channels, read.rule.labels) == (("z",), RULES[0].labels)
    assert form["limit"] == "3"
    assert read.rule.condition.limit == 20.0


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x",
        "[]",
        "null",
        "1",
        "[" * 3_000,
        '{"limit": {"a": 1}}',
        '{"type": ["x"]}',
        '{"comparator": "zz", "severity": "loud"}',
        '{"type":1}',
    ],
)
def test_a_link_may_carry_anything(link: str) -> None:
    form = drafts.from_link(link)
    assert all(isinstance(value, str | list) for value in form.values())
    assert drafts.draft(form).rule.condition


def test_a_draft_in_a_link_is_what_differs() -> None:
    base = drafts.blank("threshold")
    text = drafts.to_link({**base, "limit": "2s"}, base)
    assert json.loads(text) == {"limit": "2s"}
    assert drafts.to_link(base, base) == ""
    assert drafts.to_link({**base, "description": "x" * 9_000}, base) == ""
