"""What runs without agents: data acquisition of DAMN, requests and heartbeats of SYSTEM."""

from __future__ import annotations

from math import pi, sin

from demo import failures, platform
from demo.calendar import hour_of_day
from demo.calls import MILLI
from demo.shapes import Agent, Value, Variable
from demo.story import CLIENT, SERVER, Span, Story
from demo.wire import attribute, double

_REQUESTS = (
    ("GET", "/v1/tasks/{task_id}"),
    ("GET", "/v1/runs/{run_id}"),
    ("GET", "/v1/agents"),
    ("POST", "/v1/messages"),
    ("GET", "/v1/fleets/{fleet}/status"),
)


def acquisition(story: Story, number: int) -> None:
    """A cycle of DAMN: read every watched variable, transform, load."""
    org = story.stage.org
    root = story.add(
        platform.COLLECTOR, "acquire.cycle", platform.ACQUIRE, None, 0, 0, story.memory(1)
    )
    at = MILLI
    for offset, variable in enumerate(org.variables):
        at = _read(story, root, variable, number + offset, at)
    at = _pull(story, root, at)
    at = _transform(story, root, at)
    root.end = at + MILLI


def _read(story: Story, root: Span, variable: Variable, number: int, at: int) -> int:
    span = story.add(
        platform.COLLECTOR,
        f"sensor.read {variable.name}",
        platform.READ,
        root,
        at,
        story.takes(0.012),
        kind=CLIENT,
    )
    if not story.fails(span, 0.004, failures.SENSOR):
        span.parts.append(_watched(variable.name, reading(story, variable, number)))
    return span.end


def _watched(name: str, value: Value) -> bytes:
    key = f"aeos.data.{name}"
    return double(key, value) if isinstance(value, float) else attribute(key, value)


def reading(story: Story, variable: Variable, number: int) -> Value:
    """The value of `variable` now: stuck, by state, by the sun, or wandering around its base."""
    for stuck in variable.stuck:
        if stuck.since >= story.now.age >= stuck.until:
            return stuck.value
    if variable.cycle:
        return variable.cycle[number % len(variable.cycle)]
    if variable.solar:
        return _sunshine(story, variable)
    value = variable.base + variable.swing * story.rng.uniform(-1, 1)
    return round(value) if variable.whole else round(value, 4)


def _sunshine(story: Story, variable: Variable) -> float:
    """Nothing from eight in the evening to six in the morning (UTC)."""
    height = sin((hour_of_day(story.now.at) - 6) / 14 * pi)
    if not 6 <= hour_of_day(story.now.at) < 20:
        return 0.0
    return round(variable.swing * height * story.rng.uniform(0.75, 1.0) + 0.1, 2)


def _pull(story: Story, root: Span, at: int) -> int:
    org = story.stage.org
    span = story.add(
        org.own,
        org.own_function.name,
        org.own_function,
        root,
        at,
        story.takes(0.2),
        story.memory(1),
    )
    story.fails(span, 0.015, failures.OWN)
    return span.end


def _transform(story: Story, root: Span, at: int) -> int:
    rows = story.rng.randint(40, 900)
    transform = story.add(
        platform.PIPELINE,
        "etl.transform",
        platform.TRANSFORM,
        root,
        at,
        story.takes(0.05),
        attribute("aeos.etl.rows", rows),
        story.memory(6),
    )
    load = story.add(
        platform.PIPELINE,
        "etl.load",
        platform.LOAD,
        root,
        transform.end,
        story.takes(0.08),
        attribute("aeos.etl.rows", rows),
        attribute("db.system.name", "postgresql"),
        story.memory(-6),
        kind=CLIENT,
    )
    story.fails(load, 0.02, failures.STORE)
    return load.end


def request(story: Story) -> None:
    """A request at the gateway that starts no run."""
    method, route = story.rng.choice(_REQUESTS)
    root = story.add(
        platform.GATEWAY,
        f"{method} {route}",
        platform.HANDLE,
        None,
        0,
        0,
        attribute("http.request.method", method),
        attribute("http.route", route),
        story.rng.choice(story.stage.users),
        kind=SERVER,
    )
    check = story.add(
        platform.GATEWAY, "authorize", platform.AUTHORIZE, root, MILLI, story.takes(0.002)
    )
    query = story.add(
        platform.GATEWAY,
        "db.fetch",
        platform.QUERY,
        root,
        check.end,
        story.takes(0.012),
        attribute("db.system.name", "postgresql"),
        kind=CLIENT,
    )
    root.end = query.end + MILLI
    root.parts.append(attribute("http.response.status_code", _status(story, root, query)))


def _status(story: Story, root: Span, query: Span) -> int:
    if story.fails(query, 0.025, failures.STORE):
        story.fail(root, failures.SERVER_ERROR)
        return 503
    return 404 if story.rng.random() < 0.02 else 200


def heartbeats(story: Story) -> None:
    """A tick of the scheduler and the heartbeat of every agent that is alive."""
    root = story.add(platform.SCHEDULER, "scheduler.tick", platform.TICK, None, 0, 0)
    at = MILLI
    for agent in story.stage.org.agents:
        if story.now.age >= agent.silent_hours:
            at = _beat(story, root, agent, at)
    root.end = at + MILLI


def _beat(story: Story, root: Span, agent: Agent, at: int) -> int:
    span = story.add(
        platform.SCHEDULER,
        "agent.heartbeat",
        platform.BEAT,
        root,
        at,
        story.takes(0.002),
        story.stage.agents[agent.id],
        double("process.cpu.utilization", round(story.rng.uniform(0.02, 0.7), 3)),
    )
    return span.end
