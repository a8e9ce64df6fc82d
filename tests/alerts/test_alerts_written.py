"""Rules in YAML: every form loads, comes back equal, and says what is wrong at line and key."""

from __future__ import annotations

import time as clock
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import checks, starter, written
from alerts.amounts import AmountError, amount, duration, said
from alerts.amounts import written as amount_written
from alerts.errors import Miswritten, Refused
from alerts.rules import (
    Anomaly,
    Budget,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from alerts.written import Target

MINUTE = timedelta(minutes=1)
TARGETS = (
    Target("c1", "Ops", "slack"),
    Target("c2", "On call", "email"),
    Target("c3", "Shop", "slack"),
)


def one(text: str) -> Rule:
    (rule,) = written.load(text, TARGETS).rules
    return rule


def refused(text: str) -> Miswritten:
    with pytest.raises(Miswritten) as caught:
        written.load(text, TARGETS)
    return caught.value


# what loads


@pytest.mark.parametrize(
    ("condition", "lasting", "metric", "comparator", "limit"),
    [
        ("api.response_time.p95 > 500ms", "5m", "api.response_time.p95", ">", 500e6),
        ("p95 > 500ms", "5m", "p95", ">", 500e6),
        ("error_rate > 5%", "2m", "error_rate", ">", 0.05),
        ("failure_rate > 20%", "5m", "failure_rate", ">", 0.2),
        ("queue size > 100", "10m", "queue size", ">", 100),
        ("avg confidence < 0.6", "15m", "avg confidence", "<", 0.6),
        ("memory > 90%", "3m", "memory", ">", 0.9),
    ],
)
def test_every_example_rule_loads_in_both_its_forms(
    condition: str, lasting: str, metric: str, comparator: str, limit: float
) -> None:
    by_key = one(
        f"condition: {condition}\nduration: {lasting}\nseverity: warning\nactions: [slack, email]\n"
    )
    in_line = one(f"condition: {condition} for {lasting}\n")
    for rule in (by_key, in_line):
        assert rule.condition == Threshold(metric=metric, comparator=comparator, limit=limit)  # type: ignore[arg-type]
        assert rule.for_ == duration(lasting)
        assert list(checks.problems(rule)) == []
    assert by_key.name == condition
    assert by_key.channels == ("c1", "c3", "c2")


def test_an_action_without_a_channel_loads_with_a_note_that_says_so() -> None:
    loaded = written.load("condition: memory > 90%\nactions: [inbox, pagerduty, slack]\n", TARGETS)
    assert loaded.rules[0].channels == ("c1", "c3")
    assert [note.split(".")[0] for note in loaded.notes] == [
        "There is no channel for pagerduty yet"
    ]


def test_rules_may_be_one_a_list_or_named_by_their_keys() -> None:
    listed = written.load("- condition: p95 > 1s\n- condition: p99 > 2s").rules
    assert [rule.name for rule in listed] == ["p95 > 1s", "p99 > 2s"]
    assert one("rules:\n  slow:\n    condition: p95 > 1s").name == "slow"


def test_a_value_is_the_text_it_was_written_as() -> None:
    rule = one(
        "name: no\ncondition: {type: staleness, kind: frozen, ignore: [0, 0.0, no],"
        " ignore_from: 20:30, ignore_until: '06:00'}\nlabels: {on: 1e3}\n"
    )
    assert isinstance(rule.condition, Staleness)
    assert rule.name == "no"
    assert rule.condition.ignore == ("0", "0.0", "no")
    assert (rule.condition.ignore_from, rule.condition.ignore_until) == (time(20, 30), time(6))
    assert rule.labels == (("on", "1e3"),)


def test_the_starter_set_is_sound_and_comes_back_equal() -> None:
    rules = written.load(starter.RULES).rules
    assert len(rules) == 10
    assert written.load(written.dump(rules)).rules == rules


# there and back

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30)
TIMES = st.integers(0, 7 * 86_400 * 10**6).map(lambda us: timedelta(microseconds=us))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
COMPARATORS = st.sampled_from([">", ">=", "<", "<="])
KEYS = st.lists(WORDS, max_size=3).map(tuple)
METRICS = (
    st.sampled_from(
        ["error_rate", "p95", "cost", "throughput", "queue size", "metric:a > b", "avg oil_c"]
    )
    | WORDS
)
CLOCKS = st.times().map(lambda t: t.replace(tzinfo=None))

