"""The history: reproducible, believable in its proportions, odd only where it means to be."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import pytest
from demo_reading import END, SEED, SPANS, START, Read, Seen, read
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from demo import metrics, oddities
from demo.calendar import HOUR, Curve, nanoseconds
from demo.history import DAYS, all_batches, random_of
from demo.history import batches as batches_of
from demo.render import Batch
from demo.stage import Stage
from demo.world import ORGS

FIRST, LAST = nanoseconds(START), nanoseconds(END)


def by_id(spans: list[Seen]) -> dict[bytes, Span]:
    return {seen.item.span_id: seen.item for seen in spans}


def failed(seen: Seen) -> bool:
    return bool(seen.item.status.code == Status.STATUS_CODE_ERROR)


def readings(history: Read, org: str) -> dict[str, list[object]]:
    """The values of every watched variable of an org, in time order."""
    series: dict[str, list[tuple[int, object]]] = defaultdict(list)
    for seen in history.spans:
        if seen.org == org:
            for key, value in seen.attributes.items():
                if key.startswith("aeos.data."):
                    name = key.removeprefix("aeos.data.")
                    series[name].append((seen.item.start_time_unix_nano, value))
    return {name: [value for _, value in sorted(points)] for name, points in series.items()}


def longest_run(values: list[object]) -> int:
    return max(len(list(same)) for _, same in groupby(values))


def last_run(values: list[object]) -> int:
    return len(list(next(groupby(reversed(values)))[1]))


def test_it_makes_the_same_bytes_for_the_same_seed_and_end(batches: list[Batch]) -> None:
    assert list(all_batches(START, END, SPANS, SEED)) == batches


def test_another_seed_makes_other_bytes(batches: list[Batch]) -> None:
    assert list(all_batches(START, END, SPANS, SEED + 1)) != batches


def test_a_later_end_moves_the_times_and_keeps_the_ids(history: Read) -> None:
    later = timedelta(days=7)
    moved = read(list(all_batches(START + later, END + later, SPANS, SEED)))
    ids = by_id(history.spans)
    shared = [span for key, span in by_id(moved.spans).items() if key in ids]
    assert len(shared) > 0.95 * len(ids)
    assert {span.name for span in shared} == {ids[span.span_id].name for span in shared}


@pytest.mark.parametrize("wanted", [2_000, SPANS])
def test_it_makes_about_as_many_spans_as_wanted(wanted: int) -> None:
    made = Counter[str]()
    for batch in all_batches(START, END, wanted, SEED):
        if batch.signal == "traces":
            made[batch.org] += batch.items
    assert made.total() == pytest.approx(wanted, rel=0.1)
    for org in ORGS.values():
        assert made[org.slug] == pytest.approx(wanted * org.share, rel=0.15)


def test_a_batch_counts_its_items(batches: list[Batch]) -> None:
    for batch in batches:
        found = read([batch])
        points = sum(len(_points(seen)) for seen in found.metrics)
        assert batch.items == len(found.spans) + len(found.logs) + points


def _points(seen: Seen) -> list[object]:
    kind = seen.item.WhichOneof("data")
    return list(getattr(seen.item, kind).data_points)


def test_every_span_id_is_unique(history: Read) -> None:
    assert len(by_id(history.spans)) == len(history.spans)


def test_ids_have_their_lengths(history: Read) -> None:
    assert {len(seen.item.span_id) for seen in history.spans} == {8}
    assert {len(seen.item.trace_id) for seen in history.spans} == {16}


def test_every_parent_exists_except_those_of_the_orphans(history: Read) -> None:
    ids = by_id(history.spans)
    lost = [
        seen.item.name
        for seen in history.spans
        if seen.item.parent_span_id and seen.item.parent_span_id not in ids
    ]
    assert set(lost) == {oddities.ORPHAN}
    assert len(lost) == 5 * len(ORGS)


def test_parents_are_in_the_same_trace_and_org(history: Read) -> None:
    where = {seen.item.span_id: (seen.org, seen.item.trace_id) for seen in history.spans}
    for seen in history.spans:
        if seen.item.parent_span_id in where:
            assert where[seen.item.parent_span_id] == (seen.org, seen.item.trace_id)


def test_all_times_are_within_the_window(history: Read) -> None:
    for seen in history.spans:
        span = seen.item
        assert FIRST <= span.start_time_unix_nano <= span.end_time_unix_nano <= LAST
    for seen in history.logs:
        assert FIRST <= seen.item.time_unix_nano <= LAST
    for seen in history.metrics:
        assert all(FIRST <= point.time_unix_nano <= LAST for point in _points(seen))


def test_only_skewed_clocks_start_before_their_parents(history: Read) -> None:
    ids = by_id(history.spans)
    early = {
        seen.item.name
        for seen in history.spans
        if (parent := ids.get(seen.item.parent_span_id))
        and seen.item.start_time_unix_nano < parent.start_time_unix_nano
    }
    assert early == {oddities.SKEWED}


def test_batches_come_oldest_first(batches: list[Batch]) -> None:
    newest = 0
    for batch in batches:
        found = read([batch])
        times = [seen.item.end_time_unix_nano for seen in found.spans]
        if times:
            assert max(times) >= newest
            newest = max(times)


def test_the_last_minutes_are_filled(history: Read) -> None:
    for org in ORGS:
        ends = [seen.item.end_time_unix_nano for seen in history.spans if seen.org == org]
        assert LAST - max(ends) < 3 * 60 * 10**9


def test_the_last_day_is_richer_than_the_days_before(history: Read) -> None:
    recent = sum(LAST - seen.item.end_time_unix_nano < 24 * HOUR for seen in history.spans)
    assert recent > 2.5 * len(history.spans) / DAYS


def test_orgs_are_never_mixed(batches: list[Batch]) -> None:
    alone = {
        slug: list(batches_of(slug, START, END, round(SPANS * org.share), SEED))
        for slug, org in ORGS.items()
    }
    for slug, expected in alone.items():
        assert [batch for batch in batches if batch.org == slug] == expected
    traces = defaultdict(set)
    for seen in read(batches).spans:
        traces[seen.item.trace_id].add(seen.org)
    assert all(len(orgs) == 1 for orgs in traces.values())


def test_failed_spans_have_an_exception_event_with_a_stack_trace(history: Read) -> None:
    bad = [seen for seen in history.spans if failed(seen)]
    assert bad
    for seen in bad:
        (event,) = seen.item.events
        said = {a.key: a.value.string_value for a in event.attributes}
        assert event.name == "exception"
        assert said["exception.stacktrace"].startswith("Traceback (most recent call last):\n")
        assert said["exception.stacktrace"].endswith(
            f"{said['exception.type']}: {said['exception.message']}"
        )
        assert str(seen.attributes["code.file.path"]) in said["exception.stacktrace"]


def test_good_spans_have_no_exception(history: Read) -> None:
    assert not [seen for seen in history.spans if seen.item.events and not failed(seen)]


def test_about_two_per_cent_fail(history: Read) -> None:
    share = sum(map(failed, history.spans)) / len(history.spans)
    assert 0.01 < share < 0.035


def test_one_variable_of_each_org_is_stuck_up_to_the_end(history: Read) -> None:
    stuck = {
        org: [name for name, values in readings(history, org).items() if last_run(values) > 5]
        for org in ORGS
    }
    assert stuck == {
        "acme": ["battery_level_percent"],
        "globex": ["transformer_oil_c"],
        "initech": ["agents_online"],
    }


def test_the_sun_does_not_shine_at_night(history: Read) -> None:
    for seen in history.spans:
        shine = seen.attributes.get("aeos.data.solar_output_kw")
        if shine is not None:
            hour = seen.item.end_time_unix_nano // HOUR % 24
            assert (shine == 0.0) == (hour < 6 or hour >= 20)


def test_variables_without_a_fault_do_not_repeat(history: Read) -> None:
    for org in ORGS.values():
        series = readings(history, org.slug)
        sound = [v.name for v in org.variables if not v.stuck and not v.solar]
        assert all(longest_run(series[name]) <= 5 for name in sound)


def test_watched_variables_come_in_every_type(history: Read) -> None:
    types = {
        type(value)
        for seen in history.spans
        for key, value in seen.attributes.items()
        if key.startswith("aeos.data.")
    }
    assert types == {float, int, str, bool}


def test_model_calls_count_their_tokens_in_both_dialects(history: Read) -> None:
    calls = [seen.attributes for seen in history.spans if seen.item.name.startswith("chat ")]
    standard = [c for c in calls if "gen_ai.response.model" in c]
    inference = [c for c in calls if "llm.model_name" in c]
    assert len(standard) + len(inference) == len(calls)
    assert all(c["gen_ai.usage.input_tokens"] > 0 and c["aeos.cost_usd"] > 0 for c in standard)
    assert all(c["llm.token_count.prompt"] > 0 and c["llm.cost.total"] > 0 for c in inference)
    assert inference


def test_a_key_comes_once_on_a_span(history: Read) -> None:
    assert all(len(seen.attributes) == len(seen.item.attributes) for seen in history.spans)


def test_logs_point_at_spans_of_their_org(history: Read) -> None:
    spans = {(seen.org, seen.item.trace_id, seen.item.span_id) for seen in history.spans}
    logs = [(seen.org, seen.item.trace_id, seen.item.span_id) for seen in history.logs]
    assert set(logs) <= spans
    assert len(logs) / len(spans) == pytest.approx(0.3, abs=0.05)


def test_the_oddities_are_there(history: Read) -> None:
    roots = Counter(
        seen.item.trace_id for seen in history.spans if seen.item.name == oddities.TWO_ROOTS
    )
    sizes = Counter(seen.item.trace_id for seen in history.spans)
    prompts = [len(str(seen.attributes.get("input.value", "")).encode()) for seen in history.spans]
    assert list(roots.values()) == [2, 2, 2]
    assert max(sizes.values()) == min(oddities.GIANT_SPANS, round(SPANS * 0.55) // 50)
    assert oddities.LONG_PROMPT - 4 <= max(prompts) <= oddities.LONG_PROMPT
    assert any(not seen.item.name.isascii() for seen in history.spans)


def test_the_forecaster_of_globex_has_a_bad_afternoon(history: Read) -> None:
    calls = [
        seen
        for seen in read(list(batches_of("globex", START, END, 60_000, SEED))).spans
        if seen.service == "grid-forecaster"
    ]
    afternoon = END.replace(hour=13) - timedelta(days=3)
    inside = [s for s in calls if _within(s, afternoon, afternoon + timedelta(hours=4))]
    assert sum(map(failed, inside)) / len(inside) == pytest.approx(0.25, abs=0.1)


def _within(seen: Seen, start: datetime, end: datetime) -> bool:
    return nanoseconds(start) <= seen.item.end_time_unix_nano < nanoseconds(end)


def test_model_calls_are_slow_for_two_hours(history: Read) -> None:
    calls = [seen.item for seen in history.spans if seen.item.name.startswith("chat ")]
    slow = [c for c in calls if 18.2 * HOUR < LAST - c.end_time_unix_nano < 19.8 * HOUR]
    rest = [c for c in calls if LAST - c.end_time_unix_nano > 24 * HOUR]
    assert _median(slow) > 4 * _median(rest)


def _median(spans: list[Span]) -> int:
    took = sorted(span.end_time_unix_nano - span.start_time_unix_nano for span in spans)
    return took[len(took) // 2]


def test_counters_grow_and_are_reset_once(history: Read) -> None:
    for org in ORGS:
        points = [
            point
            for seen in history.metrics
            if seen.org == org and seen.item.WhichOneof("data") == "sum"
            for point in _points(seen)
        ]
        drops = sum(a.as_int > b.as_int for a, b in pairwise(points))
        assert drops == 1


def test_a_full_history_has_fewer_than_100_000_points() -> None:
    made = sum(
        batch.items
        for org in ORGS.values()
        for _, batch in metrics.history(Stage(org, SEED), FIRST, LAST, 300_000, random_of(SEED))
    )
    assert 50_000 < made < 100_000


def test_a_curve_spends_everything_between_its_ends() -> None:
    curve = Curve(FIRST, LAST, steady=False)
    moments = [curve.at(i / 1000) for i in range(1001)]
    assert moments[0] == FIRST
    assert moments[-1] == LAST
    assert moments == sorted(moments)
