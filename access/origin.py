"""Origin: whether a request that changes something was sent by our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_ours(method: str, host: str, *, site: str | None, origin: str | None) -> bool:
    """False when a browser says that another site sent this.

    Every current browser sends Sec-Fetch-Site (`site`); older ones send Origin. A request with
    neither comes from a program, which has nobody else's cookies to abuse.
    """
    if method in SAFE_METHODS:
        return True
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or _host_of(origin) == host.lower()


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