CONDITIONS = st.one_of(
    st.builds(
        Threshold, metric=METRICS, comparator=COMPARATORS, limit=NUMBERS,
        recovery=st.none() | NUMBERS, by=KEYS,
    ),
    st.builds(
        Staleness, kind=st.sampled_from(["frozen", "silent", "lagging"]),
        process=st.none() | WORDS, more_than=st.integers(-9, 9**8), tolerance=NUMBERS,
        lasting=TIMES, ignore=KEYS, ignore_from=st.none() | CLOCKS, ignore_until=CLOCKS,
        zone=WORDS, silent_for=TIMES, lag=TIMES, roster=KEYS,
    ),
    st.builds(
        Budget, measure=st.sampled_from(["cost", "tokens"]),
        period=st.sampled_from(["day", "month"]), limit=NUMBERS,
        by=st.sampled_from(["org", "agent", "model"]),
        warn_at=st.lists(NUMBERS, max_size=4).map(tuple), forecast=st.booleans(), zone=WORDS,
    ),
    st.builds(
        Heartbeat, of=st.sampled_from(["agent", "service"]), names=st.none() | WORDS, roster=KEYS,
        silent_for=TIMES,
    ),
    st.builds(
        Anomaly, metric=METRICS, by=KEYS, sensitivity=NUMBERS,
        direction=st.sampled_from(["above", "below", "both"]), minimum_weeks=st.integers(0, 99),
    ),
    st.builds(SqlQuery, sql=TEXT, comparator=COMPARATORS, limit=NUMBERS),
    st.builds(Failures, service=WORDS, in_a_row=st.integers(-5, 10**6)),
)  # fmt: skip

RULES = st.builds(
    Rule, name=TEXT, condition=CONDITIONS, description=TEXT, search=TEXT,
    severity=st.sampled_from(["info", "warning", "critical"]), every=TIMES, window=TIMES,
    for_=TIMES, keep_firing=TIMES, cooldown=TIMES, no_data=st.sampled_from(["alert", "ok", "keep"]),
    labels=st.dictionaries(TEXT, TEXT, max_size=3).map(lambda d: tuple(sorted(d.items()))),
    channels=st.lists(st.sampled_from(["c1", "c2", "c3"]), unique=True).map(tuple),
    enabled=st.booleans(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=3, unique_by=lambda rule: rule.name))
def test_what_is_written_is_read_as_the_same_rules(rules: list[Rule]) -> None:
    text = written.dump(rules, TARGETS)
    assert list(written.load(text, TARGETS, lambda rule: ()).rules) == rules


@settings(max_examples=300, deadline=None)
@given(NUMBERS, st.sampled_from(["", "ratio", "ns", "per_second", "count", "usd", "bytes"]))
def test_an_amount_comes_back_to_the_last_bit(value: float, unit: str) -> None:
    assert amount(amount_written(value, unit), unit) == value


