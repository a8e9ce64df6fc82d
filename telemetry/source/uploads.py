"""Uploads: what a sender's JSON says, checked entry by entry. What cannot be kept is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from telemetry.errors import Malformed, TooLarge
from telemetry.source import rules
from telemetry.source.manifests import Entry, Manifest


@dataclass
class Read:
    """A manifest, and the files that were left out of it: path and why."""

    manifest: Manifest
    refused: list[dict[str, str]] = field(default_factory=list)


def manifest_of(org: str, body: bytes) -> Read:
    """The manifest that `body` describes. Raises Malformed or TooLarge."""
    said = _object(body)
    for what in ("service", "revision"):
        if why := rules.name_refused(what, said.get(what)):
            raise Malformed(why)
    files = said.get("files")
    if not isinstance(files, list) or not files:
        raise Malformed("The manifest names no files: send a list of path, sha256 and size.")
    if len(files) > rules.MOST_FILES:
        raise TooLarge(
            f"A revision has at most {rules.MOST_FILES:,} files; this one has {len(files):,}. "
            "Send the folder of one service."
        )
    entries, refused = _entries(files)
    if not entries:
        raise Malformed(f"None of the files can be kept. The first: {refused[0]['why']}")
    manifest = Manifest(org, said["service"], said["revision"], tuple(entries.values()))
    if manifest.bytes > rules.MOST_REVISION_BYTES:
        raise TooLarge(f"A revision has at most {rules.MOST_REVISION_BYTES:,} bytes together.")
    return Read(manifest, refused)


def _entries(files: list[Any]) -> tuple[dict[str, Entry], list[dict[str, str]]]:
    entries: dict[str, Entry] = {}
    refused = []
    for each in files:
        if not isinstance(each, dict):
            raise Malformed("Each file of a manifest has a path, a sha256 and a size.")
        path = each.get("path")
        why = _refused(each) or ("The path is there twice." if path in entries else None)
        if why:
            refused.append({"path": str(path)[: rules.LONGEST_PATH], "why": why})
        else:
            entries[each["path"]] = Entry(each["path"], each["sha256"], each["size"])
    return entries, refused


def _refused(each: dict[str, Any]) -> str | None:
    if why := rules.path_refused(each.get("path")) or rules.size_refused(each.get("size")):
        return why
    return None if rules.is_hash(each.get("sha256")) else "A sha256 is 64 hexadecimal digits."


def contents_of(body: bytes) -> list[bytes]:
    """The contents that `body` carries as texts. Raises Malformed."""
    texts = _object(body).get("contents")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Malformed("Send the contents as a list of texts.")
    return [text.encode() for text in texts]


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed("The body is not JSON.") from error
    if not isinstance(said, dict):
        raise Malformed("The body is not a JSON object.")
    return said
