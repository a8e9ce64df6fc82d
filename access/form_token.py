"""Form tokens: the sign-in form carries a signed copy of a random cookie that only we could set."""

from __future__ import annotations

import hmac
import secrets

from itsdangerous import BadData, URLSafeTimedSerializer

COOKIE = "observatory_form"
MAX_AGE_SECONDS = 12 * 60 * 60


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def token_for(nonce: str, key: str) -> str:
    """The hidden field that belongs to the cookie `nonce`."""
    return str(_serializer(key).dumps(nonce))


def is_valid(token: str, nonce: str, key: str) -> bool:
    """Whether `token` is ours, recent, and belongs to the cookie `nonce`."""
    try:
        signed = _serializer(key).loads(token, max_age=MAX_AGE_SECONDS)
    except BadData:
        return False
    return bool(nonce) and hmac.compare_digest(str(signed).encode(), nonce.encode())


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="sign-in form")
