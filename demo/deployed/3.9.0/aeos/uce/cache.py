"""The answer cache: the same question to the same model, answered once an hour."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from redis.asyncio import Redis

from aeos.telemetry import mark, traced

SECONDS = 3600


class AnswerCache:
    """Replies by the digest of what was asked."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @traced
    async def get(self, model: str, messages: list[dict[str, str]]) -> Any | None:
        """The reply that is still known, if any."""
        found = await self._redis.get(self._name(model, messages))
        mark("cache.hit", found is not None)
        return json.loads(found) if found else None

    async def put(self, model: str, messages: list[dict[str, str]], reply: Any) -> None:
        """Know the reply for a while."""
        await self._redis.set(self._name(model, messages), json.dumps(reply), ex=SECONDS)

    def _name(self, model: str, messages: list[dict[str, str]]) -> str:
        asked = json.dumps([model, messages], sort_keys=True).encode()
        return f"answer:{hashlib.sha256(asked).hexdigest()}"


class Memory:
    """What runs leave behind for later ones."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, run_id: str, facts: dict[str, str]) -> None:
        await self._redis.hset(f"run:{run_id}", mapping=facts)
