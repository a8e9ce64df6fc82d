"""Agents: what works on a step, with a model to think and tools to act."""

from __future__ import annotations

from dataclasses import dataclass, field

from aeos.mosaic.handoff import hand_off
from aeos.mosaic.planner import Step
from aeos.telemetry import traced
from aeos.uce.models import ModelRouter
from aeos.uce.retrieval import Retriever
from aeos.uce.tools import ToolRunner

MOST_TURNS = 8


@dataclass
class Context:
    """What every step of a run knows."""

    run_id: str
    prompt: str
    messages: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    text: str
    accepted: bool = True


@dataclass
class Agent:
    """A role in a fleet."""

    id: str
    model: str
    router: ModelRouter
    tools: ToolRunner
    retriever: Retriever
    trusts: tuple[str, ...] = ()

    @traced
    async def invoke(self, step: Step, context: Context) -> Result:
        """Think and act in turns until the step is done."""
        if step.needs_documents:
            hits = await self.retriever.retrieve(step.question, top_k=8)
            context.messages += [{"role": "system", "content": hit.text} for hit in hits]
        for _ in range(MOST_TURNS):
            reply = await self.router.call(self.model, context.messages)
            if reply.hand_off_to in self.trusts:
                return await hand_off(self, reply.hand_off_to, step, context)
            if not reply.calls:
                return Result(reply.text, accepted=bool(reply.text.strip()))
            for call in reply.calls:
                answer = await self.tools.run(self.id, call)
                context.messages.append({"role": "tool", "content": answer})
        return Result("", accepted=False)
