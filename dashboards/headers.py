"""What every response says to the browser: what may run, what may be kept, what is compressed."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request
from flask_compress import Compress

VENDOR = Path(__file__).parent.parent / "assets" / "vendor"
PLOTLY = "plotly-cartesian-4.1.1.min.js"
"""The bundle with bars, lines, pies and heatmaps: a third of the full one. Dash finds it there."""

YEAR = 365 * 24 * 3600


def install(server: Flask, script_hashes: Sequence[str]) -> None:
    """Set headers on every response of `server`, errors and files included."""
    server.config["COMPRESS_MIMETYPES"] = [
        "text/html",
        "text/css",
        "text/csv",
        "application/x-ndjson",
        "application/json",
        "application/javascript",
        "text/javascript",
    ]
    Compress(server)
    policy = _policy(script_hashes)

    @server.get(f"/vendor/{PLOTLY}")
    def plotly() -> Response:
        return _packed(PLOTLY)

    @server.after_request
    def harden(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if not request.path.startswith(("/assets/", "/_dash-component-suites/", "/vendor/")):
            headers["Cache-Control"] = "no-store"
        return response


def _policy(script_hashes: Sequence[str]) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {' '.join(script_hashes)}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _packed(name: str) -> Response:
    """A vendored script, kept compressed; sent as it lies to whoever takes gzip."""
    packed = _read(name)
    if packed is None:
        abort(404)
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(
        packed if takes_gzip else gzip.decompress(packed), mimetype="text/javascript"
    )
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    return response


@cache
def _read(name: str) -> bytes | None:
    path = VENDOR / f"{name}.gz"
    return path.read_bytes() if path.is_file() else None
