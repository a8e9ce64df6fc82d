"""Contents: source files by org and SHA-256, so that what is the same is kept once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from telemetry.source.rules import is_hash


class Contents:
    """The folder of the contents. Each org has its own, so that no org learns what others hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lacking(self, org: str, wanted: Iterable[tuple[str, int]]) -> list[str]:
        """Those hashes whose content is not here in its full size, each once, in their order."""
        return [digest for digest, size in dict(wanted).items() if not self._has(org, digest, size)]

    def put(self, org: str, content: bytes) -> str:
        """Keep `content`; returns its hash. What is there already stays as it is."""
        digest = sha256(content).hexdigest()
        if not self._has(org, digest, len(content)):
            place = self._place(org, digest)
            place.parent.mkdir(parents=True, exist_ok=True)
            # whole or not at all: a reader never meets half a file
            with NamedTemporaryFile(dir=place.parent, delete=False) as file:
                file.write(content)
            os.replace(file.name, place)  # noqa: PTH105 - the two names stand side by side
        return digest

    def get(self, org: str, digest: str) -> bytes | None:
        """The content of that hash; None when it is not here or no longer what it was."""
        if not is_hash(digest):
            return None
        try:
            content = self._place(org, digest).read_bytes()
        except OSError:
            return None
        return content if sha256(content).hexdigest() == digest else None

    def drop(self, org: str, digests: Iterable[str]) -> None:
        """Forget contents that no manifest names any more."""
        for digest in digests:
            self._place(org, digest).unlink(missing_ok=True)

    def _has(self, org: str, digest: str, size: int) -> bool:
        try:
            return self._place(org, digest).stat().st_size == size
        except OSError:
            return False

    def _place(self, org: str, digest: str) -> Path:
        return self._folder / org / digest[:2] / digest
