"""Questions about one span, over a small real lake."""

from __future__ import annotations

import statistics
from datetime import timedelta
from random import Random

import pytest
from cast import NOW, World, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from queries import span as one_span
from queries.errors import NotFound
from queries.filters import TimeRange

TRACE, FIRST = f"{1:032x}", f"{1:016x}"


def test_it_reads_every_column_of_a_span(world: World) -> None:
    made = span("pay", error="Refused", gen_ai__request__model="m1", deep__key=5)
    made.links.add(trace_id=(9).to_bytes(16, "big"), span_id=(8).to_bytes(8, "big"))
    world.send("acme", made, **{"host.name": "h1"})
    row = one_span.whole(world.scope("alice"), TRACE, FIRST)
    assert (row["name"], row["span_id"], row["model"]) == ("pay", FIRST, "m1")
    assert row["attributes"]["deep.key"] == "5"
    assert row["resource"]["host.name"] == '"h1"'
    assert '"exception.message":"it broke"' in row["events"]
    assert f"{9:032x}" in row["links"]
    assert row["start_unix_ns"] == made.start_time_unix_nano
    assert len(row["halves"]) == 1


def test_it_offers_both_halves_of_a_call(world: World) -> None:
    world.send("acme", span("GET", kind=Span.SPAN_KIND_CLIENT), service="web")
    world.send("acme", span("GET", kind=Span.SPAN_KIND_SERVER), service="api")
    scope = world.scope("alice")
    first = one_span.whole(scope, TRACE, FIRST)
    assert [half["kind"] for half in first["halves"]] == ["client", "server"]
    assert first["kind"] == "client"
    server = one_span.whole(scope, TRACE, FIRST, first["halves"][1]["twin"])
    assert (server["kind"], server["service_name"]) == ("server", "api")


def test_it_is_found_faster_where_it_is_known_to_start(world: World) -> None:
    world.send("acme", span(ago=60), span("old", trace=2, number=2, ago=3 * 86_400))
    scope, minute = world.scope("alice"), timedelta(minutes=1)
    here = TimeRange(NOW - minute, NOW - minute + timedelta(microseconds=1))
    assert one_span.whole(scope, TRACE, FIRST, within=here)["name"] == "pay"
    with pytest.raises(NotFound):
        one_span.whole(scope, TRACE, FIRST, within=TimeRange(here.until, NOW))


def test_a_span_delivered_twice_is_one(world: World) -> None:
    world.send("acme", span())
    world.send("acme", span(), span("other", number=2))
    assert len(one_span.whole(world.scope("alice"), TRACE, FIRST)["halves"]) == 1


def test_charlie_does_not_find_acmes_span(world: World) -> None:
    world.send("acme", span())
    with pytest.raises(NotFound, match="no such span in this organisation"):
        one_span.whole(world.scope("charlie"), TRACE, FIRST)


@pytest.mark.parametrize(("trace", "of"), [("xyz", FIRST), (TRACE, ""), (TRACE, "12")])
def test_what_is_no_id_is_not_found(world: World, trace: str, of: str) -> None:
    with pytest.raises(NotFound, match="hexadecimal"):
        one_span.whole(world.scope("alice"), trace, of)


