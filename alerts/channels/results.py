"""Results: what became of one attempt to send, and how an answer of HTTP is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from alerts.outward import Answer, OutwardError

LONGEST_ANSWER = 1_000
LONGEST_WAIT = timedelta(hours=24)
"""The most that an endpoint may ask us to wait."""

_BUSY = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Sent:
    """The other side took it."""

    status: int | None
    answer: str
    seconds: float


@dataclass(frozen=True)
class Failed:
    """The other side did not take it; `sentence` says why, and what to do.

    `gone` means that it never will on this channel, `final` that it never will take this one.
    `busy` means that the channel as a whole is out of order, so that others need not be tried now.
    """

    sentence: str
    status: int | None = None
    answer: str = ""
    seconds: float = 0.0
    retry_after: timedelta | None = None
    gone: bool = False
    final: bool = False
    busy: bool = False


Result = Sent | Failed


def of_answer(answer: Answer, now: datetime) -> Result:
    """2xx is sent; everything else is a failure with its reason."""
    text = shown(answer.body)
    if 200 <= answer.status < 300:
        return Sent(answer.status, text, answer.seconds)
    return Failed(
        sentence=_sentence(answer.status),
        status=answer.status,
        answer=text,
        seconds=answer.seconds,
        retry_after=retry_after(answer.headers.get("retry-after", ""), now),
        gone=answer.status == 410,
        busy=answer.status in _BUSY,
    )


def of_error(error: OutwardError) -> Failed:
    return Failed(sentence=str(error), busy=True)


def retry_after(said: str, now: datetime) -> timedelta | None:
    """How long the endpoint asks to be left alone: seconds or a date, a day at most."""
    said = said.strip()
    if said.isascii() and said.isdigit():
        seconds = min(float(said), LONGEST_WAIT.total_seconds())
        return timedelta(seconds=seconds)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def shown(body: bytes) -> str:
    """The beginning of an answer as text that can be kept and shown."""
    text = body[: 4 * LONGEST_ANSWER].decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)[:LONGEST_ANSWER]


def without(result: Result, words: list[str]) -> Result:
    """The result with every secret word taken out: an endpoint may answer with what it was sent."""
    if isinstance(result, Sent):
        return replace(result, answer=_without(result.answer, words))
    return replace(
        result,
        answer=_without(result.answer, words),
        sentence=_without(result.sentence, words),
    )


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, "…")
    return text


def _sentence(status: int) -> str:
    if status == 410:
        return (
            "The endpoint answered 410: it is gone for good. The channel was switched off; "
            "give it a new address and switch it on again."
        )
    if 300 <= status < 400:
        return (
            f"The endpoint answered {status} with a redirect, which is not followed. "
            "Give the channel the address it leads to."
        )
    if status in (401, 403):
        return f"The endpoint answered {status}: it does not accept us. Check address and secret."
    if status == 404:
        return "The endpoint answered 404: there is nothing at this address. Check the address."
    if status == 429:
        return "The endpoint answered 429: too many at once. We wait as long as it asks."
    if status >= 500:
        return f"The endpoint answered {status}: it is out of order. We try again."
    return f"The endpoint answered {status} and did not take it. Look at its answer."
