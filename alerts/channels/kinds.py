"""Kinds of channels. A new one is a file with `taken` and `send`, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.channels import email, pagerduty, slack, webhook
from alerts.channels.messages import Channel, Notification
from alerts.channels.results import Result
from alerts.channels.ways import Ways
from alerts.secrets import Secret


@dataclass(frozen=True)
class Kind:
    """What a kind of channel does: take settings, and send."""

    taken: Callable[[Mapping[str, Any], Ways], tuple[dict[str, Any], Secret]]
    send: Callable[[Channel, Notification, Ways], Result]


KINDS = {
    "webhook": Kind(webhook.taken, webhook.send),
    "email": Kind(email.taken, email.send),
    "slack": Kind(slack.taken, slack.send),
    "pagerduty": Kind(pagerduty.taken, pagerduty.send),
}
