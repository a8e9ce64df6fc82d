"""Vision: how far a picture of a gripper is from that of a new one."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

CAMERAS = "http://vision.acme.internal"
WORN = 0.32


class Pictures(BaseModel):
    """What the model fills in."""

    batch: int
    pads: list[str]


def compare(call: Call, session: httpx.Client) -> dict[str, float]:
    """Pads that show wear, with how much."""
    arguments = Pictures.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{CAMERAS}/compare"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    wear = answer.json()["wear"]
    return {pad: share for pad, share in wear.items() if share >= WORN}
