"""The outbox: at least once under a stable id, in order, and nobody waits for somebody else."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cast import World
from endpoints import Endpoint, answering, endpoint, until
from hypothesis import given, settings
from hypothesis import strategies as st
from outgoing import kept, pumped, put, sender, states, store, webhook
from sqlalchemy import select

from alerts import backoff, deliveries, ledger, outbox
from alerts.channels.kinds import Kind
from alerts.channels.messages import Channel, Notification, message_of
from alerts.channels.results import LONGEST_WAIT, Failed, Result, Sent
from alerts.channels.ways import Ways
from alerts.judging import Judged, Standing
from alerts.notices import Notice, NoticeKind
from alerts.outbox import Sender
from alerts.outward import Outward
from alerts.rules import Heartbeat, Rule
from alerts.states import Reason, State, Step
from records import alerts as tables
from records import models

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FOLDER = Path(__file__).parent


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


@dataclass
class Steady:
    """Seconds that go on when they are told to."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Recorder:
    """A kind of channel that does what it is told and remembers what it was given."""

    does: Callable[[Notification], Result] = lambda _: Sent(200, "ok", 0.1)
    given: list[tuple[str, str]] = field(default_factory=list)

    def send(self, channel: Channel, notification: Notification, ways: Ways) -> Result:
        self.given.append((channel.id, notification.id))
        return self.does(notification)

    @property
    def kinds(self) -> dict[str, Kind]:
        return {"webhook": Kind(lambda *_: ({}, None), self.send)}  # type: ignore[arg-type, return-value]


def hook(
    world: World, server: Endpoint, path: str = "/ok", who: str = "alice", org: str = "acme"
) -> str:
    return str(webhook(world, server.url(path), who, org).channel.id)


@pytest.fixture(scope="module")
def house(new_world: Callable[..., World]) -> World:
    return new_world(alert_allow_private=True)


def finished(world: World, *keys: str) -> Callable[[], bool]:
    return lambda: all(states(world.app.records)[key] in ("sent", "dead") for key in keys)


def test_a_notification_is_sent_and_marked_and_the_delivery_is_kept(
    house: World, server: Endpoint
) -> None:
    channel = hook(house, server)
    key = put(house.app.records, "acme", channel, incident="i1")
    sending = sender(house)
    pumped(sending, finished(house, key))
    row = kept(house.app.records, key)
    assert (row.state, row.attempts, row.last_status, row.last_error) == ("sent", 1, 200, None)
    assert row.sent_at is not None
    (one,) = deliveries.log(
        house.app.records, house.person("alice"), house.scope("alice"), channel_id=channel
    )
    assert (one.status, one.answer, one.error, one.notification_id) == (200, "ok", None, key)
    body = json.loads(server.received[-1].body)
    assert server.received[-1].headers["webhook-id"] == key
    assert body["data"]["link"] == "https://observatory.example.com/alerts?org=acme&incident=i1"
    sending.close()


def test_it_is_tried_again_under_the_same_id_until_it_is_taken(
    house: World, server: Endpoint
) -> None:
    failing = iter([500, 404, 503, 302])
    server.ways["/hook"] = lambda *given: answering(next(failing, 200))(*given)
    key = put(house.app.records, "acme", hook(house, server, "/hook"))
    sending = sender(house, jitter=lambda: 0.0)
    pumped(sending, finished(house, key))
    assert [one.headers["webhook-id"] for one in server.received] == [key] * 5
    assert kept(house.app.records, key).attempts == 5
    sending.close()


def test_what_fired_is_told_before_it_is_resolved(house: World, server: Endpoint) -> None:
    """Also when the first word fails and the second would not."""
    failing = iter([500, 404])

    def answer(endpoint: Endpoint, connection: socket.socket) -> None:
        is_first = endpoint.received[-1].headers["webhook-id"] == fired
        answering(next(failing, 200) if is_first else 200)(endpoint, connection)

    server.ways["/hook"] = answer
    channel = hook(house, server, "/hook")
    # the second was even written first
    resolved = put(house.app.records, "acme", channel, incident="i2", kind="resolved", sequence=9)
    fired = put(house.app.records, "acme", channel, incident="i2", sequence=0)
    other = put(house.app.records, "acme", channel, incident="i3", sequence=0)
    sending = sender(house, jitter=lambda: 0.0)
    pumped(sending, finished(house, resolved, fired, other))
    order = [one.headers["webhook-id"] for one in server.received]
    assert order.index(resolved) > max(i for i, key in enumerate(order) if key == fired)
    assert Counter(order) == {fired: 3, resolved: 1, other: 1}
    sending.close()


