"""Provided: the pipeline of the process that this request came to."""

from __future__ import annotations

from contextvars import ContextVar

from telemetry.pipeline import Pipeline

_in_use: ContextVar[Pipeline] = ContextVar("pipeline")


def use(pipeline: Pipeline) -> None:
    """Let the present request ask `pipeline`: a process may hold two apps."""
    _in_use.set(pipeline)


def the_pipeline() -> Pipeline:
    return _in_use.get()
