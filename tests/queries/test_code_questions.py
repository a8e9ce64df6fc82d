"""Questions of the Code Inspector, over a small real lake."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles
from typing import Any

import pytest
from cast import NOW, World, span

from queries import code
from queries.filters import TimeRange
from queries.reader import Row

DAY = TimeRange(NOW - timedelta(days=1), NOW + timedelta(minutes=5))
LONG_AGO = TimeRange(NOW - timedelta(days=9), NOW - timedelta(days=8))
MS = 1_000_000
DURATIONS = [random.Random(7).lognormvariate(3, 1) for _ in range(257)]


def at(function: str, line: int = 1, file: str = "shop/cart.py") -> dict[str, Any]:
    return {
        "code__function__name": function,
        "code__file__path": file,
        "code__line__number": line,
    }


@pytest.fixture(scope="module")
def shop(new_world: Callable[..., World]) -> World:
    """Two services of acme that share a function's name, and an operation without one."""
    world = new_world()
    spans = [span(number=i, ms=ms, **at("cart.add")) for i, ms in enumerate(DURATIONS, 1)]
    world.send("acme", *spans, service="shop")
    world.send(
        "acme",
        span("pay", number=301, error="E", **at("cart.add", 7)),
        span("POST /pay", number=302, error="E"),
        span("POST /pay", number=303),
        service="billing",
    )
    return world


def named(world: World, function: str, service: str, who: str = "alice") -> Row:
    rows = code.functions(world.scope(who), DAY)
    (row,) = [r for r in rows if (r["service_name"], r["function"]) == (service, function)]
    return row


def test_functions_come_with_their_calls_and_errors_the_busiest_first(shop: World) -> None:
    rows = code.functions(shop.scope("alice"), DAY)
    assert [(r["service_name"], r["function"], r["calls"], r["errors"]) for r in rows] == [
        ("shop", "cart.add", 257, 0),
        ("billing", "POST /pay", 2, 1),
        ("billing", "cart.add", 1, 1),
    ]


def test_an_operation_stands_in_for_a_function_that_is_not_named(shop: World) -> None:
    assert named(shop, "POST /pay", "billing")["file"] is None
    assert named(shop, "cart.add", "billing")["file"] == "shop/cart.py"


def test_quantiles_are_exact(shop: World) -> None:
    cuts = quantiles([int(ms * MS) for ms in DURATIONS], n=100, method="inclusive")
    row = named(shop, "cart.add", "shop")
    assert row["quantiles_ns"] == pytest.approx([cuts[49], cuts[94], cuts[98]])


def test_a_negative_or_missing_duration_says_nothing_about_speed(world: World) -> None:
    backwards, endless = span("f", number=1, ms=-50), span("f", number=2)
    endless.end_time_unix_nano = 0
    world.send("acme", backwards, endless, span("f", number=3, ms=8), span("g", number=4, ms=-1))
    row = named(world, "f", "checkout")
    assert (row["calls"], row["quantiles_ns"]) == (3, [8 * MS] * 3)
    assert named(world, "g", "checkout")["quantiles_ns"] is None


def test_a_function_stands_where_it_was_seen_last(world: World) -> None:
    world.send(
        "acme",
        span(number=1, ago=10, **at("cart.add", 30, "new.py")),
        span(number=2, ago=90, **at("cart.add", 20, "old.py")),
        # the newest does not say where
        span(number=3, ago=5, code__function__name="cart.add"),
    )
    row = named(world, "cart.add", "checkout")
    assert row["file"] == "new.py"
    assert row["newest"] == NOW - timedelta(seconds=5)


def test_older_names_of_the_attributes_count_too(world: World) -> None:
    world.send("acme", span(number=1, code__function="cart.add", code__filepath="a.py"))
    assert named(world, "cart.add", "checkout")["file"] == "a.py"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("CART", {("shop", "cart.add"), ("billing", "cart.add")}),
        (" post ", {("billing", "POST /pay")}),
        # the name of an operation is not looked at where a function is named
        ("pay", {("billing", "POST /pay")}),
        ("", {("shop", "cart.add"), ("billing", "cart.add"), ("billing", "POST /pay")}),
        ("%", set()),
        ("cart_add", set()),
        ("' or 1=1 --", set()),
    ],
)
def test_search_narrows(shop: World, search: str, found: set[tuple[str, str]]) -> None:
    rows = code.functions(shop.scope("alice"), DAY, search)
    assert {(row["service_name"], row["function"]) for row in rows} == found


def test_other_times_are_left_out(shop: World) -> None:
    assert code.functions(shop.scope("alice"), LONG_AGO).rows == []


def test_an_empty_lake_has_no_functions(world: World) -> None:
    assert code.functions(world.scope("alice"), DAY).rows == []


def test_charlie_sees_no_function_of_acme(shop: World) -> None:
    assert code.functions(shop.scope("charlie"), DAY).rows == []
    assert len(code.functions(shop.scope("bob"), DAY)) == 3
    assert len(code.functions(shop.scope("sam"), DAY)) == 3
