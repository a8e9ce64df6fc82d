"""Real traces that nobody on this project wrote, sent twice, against counts made elsewhere."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from writing_house import House

from telemetry.otlp import JSON

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
FILES = sorted((SAMPLES / "traces").glob("*.jsonl.gz"))

pytestmark = pytest.mark.skipif(not FILES, reason="the samples are not beside the project")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_a_file_sent_twice_is_stored_once(house: House, path: Path) -> None:
    truth = json.loads((SAMPLES / "truth" / f"{path.name.split('.')[0]}.json").read_text())
    lines = gzip.decompress(path.read_bytes()).splitlines()
    for body in lines:
        assert house.post("/v1/traces", body, JSON).json == {}
    house.writer.drain_all()
    for body in lines:
        # A blank more makes another request of it, whose repeats compaction has to find.
        assert house.post("/v1/traces", body + b" ", JSON).json == {}
    house.writer.drain_all()
    house.compact()
    assert len(house.rows()) == truth["truth"]["distinct_rows"]
