"""Outward: the only way from alerting to an address that a tenant wrote.

A URL is refused unless it is spelled plainly; its name is resolved once, every address it resolves
to must be one that anybody may reach, and the connection goes to that address and nowhere else.
Nothing is followed, and all of it together has one deadline and one limit of bytes.

OutwardError
├── Forbidden    the URL or where it leads is not allowed
├── Unreachable  no address, no connection, no TLS, or no answer in HTTP
└── TooSlow      the deadline passed
"""

# ruff: noqa: N818 - the names say what happened, and callers read `except Forbidden`

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any
from urllib.parse import quote

import certifi

from alerts.errors import AlertError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

SECONDS = 10.0
MAX_BYTES = 64 * 1024
LONGEST_URL = 2_000
MOST_ADDRESSES = 3

USER_AGENT = "Observatory-Alerts/1"

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^\[\]/?#@]*\]|[^\[\]/?#@:]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INSIDE_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa")


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# What an installation may open with `alert_allow_private`.
_PRIVATE = _networks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "::1/128", "fc00::/7",
)  # fmt: skip
# What nobody may reach: machines' own metadata, and what is no single public machine.
_NEVER = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3", "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32",
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)  # fmt: skip
_UNICAST = IPv6Network("2000::/3")


class OutwardError(AlertError):
    """Nothing was answered; the message says why and names no secret."""


class Forbidden(OutwardError):
    pass


class Unreachable(OutwardError):
    pass


class TooSlow(OutwardError):
    pass


@dataclass(frozen=True)
class Target:
    """A URL in its parts, spelled in the one way that everybody reads alike."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)

    @property
    def literal(self) -> Address | None:
        """The address, when the host is one and no name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme] == self.port
        return host if usual else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """Where it leads without the rest, which may be secret."""
        return f"{self.scheme}://{self.authority}/…"


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is cut at the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    seconds: float