def test_its_standing_is_the_exact_percentile(world: World) -> None:
    """Against the same numbers worked out here; spans of other names and days do not count."""
    random = Random(7)
    took = [round(random.lognormvariate(3, 1.2), 3) for _ in range(200)] + [50.0, 50.0]
    peers = [span("pay", trace=2, number=10 + i, ago=120 + i, ms=ms) for i, ms in enumerate(took)]
    world.send(
        "acme",
        span("pay", ms=50.0),
        *peers,
        span("pay", trace=3, number=3, ago=25 * 3600 + 60, ms=1),
        span("pay", trace=3, number=4, ago=30, ms=1),
        span("refund", trace=3, number=5, ago=120, ms=1),
    )
    world.send("acme", span("pay", trace=4, number=6, ago=120, ms=1), service="till")
    scope = world.scope("alice")
    found = one_span.standing(scope, one_span.whole(scope, TRACE, FIRST))
    assert found is not None
    ns = [p.end_time_unix_nano - p.start_time_unix_nano for p in peers]
    mine = 50_000_000
    assert found.spans == len(peers)
    assert found.quicker == sum(each < mine for each in ns)
    assert found.equal == 2
    cuts = statistics.quantiles(ns, n=100, method="inclusive")
    assert found.quantiles_ns == pytest.approx([cuts[49], cuts[94], cuts[98]])
    counted: dict[int, int] = {}
    for each in ns:
        bucket = one_span.bucket_of(each)
        counted[bucket] = counted.get(bucket, 0) + 1
    assert dict(found.buckets) == counted
    assert list(found.buckets) == sorted(found.buckets)
    assert found.mark == one_span.bucket_of(mine)


def test_a_span_alone_of_its_kind_has_nobody_to_stand_among(world: World) -> None:
    world.send("acme", span())
    scope = world.scope("alice")
    found = one_span.standing(scope, one_span.whole(scope, TRACE, FIRST))
    assert found is not None
    assert (found.spans, found.quicker, found.quantiles_ns, found.buckets) == (0, 0, None, ())


def test_a_span_without_an_end_has_peers_but_no_mark(world: World) -> None:
    endless = span()
    endless.end_time_unix_nano = 0
    world.send("acme", endless, span(trace=2, number=2, ago=90))
    scope = world.scope("alice")
    found = one_span.standing(scope, one_span.whole(scope, TRACE, FIRST))
    assert found is not None
    assert (found.spans, found.quicker, found.mark, found.duration_ns) == (1, 0, None, None)


def test_a_span_without_a_start_stands_nowhere(world: World) -> None:
    timeless = span()
    timeless.start_time_unix_nano = 0
    world.send("acme", timeless)
    scope = world.scope("alice")
    assert one_span.standing(scope, one_span.whole(scope, TRACE, FIRST)) is None


def test_others_spans_are_no_peers(world: World) -> None:
    world.send("globex", span(trace=8, number=8, ago=90))
    world.send("acme", span())
    scope = world.scope("sam")
    found = one_span.standing(scope, one_span.whole(scope, TRACE, FIRST))
    assert found is not None
    assert found.spans == 0


def test_it_knows_which_linked_traces_are_here(world: World) -> None:
    world.send("acme", span(), span(number=2))
    world.send("globex", span(trace=2))
    asked = (TRACE, f"{2:032x}", f"{3:032x}")
    assert [r["trace_id"] for r in one_span.present(world.scope("alice"), asked)] == [TRACE]
    assert [r["trace_id"] for r in one_span.present(world.scope("charlie"), asked)] == [asked[1]]
    assert one_span.present(world.scope("alice"), ()).rows == []


def test_watched_variables_come_with_their_types(world: World) -> None:
    sent = {"aeos__data__b": 1.0, "aeos__data__a": 3, "aeos__data__c": True, "other": "x"}
    world.send("acme", span(**sent, aeos__data__d="x<y", aeos__data__e=float("nan")))
    found = one_span.watched(one_span.whole(world.scope("alice"), TRACE, FIRST))
    assert [(v.key, v.type, v.text) for v in found] == [
        ("a", "int", "3"),
        ("b", "double", "1.0"),
        ("c", "bool", "true"),
        ("d", "string", "x<y"),
        ("e", "string", "NaN"),
    ]


def test_the_newest_span_looks_a_day_back(world: World) -> None:
    """The window ends where the span starts, and is closed where it begins."""
    world.send("acme", span(ago=0), span(trace=2, number=2, ago=24 * 3600), span(trace=3, number=3))
    scope = world.scope("alice")
    row = one_span.whole(scope, TRACE, FIRST)
    assert row["start_time"] == NOW
    found = one_span.standing(scope, row)
    assert found is not None
    assert found.spans == 2
