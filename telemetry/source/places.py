"""Places: which file of a manifest a span means. Builds move folders; the ends of paths stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """The file a path means; or none, and then which ones it could mean."""

    path: str | None
    candidates: tuple[str, ...] = ()


def match(named: str, paths: Iterable[str]) -> Match:
    """The one of `paths` whose end has most parts in common with the end of `named`.

    Sharing no more than the file's name counts only when that is all one of the two says:
    `/app/legs/__init__.py` is not `arms/__init__.py`.
    """
    wanted = _parts(named)
    best = 1
    found: list[str] = []
    for path in paths:
        have = path.split("/")
        common = _common(wanted, have)
        if not common or (common == 1 and min(len(wanted), len(have)) > 1):
            continue
        if common > best:
            best, found = common, []
        if common == best:
            found.append(path)
    if len(found) == 1:
        return Match(found[0])
    exact = [path for path in found if path.split("/") == wanted]
    return Match(exact[0]) if exact else Match(None, tuple(sorted(found)))


def _parts(named: str) -> list[str]:
    """Parts of a span's path, which may come from any system."""
    return [part for part in named.replace("\\", "/").split("/") if part not in ("", ".")]


def _common(one: list[str], other: list[str]) -> int:
    """How many parts are the same, counted from the end."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count
