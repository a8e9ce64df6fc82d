"""Endpoints that fail in every way real ones do: a real server on a real socket, told by path."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.client import parse_headers
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE = 10.0


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[["Endpoint", socket.socket], None]


@dataclass
class Endpoint:
    """A server that keeps what it received; `ways` says how each path answers."""

    listener: socket.socket
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    ways: dict[str, Behaviour] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def url(self, path: str = "/ok", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        with self.lock:
            return [one.path for one in self.received]

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, plain: socket.socket) -> None:
        try:
            connection = self.tls.wrap_socket(plain, server_side=True) if self.tls else plain
            with connection:
                connection.settimeout(PATIENCE)
                request = read_request(connection)
                with self.lock:
                    self.received.append(request)
                path = request.path.split("?")[0]
                self.ways.get(path, WAYS.get(path, answering(404)))(self, connection)
        except OSError:
            plain.close()


def read_request(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
        if data.startswith(b"\x16"):
            connection.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")
            raise ConnectionError
    head, _, body = data.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    headers = {k.lower(): v for k, v in parse_headers(BytesIO(rest + b"\r\n\r\n")).items()}
    while len(body) < int(headers.get("content-length", 0)):
        body += _more(connection)
    return Received(line.split()[1].decode(), headers, body)


def _more(connection: socket.socket) -> bytes:
    more = connection.recv(65536)
    if not more:
        raise ConnectionError
    return more


def answering(status: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    def answer(_: Endpoint, connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} Some", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return answer


def _drip_head(endpoint: Endpoint, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not endpoint.stopping.wait(0.05):
        connection.sendall(b"x-a: b\r\n")


def _drip_body(endpoint: Endpoint, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while not endpoint.stopping.wait(0.05):
        connection.sendall(b"x")


def _drip_status(endpoint: Endpoint, connection: socket.socket) -> None:
    """The informational answers of HTTP may go on for ever."""
    while not endpoint.stopping.wait(0.01):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def _silent(endpoint: Endpoint, _: socket.socket) -> None:
    endpoint.stopping.wait(PATIENCE * 3)


def _huge(endpoint: Endpoint, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not endpoint.stopping.is_set():
        connection.sendall(b"x" * 65536)


def _huge_head(endpoint: Endpoint, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
    while not endpoint.stopping.is_set():
        connection.sendall(b"x" * 65536)


def _closing(_: Endpoint, connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _breaking_off(_: Endpoint, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")


def _babbling(_: Endpoint, connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example.com ESMTP\r\n")


def _later(_: Endpoint, connection: socket.socket) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=30), usegmt=True)
    answering(429, b"busy", Retry_After=date)(_, connection)


METADATA = "http://169.254.169.254/latest/meta-data/"

WAYS: dict[str, Behaviour] = {
    "/ok": answering(200),
    "/accepted": answering(202, b""),
    "/500": answering(500, b"<script>broken</script>"),
    "/429": answering(429, b"busy", Retry_After="7"),
    "/429-date": _later,
    "/410": answering(410, b"gone"),
    "/404": answering(404, b"nothing"),
    "/302": answering(302, b"", Location=METADATA),
    "/307": answering(307, b"", Location="/ok"),
    "/drip-head": _drip_head,
    "/drip-body": _drip_body,
    "/drip-status": _drip_status,
    "/silent": _silent,
    "/huge": _huge,
    "/huge-head": _huge_head,
    "/closing": _closing,
    "/breaking-off": _breaking_off,
    "/babbling": _babbling,
}


@contextmanager
def endpoint(tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    made = Endpoint(listener, tls)
    threading.Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def certificate(folder: Path, name: str, *, days: int = 1) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for `name`, and the file of the certificate to trust. Expired if days < 0."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=10))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}{days}.pem", folder / f"{name}{days}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until something is true, and what it is; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found
