"""Calls an agent makes: models, tools, retrieval. Each returns when it is over and if it worked."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from demo import failures, platform
from demo.calendar import SECOND
from demo.shapes import Agent, Model, Tool
from demo.stage import PROMPTS
from demo.story import CLIENT, INTERNAL, Span, Story
from demo.wire import attribute, double

MILLI: Final = SECOND // 1000
ATTEMPTS: Final = 3
STAYS_BAD: Final = 0.35
"""Share of the second and third attempts that fail: trouble seldom comes alone."""


class Outcome(NamedTuple):
    end: int
    worked: bool


def call_model(story: Story, parent: Span, agent: Agent, at: int) -> Outcome:
    """A model call behind the answer cache, tried again when the provider fails."""
    model = story.rng.choice(story.stage.org.models)
    if story.rng.random() < 0.35:
        at, hit = _look_up(story, parent, at)
        if hit:
            return Outcome(at, True)
    for attempt in range(ATTEMPTS):
        span = _ask(story, parent, agent, model, at)
        if not story.fails(span, STAYS_BAD if attempt else 0.05, failures.of_model(model.provider)):
            return Outcome(span.end, True)
        span.parts.append(attribute("aeos.retry.attempt", attempt + 1))
        at = span.end + story.takes(0.4 * 2**attempt)
    return Outcome(at, False)


def _look_up(story: Story, parent: Span, at: int) -> tuple[int, bool]:
    hit = story.rng.random() < 0.3
    span = story.add(
        platform.ROUTER,
        "cache.get",
        platform.LOOK_UP,
        parent,
        at,
        story.takes(0.003),
        attribute("aeos.cache.hit", hit),
        attribute("db.system.name", "redis"),
        kind=CLIENT,
    )
    return span.end, hit


def _ask(story: Story, parent: Span, agent: Agent, model: Model, at: int) -> Span:
    rng = story.rng
    tokens_in = 180 + int(rng.expovariate(1 / 1400))
    tokens_out = 20 + int(rng.expovariate(1 / 180))
    cached = tokens_in // 128 * 96 if rng.random() < 0.3 else 0
    first = story.takes(0.35) * story.now.slowness
    lasts = int(first + tokens_out / model.speed * story.now.slowness * SECOND)
    service, function = (
        (platform.BRIDGE, platform.CALL_BRIDGE)
        if model.openinference
        else (platform.ROUTER, platform.CALL_MODEL)
    )
    span = story.add(
        service,
        f"chat {model.name}",
        function,
        parent,
        at,
        lasts,
        story.stage.agents[agent.id],
        _identity(model),
        story.memory(3),
        kind=CLIENT,
    )
    usage = _openinference if model.openinference else _gen_ai
    span.parts += usage(
        story, tokens_in, tokens_out, cached, _cost(model, tokens_in, tokens_out, cached)
    )
    if not model.openinference:
        span.parts.append(double("gen_ai.server.time_to_first_token", first / SECOND))
    return span


@cache
def _identity(model: Model) -> bytes:
    if model.openinference:
        return (
            attribute("openinference.span.kind", "LLM")
            + attribute("llm.provider", model.provider)
            + attribute("llm.model_name", model.name)
        )
    return (
        attribute("gen_ai.operation.name", "chat")
        + attribute("gen_ai.provider.name", model.provider)
        + attribute("gen_ai.request.model", model.name)
        + attribute("gen_ai.response.model", model.name)
        + attribute("gen_ai.request.temperature", 0.2)
    )


def _cost(model: Model, tokens_in: int, tokens_out: int, cached: int) -> float:
    millionths = (
        (tokens_in - cached) * model.input_price
        + cached * model.cached_price
        + tokens_out * model.output_price
    )
    return round(millionths / 1e6, 8)


def _gen_ai(story: Story, tokens_in: int, tokens_out: int, cached: int, cost: float) -> list[bytes]:
    talk = story.rng.randrange(PROMPTS)
    return [
        attribute("gen_ai.usage.input_tokens", tokens_in),
        attribute("gen_ai.usage.output_tokens", tokens_out),
        attribute("gen_ai.usage.cache_read.input_tokens", cached),
        double("aeos.cost_usd", cost),
        story.stage.chat_inputs[talk],
        story.stage.chat_outputs[talk],
    ]


def _openinference(
    story: Story, tokens_in: int, tokens_out: int, cached: int, cost: float
) -> list[bytes]:
    talk = story.rng.randrange(PROMPTS)
    return [
        attribute("llm.token_count.prompt", tokens_in),
        attribute("llm.token_count.completion", tokens_out),
        attribute("llm.token_count.prompt_details.cache_read", cached),
        double("llm.cost.total", cost),
        story.stage.chain_inputs[talk],
        story.stage.chain_outputs[talk],
    ]


def call_tool(story: Story, parent: Span, agent: Agent, at: int) -> Outcome:
    """A tool execution; a failed attempt is followed by another one."""
    tool = story.rng.choice(story.stage.org.tools)
    for attempt in range(ATTEMPTS):
        span, inner = _execute(story, parent, agent, tool, at)
        if not story.fails(inner, STAYS_BAD if attempt else tool.risk * 1.5, failures.TOOL):
            return Outcome(span.end, True)
        span.failure = inner.failure
        span.parts.append(attribute("aeos.retry.attempt", attempt + 1))
        at = span.end + story.takes(0.2 * 2**attempt)
    return Outcome(at, False)


def _execute(story: Story, parent: Span, agent: Agent, tool: Tool, at: int) -> tuple[Span, Span]:
    """The runner's span and the tool's own inside it."""
    runner = story.add(
        platform.TOOLS,
        f"execute_tool {tool.name}",
        platform.RUN_TOOL,
        parent,
        at,
        story.takes(tool.seconds),
        story.stage.agents[agent.id],
        story.stage.tools[tool.name],
        story.memory(0),
    )
    inner = story.add(
        platform.TOOLS,
        tool.function.name,
        tool.function,
        runner,
        at + MILLI,
        max(MILLI, runner.end - at - 2 * MILLI),
        kind=CLIENT if story.rng.random() < 0.5 else INTERNAL,
    )
    runner.end = inner.end + MILLI
    return runner, inner


def retrieve(story: Story, parent: Span, at: int) -> Outcome:
    """Retrieval for a prompt: embed it, search the collection, rerank what was found."""
    root = story.add(
        platform.RETRIEVER,
        "retrieve",
        platform.RETRIEVE,
        parent,
        at,
        0,
        attribute("gen_ai.operation.name", "retrieval"),
        attribute("gen_ai.data_source.id", story.stage.org.collection),
    )
    embed = _embed(story, root, at + MILLI)
    search = _search(story, root, embed.end)
    if story.fails(search, 0.02, failures.RETRIEVAL):
        root.end, root.failure = search.end + MILLI, search.failure
        return Outcome(root.end, False)
    rerank = _rerank(story, root, search.end)
    root.end = rerank.end + MILLI
    root.failure = rerank.failure
    return Outcome(root.end, root.failure is None)


def _embed(story: Story, parent: Span, at: int) -> Span:
    model = platform.EMBEDDER
    tokens = story.rng.randint(12, 160)
    return story.add(
        platform.RETRIEVER,
        f"embeddings {model.name}",
        platform.EMBED,
        parent,
        at,
        story.takes(0.06 * story.now.slowness),
        attribute("gen_ai.operation.name", "embeddings"),
        attribute("gen_ai.provider.name", model.provider),
        attribute("gen_ai.request.model", model.name),
        attribute("gen_ai.usage.input_tokens", tokens),
        double("gen_ai.usage.cost", tokens * model.input_price / 1e6),
        kind=CLIENT,
    )


def _search(story: Story, parent: Span, at: int) -> Span:
    return story.add(
        platform.RETRIEVER,
        f"search {story.stage.org.collection}",
        platform.SEARCH,
        parent,
        at,
        story.takes(0.025),
        attribute("db.system.name", "qdrant"),
        attribute("db.operation.name", "search"),
        attribute("aeos.retrieval.hits", story.rng.randint(0, 12)),
        double("aeos.retrieval.top_score", round(story.rng.betavariate(6, 2), 4)),
        kind=CLIENT,
    )


def _rerank(story: Story, parent: Span, at: int) -> Span:
    """The newest release made this slower, hungrier and sometimes wrong."""
    slower = 4.0 if story.now.regressed else 1.0
    span = story.add(
        platform.RETRIEVER,
        "rerank",
        platform.RERANK,
        parent,
        at,
        story.takes(0.08 * slower),
        story.memory(420 if story.now.regressed else 0),
    )
    if story.now.regressed and story.rng.random() < 0.06:
        story.fail(span, failures.REGRESSION)
    return span
