"""Slack, by an incoming webhook: an address at hooks.slack.com with three tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apprise import NotifyType
from apprise.plugins.slack import NotifySlack

from alerts.channels import through_apprise
from alerts.channels.messages import Channel, Notification, plain
from alerts.channels.results import Failed, Result
from alerts.channels.ways import Ways
from alerts.errors import Problem, Refused
from alerts.secrets import Secret

_ADDRESS = re.compile(
    r"https://hooks\.slack(?P<gov>-gov)?\.com/services/"
    r"(?P<a>[A-Z0-9]{5,20})/(?P<b>[A-Z0-9]{5,20})/(?P<c>[A-Za-z0-9]{10,64})/?"
)
_MOODS = {
    "firing": NotifyType.FAILURE,
    "reminder": NotifyType.WARNING,
    "resolved": NotifyType.SUCCESS,
    "test": NotifyType.INFO,
}


def taken(given: Mapping[str, Any], ways: Ways) -> tuple[dict[str, Any], Secret]:
    """What is kept of a Slack address. Raises Refused."""
    url = str(given.get("url", "")).strip()
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise Refused(
            [
                Problem(
                    "url",
                    "Paste the address of an incoming webhook of Slack: "
                    "https://hooks.slack.com/services/T…/B…/….",
                )
            ]
        )
    return {"shown": f"Slack, workspace {found['a'][:3]}…"}, Secret(address=url)


def send(channel: Channel, notification: Notification, ways: Ways) -> Result:
    found = _ADDRESS.fullmatch(channel.secret.address)
    if found is None:
        return Failed("This is no address of Slack any more. Enter it again.", final=True)
    plugin = NotifySlack(  # type: ignore[no-untyped-call]
        token_a=found["a"],
        token_b=found["b"],
        token_c=found["c"],
        mode="gov-hook" if found["gov"] else "hook",
        include_image=False,
        asset=through_apprise.ASSET,
        overflow="truncate",
    )
    said = notification.message
    return through_apprise.notified(
        plugin, ways, said.heading, plain(notification), _MOODS[said.kind]
    )
