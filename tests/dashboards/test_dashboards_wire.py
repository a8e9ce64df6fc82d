"""Every callback over the wire: whose data it shows, whose it never shows, and how it fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import pytest
import wire
from cast import NOW, World, span
from flask.testing import FlaskClient
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from wire import Callback, ask, callbacks, page_with, words

from access.clock import utc_now
from access.people import disable_org
from queries import reader, trace
from queries.answers import Answers
from queries.reader import Sql
from records.models import Org

CANARIES = {
    what: f"zq{what}canary"
    for what in (
        "name",
        "service",
        "group",
        "agent",
        "model",
        "provider",
        "exception",
        "message",
        "variable",
        "value",
        "function",
        "file",
        "attribute",
        "gauge",
    )
}
"""What acme sends and nobody else may see, in every column that telemetry fills."""

TRACE = 0xFACADE
RANGE = f"since={NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"

LISTS = ("", "mode=traces")

SEARCHES = (
    "",
    "mode=traces",
    "q=zqname+-status:ok",
    "find=zqfunction",
    f"function={CANARIES['function']}",
    "mode=watched",
    "cols=process,attr.some.attribute,resource.service.name,agent,model",
    f"trace={TRACE:032x}&span={1:016x}",
    *(f"trace={TRACE:032x}&tab={tab}" for tab in ("flame", "operations", "graph", "logs", "raw")),
    f"trace={TRACE:032x}&tab=cohort",
    "select=status:error",
    "chart=errors",
    "chart=duration",
    "map=agent",
    f"node=service:{CANARIES['service']}",
    f"trace={TRACE:032x}&other={TRACE:032x}",
    "section=variables",
    "section=variables&"
    + urlencode(
        {"variable": json.dumps([CANARIES["service"], CANARIES["name"], CANARIES["variable"], ""])}
    ),
    "section=silences",
    "section=channels",
    "section=rules",
    "section=builder",
)
"""Places on the page; each is asked with every org in the URL."""

WITHOUT_TELEMETRY = {
    "shell-room.children",
    "shell-range-label.children",
    "shell-banner.children",
    "..shell-custom.data...shell-range-error.children..",
    "overview-orgs.children",
    "overview-heat-zoom.data",
    "..traces-search-answer.data...traces-search-error.children..",
    "traces-search-joined.data",
    "traces-search-terms.children",
    "share-made.data",
    "traces-chart-zoom.data",
    # what a cell, a clock, a choice of columns or a saved view says is the reader's own
    "traces-term.data",
    "traces-jumped.data",
    "traces-columns-remembered.data",
    "..saved-views.data...saved-list.children..",
    "..saved-done.data...saved-error.children..",
}
WITHOUT_TELEMETRY |= {
    # what rules say; the time machine answers when it is done, and is asked apart
    "..rules-table.columnDefs...rules-table.rowData...rules-tools.children"
    "...rules-summary.children...rules-face.children..",
    "..rules-done.data...rules-error.children...rules-file.data..",
    "..rules-yaml-answer.children...rules-yaml-loaded.data..",
    "..builder-sentence.children...builder-problems.data..",
    "..builder-saved.data...builder-error.children..",
    "..replay-head.children...replay-sides.children..",
    "..replay-progress.children...replay-result.children...replay-chart.figure"
    "...replay-chart-note.children...replay-chart-face.children...replay-table.rowData"
    "...replay-table-face.children...replay-summary.children...replay-poll.disabled..",
    # where alerts stand, what happened to them, and what a person does about one
    "..alerts-tiles.children...alerts-active-table.columnDefs...alerts-active-table.rowData"
    "...alerts-active-summary.children...alerts-active-face.children..",
    "..alerts-detail-head.children...alerts-detail-body.children...alerts-detail-past.children..",
    "..alerts-detail-actions.hidden...alerts-looked-after.children...alerts-acknowledging.hidden"
    "...alerts-take-back.hidden...alerts-snoozing.hidden...alerts-wake.hidden"
    "...alerts-noting.hidden..",
    "..alerts-detail-chart.figure...alerts-detail-chart-face.children..",
    "..alerts-detail-done.data...alerts-detail-error.children...alerts-acknowledge-note.value..",
    "..alerts-detail-done.data...alerts-detail-error.children...alerts-note.value..",
    "..alerts-detail-done.data...alerts-detail-error.children..",
    "..alerts-history-table.columnDefs...alerts-history-table.rowData"
    "...alerts-history-face.children...alerts-history-summary.children"
    "...alerts-history-pager.children..",
    "..alerts-history-tabs.children...alerts-history-rule.options...alerts-history-kind.options..",
    "..alerts-inbox-summary.children...alerts-inbox-list.children...alerts-inbox-pager.children..",
    "..bell-count.children...bell-list.children..",
    "bell-read.data",
    # what is silenced, where notifications go, and what somebody types about it
    "..alerts-silences-kinds.children...alerts-silences-new.children"
    "...alerts-silences-list.children...alerts-silences-summary.children..",
    "..alerts-silences-done.data...alerts-silences-said.children..",
    "..alerts-channels-new.children...alerts-channels-list.children..",
    "alerts-channels-log.children",
    "alerts-channels-left.children",
    "..alerts-silences-title.children...alerts-silences-matchers.value"
    "...alerts-silences-since.value...alerts-silences-lasts.value...alerts-silences-until.value"
    "...alerts-silences-repeats.value...alerts-silences-days.value...alerts-silences-from.value"
    "...alerts-silences-to.value...alerts-silences-zone.value...alerts-silences-comment.value"
    "...alerts-silences-error.children...alerts-silences-save.disabled..",
    "..alerts-silences-preview.children...alerts-silences-labels.children..",
    "..alerts-silences-saved.data...alerts-silences-error.children..",
    "..alerts-channels-done.data...alerts-channels-said.children"
    "...alerts-channels-secret.children..",
    "..alerts-channels-tried.children...alerts-channels-tried.className"
    "...alerts-channels-watched.data..",
    "..alerts-channels-title.children...alerts-channels-kind.value...alerts-channels-name.value"
    "...alerts-channels-url.value...alerts-channels-to.value...alerts-channels-hook.value"
    "...alerts-channels-key.value...alerts-channels-region.value...alerts-channels-error.children"
    "...alerts-channels-save.disabled..",
    "..alerts-channels-saved.data...alerts-channels-error.children"
    "...alerts-channels-secret.children..",
}
"""Callbacks whose answer to a member does not depend on telemetry. A new one is not among them."""

AS_OF = re.compile(
    r"\d+ (?:s|min|h|d) ago|[\d.]+ items(?:/|\\u002f)s|until=\d{4}[^\"&]*"
    r"|as of \d\d:\d\d:\d\d|version[= ]\d+|data:image(?:/|\\u002f)svg[^}]*"
)
"""Clocks, lines over the hours of today, and the number of commits, which all orgs share."""


def search(rest: str = "", org: str = "") -> str:
    return "?" + "&".join(filter(None, [RANGE, f"org={org}" if org else "", rest]))


def telemetry() -> list[Span]:
    """Six spans of one trace, each carrying all canaries; one failed."""
    return [
        span(
            CANARIES["name"],
            trace=TRACE,
            number=number + 1,
            parent=1 if number else None,
            ago=600 + number,
            error=CANARIES["exception"] if number == 3 else None,
            gen_ai__operation__name="chat",
            gen_ai__agent__name=CANARIES["agent"],
            gen_ai__request__model=CANARIES["model"],
            gen_ai__provider__name=CANARIES["provider"],
            exception__message=CANARIES["message"],
            code__function__name=CANARIES["function"],
            code__file__path=CANARIES["file"],
            code__line__number=number + 1,
            some__attribute=CANARIES["attribute"],
            **{f"aeos__data__{CANARIES['variable']}": CANARIES["value"]},
        )
        for number in range(7)
    ]


def gauge(name: str) -> bytes:
    points = [
        {"time_unix_nano": int((NOW - timedelta(minutes=m)).timestamp() * 1e9), "as_double": 7.0}
        for m in range(1, 9)
    ]
    metric = {"name": name, "gauge": {"data_points": points}}
    request = ExportMetricsServiceRequest(
        resource_metrics=[{"scope_metrics": [{"metrics": [metric]}]}]
    )
    return bytes(request.SerializeToString())


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    """Globex has a span of its own; acme has all the canaries."""
    made = new_world()
    made.send("globex", span("turbine", trace=77, ago=500), service="plant")
    made.before_acme = replies(made.client("charlie"))  # type: ignore[attr-defined]
    made.empty_acme = replies(made.client("alice"))  # type: ignore[attr-defined]
    resource = {"aeos.process_group": CANARIES["group"]}
    made.send("acme", *telemetry(), service=CANARIES["service"], **resource)
    assert made.post("acme", gauge(CANARIES["gauge"]), "metrics").status_code == 200
    made.settle()
    return made


def replies(
    client: FlaskClient, org: str = "", places: tuple[str, ...] = SEARCHES
) -> dict[tuple[str, str], str]:
    """(callback, search) → what every callback answers at every place, without clocks."""
    found = {}
    for place in places:
        page = page_with(search(place, org))
        for callback in callbacks(client):
            reply = ask(client, callback, page)
            assert reply.status_code in (200, 204), (callback.output, reply.get_data(as_text=True))
            found[callback.output, place] = AS_OF.sub("", reply.get_data(as_text=True))
    return found


def leaks(text: str, place: str = "") -> list[str]:
    """Canaries in an answer that its question did not name itself."""
    return [word for word in CANARIES.values() if word in text and word not in place]


# whose data


def test_every_callback_of_the_server_can_be_asked(world: World) -> None:
    found = callbacks(world.client("alice"))
    assert len(found) >= 14
    for callback in found:
        assert callback.body(page_with())["inputs"], callback.output


def test_alice_sees_acmes_data_in_every_panel(world: World) -> None:
    before, after = world.empty_acme, replies(world.client("alice"))  # type: ignore[attr-defined]
    outputs = {callback for callback, _ in after}
    unmoved = {o for o in outputs if all(before[o, s] == after[o, s] for s in SEARCHES)}
    # one that shares an output with others carries a number
    assert {re.sub("@[0-9a-f]+", "", output) for output in unmoved} == WITHOUT_TELEMETRY
    everything = "".join(after.values())
    assert set(CANARIES.values()) == set(leaks(everything))


@pytest.mark.parametrize("org", ["", "globex"])
def test_charlies_page_is_the_same_whether_acme_exists(world: World, org: str) -> None:
    found = replies(world.client("charlie"), org)
    for (callback, place), text in found.items():
        assert leaks(text, place) == [], (callback, place)
    if not org:
        assert found == world.before_acme  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "org", ["acme", "all", "nowhere", "ACME", "acme/../acme", "%00", "globex,acme"]
)
def test_charlie_asking_for_others_gets_nothing(world: World, org: str) -> None:
    for (callback, place), text in replies(world.client("charlie"), org).items():
        assert leaks(text, place) == [], (callback, place)
        assert "turbine" not in text, (callback, place)


def test_a_foreign_org_looks_like_one_that_does_not_exist(world: World) -> None:
    charlie = world.client("charlie")
    assert replies(charlie, "acme") == replies(charlie, "nowhere")


def test_alice_cannot_ask_for_all_orgs(world: World) -> None:
    everything = "".join(replies(world.client("alice"), "all").values())
    assert "turbine" not in everything
    assert "nothing you may see" in everything


def test_a_page_of_acme_is_no_key_to_acme(world: World) -> None:
    """Cursors and row ids that alice's page holds give charlie nothing."""
    alice, charlie = world.client("alice"), world.client("charlie")
    for mode in ("spans", "traces"):
        shown = wire.answer(alice, "traces-table.rowData", page_with(search(f"mode={mode}")))
        top = shown["traces-cursors"]["data"]["top"]
        assert top
        for place in (f"mode={mode}&after={top}", f"mode={mode}&before={top}"):
            page = page_with(search(place), traces_cursors__data={"top": top})
            for callback in callbacks(charlie):
                text = ask(charlie, callback, page).get_data(as_text=True)
                assert leaks(text) == [], (callback.output, place)