@given(TIMES)
def test_a_duration_comes_back_to_the_microsecond(value: timedelta) -> None:
    assert duration(said(value)) == value


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1h30m", "ns", 5_400e9), ("2 minutes", "ns", 120e9), ("0", "ns", 0),
        ("5 %", "ratio", 0.05), ("0.05", "ratio", 0.05), ("$20", "usd", 20), ("20 USD", "usd", 20),
        ("512MiB", "bytes", 2**29),
        ("60/min", "per_second", 1), ("1e3", "", 1000), ("-4", "", -4),
    ],
)  # fmt: skip
def test_amounts_are_written_as_people_do(text: str, unit: str, value: float) -> None:
    assert amount(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("500", "ns"), ("5 parsecs", "ns"), ("5%", ""), ("nan", ""), ("inf", "ratio"),
        ("1e999", ""), ("", "ratio"), ("$5%", "usd"), ("9" * 50, ""), ("1.2.3", "count"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_told_how_to_write_one(text: str, unit: str) -> None:
    with pytest.raises(AmountError, match="such as"):
        amount(text, unit)


# what is refused, and where


@pytest.mark.parametrize(
    ("text", "line", "key", "sentence"),
    [
        ("", 1, "", "There is nothing here"),
        ("rules: []", 1, "", "There is no rule here"),
        ("just words", 1, "", "Write rules as a list"),
        ("- p95 > 1s", 1, "", "Write a rule as keys and values"),
        ("- name: x\n  severity: info", 1, "condition", "needs a condition"),
        ("- condition: p95 > 1s\n  servity: info", 2, "servity", 'Did you mean "severity"?'),
        ("- condition: p95 > 1s\n  severity: awful", 2, "severity", "one of info, warning"),
        ("- condition: p95 above 1s", 1, "condition", "metric, comparator and limit"),
        ("- name: x\n  condition: p95 > 500", 2, "condition", "500ms"),
        ("- condition: error_rate > 500%", 1, "condition", "never above 100 %"),
        ("- condition: error_rate < 0%", 1, "condition", "never < 0"),
        ("- condition: p95 > 1s\n  recovery: 2s", 2, "recovery", "contradict each other"),
        ("- condition: memory < 10%\n  recovery: 5%", 2, "recovery", "contradict each other"),
        ("- condition: p95 > 1s\n  window: 0s", 2, "window", "at least 1s"),
        ("- condition: p95 > 1s\n  every: 1s", 2, "every", "at least 10s"),
        ("- condition: p95 > 1s\n  duration: 5", 2, "duration", "with its unit"),
        ("- condition: p95 > 1s\n  duration: 9999999d", 2, "duration", "at most 7d"),
        ("- condition: p95 > 1s for 5m\n  duration: 5m", 1, "condition", "said twice"),
        ("- condition: p95 > 1s\n  duration: 5m\n  for: 5m", 3, "for", "the same as duration"),
        ("- condition: p95 > 1s\n  search: 'service:('", 2, "search", ""),
        ("- condition: p95 > 1s\n  by: [servce]", 2, "by", 'Did you mean "service"?'),
        ("- condition: p95 > 1s\n  actions: [pigeon]", 2, "actions", "No channel is called"),
        ("- condition: p95 > 1s\n  labels: {rule: x}", 2, "labels", "has the label rule already"),
        ("- condition: p95 > 1s\n  labels: [a]", 2, "labels", "names and values"),
        ("- condition: p95 > 1s\n  enabled: maybe", 2, "enabled", "true or false"),
        ("- condition: p95 > 1s\n- condition: p95 > 1s", 2, "", "Another rule here has this name"),
        ("- name: x\n  condition:\n    kind: frozen", 3, "type", "Say its type"),
        ("- name: x\n  condition:\n    type: staleness", 2, "kind", "needs kind"),
        ("- name: x\n  condition:\n    type: budjet", 3, "type", 'Did you mean "budget"?'),
        ("- name: x\n  condition: {type: failures,\n    in_row: 3}", 3, "in_row", "in_a_row"),
        ("- name: x\n  condition: {type: failures,\n    in_a_row: many}", 3, "in_a_row", "whole"),
        ("- name: x\n  condition: {type: failures,\n    in_a_row: 0}", 3, "in_a_row", "from 1"),
        ("- name: x\n  condition:\n    type: sql_query\n    comparator: '>'\n    limit: 1\n"
         "    sql: drop table spans", 6, "sql", ""),
        ("- name: x\n  condition: {type: budget, measure: cost, period: day,\n    limit: $0}",
         3, "limit", "more than 0"),
        ("- name: x\n  condition: {type: budget, measure: cost, period: day, limit: $5,\n"
         "    zone: Mars/Olympus}", 3, "zone", "no time zone"),
        ("- name: x\n  condition: {type: budget, measure: cost, period: day, limit: $5,\n"
         "    warn_at: [80%, 50%]}", 3, "warn_at", "the lowest first"),
        ("- name: x\n  name: y", 2, "name", "there twice"),
        ("- a\n- [b", 2, "", "This is not YAML"),
        ("- condition: 'p95 > 1s", 1, "", "This is not YAML"),
        ("a: 1\n--- \nb: 2", 3, "", "second document"),
        ("- name: \x07", 1, "", "cannot be in YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_key(
    text: str, line: int, key: str, sentence: str
) -> None:
    mistake = refused(text)
    assert (mistake.line, mistake.key) == (line, key)
    assert str(mistake).startswith(f"Line {line}, {key}: " if key else f"Line {line}: ")
    assert sentence in str(mistake)


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    mistake = refused(
        "- condition: p95 > 500\n- condition: error_rate > 5%\n  window: 0s\n  severity: bad\n"
    )
    assert [problem.sentence.split(":")[0] for problem in mistake.problems] == [
        "Line 1, condition", "Line 4, severity",
    ]  # fmt: skip


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BOMB, "Anchors and aliases"),
        ("- &a [*a]", "Anchors and aliases"),
        ("- condition: !!python/object/apply:os.system ['true']", "Tags"),
        ("[" * 100_000, "deeper than 8 levels"),
        ("- " * 2_000 + "x", "deeper than 8 levels"),
        ("{a: " * 2_000, "deeper than 8 levels"),
        ("x" * 600_000, "longer than 500,000 characters"),
        ("[" + "1," * 100_000 + "]", "more than 50,000 parts"),
        ("- condition: p95 > 1s\n" * 1_200, "more than 1,000 rules"),
        ("- condition: " + "a>" * 100_000, "metric, comparator and limit"),
        ("- condition: p95 > " + "1h " * 100_000, "metric, comparator and limit"),
    ],
)
def test_a_yaml_bomb_is_refused_with_a_sentence_at_once(text: str, sentence: str) -> None:
    begun = clock.monotonic()
    assert sentence in str(refused(text))
    assert clock.monotonic() - begun < 5


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.text("[]{}:,-&*!|>'\"#%@ \nab0", max_size=60))
def test_any_text_is_rules_or_ends_in_a_sentence(text: str) -> None:
    try:
        said = [rule.name for rule in written.load(text).rules]
    except Refused as error:
        said = [problem.sentence for problem in error.problems]
    assert all(said)
    assert said


