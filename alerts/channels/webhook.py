"""Webhooks: JSON posted to an address of the tenant's, signed as Standard Webhooks demand.

The id is the notification's, the same on every attempt, so that a receiver can tell a repetition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from alerts.channels import results
from alerts.channels.messages import Channel, Notification
from alerts.channels.results import Result
from alerts.channels.ways import Ways
from alerts.errors import Problem, Refused
from alerts.outward import OutwardError
from alerts.secrets import Secret, new_signing


def taken(given: Mapping[str, Any], ways: Ways) -> tuple[dict[str, Any], Secret]:
    """What is kept of a new webhook. Raises Refused, also for a name that leads inside."""
    url = str(given.get("url", "")).strip()
    try:
        target = ways.outward.look(url)
    except OutwardError as error:
        raise Refused([Problem("url", str(error))]) from error
    return {"shown": target.shown}, Secret(address=url, signing=new_signing())


def send(channel: Channel, notification: Notification, ways: Ways) -> Result:
    now = ways.now()
    body = _body(notification)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": notification.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(channel.secret, notification.id, now, body),
    }
    try:
        answer = ways.outward.post(channel.secret.address, body.encode(), headers)
    except OutwardError as error:
        return results.of_error(error)
    return results.of_answer(answer, ways.now())


def signatures(secret: Secret, message_id: str, now: datetime, body: str) -> str:
    """One signature for each secret that counts at `now`, the newest first."""
    return " ".join(Webhook(word).sign(message_id, now, body) for word in secret.signing_at(now))


def _body(notification: Notification) -> str:
    said = notification.message
    return json.dumps(
        {
            "type": f"alert.{said.kind}",
            "timestamp": said.at.isoformat(),
            "data": {
                "organisation": notification.org,
                "incident": notification.incident,
                "rule": said.rule,
                "severity": said.severity,
                "title": said.title,
                "text": said.text,
                "description": said.description,
                "labels": dict(said.labels),
                "value": said.value,
                "since": said.since.isoformat(),
                "link": notification.link,
            },
        }
    )