def test_sam_sees_all_orgs_or_the_one_he_enters(world: World) -> None:
    sam = world.client("sam")
    for org, turbine, acme in (("", True, True), ("acme", False, True), ("globex", True, False)):
        everything = "".join(replies(sam, org, LISTS).values())
        assert ("turbine" in everything) == turbine, org
        assert (CANARIES["name"] in everything) == acme, org
        assert ("You are looking into" in everything) == bool(org)


def test_staff_see_the_org_of_every_row_and_members_do_not(world: World) -> None:
    for name, several in (("sam", True), ("alice", False)):
        client = world.client(name)
        for table in ("traces-table", "alerts-variables-table"):
            page = page_with(search("section=variables"))
            shown = wire.answer(client, f"{table}.columnDefs", page)
            fields = [column["field"] for column in shown[table]["columnDefs"]]
            assert ("org" in fields) == several
        orgs = wire.answer(client, "overview-orgs.children", page_with(search()))
        assert ("globex" in words(orgs["overview-orgs"]["children"])) == several


def test_nobody_gets_a_401_from_every_callback(world: World) -> None:
    nobody = world.client()
    for callback in callbacks(world.client("alice")):
        reply = ask(nobody, callback, page_with())
        assert reply.status_code == 401, callback.output
        assert reply.get_json() == {"error": "Your session has ended. Please sign in again."}
    assert nobody.get("/_dash-dependencies").status_code == 401
    assert nobody.get("/_dash-layout").status_code == 401


