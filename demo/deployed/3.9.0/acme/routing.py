"""Routes of pickers through the warehouse, from the solver that knows every aisle."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

SOLVER = "http://solver.acme.internal"
MOST_STOPS = 60
"""Stops of one route; more are split into waves."""


class Wave(BaseModel):
    """What the model fills in."""

    aisles: list[int]
    blocked: list[str] = []
    robots: int = 1


def solve(call: Call, session: httpx.Client) -> list[str]:
    """The order of stops that walks least."""
    arguments = Wave.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{SOLVER}/routes"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    stops = answer.json()["stops"]
    free = [stop for stop in stops if stop.partition("-")[0] not in arguments.blocked]
    return free[:MOST_STOPS]
