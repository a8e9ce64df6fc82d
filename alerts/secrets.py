"""Secrets of channels at rest: sealed with a key of this installation, and for one channel each.

A sealed secret copied to another channel does not open, so nobody gets at it by moving rows.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alerts.errors import AlertError

PURPOSE = b"observatory: secrets of alert channels, 1"
SIGNING_PREFIX = "whsec_"
SIGNING_BYTES = 32
OVERLAP = timedelta(days=1)
"""How long a receiver may go on checking with the secret before the newest."""


class SecretError(AlertError):
    """A sealed secret cannot be opened with the key of this installation."""


@dataclass(frozen=True)
class Secret:
    """What a channel must not show: where it sends, or what it signs or proves itself with.

    `before` is the signing secret that was replaced; it goes on signing until `before_until`.
    """

    address: str = field(default="", repr=False)
    signing: str = field(default="", repr=False)
    before: str = field(default="", repr=False)
    before_until: datetime | None = None

    def rotated(self, now: datetime) -> Secret:
        """With a new signing secret, and the present one beside it for a day."""
        return replace(self, signing=new_signing(), before=self.signing, before_until=now + OVERLAP)

    def signing_at(self, now: datetime) -> list[str]:
        """Every signing secret that counts at `now`, the newest first."""
        overlapping = self.before and self.before_until and now < self.before_until
        return [self.signing, self.before] if overlapping else [self.signing]

    def words(self) -> list[str]:
        """Everything in it that must appear in no answer and no log."""
        parts = [self.address, self.signing, self.before]
        return [part for part in parts if part]


def new_signing() -> str:
    """A signing secret in the form of Standard Webhooks."""
    return SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(SIGNING_BYTES)).decode()


class Vault:
    """Seals and opens secrets with a key made from the secret key of the installation."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, channel_id: str, secret: Secret) -> str:
        until = secret.before_until.isoformat() if secret.before_until else None
        content = [channel_id, secret.address, secret.signing, secret.before, until]
        return self._fernet.encrypt(json.dumps(content).encode()).decode()

    def open(self, channel_id: str, sealed: str) -> Secret:
        """Raises SecretError when the key has changed, or the secret is another channel's."""
        try:
            content = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise SecretError(LOST) from error
        owner, address, signing, before, until = content
        if owner != channel_id:
            raise SecretError(LOST)
        return Secret(address, signing, before, datetime.fromisoformat(until) if until else None)


LOST = (
    "The secret of this channel cannot be read: the secret key of this installation has changed. "
    "Enter the channel's address or key again."
)
