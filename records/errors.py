"""The one thing that goes wrong with the records, always with a plain sentence."""


class RecordsError(Exception):
    """The records cannot be used: a bad URL, or a database out of reach. The message says which."""
