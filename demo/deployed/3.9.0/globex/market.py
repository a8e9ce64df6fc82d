"""The day-ahead market: bids inside the limit of risk."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

MARKET = "http://market.globex.internal"
LIMIT_EUR = 250_000.0


class Bid(BaseModel):
    """What the model fills in."""

    block: int
    megawatts: float
    price: float


def submit(call: Call, session: httpx.Client) -> str:
    """Hand in a bid and return its number."""
    arguments = Bid.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{MARKET}/bids"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    if arguments.megawatts * arguments.price > LIMIT_EUR:
        return "above the limit: a person decides"
    return str(answer.json()["bid"])
