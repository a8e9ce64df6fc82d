"""The body of a request, read and decompressed within a limit."""

from __future__ import annotations

import zlib
from typing import IO, Final

from telemetry.errors import Malformed, TooLarge

CHUNK: Final = 256 * 1024
GZIP: Final = zlib.MAX_WBITS | 16


def read(stream: IO[bytes], length: int | None, gzipped: bool, limit: int) -> bytes:
    """The whole body, decompressed when it is gzipped; never more than `limit` bytes in memory."""
    if length is not None and length > limit:
        raise _too_large(limit)
    sent = _all(stream, limit + 1)
    if len(sent) > limit:
        raise _too_large(limit)
    return _gunzipped(sent, limit) if gzipped else sent


def _all(stream: IO[bytes], most: int) -> bytes:
    """At most `most` bytes. A stream may give fewer than asked for and still have more."""
    parts = []
    while most and (part := stream.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _gunzipped(sent: bytes, limit: int) -> bytes:
    """All members of a gzip file, one behind the other."""
    parts: list[bytes] = []
    room = limit
    while sent or not parts:
        member, sent = _member(sent, room)
        room -= len(member)
        if room < 0:
            raise _too_large(limit)
        parts.append(member)
    return b"".join(parts)


def _member(sent: bytes, room: int) -> tuple[bytes, bytes]:
    """One member, cut off one byte beyond `room`, and what stands behind it."""
    inflater = zlib.decompressobj(GZIP)
    try:
        found = inflater.decompress(sent, room + 1)
    except zlib.error as error:
        raise Malformed("The body is not gzip, though it says so.") from error
    if len(found) <= room and not inflater.eof:
        raise Malformed("The gzip of the body ends too early.")
    return found, inflater.unused_data


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes. Send smaller batches.")
