"""Hand-offs: one agent passes a step to another and waits for what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aeos.mosaic.registry import find
from aeos.telemetry import linked, traced

if TYPE_CHECKING:
    from aeos.mosaic.agents import Agent, Context, Result
    from aeos.mosaic.planner import Step

DEEPEST = 4
"""Hand-offs in a row before an agent has to answer by itself."""


class TooDeep(Exception):
    """Agents pass a step around and nobody does it."""


@traced
async def hand_off(giver: Agent, taker: str, step: Step, context: Context) -> Result:
    """Let `taker` do the step; the two traces are linked."""
    if step.depth >= DEEPEST:
        raise TooDeep(f"{giver.id} is the {DEEPEST}th agent in a row that passed {step.name} on")
    agent = await find(taker)
    with linked(giver.id, taker):
        return await agent.invoke(step.deeper(), context)
