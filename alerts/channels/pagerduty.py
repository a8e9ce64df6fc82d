"""PagerDuty, by an integration key of its Events API. An incident here is one incident there:
its id is the key that PagerDuty tells repetitions by, so a resolved one is resolved there too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apprise import NotifyType
from apprise.plugins.pagerduty import NotifyPagerDuty

from alerts.channels import through_apprise
from alerts.channels.messages import Channel, Notification, lines, one_line
from alerts.channels.results import Result
from alerts.channels.ways import Ways
from alerts.errors import Problem, Refused
from alerts.secrets import Secret

_KEY = re.compile(r"[A-Za-z0-9]{32}")
REGIONS = ("us", "eu")


def taken(given: Mapping[str, Any], ways: Ways) -> tuple[dict[str, Any], Secret]:
    """What is kept of an integration key and its region. Raises Refused."""
    key, region = str(given.get("key", "")).strip(), str(given.get("region", "us"))
    if not _KEY.fullmatch(key):
        raise Refused(
            [
                Problem(
                    "key", "Paste the integration key of the service's Events API v2: 32 letters."
                )
            ]
        )
    if region not in REGIONS:
        raise Refused([Problem("region", f"The region is one of {', '.join(REGIONS)}.")])
    return {"shown": f"PagerDuty ({region})", "region": region}, Secret(address=key)


def send(channel: Channel, notification: Notification, ways: Ways) -> Result:
    said = notification.message
    key = channel.secret.address
    plugin = NotifyPagerDuty(
        # the Events API asks for the routing key only; apprise wants a second one
        apikey=key,
        integrationkey=key,
        source=one_line(notification.org),
        component=one_line(said.rule),
        region_name=channel.config["region"],
        severity=said.severity,
        action="resolve" if said.kind == "resolved" else "trigger",
        dedup=notification.incident or notification.id,
        click=notification.link or None,
        details={one_line(name): one_line(value) for name, value in said.labels},
        include_image=False,
        asset=through_apprise.ASSET,
        overflow="truncate",
    )
    return through_apprise.notified(
        plugin, ways, said.heading, lines(said.text), NotifyType.FAILURE
    )
