"""What is known about a customer."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

CRM = "http://crm.initech.internal"


class Customer(BaseModel):
    """What the model fills in."""

    email: str


def find(call: Call, session: httpx.Client) -> dict[str, str]:
    """A customer by e-mail."""
    arguments = Customer.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{CRM}/customers/find"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    return dict(answer.json()["customer"])
