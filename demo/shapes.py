"""What a made-up organisation consists of. Everything here is data; the stories move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Subsystem = Literal["MOSAIC", "DAMN", "UCE", "SYSTEM"]
Value = str | bool | int | float


@dataclass(frozen=True)
class Function:
    """A function of the code base, as `code.*` attributes name it; its line is in demo.code."""

    name: str
    file: str


@dataclass(frozen=True)
class Service:
    """A process that sends telemetry; `subsystem` and `group` are those of its spans."""

    name: str
    subsystem: Subsystem
    group: str


@dataclass(frozen=True)
class Model:
    """A language model: prices in US dollars per million tokens, speed in tokens a second."""

    provider: str
    name: str
    input_price: float
    cached_price: float
    output_price: float
    speed: float
    openinference: bool = False


@dataclass(frozen=True)
class Tool:
    """A tool an agent can call; `seconds` is its median, `risk` the share of calls that fail."""

    name: str
    function: Function
    seconds: float
    risk: float = 0.02


@dataclass(frozen=True)
class Agent:
    id: str
    name: str
    fleet: str
    silent_hours: float = 0.0
    """Hours before the end of the history since when it sends no heartbeat."""


@dataclass(frozen=True)
class Stuck:
    """A variable repeats one value from `since` to `until`, in hours before the end."""

    since: float
    until: float
    value: Value


@dataclass(frozen=True)
class Variable:
    """A watched variable: `base` ± `swing` for numbers, `cycle` for everything that has states."""

    name: str
    base: float = 0.0
    swing: float = 0.0
    whole: bool = False
    solar: bool = False
    cycle: tuple[Value, ...] = ()
    stuck: tuple[Stuck, ...] = ()


@dataclass(frozen=True)
class Task:
    """A kind of work; the prompt is what its agents are asked."""

    id: str
    name: str
    prompt: str


@dataclass(frozen=True)
class Org:
    """An organisation; `share` is its part of all demo spans."""

    slug: str
    name: str
    plan: Literal["free", "pro", "enterprise"]
    share: float
    agents: tuple[Agent, ...]
    tasks: tuple[Task, ...]
    models: tuple[Model, ...]
    tools: tuple[Tool, ...]
    variables: tuple[Variable, ...]
    collection: str
    own: Service
    own_function: Function
