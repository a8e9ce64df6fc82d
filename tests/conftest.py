"""Fixtures that every test may use: a world of one's own, or one that lives for the session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from cast import World, make_world

from access import passwords


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashing() -> Iterator[None]:
    """Argon2 with the least work: the tests sign in often, and nobody attacks them."""
    patch = pytest.MonkeyPatch()
    patch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    for name in [n for n in os.environ if n.startswith("OBSERVATORY_")]:
        del os.environ[name]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of its own for one test."""
    made = make_world(tmp_path / "data")
    yield made
    made.app.close()


@pytest.fixture(scope="session")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., World]]:
    """Makes worlds that live until the session ends."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(make_world(tmp_path_factory.mktemp("world") / "data", **settings))
        return made[-1]

    yield make
    for world in made:
        world.app.close()
