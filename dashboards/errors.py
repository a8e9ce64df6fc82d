"""Errors: each of our exceptions becomes one plain sentence in the panel it happened in."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, ParamSpec

from dash.exceptions import PreventUpdate

from access.errors import AccessError
from alerts.errors import AlertError
from dashboards.shell.link import LinkError
from queries.errors import QuestionError

log = logging.getLogger(__name__)

P = ParamSpec("P")

UNEXPECTED = "Something went wrong here. Try again; the server's log has the cause."


def sentence(error: Exception) -> str:
    """What to tell the person; anything that is not ours stays in the log."""
    if isinstance(error, AccessError | AlertError | QuestionError | LinkError):
        return str(error)
    log.error("a panel failed", exc_info=error)
    return UNEXPECTED


def guarded(
    face: Callable[[str], Any],
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Decorate a callback so that an error becomes `face(sentence)` instead of its data."""

    def decorate(callback: Callable[P, Any]) -> Callable[P, Any]:
        @functools.wraps(callback)
        def guard(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return callback(*args, **kwargs)
            except PreventUpdate:
                raise
            except Exception as error:
                return face(sentence(error))

        return guard

    return decorate
