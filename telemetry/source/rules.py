"""Rules: which files can be kept as source. Everything that says no, says why in a sentence.

The one idea: a path is a name inside a manifest, never a place on a disk.
"""

from __future__ import annotations

import re
from typing import Final

MOST_FILES: Final = 5_000
"""Files of one revision."""

MOST_BYTES: Final = 1024 * 1024
"""Bytes of one file."""

MOST_REVISION_BYTES: Final = 128 * 1024 * 1024
"""Bytes of all files of one revision."""

LONGEST_PATH: Final = 400
LONGEST_NAME: Final = 200
_HASH: Final = re.compile(r"[0-9a-f]{64}")


def path_refused(path: object) -> str | None:
    """Why `path` cannot stand in a manifest; None when it can."""
    if not isinstance(path, str) or not path:
        return "A path is a text that is not empty."
    if len(path) > LONGEST_PATH:
        return f"The path is longer than {LONGEST_PATH} characters."
    if "\\" in path:
        return "Write paths with /, not with \\."
    if not path.isprintable():
        return "The path holds characters that cannot be printed."
    parts = path.split("/")
    if "" in parts:
        return "A path starts with a name, ends with one and has no empty parts."
    if any(part.startswith(".") for part in parts):
        return "Files and folders that begin with a dot are left out."
    return None


def size_refused(size: object) -> str | None:
    """Why a file of `size` bytes cannot be kept; None when it can."""
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return "A size is a whole number of bytes."
    if size > MOST_BYTES:
        return f"The file is larger than 1 MiB ({size:,} bytes)."
    return None


def content_refused(content: bytes) -> str | None:
    """Why `content` is no source text; None when it is."""
    if too_large := size_refused(len(content)):
        return too_large
    if b"\0" in content:
        return "The file is binary, not text."
    try:
        content.decode()
    except UnicodeDecodeError:
        return "The file is not text in UTF-8."
    return None


def name_refused(what: str, name: object) -> str | None:
    """Why `name` cannot be a service or a revision; None when it can."""
    if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable():
        return None
    return f"The {what} is a text of 1 to {LONGEST_NAME} characters that can be printed."


def is_hash(text: object) -> bool:
    """Whether `text` is a SHA-256 as we write it."""
    return isinstance(text, str) and _HASH.fullmatch(text) is not None
