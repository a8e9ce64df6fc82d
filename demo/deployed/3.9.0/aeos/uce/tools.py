"""Tools: what agents may do in the world, each call checked, timed and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from aeos.policy import Policy
from aeos.telemetry import traced

SECONDS = 30.0


@dataclass(frozen=True)
class Call:
    """What a model wants done, and in whose name."""

    agent: str
    tool: str
    arguments: str
    policy: Policy


Tool = Callable[[Call, httpx.Client], Any]


class ToolRunner:
    """Runs tools by their name."""

    def __init__(self, tools: dict[str, Tool], policy: Policy) -> None:
        self._tools = tools
        self._policy = policy
        self._session = httpx.Client(timeout=SECONDS)

    @traced
    async def run(self, agent: str, wanted: Any) -> str:
        """The answer of a tool, as text for the model."""
        tool = self._tools[wanted.name]
        call = Call(agent, wanted.name, wanted.arguments, self._policy)
        answer = await asyncio.to_thread(tool, call, self._session)
        return str(answer)
