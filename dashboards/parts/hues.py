"""Hues: the colour of a service, the same on every page and in every run."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2s

from dashboards.parts.charts import HUES


@lru_cache(maxsize=4_096)
def hue(service: str | None) -> int:
    """Which of the hues a service has; `hue-<number>` is its class in our style sheet."""
    name = (service or "").encode(errors="surrogatepass")
    return int.from_bytes(blake2s(name, digest_size=4).digest()) % len(HUES)


def colour(service: str | None) -> str:
    """The colour of a service, for charts."""
    return HUES[hue(service)]
