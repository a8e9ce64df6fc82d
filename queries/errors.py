"""What a question can end with, other than an answer.

QuestionError
├── TooSlow      interrupted at its deadline
├── TooBig       needed more memory than a question may use
├── BadQuestion  an argument makes no sense, such as a cursor that nobody handed out
├── SearchError  a search that does not parse; it knows the character
├── NotFound     the thing asked for does not exist, or not in this scope
└── Gone         the version of the table that a link is pinned to is no longer kept
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


class Gone(QuestionError):
    pass


class SearchError(QuestionError):
    """What is wrong with a search, and `at` which of its characters, counted from 0."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at