def test_a_slow_endpoint_delays_no_other_org(world: World, server: Endpoint) -> None:
    slow = [hook(world, server, "/silent") for _ in range(outbox.MOST_OF_AN_ORG + 2)]
    for channel in slow:
        put(world.app.records, "acme", channel)
    patient = Outward(allow_private=True, seconds=20.0)
    sending = sender(world, ways=Ways(outward=patient))
    sending.pump()
    until(lambda: server.paths().count("/silent") == outbox.MOST_OF_AN_ORG)
    globex = hook(world, server, "/ok", "ada", "globex")
    keys = [put(world.app.records, "globex", globex) for _ in range(10)]
    pumped(sending, finished(world, *keys))
    # the slow ones are still waited for: the org may have so many at once and no more
    assert len([lane for lane in sending._running if lane.org == "acme"]) == outbox.MOST_OF_AN_ORG
    server.stopping.set()
    sending.close()


def test_orgs_with_little_under_way_come_first_when_threads_are_few(house: World) -> None:
    sending = sender(house)
    sending._running = {
        outbox.Lane("acme", f"c{n}"): threading.Thread() for n in range(outbox.MOST_THREADS - 2)
    }
    waiting = [outbox.Lane("acme", "x"), outbox.Lane("acme", "y")]
    waiting += [outbox.Lane("globex", "a"), outbox.Lane("globex", "b"), outbox.Lane("initech", "a")]
    chosen = sending._chosen(waiting)
    assert chosen == [outbox.Lane("globex", "a"), outbox.Lane("initech", "a")]


def test_a_channel_out_of_order_is_left_alone_and_asked_again_later(
    house: World, server: Endpoint
) -> None:
    """A thousand notifications do not knock a thousand times at a closed door."""
    channel = hook(house, server, "/500")
    keys = [put(house.app.records, "acme", channel) for _ in range(5)]
    steady = Steady()
    sending = sender(house, seconds=steady, jitter=lambda: 1.0)
    pumped(sending, lambda: server.paths() == ["/500"] and not sending._threads())
    for _ in range(5):
        sending.pump()
    assert not sending._threads()
    server.ways["/500"] = answering(200)
    steady.at += backoff.FIRST_PAUSE.total_seconds()
    pumped(sending, finished(house, *keys[1:]))
    assert kept(house.app.records, keys[0]).state == "waiting"
    with house.app.records.session() as session:
        session.delete(session.get(tables.AlertNotification, keys[0]))
    sending.close()


@pytest.mark.parametrize(("path", "seconds"), [("/429", 7), ("/429-date", 29 * 60)])
def test_retry_after_is_honoured_by_the_whole_channel(
    world: World, server: Endpoint, path: str, seconds: int
) -> None:
    channel = webhook_of(world, server, path)
    key = put(world.app.records, "acme", channel)
    steady = Steady()
    sending = sender(world, seconds=steady, jitter=lambda: 0.0)
    pumped(sending, lambda: kept(world.app.records, key).last_status == 429)
    until(lambda: not sending._threads())
    row = kept(world.app.records, key)
    assert row.state == "waiting"
    assert row.due_at - datetime.now(UTC) > timedelta(seconds=seconds - 3)
    put(world.app.records, "acme", channel)
    steady.at += seconds - 3
    sending.pump()
    assert not sending._threads()
    assert server.paths() == [path]
    sending.close()


def webhook_of(world: World, server: Endpoint, path: str) -> str:
    return str(webhook(world, server.url(path)).channel.id)


