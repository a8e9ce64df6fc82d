"""The front door: create_app wires the rooms, main serves them. Nobody imports this module."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

from flask import Flask

import settings as settings_module
from access import login, sessions
from access.keys import KeyRing
from access.scope import Scope
from alerts import channel_store, deliveries, outbox, queried
from alerts import evaluator as evaluating
from alerts import lease as leases
from alerts.channels.ways import MailServer, Ways
from alerts.evaluator import Evaluator
from alerts.judging import Measuring
from alerts.outward import Outward
from alerts.readings import Measured
from alerts.rules import Rule
from alerts.secrets import Vault
from dashboards import headers, health, page
from dashboards.code.source import routes as source_pane
from dashboards.export import routes as export
from dashboards.overview.pipeline import provided as pipeline
from dashboards.serving import Web
from demo import alerts as demo_alerts
from demo import feed, uploads, world
from demo.progress import Bar
from demo.sender import SendError
from jobs import Job, Jobs
from queries import reader
from queries import source as sources
from records.errors import RecordsError
from records.store import Records
from settings import Settings
from telemetry import compaction, edges, metric_rollups, receiver, rollups
from telemetry.counts import Counts
from telemetry.pipeline import Pipeline
from telemetry.source import receiver as source_receiver
from telemetry.source import roots
from telemetry.source.contents import Contents
from telemetry.spool import Spool, SpoolError
from telemetry.writer import Writer

log = logging.getLogger("observatory")

ASSETS = str(Path(__file__).parent / "assets")
DEMO_SEED = 7
DELIVER_SECONDS = 0.5
MINUTE = 60.0
HOUR = 3600.0


class StartError(Exception):
    """The program cannot start; the message is a sentence with the next step."""


@dataclass(frozen=True)
class App:
    """Everything that one process consists of."""

    settings: Settings
    server: Flask
    records: Records
    spool: Spool
    writer: Writer
    reader: reader.Reader
    library: sources.Library
    evaluator: Evaluator
    channels: channel_store.ChannelStore
    sender: outbox.Sender

    @property
    def jobs(self) -> list[Job]:
        """The table of jobs."""
        return [
            Job("drain", self.writer.drain_all, self.settings.drain_seconds),
            Job("compact", self.compact, self.settings.compact_seconds),
            Job("roll", self.roll, self.settings.roll_seconds),
            Job("edges", self.find_edges, MINUTE),
            Job("metrics", self.roll_metrics, MINUTE),
            Job("deliver", self.sender.pump, DELIVER_SECONDS),
            Job("letters", self.forget_letters, HOUR),
            Job("sessions", self.forget_sessions, HOUR),
            Job("lease", self.evaluator.lease.beat, leases.BEAT_EVERY),
            Job("alerts", self.evaluator.turn, evaluating.TURN_EVERY),
        ]

    def compact(self, *, force: bool = False) -> None:
        compaction.compact(self.settings, datetime.now(UTC), force=force)

    def roll(self) -> None:
        rollups.roll(self.settings)

    def roll_metrics(self) -> None:
        metric_rollups.roll(self.settings)

    def find_edges(self) -> None:
        edges.roll(self.settings, datetime.now(UTC))

    def forget_sessions(self) -> None:
        sessions.purge_expired(self.records, datetime.now(UTC))

    def forget_letters(self) -> None:
        deliveries.forget(self.records, datetime.now(UTC))

    def close(self) -> None:
        self.evaluator.close()
        self.sender.close()
        self.reader.close()
        self.spool.close()
        self.records.close()


def create_app(settings: Settings, *, demo_people: bool = False) -> App:
    """Wire the rooms. Raises StartError when the data folder or the records cannot be used."""
    records, spool = _open(settings)
    writer = Writer(settings, spool)
    asked = reader.connect(settings)
    library = _library(settings, records)
    server = Flask("observatory", static_folder=None)
    server.secret_key = settings.secret_key.get_secret_value() or _own_key(settings.data_dir)
    server.config["SEND_FILE_MAX_AGE_DEFAULT"] = int(HOUR)
    server.before_request(lambda: reader.use(asked))
    server.before_request(lambda: sources.use(library))
    channels = _channels(settings, records, str(server.secret_key))
    server.before_request(lambda: channel_store.use(channels))
    counts = Counts()
    flow = Pipeline(writer.status, spool.depth, counts)
    server.before_request(lambda: pipeline.use(flow))
    login.install_gate(server, records, settings)
    accounts = [(p.email, p.what) for p in world.PEOPLE] if demo_people else []
    server.register_blueprint(
        login.blueprint(records, settings, accounts, world.PASSWORD if demo_people else "")
    )
    keyring = KeyRing(records)
    server.register_blueprint(receiver.blueprint(spool, keyring, settings, counts))
    server.register_blueprint(
        source_receiver.blueprint(records, library.contents, keyring, settings)
    )
    server.register_blueprint(export.routes)
    server.register_blueprint(source_pane.routes)
    server.register_blueprint(
        health.blueprint(
            {
                "records": records.trouble,
                "spool": spool.trouble,
                "tables": lambda: None if writer.status().ok else writer.status().reason,
                "questions": asked.trouble,
            }
        )
    )
    dash = page.create(server, ASSETS)
    headers.install(server, dash.csp_hashes())
    evaluator = _evaluator(settings, records, asked)
    sender = outbox.Sender(records, channels.vault, channels.ways)
    return App(
        settings, server, records, spool, writer, asked, library, evaluator, channels, sender
    )


def _channels(settings: Settings, records: Records, secret_key: str) -> channel_store.ChannelStore:
    """The channels of alerts, and the ways out that they may use."""
    mail = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        sender=settings.smtp_from,
        encryption=settings.smtp_encryption,
    )
    outward = Outward(allow_private=settings.alert_allow_private)
    ways = Ways(outward, mail, settings.public_url)
    return channel_store.ChannelStore(records, Vault(secret_key), ways)


def _evaluator(settings: Settings, records: Records, asked: reader.Reader) -> Evaluator:
    return Evaluator(
        records,
        leases.Lease(records, "alerts", secrets.token_hex(16)),
        _measure(asked),
        lag=timedelta(seconds=settings.alert_lag_seconds),
    )


def _measure(asked: reader.Reader) -> Measuring:
    """What alert rules measure in the data of this app, in whatever thread they are evaluated."""

    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
        reader.use(asked)
        return queried.measure(scope, rule, instants)

    return measure


def _library(settings: Settings, records: Records) -> sources.Library:
    try:
        folders = roots.Roots(roots.parsed(settings.source_roots))
    except roots.RootError as error:
        raise StartError(str(error)) from error
    return sources.Library(records, Contents(settings.source_dir), folders)


def _open(settings: Settings) -> tuple[Records, Spool]:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        records = Records(settings.records_database)
        records.migrate()
        return records, Spool(settings.spool_path)
    except (OSError, SpoolError) as error:
        raise StartError(
            f"The data folder {settings.data_dir} cannot be written ({error}). "
            "Set OBSERVATORY_DATA_DIR to a folder that can."
        ) from error
    except RecordsError as error:
        raise StartError(str(error)) from error


def _own_key(folder: Path) -> str:
    """The key of this installation, made on the first start."""
    path = folder / "secret_key"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


class Process:
    """A running app: web, receiver and jobs, until `stop`."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.stopping = threading.Event()
        self._web = Web(
            app.server,
            app.settings.host,
            app.settings.port,
            app.settings.web_threads,
            connection_limit=1000,
            max_request_body_size=2 * app.settings.otlp_max_body_bytes,
            channel_timeout=60,
            clear_untrusted_proxy_headers=True,
        )
        self._jobs = Jobs(app.jobs)

    @property
    def url(self) -> str:
        return self._web.url

    def start(self) -> None:
        # the first request builds Dash's registry; a browser's first sixteen would race for it
        self.app.server.test_client().get("/healthz")
        self._web.start()
        self._jobs.start()

    def stop(self) -> None:
        """Take no more requests, finish the jobs, drain what was acknowledged."""
        self.stopping.set()
        self._web.stop()
        self._jobs.stop()
        self.app.writer.drain_all()
        self.app.close()


