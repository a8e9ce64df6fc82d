"""Health: /healthz says that the process lives, /readyz whether it can store and answer now."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)

Check = Callable[[], str | None]
"""None when all is well, else one sentence."""


def blueprint(checks: dict[str, Check]) -> Blueprint:
    """Routes of the two; `checks` are what readiness means, by name."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> ResponseReturnValue:
        reasons = {name: reason for name, check in checks.items() if (reason := _ask(check))}
        if reasons:
            return jsonify(status="unavailable", reasons=reasons), 503
        return jsonify(status="ready")

    return routes


def _ask(check: Check) -> str | None:
    try:
        return check()
    except Exception:
        log.exception("a readiness check failed")
        return "It could not be checked; the server's log has the cause."
