"""Changes: what commits did to the rows of a table, read from its log.

The one idea: the log is a public format, one JSON object a line, and says which files each commit
added and removed; the files themselves stay for a while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pyarrow.parquet as pq

from telemetry import lake

Partition = tuple[str, date]


@dataclass
class Change:
    """Files of one org's day that came and went."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def between(folder: Path, versions: range) -> dict[Partition, Change]:
    """What commits did to the rows, by org and day.

    A commit that only rearranged rows, as compaction without repeats does, changes nothing.
    """
    changes: dict[Partition, Change] = defaultdict(Change)
    for version in versions:
        for partition, (added, removed) in _actions(folder, version).items():
            if removed and added and _rows(folder, added) == _rows(folder, removed):
                continue
            if removed and not added:
                # spans that retention removed stay counted
                continue
            changes[partition].added += [each["path"] for each in added]
            changes[partition].removed += [each["path"] for each in removed]
    return changes


def _actions(
    folder: Path, version: int
) -> dict[Partition, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Files that one commit added and removed, by org and day.

    The log is a public format: one JSON object a line, `add` and `remove` among them.
    """
    found: dict[Partition, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    path = folder / lake.LOG / f"{version:020}.json"
    for line in path.read_bytes().splitlines():
        for place, kind in enumerate(("add", "remove")):
            if action := orjson.loads(line).get(kind):
                values = action["partitionValues"]
                partition = (values["org_id"], date.fromisoformat(values["date"]))
                found[partition][place].append(action)
    return found


def _rows(folder: Path, actions: Sequence[dict[str, Any]]) -> int:
    """Rows of files, which may be gone from the table, but not yet from the disk."""
    return sum(pq.read_metadata(folder / unquote(action["path"])).num_rows for action in actions)
