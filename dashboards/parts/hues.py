"""Hues: the colour of a service, the same on every page that shows the same services.

The one idea: a service has a hue of its own; where another one on the page was given it first, it
takes the next that is free, so that few services never look alike.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2s

from dashboards.parts.charts import HUES

NOBODY: frozenset[str] = frozenset()


def hue(service: str | None, among: frozenset[str] = NOBODY) -> int:
    """Which of the hues a service has among others; `hue-<number>` is its class in our styles."""
    return _assigned(among).get(service or "", _own(service or ""))


def colour(service: str | None, among: frozenset[str] = NOBODY) -> str:
    """The colour of a service, for charts."""
    return HUES[hue(service, among)]


@lru_cache(maxsize=256)
def _assigned(services: frozenset[str]) -> dict[str, int]:
    """A hue for each, in the order of their names; all are taken before one is used again."""
    found: dict[str, int] = {}
    free = list(range(len(HUES)))
    for service in sorted(services):
        wanted = _own(service)
        found[service] = next((n for n in free if n >= wanted), free[0])
        free.remove(found[service])
        free = free or list(range(len(HUES)))
    return found


@lru_cache(maxsize=4_096)
def _own(service: str) -> int:
    """The hue that the name alone gives."""
    name = service.encode(errors="surrogatepass")
    return int.from_bytes(blake2s(name, digest_size=4).digest()) % len(HUES)
