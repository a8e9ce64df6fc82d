"""Posts OTLP requests to a receiver the way an exporter does, and tries again when told to.

SendError
├── Refused      the receiver will not take this, now or later
├── Unreachable  nobody answers, or the receiver has been busy for too long
└── Stopped      the program is ending
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from threading import Event
from typing import Final
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from demo.render import Batch

# ruff: noqa: N818 - the names are the words a reader expects after `except`

CONTENT_TYPE: Final = "application/x-protobuf"
BUSY: Final = frozenset({429, 502, 503, 504})
LONGEST_WAIT: Final = 10.0
SHORTEST_TIMEOUT: Final = 5.0
LONGEST_TIMEOUT: Final = 60.0


class SendError(Exception):
    """A request was not delivered."""


class Refused(SendError):
    """The receiver answered with a status that trying again will not change."""


class Unreachable(SendError):
    """No answer, or only `try later`, for longer than the sender's patience."""


class Stopped(SendError):
    """The stop event was set while a request waited for its turn."""


class Sender:
    """One keep-alive connection. Not for two threads at once."""

    def __init__(
        self, endpoint: str, keys: Mapping[str, str], stop: Event, patience: float = 120.0
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{endpoint!r} is not the address of a receiver.")
        secure = parts.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        timeout = min(max(patience, SHORTEST_TIMEOUT), LONGEST_TIMEOUT)
        self._connection = connect(parts.hostname, parts.port, timeout=timeout)
        self._path = parts.path.rstrip("/")
        self._keys = keys
        self._stop = stop
        self._patience = patience

    def send(self, batch: Batch) -> int:
        """Deliver `batch`; returns how many of its items the receiver rejected."""
        deadline = time.monotonic() + self._patience
        wait = 0.1
        while True:
            status, answer, asked = self._post(batch)
            if status == http.client.OK:
                return _rejected(batch, answer)
            if status and status not in BUSY:
                raise Refused(f"The receiver answered {status} to {batch.signal}: {answer[:200]!r}")
            if time.monotonic() + asked >= deadline:
                raise Unreachable(f"The receiver did not take {batch.signal} in time.")
            if self._stop.wait(max(asked, wait)):
                raise Stopped
            wait = min(wait * 2, LONGEST_WAIT)

    def close(self) -> None:
        self._connection.close()

    def _post(self, batch: Batch) -> tuple[int, bytes, float]:
        """Status (0 for no answer), body, and the seconds the receiver asks to wait."""
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Authorization": f"Bearer {self._keys[batch.org]}",
            "User-Agent": "observatory-demo",
        }
        try:
            path = f"{self._path}/v1/{batch.signal}"
            self._connection.request("POST", path, batch.body, headers)
            response = self._connection.getresponse()
            return response.status, response.read(), _retry_after(response)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b"", 0.0


def _retry_after(response: http.client.HTTPResponse) -> float:
    """Seconds named by Retry-After, within reason; a date counts as none."""
    try:
        seconds = float(response.headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0
    return min(max(0.0, seconds), LONGEST_WAIT)


def _rejected(batch: Batch, answer: bytes) -> int:
    """Items the receiver says it did not take."""
    try:
        return _partial_success(batch, answer)
    except DecodeError as error:
        raise Refused("Whoever answered is not an OTLP receiver.") from error


def _partial_success(batch: Batch, answer: bytes) -> int:
    if batch.signal == "traces":
        return int(ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans)
    if batch.signal == "logs":
        logs = ExportLogsServiceResponse.FromString(answer)
        return int(logs.partial_success.rejected_log_records)
    metrics = ExportMetricsServiceResponse.FromString(answer)
    return int(metrics.partial_success.rejected_data_points)
