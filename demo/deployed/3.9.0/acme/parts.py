"""Spare parts: the catalogue, and orders to suppliers."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

CATALOGUE = "http://parts.acme.internal"
SUPPLIERS = "http://suppliers.acme.internal"


class Query(BaseModel):
    """What the model fills in."""

    words: str
    most: int = 10


def find(call: Call, session: httpx.Client) -> list[dict[str, str]]:
    """Parts whose description has the words."""
    arguments = Query.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{CATALOGUE}/search"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    found = answer.json()["parts"]
    return sorted(found, key=lambda part: part["price"])[: arguments.most]


class Order(BaseModel):
    """What the model fills in."""

    part: str
    quantity: int
    before: str


def order(call: Call, session: httpx.Client) -> str:
    """Draft a purchase order; a person signs it."""
    arguments = Order.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{SUPPLIERS}/orders"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    draft = answer.json()
    return f"{draft['id']}: {arguments.quantity} × {arguments.part} until {arguments.before}"