def test_410_switches_the_channel_off_and_its_letters_can_be_sent_again(
    world: World, server: Endpoint
) -> None:
    alice, scope, records = world.person("alice"), world.scope("alice"), world.app.records
    channel = webhook_of(world, server, "/410")
    keys = [put(records, "acme", channel, sequence=n, incident="i") for n in range(3)]
    sending = sender(world)
    pumped(sending, finished(world, *keys))
    assert server.paths() == ["/410"]
    found = store(world).find(alice, scope, channel)
    assert not found.enabled
    assert "gone for good" in found.disabled_reason
    dead = deliveries.outgoing(records, alice, scope, states=["dead"])
    assert {one.id for one in dead} == set(keys)
    assert all("gone for good" in (one.last_error or "") for one in dead)
    with records.reading() as session:
        switched = session.scalars(
            select(models.AuditEntry).where(
                models.AuditEntry.action == "alert_channel.switched_off"
            )
        ).all()
    assert [row.subject for row in switched] == [channel]
    # a letter for a channel that is off ends at once, and says so
    late = put(records, "acme", channel)
    pumped(sending, finished(world, late))
    assert "is off: The endpoint answered 410" in (kept(records, late).last_error or "")
    store(world).update(alice, scope, channel, name="new", given={"url": server.url("/ok")})
    store(world).switch(alice, scope, channel, True)
    assert deliveries.replay(records, alice, scope, [*keys, "unknown"], datetime.now(UTC)) == 3
    pumped(sending, finished(world, *keys))
    assert server.paths() == ["/410", "/ok", "/ok", "/ok"]
    assert [one.headers["webhook-id"] for one in server.received[1:]] == keys
    sending.close()


def test_a_letter_that_can_never_be_sent_is_dead_and_says_why(
    world: World, server: Endpoint
) -> None:
    records = world.app.records
    channel = webhook_of(world, server, "/ok")
    foreign = webhook(world, server.url("/ok"), "ada", "globex").channel.id
    said = {
        put(records, "acme", "no such channel"): "was deleted",
        put(records, "acme", foreign): "was deleted",
        put(records, "acme", channel, payload={"kind": "firing"}): "cannot be read",
        put(records, "acme", channel, payload={}): "cannot be read",
    }
    sending = sender(world)
    pumped(sending, finished(world, *said))
    assert server.paths() == []
    for key, sentence in said.items():
        row = kept(records, key)
        assert (row.state, sentence in (row.last_error or "")) == ("dead", True)
    sending.close()


@pytest.mark.parametrize("kind", ["firing", "resolved", "reminder"])
def test_what_an_evaluation_writes_can_be_said_by_every_channel(kind: NoticeKind) -> None:
    rule = Rule(
        id="r1", org="acme", name="Slow", condition=Heartbeat(of="service"), labels=(("t", "x"),)
    )
    standing = Standing(State("firing", NOW, NOW, value=812.0))
    step = Step(standing.state, standing.state, Reason("fired", "p95 812 ms"))
    notice = Notice(kind, NOW, NOW)
    written = ledger.payload(
        rule, Judged((("service", "a"),), NOW, step, step.reason, notice, standing)
    )
    said = message_of(json.loads(json.dumps(written)))
    assert (said.kind, said.rule, said.text, said.since) == (kind, "Slow", "p95 812 ms", NOW)
    assert {("t", "x"), ("service", "a")} <= set(said.labels)
    assert "Slow" in said.heading


