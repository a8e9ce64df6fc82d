"""The grid: which feeder serves an address."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

GRID = "http://grid.globex.internal"


class Address(BaseModel):
    """What the model fills in."""

    postcode: str
    street: str


def feeder(call: Call, session: httpx.Client) -> str:
    """The feeder of an address."""
    arguments = Address.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{GRID}/feeders"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    return str(answer.json()["feeder"])
