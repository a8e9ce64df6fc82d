"""Task runs of MOSAIC: a plan, steps by agents, hand-offs, and what becomes of failures."""

from __future__ import annotations

from demo import failures, platform
from demo.calls import MILLI, Outcome, call_model, call_tool, retrieve
from demo.housekeeping import request
from demo.shapes import Agent, Task
from demo.story import PRODUCER, SERVER, Span, Story
from demo.wire import attribute, double, fresh

_VERBS = ("gather", "compare", "decide", "draft", "check", "apply")
_ROUTE = "/v1/tasks/{task_id}/runs"


def work(story: Story) -> None:
    """A task run or, nearly as often, a request that starts none."""
    if story.rng.random() < 0.55:
        task_run(story)
    else:
        request(story)


def task_run(story: Story) -> None:
    """One run of one of the org's tasks, started by a request or by the scheduler."""
    task = story.rng.choice(story.stage.org.tasks)
    _introduce(story, task)
    if story.rng.random() < 0.4:
        request = _request(story)
        run = _run(story, task, request, 4 * MILLI)
        request.end = run.end + 2 * MILLI
    else:
        _run(story, task, None, 0)


def _introduce(story: Story, task: Task) -> None:
    """What all spans of the run have in common."""
    story.run_id = f"run-{story.rng.randrange(16**10):010x}"
    story.common = (
        attribute("aeos.task.id", task.id)
        + fresh("aeos.task.run_id", story.run_id)
        + fresh("session.id", f"session-{story.rng.randrange(16**6):06x}")
        + story.rng.choice(story.stage.users)
    )


def _request(story: Story) -> Span:
    return story.add(
        platform.GATEWAY,
        f"POST {_ROUTE}",
        platform.HANDLE,
        None,
        0,
        0,
        attribute("http.request.method", "POST"),
        attribute("http.route", _ROUTE),
        attribute("http.response.status_code", 202),
        kind=SERVER,
    )


def _run(story: Story, task: Task, parent: Span | None, at: int) -> Span:
    agent = story.rng.choice(story.stage.org.agents)
    run = story.add(
        platform.ORCHESTRATOR,
        f"task.run {task.name}",
        platform.RUN_TASK,
        parent,
        at,
        0,
        story.stage.agents[agent.id],
        story.memory(8),
    )
    end, worked = _plan(story, run, agent, at + MILLI)
    if worked:
        end, worked = _steps(story, run, agent, end)
    run.end = _finish(story, run, end, worked)
    if not worked:
        story.fail(run, failures.STEP_FAILED)
    return run


def _plan(story: Story, run: Span, agent: Agent, at: int) -> Outcome:
    plan = story.add(
        platform.PLANNER,
        "planner.plan",
        platform.PLAN,
        run,
        at,
        0,
        story.stage.agents[agent.id],
        double("aeos.confidence.score", round(story.rng.betavariate(8, 2), 3)),
        story.memory(2),
    )
    end, worked = call_model(story, plan, agent, at + MILLI)
    if not worked:
        story.fail(plan, failures.STEP_FAILED)
    plan.end = end + story.takes(0.02)
    return Outcome(plan.end, worked)


def _steps(story: Story, run: Span, agent: Agent, at: int) -> Outcome:
    """Steps one after another, or side by side; a failed one is planned again once."""
    rng = story.rng
    for number in range(rng.choice((1, 1, 2, 2, 2, 3, 4))):
        if rng.random() < 0.18:
            at = max(
                _step(story, run, agent, at + i * MILLI, number).end
                for i in range(rng.choice((2, 3)))
            )
            continue
        if number and rng.random() < 0.3:
            agent, at = _hand_off(story, run, agent, at)
        at, worked = _step(story, run, agent, at, number)
        if not worked:
            at = _revise(story, run, agent, at)
            at, worked = _step(story, run, agent, at, number)
            if not worked:
                return Outcome(at, False)
    return Outcome(at, True)


def _step(story: Story, run: Span, agent: Agent, at: int, number: int) -> Outcome:
    verb = story.rng.choice(_VERBS)
    step = story.add(
        platform.ORCHESTRATOR,
        f"step.run {verb}",
        platform.RUN_STEP,
        run,
        at,
        0,
        attribute("aeos.step.number", number + 1),
        story.stage.agents[agent.id],
    )
    work = story.add(
        platform.ORCHESTRATOR,
        f"invoke_agent {agent.name}",
        platform.INVOKE,
        step,
        at + MILLI,
        0,
        attribute("gen_ai.operation.name", "invoke_agent"),
        story.stage.agents[agent.id],
        story.memory(4),
    )
    work.end, worked = _work(story, work, agent, at + 2 * MILLI)
    if not worked:
        story.fail(step, failures.STEP_FAILED)
    step.end = work.end + MILLI
    return Outcome(step.end, worked)


def _work(story: Story, work: Span, agent: Agent, at: int) -> Outcome:
    """What an agent does in a step: read, think, act, and sometimes think again."""
    rng = story.rng
    if rng.random() < 0.4:
        at, _ = retrieve(story, work, at)
    at, worked = call_model(story, work, agent, at)
    if worked and rng.random() < 0.4:
        at, worked = _ask_own_service(story, work, at)
    if worked and rng.random() < 0.6:
        at, worked = call_tool(story, work, agent, at)
    if worked and rng.random() < 0.2:
        at, worked = call_model(story, work, agent, at)
    return Outcome(at + story.takes(0.004), worked)


def _ask_own_service(story: Story, work: Span, at: int) -> Outcome:
    org = story.stage.org
    span = story.add(
        org.own,
        org.own_function.name,
        org.own_function,
        work,
        at,
        story.takes(0.3),
        story.memory(1),
        kind=SERVER,
    )
    return Outcome(span.end, not story.fails(span, 0.015, failures.OWN))


def _hand_off(story: Story, run: Span, agent: Agent, at: int) -> tuple[Agent, int]:
    to = story.rng.choice(story.stage.org.agents)
    span = story.add(
        platform.ORCHESTRATOR,
        f"hand_off {to.name}",
        platform.HAND_OFF,
        run,
        at,
        story.takes(0.008),
        attribute("aeos.handoff.from", agent.id),
        attribute("aeos.handoff.to", to.id),
        story.stage.agents[agent.id],
        kind=PRODUCER,
    )
    return to, span.end


def _revise(story: Story, run: Span, agent: Agent, at: int) -> int:
    span = story.add(
        platform.PLANNER,
        "planner.revise",
        platform.REVISE,
        run,
        at,
        story.takes(0.05),
        story.stage.agents[agent.id],
    )
    return span.end


def _finish(story: Story, run: Span, at: int, worked: bool) -> int:
    span = story.add(
        platform.ORCHESTRATOR,
        "task.finish",
        platform.FINISH,
        run,
        at,
        story.takes(0.012),
        attribute("aeos.task.outcome", "done" if worked else "failed"),
        story.memory(-12),
    )
    return span.end + MILLI
