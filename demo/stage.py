"""Everything about an org that does not change while stories are told, serialized once."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Final

from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from demo import code, platform
from demo.shapes import Agent, Function, Org, Service, Tool
from demo.wire import attribute, fresh, resource

PROMPTS: Final = 64
USERS: Final = 40

_THOUGHTS: Final = (
    "The readings agree with the last inspection, so no change of plan is needed.",
    "Two of the sources contradict each other; the newer one is quoted below.",
    "I checked the limits first: the proposal stays inside all of them.",
    "The cheapest option arrives too late, the second one fits.",
    "There is not enough data for the last hour. I used the median of the day before.",
    "Summary: three findings, one of them urgent. Details follow in order of risk.",
    "Done. The record has been updated and the owner has been told.",
    "This needs a person: the amount is above what I may decide.",
    "„Übergabe an Schicht B“ was translated as “handed over to shift B”.",
    "The document cites § 14 (2); I could not find a newer version.",
)


class Stage:
    """An org, ready to be acted on."""

    def __init__(self, org: Org, seed: int) -> None:
        rng = Random(f"{seed}/{org.slug}/stage")
        self.org = org
        self.services = (*platform.SERVICES, org.own)
        self.prompts = [_prompt(rng, org) for _ in range(PROMPTS)]
        self.answers = [_answer(rng) for _ in range(PROMPTS)]
        self.chat_inputs = [
            attribute("gen_ai.input.messages", _chat("user", p)) for p in self.prompts
        ]
        self.chat_outputs = [
            attribute("gen_ai.output.messages", _chat("assistant", a)) for a in self.answers
        ]
        self.chain_inputs = [attribute("input.value", p) for p in self.prompts]
        self.chain_outputs = [attribute("output.value", a) for a in self.answers]
        self.users = [attribute("user.id", f"{org.slug}-user-{i:03}") for i in range(USERS)]
        self.agents = {agent.id: _agent(agent) for agent in org.agents}
        self.resources = {
            (service, release): self._resource(service, release)
            for service in self.services
            for release in range(len(platform.RELEASES))
        }
        self.tools = {tool.name: _tool(tool) for tool in org.tools}

    def _resource(self, service: Service, release: int) -> Resource:
        version, revision, _ = platform.RELEASES[release]
        number = sum(service.name.encode()) % 4 + 1
        return resource(
            (
                ("service.name", service.name),
                ("service.namespace", "aeos"),
                ("service.version", version),
                ("service.instance.id", f"{service.name}-{number}"),
                ("deployment.environment.name", "production"),
                ("vcs.ref.head.revision", revision),
                ("host.name", f"{self.org.slug}-node-{number}"),
                ("process.runtime.name", "cpython"),
                ("telemetry.sdk.language", "python"),
            )
        )


@cache
def place(service: Service, function: Function, release: int) -> bytes:
    """Attributes that say where in the platform a span ran."""
    return (
        attribute("aeos.subsystem", service.subsystem)
        + attribute("aeos.process_group", service.group)
        + attribute("code.function.name", function.name)
        + attribute("code.file.path", function.file)
        + attribute("code.line.number", code.line_of(function, release))
    )


def _agent(agent: Agent) -> bytes:
    return (
        fresh("gen_ai.agent.id", agent.id)
        + fresh("gen_ai.agent.name", agent.name)
        + fresh("aeos.fleet", agent.fleet)
    )


def _tool(tool: Tool) -> bytes:
    return (
        fresh("gen_ai.operation.name", "execute_tool")
        + fresh("gen_ai.tool.name", tool.name)
        + fresh("gen_ai.tool.type", "function")
    )


def _prompt(rng: Random, org: Org) -> str:
    prompt = rng.choice(org.tasks).prompt.format(n=rng.randint(2, 900))
    return f"{prompt} {rng.choice(_THOUGHTS)}" if rng.random() < 0.5 else prompt


def _answer(rng: Random) -> str:
    return " ".join(rng.sample(_THOUGHTS, rng.randint(1, 4)))


def _chat(role: str, text: str) -> str:
    message = {"role": role, "parts": [{"type": "text", "content": text}]}
    return json.dumps([message], ensure_ascii=False)
