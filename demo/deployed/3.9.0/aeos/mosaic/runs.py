"""Task runs: one run plans its steps, lets agents do them, and says how it ended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from aeos.mosaic.agents import Agent, Context
from aeos.mosaic.planner import Plan, Planner, Step
from aeos.telemetry import traced

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a step is tried before its run gives up."""


class StepFailed(Exception):
    """A step did not come to an end."""


@dataclass
class TaskRun:
    """One execution of a task by a fleet of agents."""

    task_id: str
    run_id: str
    planner: Planner
    agents: dict[str, Agent]
    results: dict[str, str] = field(default_factory=dict)

    @traced
    async def execute(self, prompt: str) -> str:
        """Plan, do every step, and return what the last one found."""
        context = Context(run_id=self.run_id, prompt=prompt)
        plan = await self.planner.plan(prompt, list(self.agents))
        try:
            for step in plan.steps:
                self.results[step.name] = await self.run_step(step, context)
                if step.changes_plan:
                    plan = await self.planner.revise(plan, self.results)
        except StepFailed:
            await self.finish(plan, "failed")
            raise
        return await self.finish(plan, "done")

    @traced
    async def run_step(self, step: Step, context: Context) -> str:
        """Let the step's agent work; try again when it fails."""
        agent = self.agents[step.agent]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result = await agent.invoke(step, context)
            except (TimeoutError, ConnectionError) as error:
                log.warning("step %s, attempt %d: %s", step.name, attempt, error)
                await asyncio.sleep(0.4 * 2**attempt)
                continue
            if result.accepted:
                return result.text
        raise StepFailed(f"gave up after {ATTEMPTS} attempts")

    @traced
    async def finish(self, plan: Plan, outcome: str) -> str:
        """Keep the results and give the memory of the run back."""
        last = plan.steps[-1].name if plan.steps else ""
        answer = self.results.get(last, "")
        await self.planner.remember(self.run_id, outcome, answer)
        self.results.clear()
        return answer
