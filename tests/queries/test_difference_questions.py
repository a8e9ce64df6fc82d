"""What is different, against an independent computation over the same spans in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from math import log, log2
from random import Random
from typing import Any

import pytest
from cast import NOW, World, span
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import difference, explore
from queries.difference import BINS, FEW, LEAST, MANY, Category, Difference, Key
from queries.errors import SearchError
from queries.fields import FIELDS, Kind
from queries.filters import TimeRange, TraceFilters
from queries.search import condition, with_term

RANGE = TimeRange(NOW - timedelta(hours=6), NOW + timedelta(minutes=5))
SPANS = 400


def facts() -> list[dict[str, Any]]:
    """Errors come from one shard and one version, are slow, and lack a region; ids are unique."""
    random = Random(7)
    made = []
    for i in range(SPANS):
        failed = i % 8 == 0
        made.append(
            {
                "failed": failed,
                "app.shard": "shard-3" if failed and i % 16 else f"shard-{random.randrange(4)}",
                "app.region": None if failed else random.choice(["eu", "us"]),
                "app.id": f"{random.getrandbits(64):016x}",
                "app.weight": random.gauss(80 if failed else 20, 5),
                "app.retries": random.randrange(3),
                "app.flag": random.random() < 0.5,
            }
        )
    return made


FACTS = facts()


@pytest.fixture(scope="module")
def busy(new_world: Callable[..., World]) -> World:
    world = new_world()
    world.send(
        "acme",
        *(
            span(
                f"step {i % 3}",
                trace=i // 20 + 1,
                number=i + 1,
                ago=60 + i * 20,
                ms=500 + i if fact["failed"] else 10 + i % 50,
                error="TimeoutError" if fact["failed"] else None,
                **{
                    key.replace(".", "__"): value
                    for key, value in fact.items()
                    if key != "failed" and value is not None
                },
            )
            for i, fact in enumerate(FACTS)
        ),
        **{"host.name": "node-1"},
    )
    world.send("globex", *(span("turbine", trace=900, number=i + 1) for i in range(60)))
    return world


def filters(text: str = "") -> TraceFilters:
    return TraceFilters(RANGE, condition(text))


def ask(world: World, selection: str = "status:error", text: str = "") -> Difference:
    return difference.difference(world.scope("alice"), filters(text), selection)


def key_of(found: Difference, name: str) -> Key:
    return next(key for key in found.keys if key.name == name)


# an independent way to the same numbers


def divergence(pairs: Iterable[tuple[int, int]], chosen: int, rest: int) -> float:
    """Jensen-Shannon divergence as the entropy of the mixture less the mean of the entropies."""
    p = [a / chosen for a, _ in pairs]
    q = [b / rest for _, b in pairs]
    mean = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    bias = (len(p) - 1) / 8 * (1 / chosen + 1 / rest) / log(2)
    return max(0.0, entropy(mean) - (entropy(p) + entropy(q)) / 2 - bias)


def entropy(shares: Iterable[float]) -> float:
    return -sum(share * log2(share) for share in shares if share > 0)


def by_value(values: list[tuple[bool, Any]]) -> list[tuple[int, int]]:
    """Both sides of each value, of the rare ones together, and of the lack of any."""
    chosen, rest = sum(f for f, _ in values), sum(not f for f, _ in values)
    counts = {v: (0, 0) for _, v in values}
    for failed, value in values:
        a, b = counts[value]
        counts[value] = (a + failed, b + (not failed))
    rare, kept = (0, 0), []
    for value, (a, b) in counts.items():
        stands = (a >= FEW and a >= LEAST * chosen) or (b >= FEW and b >= LEAST * rest)
        if value is None or stands:
            kept.append((a, b))
        else:
            rare = rare[0] + a, rare[1] + b
    return kept + ([rare] if sum(rare) else [])


def by_range(values: list[tuple[bool, float]]) -> list[tuple[int, int]]:
    """Both sides of each of ten ranges with equally many spans."""
    before, bins = 0, {}
    counts = Counter(value for _, value in values)
    for value in sorted(counts):
        number = int(BINS * (before + counts[value] / 2) / len(values))
        bins[value] = number
        before += counts[value]
    sides: dict[int, tuple[int, int]] = {}
    for failed, value in values:
        a, b = sides.get(bins[value], (0, 0))
        sides[bins[value]] = (a + failed, b + (not failed))
    return list(sides.values())


def expected(name: str) -> float:
    values = [(fact["failed"], fact[name]) for fact in FACTS]
    numbers = {v for _, v in values if isinstance(v, float)}
    pairs = by_range(values) if len(numbers) > MANY else by_value(values)
    failed = sum(fact["failed"] for fact in FACTS)
    return divergence(pairs, failed, SPANS - failed)


# the questions


@pytest.mark.parametrize(
    "name", ["app.shard", "app.region", "app.id", "app.weight", "app.retries", "app.flag"]
)
def test_scores_are_those_of_an_independent_computation(busy: World, name: str) -> None:
    assert key_of(ask(busy), name).score == pytest.approx(expected(name), abs=1e-9)


def test_it_names_what_sets_errors_apart_and_no_ids(busy: World) -> None:
    found = ask(busy)
    assert (found.sides.chosen, found.sides.rest) == (50, 350)
    names = [key.name for key in found.keys]
    assert set(names[:3]) == {"exception", "exception.message", "app.region"}
    assert {"duration", "app.weight"} <= set(names[:5])
    assert names.index("app.shard") < names.index("app.retries")
    assert key_of(found, "app.id").score == 0
    assert key_of(found, "host.name").score == 0
    assert "status" not in names
    assert found.left_out == ("status",)


def test_every_category_counts_the_spans_of_both_sides(busy: World) -> None:
    for key in ask(busy).keys:
        assert sum(c.chosen for c in key.categories) == 50, key
        assert sum(c.rest for c in key.categories) == 350, key
        shares = [abs(c.chosen / 50 - c.rest / 350) for c in key.categories]
        assert shares == sorted(shares, reverse=True)


def test_the_lack_of_a_key_is_a_category_of_its_own(busy: World) -> None:
    region = key_of(ask(busy), "app.region")
    missing = next(c for c in region.categories if c.kind == "missing")
    assert (missing.chosen, missing.rest) == (50, 0)
    assert difference.demand(region, missing) == "-exists:attr.app.region"
    assert difference.demand(region, missing, exclude=True) == "exists:attr.app.region"


def test_nearly_unique_values_count_together(busy: World) -> None:
    ids = key_of(ask(busy), "app.id")
    assert [(c.kind, c.known) for c in ids.categories] == [("others", SPANS)]
    assert difference.demand(ids, ids.categories[0]) is None


@pytest.mark.parametrize("exclude", [False, True])
def test_a_click_on_a_value_finds_as_many_spans_as_it_says(busy: World, exclude: bool) -> None:
    found, scope = ask(busy), busy.scope("alice")
    asked = 0
    for key in found.keys:
        for category in key.categories[:4]:
            demand = difference.demand(key, category, exclude=exclude)
            if demand is None:
                continue
            asked += 1
            total = explore.total(scope, filters(with_term("", demand)))
            spans = category.chosen + category.rest
            assert total.rows == (SPANS - spans if exclude else spans), demand
    assert asked > 30


def test_the_filters_bound_both_sides(busy: World) -> None:
    found = ask(busy, "duration>=500ms", 'name="step 1" attr.app.retries=1')
    mine = [fact for i, fact in enumerate(FACTS) if i % 3 == 1 and fact["app.retries"] == 1]
    assert found.sides.chosen == sum(fact["failed"] for fact in mine)
    assert found.sides.rest == sum(not fact["failed"] for fact in mine)


def test_too_few_spans_are_not_compared(busy: World) -> None:
    few = ask(busy, 'attr.app.id="nothing"')
    assert (few.sides.chosen, few.sides.rest, few.keys) == (0, SPANS, [])
    assert not few.sides.enough
    assert ask(busy, "exists:name").sides.rest == 0


def test_a_selection_that_is_no_search_says_where(busy: World) -> None:
    with pytest.raises(SearchError):
        ask(busy, "status:")


def test_the_slowest_are_one_in_twenty(busy: World) -> None:
    selection = difference.slowest(busy.scope("alice"), filters())
    assert selection is not None
    found = explore.total(busy.scope("alice"), filters(selection))
    assert SPANS / 20 <= found.rows <= SPANS / 20 * 1.3
    assert difference.slowest(busy.scope("alice"), filters("name=nothing")) is None


def test_attributes_that_fill_a_column_are_told_once(world: World) -> None:
    world.send(
        "acme",
        *(
            span(
                number=i + 1,
                trace=1,
                error="E" if i % 2 else None,
                gen_ai__agent__name="scout" if i % 2 else "miner",
            )
            for i in range(60)
        ),
    )
    found = ask(world)
    assert key_of(found, "agent").also == ("gen_ai.agent.name",)
    assert "gen_ai.agent.name" not in [key.name for key in found.keys]


def test_very_long_values_are_told_apart_and_not_searched_for(world: World) -> None:
    world.send(
        "acme",
        *(
            span(
                number=i + 1,
                trace=1,
                error="E" if i % 2 else None,
                app__prompt="x" * 5_000 + str(i % 2),
                app__odd="é" * 200 + str(i % 2),
            )
            for i in range(60)
        ),
    )
    for name in ("app.prompt", "app.odd"):
        prompt = key_of(ask(world), name)
        assert [c.kind for c in prompt.categories] == ["value", "value"]
        assert all(c.is_cut for c in prompt.categories)
        assert prompt.score > 0.9
        assert difference.demand(prompt, prompt.categories[0]) is None


def test_every_column_that_can_be_searched_is_compared() -> None:
    sql = (difference.reader._HERE / "difference.ranked.sql").read_text()
    unlike = {"received", "exception.stacktrace", "trace", "span", "parent"}
    for field in FIELDS:
        if field.key not in unlike:
            assert f"'{field.key}'" in sql, field.key
            if field.key not in ("duration", "start"):
                assert f"grouping({field.column}) = 0 then '{field.key}'" in sql
    assert {f.key for f in FIELDS if f.kind is Kind.ID} <= unlike


def test_charlie_compares_globex_only(busy: World) -> None:
    charlie = busy.scope("charlie")
    found = difference.difference(charlie, filters(), "status:error")
    assert (found.sides.chosen, found.sides.rest) == (0, 60)
    assert found.keys == []
    assert difference.ranked(charlie, filters(), "name=turbine")[0] != []
    labels = {key.name for key in difference.ranked(charlie, filters(), "kind:internal")[0]}
    assert not labels & {"app.shard", "app.region", "app.id"}


# the measure


@given(pairs=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=12))
@settings(max_examples=60)
def test_the_measure_lies_between_alike_and_disjoint(pairs: list[tuple[int, int]]) -> None:
    chosen, rest = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    if not chosen or not rest:
        return
    score = divergence(pairs, chosen, rest)
    assert 0 <= score <= 1
    assert divergence([(a, a) for a, _ in pairs], chosen, chosen) == 0


def test_chance_alone_scores_next_to_nothing() -> None:
    random = Random(3)
    scores = []
    for _ in range(40):
        values = [(i % 20 == 0, random.randrange(12)) for i in range(4_000)]
        scores.append(divergence(by_value(values), 200, 3_800))
    assert sum(scores) / len(scores) < 0.004


def test_a_category_knows_whether_it_is_whole() -> None:
    assert not Category("value", "whole", None, None, 1, 1, 1).is_cut