def test_another_sites_page_cannot_ask(world: World) -> None:
    alice = world.client("alice")
    for callback in callbacks(alice):
        reply = alice.post(
            "/_dash-update-component",
            json=callback.body(page_with()),
            headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert reply.status_code == 403, callback.output


# the faces of failure


def test_members_of_a_disabled_org_are_told_and_staff_still_see(world: World) -> None:
    with world.app.records.session() as session:
        disable_org(session, "acme", utc_now())
    try:
        found = replies(world.client("alice"))
        asked = [text for (o, s), text in found.items() if not s and o not in WITHOUT_TELEMETRY]
        assert sum("This organisation is disabled." in text for text in asked) >= 6
        assert leaks("".join(found.values()), "".join(SEARCHES)) == []
        sam = world.client("sam")
        assert CANARIES["name"] in "".join(replies(sam, "acme", LISTS).values())
        assert CANARIES["name"] not in "".join(replies(sam, "", LISTS).values())
    finally:
        enable("acme", world)


def enable(org: str, world: World) -> None:
    with world.app.records.session() as session:
        session.get_one(Org, org).disabled_at = None


ENDLESS = Sql("select sum(a) from range(100000000000) as t (a)", frozenset())

PANELS = {
    "overview.totals": "overview-cards.children",
    "overview.course": "overview-chart-face.children",
    "overview.spent": "overview-cards.children",
    "overview.summary": "overview-legend.children",
    "overview.operations": "overview-operations.children",
    "overview.exceptions": "overview-exceptions.children",
    "overview.root_causes": "overview-causes.children",
    "overview.heat": "overview-heat-face.children",
    "overview.slow_roots": "overview-own.children",
    "overview.last_errors": "overview-errors.children",
    "traces.spans_after": "traces-face.children",
    "traces.traces_after": "traces-face.children",
    "trace.spans": "trace-head.children",
    "code.functions": "code-face.children",
    "alerting.board": "alerts-variables-face.children",
}
"""Question → where its panel says that it has no answer."""

PLACES = {
    "traces.traces_after": "mode=traces",
    "trace.spans": f"trace={TRACE:032x}",
    "overview.exceptions": "chart=errors",
    "overview.root_causes": "chart=errors",
    "overview.heat": "chart=duration",
    "overview.slow_roots": "chart=duration",
    "alerting.board": "section=variables",
}


@pytest.fixture
def deadline(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes some questions endless, and interrupts every question after some seconds."""
    load = reader.load
    # what is kept in memory is no question
    monkeypatch.setattr(trace, "_kept", WeakKeyDictionary())
    monkeypatch.setattr(world.app.reader, "_answers", Answers())

    def set_deadline(seconds: float, *questions: str) -> None:
        shorter = world.app.settings.model_copy(update={"query_seconds": seconds})
        monkeypatch.setattr(world.app.reader, "_settings", shorter)
        monkeypatch.setattr(reader, "load", lambda q: ENDLESS if q in questions else load(q))

    return set_deadline


@pytest.mark.parametrize("question", PANELS)
def test_a_question_that_is_too_slow_is_stopped_and_says_so(
    world: World, deadline: Callable[..., None], question: str
) -> None:
    deadline(0.1, *PANELS)
    output = PANELS[question]
    shown = wire.answer(world.client("alice"), output, page_with(search(PLACES.get(question, ""))))
    component, prop = output.split(".")
    face = shown[component][prop]
    assert face["props"]["className"] == "face face-failed"
    assert words(face) == (
        "This panel has no answer. "
        "This took longer than 0.1 s and was stopped. Try a shorter time range."
    )


def test_the_other_panels_still_stand(world: World, deadline: Callable[..., None]) -> None:
    deadline(2.0, "overview.summary")
    found = replies(world.client("alice"), "", ("",))
    assert {o for (o, _), text in found.items() if "face-failed" in text} == {
        *("overview-models.children", "overview-services.children", "overview-attention.children"),
        "..overview-donut.figure...overview-legend.children..",
    }
    assert leaks(found["overview-errors.children", ""])


def test_what_is_asked_on_the_side_fails_in_silence(
    world: World, deadline: Callable[..., None]
) -> None:
    deadline(0.1, "traces.newer", "family.kin")
    alice = world.client("alice")
    page = page_with(search(), traces_cursors__data={"top": None})
    for output in ("traces-new.children", "traces-kin.data"):
        component, prop = output.split(".")
        assert wire.answer(alice, output, page)[component][prop] is None


def test_what_nobody_expected_is_told_without_its_cause(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(_question: str) -> Sql:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(reader, "load", explode)
    text = "".join(replies(world.client("alice")).values())
    assert "Something went wrong here." in text
    assert "secret of the house" not in text
    assert "secret of the house" in caplog.text


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("range=9y", "There is no time range '9y'. Choose one from the list."),
        ("since=x&until=y", "The link's time range is not complete."),
        ("since=2026-01-02&until=2026-01-01", "The range ends before it starts."),
        ("since=2026-01-01&until=9999-12-31T23:59:59-14:00", "is not complete"),
        ("since=0001-01-01&until=9999-12-31", "Choose times between the years 1900 and 9000."),
        ("org=nowhere", "There is nothing here, or nothing you may see."),
        ("after=nonsense", "This link's page is not known. Go to the first page."),
        ("mode=traces&before=W10", "This link's page is not known. Go to the first page."),
        ("trace=xyz", "A trace id has 32 hexadecimal digits."),
        (f"trace={77:032x}", "There is no such trace in this organisation."),
    ],
)
def test_a_link_that_makes_no_sense_is_told_in_a_sentence(
    world: World, caplog: pytest.LogCaptureFixture, place: str, sentence: str
) -> None:
    alice = world.client("alice")
    texts = []
    for callback in callbacks(alice):
        reply = ask(alice, callback, page_with("?" + place))
        assert reply.status_code in (200, 204), callback.output
        texts.append(reply.get_data(as_text=True))
    assert any(sentence in text and "face-failed" in text for text in texts)
    assert "Something went wrong" not in "".join(texts)
    assert "a panel failed" not in caplog.text


# junk

FORGED: tuple[Any, ...] = (
    None,
    0,
    "",
    "x",
    [],
    {},
    {"search": 5, "zone": 5},
    {"search": None, "zone": None},
    {"search": "?since=\ud800", "zone": "../../etc/passwd"},
    {"search": "?group=" + "x" * 100_000, "zone": "x" * 5_000},
    {"search": "?process=%ff%00%F0&org=%00", "zone": "\x00"},
    {"search": {"org": "acme"}, "zone": []},
)


@pytest.mark.parametrize("value", FORGED, ids=range(len(FORGED)))
def test_forged_values_get_no_data_and_no_traceback(world: World, value: Any) -> None:
    """Whatever stands where; issue by issue more of these become 400."""
    charlie = world.client("charlie")
    for callback in callbacks(charlie):
        page = dict.fromkeys(page_with(), value)
        reply = charlie.post(
            "/_dash-update-component",
            data=json.dumps(callback.body(page)),
            content_type="application/json",
        )
        assert_harmless(reply.status_code, reply.get_data(as_text=True))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"5",
        b'"text"',
        b"{}",
        b'{"output": null}',
        b'{"output": "nobody.children", "outputs": {"id": "nobody", "property": "children"}}',
        b'{"output": "overview-errors.children"}',
        b'{"output": "overview-errors.children", "inputs": 5, "outputs": 5}',
        b'{"output": "overview-errors.children", "inputs": [[[[]]]], "state": [{}]}',
        b'{"output": "overview-errors.data", "inputs": [], "outputs": [], "state": []}',
        b'{"output": {"id": "x"}, "inputs": [], "outputs": []}',
        b"\xff\xfe\x00",
        b"[" * 5_000,
    ],
)
def test_junk_gets_no_data_and_no_traceback(world: World, body: bytes) -> None:
    """Dash answers most of these with its own 500; none says why or shows anything."""
    reply = world.client("alice").post(
        "/_dash-update-component", data=body, content_type="application/json"
    )
    assert_harmless(reply.status_code, reply.get_data(as_text=True))
    assert reply.status_code >= 400


def test_every_byte_missing_from_a_body_is_survived(world: World) -> None:
    alice = world.client("alice")
    for callback in callbacks(alice):
        whole = callback.body(page_with(search()))
        for key in whole:
            body = {name: value for name, value in whole.items() if name != key}
            reply = alice.post("/_dash-update-component", json=body)
            text = reply.get_data(as_text=True)
            assert reply.status_code <= 500
            assert "Traceback" not in text


def test_only_json_is_read(world: World) -> None:
    alice = world.client("alice")
    (callback, *_) = callbacks(alice)
    body = json.dumps(callback.body(page_with()))
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        reply = alice.post("/_dash-update-component", data=body, content_type=kind)
        assert 400 <= reply.status_code <= 500


def assert_harmless(status: int, text: str) -> None:
    assert status <= 500
    assert leaks(text) == []
    assert "Traceback" not in text
    assert "site-packages" not in text


def test_a_callback_lists_its_outputs_as_the_browser_does() -> None:
    one = Callback("a.children", [], [])
    several = Callback("..a.x...b.y@12ab..", [], [])
    assert one.outputs == {"id": "a", "property": "children"}
    assert several.outputs == [{"id": "a", "property": "x"}, {"id": "b", "property": "y"}]
