"""What the writing house refuses, each with a sentence for whoever looks after the sender.

TelemetryError
├── SpoolError          the spool cannot be read or written: the disk is full, or broken
└── Refused             a request is not taken
    ├── Malformed       400  it is not what it claims to be
    ├── NoKey           401  its ingest key is missing or unknown
    ├── OrgClosed       403  its key is good, and the org is disabled
    ├── WrongMethod     405  it is no POST
    ├── TooLarge        413  it is over a limit as a whole
    ├── WrongType       415  its content type or encoding is none of OTLP/HTTP
    └── NotStored       503  it could not be stored; the sender should come again
"""

# ruff: noqa: N818 - the names say what happened, and callers read `except Malformed`

from __future__ import annotations

from typing import ClassVar


class TelemetryError(Exception):
    """Something the writing house cannot do."""


class SpoolError(TelemetryError):
    """The spool cannot be read or written."""


class Refused(TelemetryError):
    """A request is not taken. `status` is HTTP's number for the reason."""

    status: ClassVar[int]


class Malformed(Refused):
    status = 400


class NoKey(Refused):
    status = 401


class OrgClosed(Refused):
    status = 403


class WrongMethod(Refused):
    status = 405


class TooLarge(Refused):
    status = 413


class WrongType(Refused):
    status = 415


class NotStored(Refused):
    status = 503
