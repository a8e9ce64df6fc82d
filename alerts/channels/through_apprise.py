"""Slack and PagerDuty as apprise writes them, sent through our own way out.

apprise knows the forms of both services; the requests that it would send are handed to `Outward`,
so that its redirects, proxies, timeouts and logs never come into play. Only the hosts named here
are reached.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from apprise import AppriseAsset, NotifyFormat, NotifyType
from apprise.plugins import pagerduty, slack
from apprise.plugins.base import NotifyBase

from alerts.channels import results
from alerts.channels.results import Failed, Result, Sent
from alerts.channels.ways import Ways
from alerts.outward import Answer, OutwardError

HOSTS = frozenset(
    {
        "hooks.slack.com",
        "hooks.slack-gov.com",
        "events.pagerduty.com",
        "events.eu.pagerduty.com",
    }
)

# apprise writes addresses with their tokens to its log
logging.getLogger("apprise").setLevel(logging.CRITICAL)

ASSET = AppriseAsset(app_id="Observatory", app_desc="Observatory", http_redirects=False)


@dataclass
class _Exchange:
    """What is said to the service in one sending."""

    ways: Ways
    answers: list[Answer] = field(default_factory=list)
    errors: list[OutwardError] = field(default_factory=list)


_exchange: ContextVar[_Exchange] = ContextVar("exchange")


class _Requests:
    """What apprise's plugins call `requests`: the same answers, by our way out."""

    codes = requests.codes
    RequestException = requests.RequestException

    def post(self, url: str, **options: Any) -> requests.Response:
        return self.request("post", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        exchange = _exchange.get()
        parts = urlsplit(url)
        if method != "post" or parts.scheme != "https" or parts.netloc not in HOSTS:
            raise requests.RequestException("not one of the services")
        headers: Mapping[str, str] = options["headers"]
        try:
            answer = exchange.ways.outward.post(url, options["data"].encode(), headers)
        except OutwardError as error:
            exchange.errors.append(error)
            raise requests.RequestException("not sent") from error
        exchange.answers.append(answer)
        response = requests.Response()
        response.status_code = answer.status
        response._content = answer.body
        return response


for _plugin in (slack, pagerduty):
    # a plugin that reached for the network in another way would fail here
    assert vars(_plugin)["requests"] is requests  # noqa: S101
    vars(_plugin)["requests"] = _Requests()


def notified(plugin: NotifyBase, ways: Ways, title: str, body: str, kind: NotifyType) -> Result:
    """Let `plugin` say it, and read what came back."""
    exchange = _Exchange(ways)
    token = _exchange.set(exchange)
    try:
        told = plugin.notify(
            title=title, body=body, notify_type=kind, body_format=NotifyFormat.TEXT
        )
    finally:
        _exchange.reset(token)
    if exchange.errors:
        return results.of_error(exchange.errors[-1])
    if not exchange.answers:
        return Failed("Nothing was sent. Check the channel's settings.", final=True)
    result = results.of_answer(exchange.answers[-1], ways.now())
    if isinstance(result, Sent) and not told:
        sentence = "The service answered, but did not take it. Look at its answer."
        return Failed(sentence, result.status, result.answer, result.seconds)
    return result
