"""The planner: from a prompt to steps, and to other steps when the first ones teach something."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from aeos.telemetry import traced, watch
from aeos.uce.models import ModelRouter

ASK = "Split the task into at most {most} steps. Answer with a JSON list of name, agent, question."
MOST_STEPS = 6
SURE_ENOUGH = 0.55


@dataclass(frozen=True)
class Step:
    name: str
    agent: str
    question: str
    needs_documents: bool = False
    changes_plan: bool = False
    depth: int = 0

    def deeper(self) -> Step:
        return replace(self, depth=self.depth + 1)


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    confidence: float


class Planner:
    """Plans with a model and remembers what came of it."""

    def __init__(self, router: ModelRouter, model: str) -> None:
        self._router = router
        self._model = model

    @traced
    async def plan(self, prompt: str, agents: list[str]) -> Plan:
        """The steps for a prompt, each with an agent that can do it."""
        messages = [
            {"role": "system", "content": ASK.format(most=MOST_STEPS)},
            {"role": "user", "content": f"{prompt}\n\nAgents: {', '.join(agents)}"},
        ]
        reply = await self._router.call(self._model, messages)
        steps = [Step(**each) for each in json.loads(reply.text)]
        known = tuple(step for step in steps[:MOST_STEPS] if step.agent in agents)
        plan = Plan(known, confidence=len(known) / max(len(steps), 1))
        watch("confidence.score", plan.confidence)
        return plan

    @traced
    async def revise(self, plan: Plan, results: dict[str, str]) -> Plan:
        """The plan without what is already answered."""
        if plan.confidence < SURE_ENOUGH:
            return plan
        left = tuple(step for step in plan.steps if step.name not in results)
        return replace(plan, steps=left or plan.steps[-1:])

    async def remember(self, run_id: str, outcome: str, answer: str) -> None:
        """Keep how a run ended."""
        await self._router.memory.put(run_id, {"outcome": outcome, "answer": answer})
