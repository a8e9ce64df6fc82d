"""What alerting refuses or fails at, each with a plain sentence that a person may read.

AlertError
├── Refused       a rule, silence or channel that cannot be taken: `problems` names each field
│   └── Miswritten  a YAML text that cannot be taken: it knows the line and the key
├── Meanwhile     somebody else changed the thing since it was read
└── MeasureError  a rule's numbers cannot be had right now: its alerts go to the state "error"
"""

# ruff: noqa: N818 - the names say what happened, and callers read `except Refused`

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, and what to do about it."""

    field: str
    sentence: str


class AlertError(Exception):
    """Something of alerting cannot be done; the message is a plain sentence."""


class Refused(AlertError):
    """Not saved. The message is every problem's sentence."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = tuple(problems)


class Miswritten(Refused):
    """A text that is no rule; `line` counts from 1 and `key` is "" when no key is at fault.

    Several mistakes `together` are one: its line and key are the first one's.
    """

    def __init__(self, sentence: str, line: int, key: str = "") -> None:
        where = f"Line {line}, {key}" if key else f"Line {line}"
        super().__init__([Problem(key, f"{where}: {sentence}")])
        self.line, self.key = line, key

    @classmethod
    def together(cls, mistakes: Sequence[Miswritten]) -> Miswritten:
        first = min(mistakes, key=lambda mistake: mistake.line)
        whole = cls("", first.line, first.key)
        ordered = sorted(mistakes, key=lambda mistake: mistake.line)
        whole.problems = tuple(problem for mistake in ordered for problem in mistake.problems)
        whole.args = (" ".join(problem.sentence for problem in whole.problems),)
        return whole


class Meanwhile(AlertError):
    def __init__(self, sentence: str = "") -> None:
        super().__init__(
            sentence or "Somebody changed it meanwhile. Open it again, and repeat your change."
        )


class MeasureError(AlertError):
    pass
