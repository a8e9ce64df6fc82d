"""Tickets: finding those that resemble one, and answering."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

DESK = "http://desk.initech.internal"


class Query(BaseModel):
    """What the model fills in."""

    words: str
    open_only: bool = True


def search(call: Call, session: httpx.Client) -> list[str]:
    """Numbers of tickets that have the words."""
    arguments = Query.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{DESK}/search"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    tickets = answer.json()["tickets"]
    return [t["number"] for t in tickets if t["open"] or not arguments.open_only]


class Reply(BaseModel):
    """What the model fills in."""

    ticket: int
    text: str
    article: str = ""


def reply(call: Call, session: httpx.Client) -> str:
    """Send an answer to the customer."""
    arguments = Reply.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{DESK}/replies"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    sent = answer.json()["id"]
    return f"answered {arguments.ticket} with {sent}"
