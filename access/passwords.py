"""Passwords: argon2 hashes, and a check that takes as long for somebody unknown."""

from __future__ import annotations

from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from access.errors import BadValue

SHORTEST = 8
LONGEST = 1024

HASHER = PasswordHasher()

# A hash takes 64 MiB while it runs; a crowd at the door waits instead of filling the memory.
_turns = BoundedSemaphore(4)


def hash_of(password: str) -> str:
    """The hash to keep. Raises BadValue for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadValue(f"A password has {SHORTEST} to {LONGEST} characters.")
    with _turns:
        return HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` made `password_hash`; without a hash it is False after the same work."""
    known = password_hash is not None
    try:
        with _turns:
            HASHER.verify(password_hash or _nobodys_hash(HASHER), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return known and len(password) <= LONGEST


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)


@lru_cache(maxsize=4)
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody has this password")
