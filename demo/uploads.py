"""Uploads the code of the demo's services, release by release, like any build machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import send_source
from demo import code, platform
from demo.sender import SendError
from demo.shapes import Org

PLATFORM: Final = "aeos"


def send(endpoint: str, keys: Mapping[str, str], orgs: Mapping[str, Org]) -> int:
    """Send every release of every service of each org; returns how many contents travelled.

    Raises SendError.
    """
    try:
        return sum(
            _send_org(send_source.Sender(endpoint, keys[slug]), org) for slug, org in orgs.items()
        )
    except send_source.SendError as error:
        raise SendError(str(error)) from error


def _send_org(sender: send_source.Sender, org: Org) -> int:
    sent = 0
    for release, (_, revision, _) in enumerate(platform.RELEASES):
        whole = {**code.files(PLATFORM, release), **code.files(org.slug, release)}
        for service in (*platform.SERVICES, org.own):
            sent += sender.send(service.name, revision, whole, {})
    return sent
