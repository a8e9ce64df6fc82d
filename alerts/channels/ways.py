"""Ways: what channels send with – the guarded HTTP, the mail server, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from access.clock import utc_now
from alerts.outward import Outward

Encryption = Literal["starttls", "tls", "off"]


@dataclass(frozen=True)
class MailServer:
    """The mail server of the installation; without a host no mail can be sent."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    encryption: Encryption = "starttls"
    seconds: float = 10.0


@dataclass(frozen=True)
class Ways:
    """Everything that leads out of the process."""

    outward: Outward = field(default_factory=Outward)
    mail: MailServer = field(default_factory=MailServer)
    base: str = ""
    """The address under which people open the page; links of messages begin with it."""
    now: Callable[[], datetime] = utc_now
