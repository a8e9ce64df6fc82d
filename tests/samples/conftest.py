"""Every sample in a lake of its own org, posted over HTTP, once for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from cast import PROTOBUF, World
from samples_replay import (
    MISSING,
    SAMPLES,
    TRACE_FILES,
    Samples,
    gauges_of,
    lines_of,
    post,
    served,
)

from queries import reader


@pytest.fixture(scope="session")
def replayed(new_world: Callable[..., World]) -> Samples:
    """Each trace file arrives three times: twice in JSON, then newest first in protobuf."""
    if not SAMPLES.exists():
        pytest.skip(MISSING)
    samples = Samples(new_world())
    with served(samples.world) as url:
        for dataset in TRACE_FILES:
            key, path = samples.add_org(dataset), SAMPLES / "traces" / f"{dataset}.jsonl.gz"
            samples.said[dataset] = [
                post(f"{url}/v1/traces", key, path, "--twice"),
                post(
                    f"{url}/v1/traces", key, path, "--encoding", "protobuf", "--gzip", "--reverse"
                ),
            ]
    _send(samples, "nezha_tt_dev", "logs", lines_of("logs/nezha_tt_dev.jsonl.gz"))
    samples.world.settle(compact=True)
    return samples


@pytest.fixture(scope="session")
def measured(new_world: Callable[..., World]) -> Samples:
    """The series of readings, each file in an org of its own."""
    if not SAMPLES.exists():
        pytest.skip(MISSING)
    samples = Samples(new_world())
    for dataset in ("pvanalytics", "nab"):
        samples.add_org(f"metrics_{dataset}")
        bodies = gauges_of(f"metrics/{dataset}.parquet")
        _send(samples, f"metrics_{dataset}", "metrics", bodies, PROTOBUF)
    samples.add_org("stale")
    _send(samples, "stale", "metrics", lines_of("metrics/pvanalytics_stale_otlp.jsonl.gz"))
    samples.world.settle()
    return samples


@pytest.fixture
def samples(replayed: Samples) -> Samples:
    """The traces and logs; whatever world was made since, the questions are about this one."""
    reader.use(replayed.world.app.reader)
    return replayed


@pytest.fixture
def series(measured: Samples) -> Samples:
    """The readings; whatever world was made since, the questions are about this one."""
    reader.use(measured.world.app.reader)
    return measured


def _send(
    samples: Samples,
    dataset: str,
    signal: str,
    bodies: Iterable[bytes],
    content_type: str = "application/json",
) -> None:
    org = samples.orgs[dataset].slug
    for body in bodies:
        answer = samples.world.post(org, body, signal, content_type)
        assert answer.status_code == 200, answer.data
