"""What a question can end with, other than an answer.

QuestionError
├── TooSlow      interrupted at its deadline
├── TooBig       needed more memory than a question may use
├── BadQuestion  an argument makes no sense, such as a cursor that nobody handed out
└── NotFound     the thing asked for does not exist, or not in this scope
"""

# ruff: noqa: N818 - the names say what happened, and callers read `except TooSlow`

from __future__ import annotations


class QuestionError(Exception):
    """A question that could not be answered; the message is a plain sentence."""


class TooSlow(QuestionError):
    pass


class TooBig(QuestionError):
    pass


class BadQuestion(QuestionError):
    pass


class NotFound(QuestionError):
    pass
