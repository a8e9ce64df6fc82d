"""What Observatory answers to the samples' questions, asked the way its pages ask.

`ANSWERS` maps the text of a question, a regular expression, to the function that answers it, and
`NOT_ASKED` those that no tab answers yet to the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from statistics import quantiles
from typing import Any

import duckdb
from samples_replay import ALL_TIME, EVERYTHING, SAMPLES, Sample, Samples

from queries import code, overview, traces, watched
from queries.filters import TraceFilters
from queries.reader import Row
from queries.search import condition

Answer = Callable[..., Any]

NOT_ASKED = {
    r"With now = the newest span end: which services are silent .*": "no tab shows silence",
    r"How many silences of a service over 5 minutes inside the data\?": "no tab shows silence",
    r"How many series never change\?": "Alerts shows runs of equal values, not whole series",
}


def spans_stored(org: Sample) -> int:
    return traces.count(org.scope, EVERYTHING).spans


def rows_and_ids_stored(org: Sample) -> list[int]:
    return [spans_stored(org), len({(row["trace_id"], row["span_id"]) for row in org.spans})]


def traces_stored(org: Sample) -> int:
    return traces.count_traces(org.scope, EVERYTHING)


def spans_by_service(org: Sample) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in code.functions(org.scope, ALL_TIME):
        found[row["service_name"]] += row["calls"]
    return dict(found)


def errors(org: Sample) -> list[int]:
    failed = TraceFilters(ALL_TIME, condition("status:error"))
    return [
        traces.count(org.scope, EVERYTHING).errors,
        traces.count_traces(org.scope, failed),
    ]


def orphans(org: Sample) -> int:
    return sum(row["orphans"] for row in org.traces)


def deepest(org: Sample) -> list[int]:
    levels = [max(org.tree(row["trace_id"]).depth) for row in org.traces]
    return [max(levels), levels.count(max(levels))]


def largest(org: Sample) -> list[Any]:
    row = min(org.traces, key=lambda row: (-row["spans"], row["trace_id"]))
    return [row["trace_id"], row["spans"]]


def longest(org: Sample) -> list[Any]:
    row = max(org.traces, key=lambda row: row["duration_ns"])
    return [row["trace_id"], row["duration_ns"] / 1e6]


def p95(org: Sample, service: str, name: str, spans: str) -> float:
    (row,) = [
        row
        for row in code.functions(org.scope, ALL_TIME, search=name)
        if (row["service_name"], row["function"]) == (service, name)
    ]
    assert row["calls"] == int(spans)
    return float(row["quantiles_ns"][1] / 1e6)


def p95_of_roots(org: Sample) -> float:
    """No question groups by root; the list of spans says which they are."""
    roots = [
        row["duration_ns"] / 1e6
        for row in org.spans
        if row["parent_span_id"] is None and row["duration_ns"] is not None
    ]
    return quantiles(roots, n=100, method="inclusive")[94]


def newest_traces(org: Sample) -> list[str]:
    return [row["trace_id"] for row in org.traces[:20]]


def order_of_traces(org: Sample) -> str:
    by_hundreds, by_sevens = (_order(org.pages(rows)) for rows in (100, 7))
    assert by_hundreds == by_sevens
    return by_hundreds


def _order(rows: Any) -> str:
    return sha256("\n".join(row["trace_id"] for row in rows).encode()).hexdigest()


def tokens_by_model(org: Sample) -> dict[str, dict[str, float]]:
    """Models that reported tokens; the page also lists those that did not."""
    return {
        row["model"]: {
            "calls": row["calls"],
            "input": row["input_tokens"],
            "output": row["output_tokens"],
            "cost": row["cost_usd"] or 0.0,
        }
        for row in overview.models(org.scope, ALL_TIME)
        if row["input_tokens"] is not None
    }


def runs(org: Sample) -> int:
    return len(watched.stuck(org.scope, ALL_TIME))


def runs_not_at_zero(org: Sample) -> int:
    return sum(float(run["data_value"]) != 0 for run in watched.stuck(org.scope, ALL_TIME))


def longest_run(org: Sample) -> list[Any]:
    run = max(watched.stuck(org.scope, ALL_TIME), key=lambda run: run["readings"])
    return [run["data_name"], run["readings"], float(run["data_value"])]


def stale_readings(samples: Samples) -> dict[str, dict[str, int]]:
    """The runs of one series against the labels its authors gave."""
    found = watched.stuck(samples.orgs["stale"].scope, ALL_TIME)
    moving = [run for run in found if float(run["data_value"]) != 0]
    readings = _readings("ac_power_inv_2173_stale_data")
    label = {time for time, _, label in readings if label}
    zero = {time for time, value, _ in readings if value == 0}
    every, some = _times(list(found), readings), _times(moving, readings)
    return {
        "all_runs": _compared(every, label) | {"only_in_runs_with_value_0": len(every & zero)},
        "nonzero_runs": _compared(some, label),
    }


def _readings(series: str) -> list[tuple[Any, float | None, int]]:
    return duckdb.execute(
        "select ts, value, label from read_parquet($path) where series = $series",
        {"path": str(SAMPLES / "metrics" / "pvanalytics.parquet"), "series": series},
    ).fetchall()


def _times(found: list[Row], readings: list[tuple[Any, float | None, int]]) -> set[Any]:
    return {
        time
        for time, value, _ in readings
        for run in found
        if run["since"] <= time <= run["until"] and value == float(run["data_value"])
    }


def _compared(runs: set[Any], label: set[Any]) -> dict[str, int]:
    return {
        "points_in_both": len(runs & label),
        "only_in_runs": len(runs - label),
        "only_in_label": len(label - runs),
    }


def logs_by_severity(samples: Samples) -> list[Any]:
    """No tab shows logs yet: this is what lies at rest."""
    logs = samples.table("logs", "nezha_tt_dev")
    counts = logs.aggregate("severity_text, count(*)").fetchall()
    return [sum(count for _, count in counts), dict(counts)]


def logs_and_their_traces(samples: Samples) -> list[int]:
    """No tab shows logs yet: this is what lies at rest."""
    logs = samples.table("logs", "nezha_tt_dev")
    spans = samples.table("spans", "nezha_tt_dev").select("trace_id, span_id").distinct()
    failed = logs.filter("severity_text = 'ERROR'").aggregate("count(distinct trace_id)")
    known = logs.join(spans, "trace_id, span_id").aggregate("count(*)")
    return [failed.fetchall()[0][0], known.fetchall()[0][0]]


OF_AN_ORG: dict[str, Answer] = {
    r"How many spans are stored after .*": spans_stored,
    r"How many spans are stored \(.*": rows_and_ids_stored,
    r"How many traces\?": traces_stored,
    r"How many services, and spans of each\?": spans_by_service,
    r"How many error spans / traces with an error\?": errors,
    r"How many orphan spans .*": orphans,
    r"Deepest level of any trace .*": deepest,
    r"Largest trace: .*": largest,
    r"Longest trace: .*": longest,
    r"p95 in ms of (.+?) / (.+) \((\d+) spans; .*": p95,
    r"p95 of root spans in ms\?": p95_of_roots,
    r"The 20 newest traces .*": newest_traces,
    r"Walking every page of the trace list by start desc, id: .*": order_of_traces,
    r"Tokens in/out by model .*": tokens_by_model,
    r"How many runs of more than 5 equal consecutive readings, .*": runs,
    r"\.\.\. of them at a value other than 0\?": runs_not_at_zero,
    r"The longest run: .*": longest_run,
}

OF_ALL: dict[str, Answer] = {
    r"ac_power_inv_2173_stale_data: labelled stale readings found .*": stale_readings,
    r"How many log records, by severity\?": logs_by_severity,
    r"How many traces have an ERROR record\? .*": logs_and_their_traces,
}


def is_asked(question: str) -> bool:
    return not any(re.fullmatch(pattern, question, re.DOTALL) for pattern in NOT_ASKED)


def answer(samples: Samples, dataset: str, question: str) -> Any:
    """The answer to a question about a dataset. Raises LookupError if nobody answers it."""
    for pattern, of_all in OF_ALL.items():
        if re.fullmatch(pattern, question, re.DOTALL):
            return of_all(samples)
    for pattern, of_an_org in OF_AN_ORG.items():
        if found := re.fullmatch(pattern, question, re.DOTALL):
            return of_an_org(samples.orgs[dataset], *found.groups())
    raise LookupError(question)