def resolved(host: str, port: int) -> Sequence[str]:
    """Addresses of a name, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@cache
def _public_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True)
class Outward:
    """The way out, with its limits; safe to share between threads."""

    allow_private: bool = False
    resolve: Resolve = resolved
    seconds: float = SECONDS
    max_bytes: int = MAX_BYTES
    tls: Callable[[], ssl.SSLContext] = _public_tls

    def target(self, url: str) -> Target:
        """The URL in its parts. Raises Forbidden with what to write instead; resolves nothing."""
        target = _parsed(url)
        if target.literal is not None:
            self._refuse_address(target.literal)
        if not self.allow_private:
            _refuse_inside(target)
        return target

    def look(self, url: str) -> Target:
        """Like `target`, and the name must lead outside now: for the moment a URL is saved."""
        target = self.target(url)
        self._addresses(target, time.monotonic() + self.seconds)
        return target

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body` and read the answer, whatever its status. Raises OutwardError."""
        started = time.monotonic()
        deadline = started + self.seconds
        target = self.target(url)
        try:
            with self._connected(target, deadline) as connection:
                connection.settimeout(_left(deadline))
                connection.sendall(_request(target, body, headers))
                answer = _Reading(connection, deadline)
                return _answer(answer, self.max_bytes, started)
        except TimeoutError as error:
            raise TooSlow(
                f"{target.shown} did not answer within {self.seconds:g} s. "
                "Let it answer first and work afterwards."
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(_broken(target, error)) from error

    def _connected(self, target: Target, deadline: float) -> socket.socket:
        """A connection to an address of the target that was looked at, with TLS where asked."""
        plain = _first_that_answers(self._addresses(target, deadline), target, deadline)
        if target.scheme == "http":
            return plain
        try:
            plain.settimeout(_left(deadline))
            return self.tls().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

    def _addresses(self, target: Target, deadline: float) -> list[Address]:
        """Where the target leads, resolved once. Raises Forbidden when any of it is inside."""
        if target.literal is not None:
            return [target.literal]
        found = [_plain(text) for text in _in_time(self.resolve, target, deadline)]
        if not found:
            raise Unreachable(f"There is no machine called {target.host}. Check the address.")
        for address in found:
            self._refuse_address(address)
        return list(dict.fromkeys(found))[:MOST_ADDRESSES]

    def _refuse_address(self, address: Address) -> None:
        if not _allowed(address, self.allow_private):
            raise Forbidden(
                f"This address leads to {address}, which is not on the public internet. "
                "Use the address of a machine that can be reached from outside."
            )


def _parsed(url: str) -> Target:
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if found is None or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        raise Forbidden(
            "Write the address like https://hooks.example.com/path: no user name, no spaces, "
            "no #, plain letters, names in other scripts as xn--."
        )
    scheme, host = found["scheme"].lower(), found["host"].lower()
    port = int(found["port"] or {"http": 80, "https": 443}[scheme])
    if port > 65_535 or (port < 1024 and port not in (80, 443)):
        raise Forbidden("Use port 443, port 80, or one between 1024 and 65535.")
    path = quote((found["path"] or "/") + (found["query"] or ""), safe="/?:@!$&'()*+,;=-._~%")
    return Target(scheme, _host(host), port, path)


def _host(text: str) -> str:
    """A host that is a name or an address in its usual spelling. Raises Forbidden."""
    if text.startswith("["):
        return str(_spelled(IPv6Address, text[1:-1]))
    labels = text.split(".")
    if _NUMBER.fullmatch(labels[-1] or (labels[-2:] or [""])[0]):
        return str(_spelled(IPv4Address, text))
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Forbidden(
            f"{text[:80]!r} is not the name of a machine. Write it like hooks.example.com."
        )
    return text


def _spelled(kind: type[IPv4Address] | type[IPv6Address], text: str) -> Address:
    try:
        address = kind(text)
    except ValueError as error:
        raise Forbidden(
            f"{text[:80]!r} is an odd way to write an address. Write the machine's name."
        ) from error
    if isinstance(address, IPv6Address) and (address.scope_id or address.ipv4_mapped):
        raise Forbidden(f"{text[:80]!r} is an odd way to write an address. Write the name.")
    return address


def _refuse_inside(target: Target) -> None:
    """Names that lead inside by convention, and what would travel unencrypted."""
    labels = target.host.split(".")
    if target.literal is None and (len(labels) == 1 or labels[-1] in _INSIDE_NAMES):
        raise Forbidden(
            f"{target.host} is a name inside a network. Use one that can be reached from outside."
        )
    if target.scheme != "https":
        raise Forbidden("Write the address with https://, so that nobody on the way reads along.")


def _plain(text: str) -> Address:
    """An address; one of IPv4 in the clothes of IPv6 is the IPv4 address that it leads to."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _allowed(address: Address, allow_private: bool) -> bool:
    if _within(address, _NEVER):
        return False
    if _within(address, _PRIVATE):
        return allow_private
    return isinstance(address, IPv4Address) or (address in _UNICAST and address.scope_id is None)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _in_time(resolve: Resolve, target: Target, deadline: float) -> Sequence[str]:
    """What `resolve` says, unless it takes too long; a resolver knows no deadline of its own."""
    said: list[Sequence[str]] = []

    def ask() -> None:
        # a name that is not found, in whatever way, is an empty answer
        try:
            said.append(resolve(target.host, target.port))
        except (OSError, UnicodeError):
            said.append([])

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not said:
        raise TooSlow(f"The name {target.host} could not be resolved in time. Try again later.")
    return said[0]


def _first_that_answers(addresses: list[Address], target: Target, deadline: float) -> socket.socket:
    for number, address in enumerate(addresses, start=1):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        # an address that swallows packets leaves time for the next one
        connection.settimeout(_left(deadline) / (len(addresses) - number + 1))
        try:
            connection.connect((str(address), target.port))
        except OSError:
            connection.close()
            if number == len(addresses):
                raise
        else:
            return connection
    raise Unreachable(f"There is no machine called {target.host}. Check the address.")


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The request as it goes over the wire. No Accept-Encoding: nothing is ever unpacked."""
    lines = {
        "Host": target.authority,
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Connection": "close",
        **headers,
        "Content-Length": str(len(body)),
    }
    head = [f"POST {target.path} HTTP/1.1", *(f"{name}: {lines[name]}" for name in lines)]
    if any("\r" in line or "\n" in line for line in head):
        raise ValueError("a header with a line break")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


class _Reading(io.RawIOBase):
    """Bytes of a connection, each portion awaited only until the deadline of the whole."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv_into(buffer)

    def makefile(self, *_: object) -> io.BufferedReader:
        """What http.client asks of a socket."""
        return io.BufferedReader(self)


def _answer(reading: _Reading, max_bytes: int, started: float) -> Answer:
    response = http.client.HTTPResponse(reading, method="POST")  # type: ignore[arg-type]
    try:
        response.begin()
        body = _read(response, max_bytes + 1)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(
            status=response.status,
            headers=headers,
            body=body[:max_bytes],
            cut=len(body) > max_bytes,
            seconds=time.monotonic() - started,
        )
    finally:
        response.close()


def _read(response: http.client.HTTPResponse, limit: int) -> bytes:
    """The body up to the limit and the deadline. The status is known: how the body ends changes
    nothing."""
    parts: list[bytes] = []
    length = 0
    while length < limit:
        try:
            part = response.read1(limit - length)
        except (OSError, http.client.HTTPException, ValueError):
            break
        if not part:
            break
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _broken(target: Target, error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return f"The certificate of {target.shown} is not valid: {why}. Renew it or fix the name."
    if isinstance(error, ssl.SSLError):
        return f"{target.shown} does not speak TLS as it should ({error.reason or 'broken off'})."
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {target.shown}. Start the endpoint, or check the port."
    if isinstance(error, http.client.HTTPException | ConnectionError | ValueError):
        return f"{target.shown} closed the connection or did not answer in HTTP."
    return f"{target.shown} cannot be reached ({getattr(error, 'strerror', None) or 'no answer'})."
