"""Search in the manuals, in Japanese and English."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

MANUALS = "http://manuals.acme.internal"


class 検索(BaseModel):
    """What the model fills in."""

    words: str
    language: str = "ja"


def find(call: Call, session: httpx.Client) -> list[str]:
    """Titles of the pages that have the words."""
    arguments = 検索.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{MANUALS}/pages"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    pages = answer.json()["pages"]
    return [page["title"] for page in pages if page["language"] == arguments.language]