# what a rule cannot be, however it came


SLOW = Threshold(metric="p95", comparator=">", limit=1e9)


def rule(**more: Any) -> Rule:
    return replace(Rule(name="x", condition=SLOW), **more)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"severity": "loud"}, "severity"),
        ({"no_data": None}, "no_data"),
        ({"window": timedelta(0)}, "window"),
        ({"window": -MINUTE}, "window"),
        ({"window": None}, "window"),
        ({"window": timedelta(days=32)}, "window"),
        ({"every": timedelta(seconds=9)}, "every"),
        ({"for_": -MINUTE}, "for_"),
        ({"cooldown": timedelta(days=8)}, "cooldown"),
        ({"search": "trace.spans>3"}, "search"),
        ({"labels": (("a b", ""),)}, "labels"),
        ({"labels": (("a", "1"), ("a", "2"))}, "labels"),
        ({"channels": ("c",) * 21}, "channels"),
        ({"condition": Threshold(metric="p95", comparator="=", limit=1)}, "comparator"),  # type: ignore[arg-type]
        ({"condition": Threshold(metric="p95", comparator=">", limit=float("nan"))}, "limit"),
        ({"condition": Threshold(metric="p95", comparator=">", limit=True)}, "limit"),
        ({"condition": Threshold(metric="p95", comparator=">=", limit=0)}, "limit"),
        ({"condition": Threshold(metric="p95", comparator=">", limit=-1)}, "limit"),
        ({"condition": Threshold(metric="memory", comparator="<=", limit=1)}, "limit"),
        ({"condition": replace(SLOW, by=("trace.spans",))}, "by"),
        ({"condition": replace(SLOW, by=("name",) * 2)}, "by"),
        ({"condition": Staleness(kind="frozen", ignore_from=time(20))}, "ignore_from"),
        ({"condition": Staleness(kind="frozen", ignore=("0",), ignore_from=time(2),
                                 ignore_until=time(2))}, "ignore_until"),
        ({"condition": Staleness(kind="silent", silent_for=timedelta(0))}, "silent_for"),
        ({"condition": Anomaly(metric="cost", sensitivity=0)}, "sensitivity"),
        ({"condition": Heartbeat(of="fleet")}, "of"),  # type: ignore[arg-type]
        ({"condition": SqlQuery(sql="select 1", comparator=">", limit=1, recovery=2)}, "recovery"),
        ({"condition": SqlQuery(sql="select 1", comparator=">", limit=1), "search": "a"}, "search"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(
    wrong: dict[str, Any], field: str
) -> None:
    found = list(checks.problems(rule(**wrong)))
    assert [problem.field for problem in found] == [field]
    assert found[0].sentence.endswith(".")


def test_a_sound_rule_has_no_problem() -> None:
    assert list(checks.problems(rule(labels=(("team", "shop"),), for_=MINUTE))) == []
