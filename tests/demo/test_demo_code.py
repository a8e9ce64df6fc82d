"""The code of the demo: every place that a span or a stack trace names is there."""

from __future__ import annotations

import re
from collections.abc import Callable

from cast import World
from demo_reading import Read
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from dashboards.serving import Web
from demo import code, platform, uploads
from demo.shapes import Function
from demo.world import ORGS
from queries import source

FRAME = re.compile(r'File "/srv/([^"]+)", line (\d+), in (\S+)\n    (.+)')
LATEST = len(platform.RELEASES) - 1


def sources(path: str) -> list[list[str]]:
    """The lines of a file in every release."""
    package = path.partition("/")[0]
    releases = range(len(platform.RELEASES))
    return [code.files(package, release)[path].decode().split("\n") for release in releases]


def test_every_function_a_span_names_begins_where_it_says(history: Read) -> None:
    places = {
        tuple(
            seen.attributes[f"code.{what}"]
            for what in ("file.path", "line.number", "function.name")
        )
        for seen in history.spans
        if "code.file.path" in seen.attributes
    }
    assert len(places) > 30
    for path, line, function in places:
        head = rf"\s*(?:async )?def {str(function).rpartition('.')[2]}\("
        assert any(
            len(lines) >= line and re.match(head, lines[line - 1]) for lines in sources(str(path))
        ), (path, line, function)


def test_every_frame_of_a_stack_trace_is_a_line_of_the_code(history: Read) -> None:
    frames = set()
    for seen in history.spans:
        assert isinstance(seen.item, Span)
        for event in seen.item.events:
            text = {a.key: a.value.string_value for a in event.attributes}
            frames |= set(FRAME.findall(text.get("exception.stacktrace", "")))
    assert len(frames) > 40
    for path, line, _, text in frames:
        assert any(
            len(lines) >= int(line) and lines[int(line) - 1].strip() == text
            for lines in sources(path)
        ), (path, line, text)


def test_the_release_that_got_slow_has_a_reason_in_its_code() -> None:
    path = "aeos/uce/retrieval.py"
    before, after = (code.files("aeos", release)[path] for release in (LATEST - 1, LATEST))
    assert b"rerank_score" not in before
    assert b'hit.payload["rerank_score"]' in after
    rerank = Function("aeos.uce.retrieval.Retriever.rerank", path)
    assert code.line_of(rerank, LATEST) != code.line_of(rerank, LATEST - 1)


def test_it_all_arrives_like_any_other_source(new_world: Callable[..., World]) -> None:
    world = new_world()
    web = Web(world.app.server, "127.0.0.1", 0)
    web.start()
    orgs = {"globex": ORGS["globex"]}
    assert uploads.send(web.url, world.keys, orgs) > 20
    assert uploads.send(web.url, world.keys, orgs) == 0
    web.stop()
    charlie = world.scope("charlie")
    for _, revision, _ in platform.RELEASES:
        for file in ("/srv/aeos/uce/retrieval.py", "globex/forecast/model.py"):
            found = source.source_of(charlie, "uce-retriever", [revision], file)
            assert found.source, (revision, file)
            assert found.note == ""
    assert source.source_of(charlie, "uce-retriever", [], "acme/parts.py").source is None
    assert source.revisions_of(world.scope("alice"), "uce-retriever") == ()
