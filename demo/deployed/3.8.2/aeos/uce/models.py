"""Models: one door to every provider, with a cache in front and a limit on what is sent."""

from __future__ import annotations

from dataclasses import dataclass

from aeos.telemetry import count_tokens, traced
from aeos.uce.cache import AnswerCache, Memory
from aeos.uce.providers import Client, Reply

WINDOWS = {"gpt-4.1": 1_047_576, "claude-sonnet-4-5": 200_000}
WINDOW = 128_000
"""Tokens that a model takes when nothing better is known."""

Messages = list[dict[str, str]]


class ContextTooLong(Exception):
    """The prompt does not fit into the model."""


@dataclass
class ModelRouter:
    """Sends a conversation to the model that was asked for."""

    _client: Client
    _cache: AnswerCache
    memory: Memory
    _timeout: float = 60.0

    @traced
    async def call(self, model: str, messages: Messages) -> Reply:
        """The model's reply; the same question within an hour is answered from the cache."""
        if known := await self._cache.get(model, messages):
            return known
        reply = await self._client.chat(model, messages, timeout=self._timeout)
        self._check_length(model, messages)
        count_tokens(model, reply.usage)
        await self._cache.put(model, messages, reply)
        return reply

    def _check_length(self, model: str, messages: Messages) -> None:
        tokens = sum(len(message["content"]) // 4 for message in messages)
        most = WINDOWS.get(model, WINDOW)
        if tokens > most:
            raise ContextTooLong(f"prompt has {tokens} tokens, the model takes {most}")
