"""Chosen: the one watched variable that the URL names, and how it is written there."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass

from dashboards.shell.link import LinkError

JUNK = "The link names no variable. Choose one from the list."


@dataclass(frozen=True)
class Chosen:
    """What tells a variable from all others of its org."""

    service: str
    process: str
    data: str
    series: str = ""

    def __str__(self) -> str:
        return json.dumps(astuple(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Chosen:
        """Raises LinkError."""
        try:
            names = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise LinkError(JUNK) from error
        if not isinstance(names, list) or len(names) != 4:
            raise LinkError(JUNK)
        if not all(isinstance(name, str) and "\0" not in name for name in names):
            raise LinkError(JUNK)
        return cls(*names)
