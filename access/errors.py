"""What access refuses, each with a plain sentence that a person may read.

AccessError
├── NotSignedIn     nobody is signed in, or the session is over
├── NotFound        there is no such thing, or none for this person: the two look the same
├── Forbidden       the thing is theirs to see, but not to do this with
├── OrgDisabled     the org exists and is switched off
├── UnknownKey      the ingest key is malformed, unknown or revoked: the three look the same
└── BadValue        a slug, e-mail, name, password or role that cannot be taken
"""

# ruff: noqa: N818 - the names are the words of the field, and callers read `except NotFound`


class AccessError(Exception):
    """Access is refused; `sentence` is what the person reads unless a message was given."""

    sentence = "This is not possible."

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)


class NotSignedIn(AccessError):
    sentence = "Your session has ended. Please sign in again."


class NotFound(AccessError):
    sentence = "There is nothing here, or nothing you may see."


class Forbidden(AccessError):
    sentence = "Your role does not allow this. Ask an owner of the organisation."


class OrgDisabled(AccessError):
    sentence = "This organisation is disabled. Ask ALIAS support to enable it."


class UnknownKey(AccessError):
    sentence = "This ingest key is not known. Make a new one, or check how it was copied."


class BadValue(AccessError):
    sentence = "This value cannot be taken."