def test_a_mistake_of_ours_loses_nothing(
    world: World, server: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(does=lambda _: (_ for _ in ()).throw(RuntimeError("broken")))
    key = put(world.app.records, "acme", webhook_of(world, server, "/ok"))
    sending = sender(world, kinds=recorder.kinds, jitter=lambda: 0.0)
    pumped(sending, lambda: kept(world.app.records, key).last_error)
    recorder.does = lambda _: Sent(200, "", 0.1)
    pumped(sending, finished(world, key))
    assert "a reason of ours" in caplog.text or "failed" in caplog.text
    assert kept(world.app.records, key).state == "sent"
    sending.close()


class Killed(BaseException):
    """What ends a thread between claim and mark, as the end of a process does."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_was_claimed_by_a_process_that_is_no_more_is_sent_by_another(
    world: World, server: Endpoint
) -> None:
    def die(_: Notification) -> Result:
        raise Killed

    key = put(world.app.records, "acme", webhook_of(world, server, "/ok"))
    first = sender(world, kinds=Recorder(does=die).kinds)
    pumped(first, lambda: kept(world.app.records, key).state == "sending")
    until(lambda: not first._threads())
    steady = Steady()
    second = sender(world, seconds=steady)
    second.pump()
    steady.at += outbox.ORPHANED_SECONDS - 0.1
    second.pump()
    assert kept(world.app.records, key).state == "sending"
    steady.at += 0.2
    pumped(second, finished(world, key))
    assert [one.headers["webhook-id"] for one in server.received] == [key]
    second.close()


def test_what_is_under_way_is_not_taken_for_orphaned_however_long_it_takes(
    world: World, server: Endpoint
) -> None:
    going = threading.Event()

    def wait(_: Notification) -> Result:
        assert going.wait(10)
        return Sent(200, "", 1.0)

    recorder = Recorder(does=wait)
    key = put(world.app.records, "acme", webhook_of(world, server, "/ok"))
    steady = Steady()
    first = sender(world, kinds=recorder.kinds, seconds=steady)
    second = sender(world, kinds=recorder.kinds, seconds=steady)
    pumped(first, lambda: recorder.given)
    for _ in range(30):
        steady.at += outbox.BEAT_SECONDS
        first.pump()
        second.pump()
    going.set()
    until(finished(world, key))
    assert len(recorder.given) == 1
    first.close()
    second.close()


def test_two_processes_send_nothing_twice(world: World, server: Endpoint) -> None:
    channels = [webhook_of(world, server, "/ok") for _ in range(3)]
    keys = [put(world.app.records, "acme", channels[n % 3]) for n in range(60)]
    senders = [sender(world) for _ in range(3)]

    def all_sent() -> bool:
        for one in senders:
            one.pump()
        return finished(world, *keys)()

    until(all_sent, 20)
    assert Counter(one.headers["webhook-id"] for one in server.received) == Counter(keys)
    for one in senders:
        one.close()


def test_a_clock_that_steps_an_hour_delays_and_repeats_nothing(
    world: World, server: Endpoint
) -> None:
    """Rows of an evaluator whose clock was ahead are due, and so is a retry set days ahead."""
    channel = webhook_of(world, server, "/ok")
    ahead = datetime.now(UTC) + timedelta(hours=1)
    keys = [
        put(world.app.records, "acme", channel, created_at=ahead, due_at=ahead),
        put(world.app.records, "acme", channel, attempts=3, due_at=ahead + timedelta(days=30)),
    ]
    later = put(world.app.records, "acme", channel, attempts=3, due_at=ahead)
    sending = sender(world)
    pumped(sending, finished(world, *keys))
    assert kept(world.app.records, later).state == "waiting"
    sending.close()


def test_closing_waits_for_what_is_under_way_and_begins_nothing(
    world: World, server: Endpoint
) -> None:
    going = threading.Event()
    recorder = Recorder(does=lambda _: Sent(200, str(going.wait(10)), 1.0))
    channel = webhook_of(world, server, "/ok")
    first, second = (put(world.app.records, "acme", channel) for _ in range(2))
    sending = sender(world, kinds=recorder.kinds)
    pumped(sending, lambda: recorder.given)
    closing = threading.Thread(target=sending.close)
    closing.start()
    until(sending._closing.is_set)
    going.set()
    closing.join(10)
    sending.pump()
    found = states(world.app.records)
    assert sorted([found[first], found[second]]) == ["sent", "waiting"]


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_whatever_endpoints_do_each_word_arrives_in_order(
    house: World, data: st.DataObject
) -> None:
    """At least once, under its id, and never a later word of an incident before an earlier one."""
    deeds = st.sampled_from(["ok", "ok", "fail", "busy", "broken"])
    incidents = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4), label="words")
    script = data.draw(st.lists(deeds, max_size=12), label="script")
    left, lock = list(script), threading.Lock()
    taken: list[str] = []

    def do(notification: Notification) -> Result:
        with lock:
            deed = left.pop(0) if left else "ok"
            if deed == "ok":
                taken.append(notification.id)
                return Sent(200, "", 0.1)
        if deed == "broken":
            raise RuntimeError("broken")
        return Failed("No.", 500, busy=deed == "busy")

    with endpoint() as server:
        channel = hook(house, server)
    records = house.app.records
    words = [
        [
            put(records, "acme", channel, incident=f"{channel[:20]}{n}", sequence=sequence)
            for sequence in range(count)
        ]
        for n, count in enumerate(incidents)
    ]
    everything = [key for of_one in words for key in of_one]
    sending = sender(house, kinds=Recorder(does=do).kinds, jitter=lambda: 0.0)
    pumped(sending, finished(house, *everything))
    sending.close()
    taken = [key for key in taken if key in everything]
    assert sorted(taken) == sorted(everything)
    for of_one in words:
        assert [key for key in taken if key in of_one] == of_one


# backoff


@given(
    attempts=st.integers(1, 500),
    age=st.timedeltas(timedelta(0), timedelta(hours=80)),
    asked=st.none() | st.timedeltas(timedelta(0), LONGEST_WAIT),
    jitter=st.floats(0, 1),
)
def test_the_wait_is_drawn_whole_and_at_least_what_was_asked_for(
    attempts: int, age: timedelta, asked: timedelta | None, jitter: float
) -> None:
    due = backoff.next_attempt(attempts, NOW - age, NOW, asked, jitter)
    if age >= backoff.GIVE_UP:
        assert due is None
        return
    assert due is not None
    wait, left = due - NOW, backoff.GIVE_UP - age
    assert timedelta(0) <= wait <= max(backoff.LONGEST, asked or timedelta(0))
    assert wait <= max(left, backoff.FIRST)
    assert wait >= min(asked or timedelta(0), left)


def test_a_notification_is_tried_for_75_hours_and_no_longer() -> None:
    chance = random.Random(7)
    tries = []
    for _ in range(200):
        at: datetime | None = NOW
        attempts, last = 0, NOW
        while at is not None:
            attempts, last = attempts + 1, at
            at = backoff.next_attempt(attempts, NOW, at, None, chance.random())
        assert last - NOW >= backoff.GIVE_UP
        assert last - NOW <= backoff.GIVE_UP + backoff.FIRST
        tries.append(attempts)
    assert 20 < sum(tries) / len(tries) < 60


def test_what_failed_for_75_hours_is_a_dead_letter(world: World, server: Endpoint) -> None:
    key = put(
        world.app.records,
        "acme",
        webhook_of(world, server, "/500"),
        created_at=datetime.now(UTC) - backoff.GIVE_UP,
    )
    sending = sender(world)
    pumped(sending, finished(world, key))
    row = kept(world.app.records, key)
    assert (row.state, row.last_status) == ("dead", 500)
    sending.close()


def test_the_pause_of_a_channel_doubles_up_to_ten_minutes() -> None:
    waits = [backoff.pause(n, None, 1.0).total_seconds() for n in range(1, 13)]
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == 600
    assert backoff.pause(1, timedelta(hours=2), 0.5) == timedelta(hours=2)


# kill -9


def start(world: World) -> subprocess.Popen[bytes]:
    key = str(world.app.server.secret_key)
    url = world.app.settings.records_database
    root = FOLDER.parents[1]
    child = subprocess.Popen(
        [sys.executable, str(FOLDER / "killed_sender.py"), url, key],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"sending\n"
    return child


@pytest.mark.slow
def test_nothing_is_lost_when_senders_are_killed_between_claim_and_mark(
    world: World, server: Endpoint
) -> None:
    """Four kills at the worst moments: while an endpoint has received and not yet answered."""
    chance = random.Random(11)
    received: dict[str, int] = defaultdict(int)

    def slow(endpoint: Endpoint, connection: socket.socket) -> None:
        received[endpoint.received[-1].headers["webhook-id"]] += 1
        time.sleep(0.02)
        answering(200)(endpoint, connection)

    server.ways["/slow"] = slow
    channels = [webhook_of(world, server, "/slow") for _ in range(3)]
    incidents = [f"incident-{n}" for n in range(30)]
    keys = [
        (incident, put(world.app.records, "acme", channels[n % 3], incident=incident, sequence=s))
        for n, incident in enumerate(incidents)
        for s in range(3)
    ]
    kills = 4
    for kill in range(kills):
        child = start(world)
        before = len(server.received)
        until(lambda before=before: len(server.received) > before, 15)  # type: ignore[misc]
        time.sleep(chance.random() * 0.15)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]
        assert not finished(world, *(key for _, key in keys))(), f"too fast at kill {kill}"
    last = start(world)
    until(finished(world, *(key for _, key in keys)), 30)
    last.terminate()
    last.wait()
    last.stdout.close()  # type: ignore[union-attr]
    counts = Counter(one.headers["webhook-id"] for one in server.received)
    assert set(counts) == {key for _, key in keys}
    # a killed sender repeats what it had under way: at most one of each of its lanes
    assert sum(counts.values()) - len(keys) <= kills * len(channels)
    order = [one.headers["webhook-id"] for one in server.received]
    for incident in incidents:
        words = [key for of, key in keys if of == incident]
        firsts = [order.index(word) for word in words]
        assert firsts == sorted(firsts)


def test_the_jobs_of_the_app_send_what_an_evaluation_wrote(
    new_world: Callable[..., World], server: Endpoint
) -> None:
    world: Any = new_world(alert_allow_private=True)
    assert "deliver" in [job.name for job in world.app.jobs]
    key = put(world.app.records, "acme", webhook_of(world, server, "/ok"))
    (deliver,) = [job for job in world.app.jobs if job.name == "deliver"]
    deliver.run()
    until(finished(world, key))
    assert isinstance(world.app.sender, Sender)
