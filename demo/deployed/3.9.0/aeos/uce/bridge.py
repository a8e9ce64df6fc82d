"""The bridge: chains of other frameworks, run behind our router and told in their own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aeos.telemetry import openinference, traced
from aeos.uce.providers import Client, Reply


@dataclass
class Bridge:
    """What a chain needs from us."""

    _client: Client
    _timeout: float = 90.0

    def _check_length(self, model: str, messages: list[dict[str, str]]) -> None:
        self._client.limits(model).check(messages)

    async def ask(self, model: str, messages: list[dict[str, str]]) -> Reply:
        """A reply as the chain expects it."""
        return await invoke_chain(self, model, {"messages": messages})


@traced
async def invoke_chain(self: Bridge, model: str, inputs: dict[str, Any]) -> Reply:
    """Run a chain's call of a model; its span follows OpenInference."""
    messages = [dict(each) for each in inputs["messages"]]
    self._check_length(model, messages)
    with openinference("LLM", model=model) as span:
        reply = await self._client.chat(model, messages, timeout=self._timeout)
        span.tokens(prompt=reply.usage.input, completion=reply.usage.output)
    return reply
