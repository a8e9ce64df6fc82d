"""A few traces that no instrumentation should send and every analyst meets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from demo import platform
from demo.calls import MILLI, call_model
from demo.stage import Stage
from demo.story import CLIENT, SERVER, Span, Story
from demo.wire import attribute, fresh

ORPHAN: Final = "late.callback"
"""Spans of this name have a parent that was never sent."""
SKEWED: Final = "edge.receive"
"""Spans of this name start before their parents, because two clocks disagree."""
TWO_ROOTS: Final = "mailbox.import"
GIANT: Final = "bulk.reindex"
GIANT_SPANS: Final = 3000
LONG_PROMPT: Final = 30_000

Teller = Callable[[Story], None]


def of(stage: Stage, spans: int) -> Iterator[tuple[float, Teller]]:
    """Each oddity with its age in hours; `spans` limits the giant trace of small histories."""
    for age in (0.4, 2.2, 13.0, 57.0, 201.0):
        yield age, _orphan
    for age in (0.7, 5.1, 90.0):
        yield age, _skew
    yield 1.3, _two_roots
    yield 1.6, _long_prompt
    yield 0.9, _unicode
    if stage.org.slug == "acme":
        size = min(GIANT_SPANS, spans // 50)
        yield 2.8, lambda story: _giant(story, size)


def _orphan(story: Story) -> None:
    lost = story.add(platform.GATEWAY, "POST /v1/callbacks", platform.HANDLE, None, 0, 900 * MILLI)
    lost.sent = False
    callback = story.add(
        platform.TOOLS, ORPHAN, platform.RUN_TOOL, lost, 40 * MILLI, story.takes(0.4)
    )
    _query(story, callback, callback.start + MILLI)


def _query(story: Story, parent: Span, at: int) -> Span:
    return story.add(
        platform.GATEWAY, "db.fetch", platform.QUERY, parent, at, story.takes(0.01), kind=CLIENT
    )


def _skew(story: Story) -> None:
    sender = story.add(platform.COLLECTOR, "edge.send", platform.ACQUIRE, None, 0, 300 * MILLI)
    early = sender.start - story.takes(0.8, 0.2)
    receiver = story.add(
        platform.PIPELINE, SKEWED, platform.LOAD, sender, early, story.takes(0.05), kind=SERVER
    )
    _query(story, receiver, receiver.start + MILLI)


def _two_roots(story: Story) -> None:
    for at in (0, 1500 * MILLI):
        root = story.add(
            platform.PIPELINE, TWO_ROOTS, platform.TRANSFORM, None, at, story.takes(1.0)
        )
        _query(story, root, at + MILLI)


def _long_prompt(story: Story) -> None:
    """A prompt of 30 kB, still within what the receiver keeps."""
    step = story.add(
        platform.ORCHESTRATOR, "step.run summarise", platform.RUN_STEP, None, 0, story.takes(14.0)
    )
    prompt = " ".join(story.rng.choice(story.stage.prompts) for _ in range(400))
    step.parts.append(fresh("input.value", prompt.encode()[:LONG_PROMPT].decode(errors="ignore")))
    call_model(story, step, story.stage.org.agents[0], MILLI)


def _unicode(story: Story) -> None:
    """Names in several scripts: right to left, combined, and outside the basic plane."""
    root = story.add(
        platform.ORCHESTRATOR, "Übergabe → 夜勤 (ночная смена)", platform.RUN_TASK, None, 0, 0
    )
    at = MILLI
    for name in ("تقرير الصيانة", "Ångström-Prüfung", "🤖 手順を確認", "नई योजना"):
        at = story.add(platform.TOOLS, name, platform.RUN_TOOL, root, at, story.takes(0.1)).end
    root.end = at + MILLI


def _giant(story: Story, size: int) -> None:
    """One job that wrote a span for every document it touched."""
    root = story.add(platform.PIPELINE, GIANT, platform.TRANSFORM, None, 0, 0)
    at = MILLI
    page = root
    for number in range(size - 1):
        if number % 50 == 0:
            page = story.add(platform.PIPELINE, "reindex.page", platform.LOAD, root, at, 0)
        else:
            story.add(
                platform.RETRIEVER,
                "reindex.document",
                platform.EMBED,
                page,
                at,
                story.takes(0.006),
                attribute("aeos.document.number", number),
            )
            at = story.spans[-1].end
        page.end = at + MILLI
    root.end = at + 2 * MILLI
