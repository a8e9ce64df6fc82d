"""The gateway: every request from outside is authorized, routed and answered here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aeos.gateway.auth import Denied, authorize
from aeos.telemetry import traced


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""


@dataclass(frozen=True)
class Route:
    prefix: str
    handler: Callable[[Request], Awaitable[Response]]


class InternalServerError(Exception):
    """A handler failed; the caller sees status 500 and nothing else."""


@traced
async def handle(request: Request, routes: list[Route]) -> Response:
    """Answer a request."""
    try:
        await authorize(request.headers.get("authorization", ""), request.path)
    except Denied:
        return Response(403)
    for route in routes:
        if request.path.startswith(route.prefix):
            return await route.handler(request)
    return Response(404)
