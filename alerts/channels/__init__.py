"""Channels: each kind of way to tell somebody is one file with a `send` and a `taken`."""
