"""Authorization: a token says who asks; the policy says whether they may."""

from __future__ import annotations

import hmac

from aeos.gateway.tokens import known_tokens
from aeos.telemetry import traced


class Denied(Exception):
    """The caller may not do this."""


@traced
async def authorize(header: str, path: str) -> str:
    """The org of the caller. Raises Denied."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Denied("no token")
    for known in await known_tokens():
        if hmac.compare_digest(known.digest, token) and path.startswith(known.paths):
            return known.org
    raise Denied("unknown token")
