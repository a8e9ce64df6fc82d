"""Sends the source of a service to Observatory, so that its traces show the code that ran.

INGEST_KEY=obs_… python -m send_source FOLDER --to URL --service NAME --revision REVISION

Needs Python 3.9 and nothing else: copy this one file to the machine that builds the service. Only
what Observatory lacks is sent; running it again continues, or changes nothing.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

# ruff: noqa: T201 - it is a command, and talks to whoever runs it

KEY_VARIABLE = "INGEST_KEY"
MOST_FILES = 5_000
MOST_BYTES = 1024 * 1024
BATCH_BYTES = 2 * 1024 * 1024
BATCH_FILES = 500
ATTEMPTS = 6
BUSY = frozenset({429, 502, 503, 504})
LEFT_OUT = frozenset({"node_modules", "__pycache__", "venv", "target", "dist", "build"})
"""Folders of things that are installed or built; dotfiles and folders are left out too."""


class SendError(Exception):
    """The source was not delivered; the message is a sentence."""


def collect(folder: Path, refused: dict[str, str]) -> dict[str, bytes]:
    """Path → content of the text files below `folder`; the others go into `refused` with why."""
    found: dict[str, bytes] = {}
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in LEFT_OUT)
        for name in sorted(files):
            file = Path(place) / name
            path = file.relative_to(folder).as_posix()
            if name.startswith(".") or file.is_symlink() or not file.is_file():
                continue
            content, why = _read(file)
            if why:
                refused[path] = why
            else:
                found[path] = content
    return found


def _read(file: Path) -> tuple[bytes, str]:
    """The content of a file, and why it cannot be sent."""
    size = file.stat().st_size
    if size > MOST_BYTES:
        return b"", f"The file is larger than 1 MiB ({size:,} bytes)."
    content = file.read_bytes()
    if b"\0" in content:
        return b"", "The file is binary, not text."
    try:
        content.decode()
    except UnicodeDecodeError:
        return b"", "The file is not text in UTF-8."
    return content, ""


class Sender:
    """Posts JSON to one Observatory with one ingest key."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SendError(f"{url!r} is no address. Write it like https://observatory.example.")
        self._url = url.rstrip("/")
        self._key = key

    def send(
        self, service: str, revision: str, files: dict[str, bytes], refused: dict[str, str]
    ) -> int:
        """Deliver a revision; returns how many contents travelled. Raises SendError."""
        contents = {hashlib.sha256(content).hexdigest(): content for content in files.values()}
        manifest = {
            "service": service,
            "revision": revision,
            "files": [
                {"path": p, "sha256": hashlib.sha256(c).hexdigest(), "size": len(c)}
                for p, c in files.items()
            ],
        }
        said = self._post("/v1/source", manifest)
        refused.update({each["path"]: each["why"] for each in said["refused"]})
        missing = said["missing"]
        for batch in _batches([contents[digest] for digest in missing]):
            answer = self._post("/v1/source/contents", {"contents": batch})
            if answer["refused"]:
                raise SendError(f"A file was not taken: {answer['refused'][0]['why']}")
        if missing and not self._post("/v1/source", manifest)["complete"]:
            raise SendError("Some files did not arrive. Run the command again.")
        return len(missing)

    def _post(self, path: str, said: object) -> dict:  # type: ignore[type-arg]
        body = gzip.compress(json.dumps(said, ensure_ascii=False).encode(), 3)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(min(2**attempt / 2, 10))
            request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
                self._url + path,
                body,
                {
                    "Content-Type": "application/json",
                    "Content-Encoding": "gzip",
                    "Authorization": f"Bearer {self._key}",
                    "User-Agent": "observatory-send-source",
                },
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                    return dict(json.load(answer))
            except urllib.error.HTTPError as error:
                with error:
                    why = _sentence(error.read())
                if error.code not in BUSY:
                    raise SendError(f"{self._url} answered {error.code}: {why}") from None
            except (OSError, ValueError) as error:
                why = str(error)
        raise SendError(f"{self._url} could not be reached: {why}")


def _batches(contents: list[bytes]) -> list[list[str]]:
    """Contents in requests of a bearable size."""
    batches: list[list[str]] = [[]]
    size = 0
    for content in contents:
        if batches[-1] and (size + len(content) > BATCH_BYTES or len(batches[-1]) == BATCH_FILES):
            batches.append([])
            size = 0
        batches[-1].append(content.decode())
        size += len(content)
    return batches if batches[0] else []


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason was given"


def main() -> int:
    """Run the command; returns the exit status: 0 when the revision is complete."""
    asked = _parser().parse_args()
    key = os.environ.get(KEY_VARIABLE, "")
    refused: dict[str, str] = {}
    try:
        if not key:
            raise SendError(f"Put the ingest key into the environment as {KEY_VARIABLE}.")
        if not asked.folder.is_dir():
            raise SendError(f"{asked.folder} is no folder.")
        files = collect(asked.folder, refused)
        if asked.prefix:
            files = {f"{asked.prefix.strip('/')}/{path}": c for path, c in files.items()}
        if not files:
            raise SendError(f"There are no text files in {asked.folder}.")
        if len(files) > MOST_FILES:
            raise SendError(
                f"{asked.folder} has {len(files):,} text files; a revision has at most "
                f"{MOST_FILES:,}. Send the folder of one service."
            )
        sent = Sender(asked.to, key).send(asked.service, asked.revision, files, refused)
    except SendError as error:
        print(f"send_source: {error}", file=sys.stderr)
        return 1
    finally:
        for path, why in sorted(refused.items()):
            print(f"left out {path}: {why}", file=sys.stderr)
    kept = len(files) - len(refused.keys() & files.keys())
    print(f"{asked.service} {asked.revision} is complete: {kept:,} files, {sent:,} contents sent.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m send_source",
        description="Send the source of a service to Observatory. The ingest key of the "
        f"organisation is read from the environment, {KEY_VARIABLE}.",
    )
    parser.add_argument("folder", type=Path, help="the folder whose text files are sent")
    parser.add_argument("--to", required=True, metavar="URL", help="address of Observatory")
    parser.add_argument("--service", required=True, help="service.name of its telemetry")
    parser.add_argument(
        "--revision",
        required=True,
        help="vcs.ref.head.revision or service.version of its telemetry",
    )
    parser.add_argument("--prefix", default="", help="path to put in front of every file's")
    return parser


if __name__ == "__main__":
    sys.exit(main())
