"""Destinations: where to go after signing in. Only a path on this server is ever accepted."""

from __future__ import annotations

import re

HOME = "/"
LONGEST = 4_000

# One slash and then no other, no backslash (browsers read it as a slash) and nothing invisible
# (browsers drop tabs and line ends, which would join two slashes).
LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def local_path(wanted: str | None) -> str:
    """`wanted` when it is a path on this server, otherwise the home page."""
    if wanted and len(wanted) <= LONGEST and LOCAL_PATH.fullmatch(wanted):
        return wanted
    return HOME
