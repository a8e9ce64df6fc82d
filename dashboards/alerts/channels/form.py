"""Form: what somebody typed about a channel, and what the store takes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.channel_store import KeptChannel


@dataclass(frozen=True)
class Form:
    """The controls of the dialog, as the browser has them."""

    kind: str = "webhook"
    name: str = ""
    url: str = ""
    to: str = ""
    hook: str = ""
    key: str = ""
    region: str = "us"

    @classmethod
    def of(cls, values: Sequence[object]) -> Form:
        """What the browser sent, whatever it sent."""
        return cls(*(value if isinstance(value, str) else "" for value in values))

    def given(self) -> dict[str, str]:
        """The fields of its kind; nothing of the others is looked at."""
        return {
            "webhook": {"url": self.url},
            "email": {"to": self.to},
            "slack": {"url": self.hook},
            "pagerduty": {"key": self.key, "region": self.region},
        }.get(self.kind, {})

    def given_anew(self, kept: KeptChannel) -> dict[str, str] | None:
        """What leads elsewhere than before, or None when nothing was typed that does."""
        given = self.given()
        address = given.get("key" if kept.kind == "pagerduty" else next(iter(given), ""), "")
        same = kept.kind == "email" and address == ", ".join(kept.config.get("to", ()))
        return None if same or not address.strip() else given


def filled(kept: KeptChannel) -> Form:
    """The form of a channel that there is: what is secret in it stays empty."""
    return Form(
        kind=kept.kind,
        name=kept.name,
        to=", ".join(kept.config.get("to", ())),
        region=str(kept.config.get("region", "us")),
    )