def main() -> int:
    """Run everything on one port; returns the exit status."""
    try:
        settings = settings_module.load()
        _log_to_console(settings.log_level)
        _refuse_taken_port(settings)
        wants_demo = settings.demo == "auto"
        app = create_app(settings, demo_people=wants_demo)
        process = Process(app)
    except (settings_module.SettingsError, StartError) as error:
        print(f"observatory: {error}", file=sys.stderr)  # noqa: T201
        return 2
    signal.signal(signal.SIGTERM, lambda *_: process.stopping.set())
    try:
        process.start()
        if wants_demo:
            _start_demo(process)
        _say(f"Observatory is ready on {process.url}")
        if wants_demo:
            _introduce()
        _say("Press Ctrl-C to stop.")
        while not process.stopping.wait(1.0):
            pass
    except KeyboardInterrupt:
        pass
    except SendError as error:
        print(f"observatory: The demo data could not be made: {error}", file=sys.stderr)  # noqa: T201
    _say("Stopping…")
    process.stop()
    return 0


def _start_demo(process: Process) -> None:
    """History for an empty lake, then a trickle for as long as the process runs."""
    app = process.app
    keys = world.settle(app.records)
    uploads.send(process.url, keys, world.ORGS)
    if app.settings.demo_spans and app.reader.is_empty():
        bar = Bar("Making demo data", sys.stderr)
        filled = feed.fill(
            process.url,
            keys,
            app.settings.demo_spans,
            DEMO_SEED,
            datetime.now(UTC),
            bar,
            process.stopping,
        )
        _wait_until_stored(process)
        app.compact(force=True)
        app.roll()
        app.find_edges()
        bar.close(f"Made {filled.spans:,} spans of demo data in {app.settings.data_dir}.")
    lag = timedelta(seconds=app.settings.alert_lag_seconds)
    demo_alerts.settle(app.records, app.channels, _measure(app.reader), lag, datetime.now(UTC))
    threading.Thread(
        target=feed.trickle,
        args=(process.url, keys, process.stopping, DEMO_SEED),
        name="demo",
        daemon=True,
    ).start()


def _wait_until_stored(process: Process, seconds: float = 120.0) -> None:
    deadline = monotonic() + seconds
    while process.app.spool.depth().batches and monotonic() < deadline:
        sleep(0.2)


def _introduce() -> None:
    _say(f"Sign in with one of these accounts; the password is “{world.PASSWORD}”:")
    for person in world.PEOPLE:
        _say(f"  {person.email:<24} {person.what}")


def _refuse_taken_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise StartError(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}). "
                "Stop what uses it, or set OBSERVATORY_PORT to another one."
            ) from error


def _log_to_console(level: str) -> None:
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("waitress.queue", "werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
