"""Weather as the forecaster needs it: by region and quarter of an hour."""

from __future__ import annotations

import httpx
from pydantic import BaseModel

from aeos.uce.tools import Call

STATIONS = "http://weather.globex.internal"


class Weather(BaseModel):
    """What the model fills in."""

    region: int
    hours: int = 36


def fetch(call: Call, session: httpx.Client) -> list[float]:
    """Temperatures of a region, the next one first."""
    arguments = Weather.model_validate_json(call.arguments)
    call.policy.check(call.agent, call.tool, arguments)
    url = f"{STATIONS}/forecast"
    answer = session.post(url, json=arguments.model_dump())
    answer.raise_for_status()
    quarters = answer.json()["temperature"]
    return [float(value) for value in quarters[: 4 * arguments.hours]]
