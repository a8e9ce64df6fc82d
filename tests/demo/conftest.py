"""A small history, generated once."""

from __future__ import annotations

import pytest
from demo_reading import END, SEED, SPANS, START, Read, read

from demo.history import all_batches
from demo.render import Batch


@pytest.fixture(scope="session")
def batches() -> list[Batch]:
    return list(all_batches(START, END, SPANS, SEED))


@pytest.fixture(scope="session")
def history(batches: list[Batch]) -> Read:
    return read(batches)
