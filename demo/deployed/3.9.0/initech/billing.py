"""Billing: refunds within what the policy allows."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

BILLING = "http://billing.initech.internal"
ALONE_UP_TO = 100.0


class Refund(BaseModel):
    """What the model fills in."""

    order: int
    amount: float
    reason: str


def refund(call: Call, session: httpx.Client) -> str:
    """Give money back; larger amounts wait for a person."""
    arguments = Refund.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{BILLING}/refunds"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    if arguments.amount > ALONE_UP_TO:
        return "waits for a person"
    return str(answer.json()["refund"])
