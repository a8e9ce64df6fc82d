"""The way out: which addresses are refused, however they are spelled, and that it ends in time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from endpoints import Endpoint, certificate, endpoint

from alerts.outward import Forbidden, Outward, OutwardError, TooSlow, Unreachable

CLOSED = [
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.9.1",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001:0:53aa:64c:0:0:80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
NEVER = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "fe80::1", "0.1.2.3", "224.0.0.1"]

ODD = [
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.01/",
    "https://0177.0.0.1/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::1%25lo]/",
    "https://[::1%lo]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    "https://1.2.3.4.5/",
    "https://user@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://user:password@hooks.example.com/",
    "https://hooks.example.com:80@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com/#",
    "https://hooks.example.com./",
    "https://hooks..example.com/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://ⓔxample.com/",
    "https:hooks.example.com",
    "https:///hooks.example.com",
    "https:/\\hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    "",
    " https://hooks.example.com/",
    "https://hooks.example.com/ x",
    "https://hooks.example.com/\r\nHost: inside",
    "https://hooks.example.com/\x00",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:٤٤٣/",
    "https://-hooks.example.com/",
    "https://localhost/",
    "https://hooks.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://intranet/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "ftp://hooks.example.com/",
    "jar:https://hooks.example.com/!/",
    "https://hooks.example.com/" + "x" * 2000,
    "http://hooks.example.com/",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


@pytest.fixture
def inside() -> Outward:
    """What an installation has that wants webhooks inside its network."""
    return Outward(allow_private=True, seconds=0.6)


def leading_to(*addresses: str) -> Outward:
    return Outward(resolve=lambda host, port: addresses, seconds=0.6)


def post(out: Outward, url: str) -> int:
    return out.post(url, b"{}", {"Content-Type": "application/json"}).status


@pytest.mark.parametrize("url", ODD)
def test_what_is_not_spelled_plainly_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Forbidden) as refused:
        leading_to("93.184.216.34").target(url)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_inside_is_refused_written_out(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Forbidden):
        Outward().target(f"https://{host}/")


@pytest.mark.parametrize("address", CLOSED)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    out = leading_to(address)
    for ask in (out.look, lambda url: post(out, url)):
        with pytest.raises(Forbidden, match="not on the public internet"):
            ask("https://hooks.example.com/")


def test_a_name_with_one_address_inside_among_good_ones_is_refused() -> None:
    with pytest.raises(Forbidden):
        leading_to("93.184.216.34", "2606:2800:220:1::1", "10.0.0.1").look("https://example.com/")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_taken(address: str) -> None:
    assert leading_to(address).look("https://Hooks.Example.com/a?b=c").host == "hooks.example.com"


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_stay_closed_where_the_inside_is_open(address: str) -> None:
    out = Outward(allow_private=True, resolve=lambda *_: [address])
    with pytest.raises(Forbidden):
        out.look("http://hooks.example.com/")


def test_nothing_of_this_machine_is_reached(server: Endpoint) -> None:
    before = len(server.received)
    for host in ("127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]", "2130706433"):
        for scheme in ("http", "https"):
            with pytest.raises(Forbidden):
                post(Outward(), f"{scheme}://{host}:{server.port}/ok")
    assert len(server.received) == before


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(
    server: Endpoint,
) -> None:
    """Rebinding: the second answer would lead elsewhere, and nobody asks a second time."""
    answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.2"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    out = Outward(allow_private=True, resolve=rebinding, seconds=2)
    assert post(out, f"http://rebinding.example.com:{server.port}/ok") == 200
    assert asked == ["rebinding.example.com"]
    assert server.received[-1].headers["host"] == f"rebinding.example.com:{server.port}"


def test_a_name_that_was_public_when_saved_is_refused_when_it_leads_inside() -> None:
    leads = ["93.184.216.34"]
    out = Outward(resolve=lambda *_: leads)
    out.look("https://hooks.example.com/")
    leads[0] = "127.0.0.1"
    with pytest.raises(Forbidden):
        post(out, "https://hooks.example.com/")


@pytest.mark.parametrize("path", ["/302", "/307"])
def test_a_redirect_is_an_answer_and_is_not_followed(
    server: Endpoint, inside: Outward, path: str
) -> None:
    before = len(server.received)
    answer = inside.post(server.url(path), b"{}", {})
    assert (answer.status, len(server.received) - before) == (int(path[1:]), 1)


@pytest.mark.parametrize("path", ["/silent", "/drip-head", "/drip-status"])
def test_a_slow_drip_ends_at_the_deadline(server: Endpoint, inside: Outward, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(TooSlow, match=r"did not answer within 0\.6 s"):
        post(inside, server.url(path))
    assert time.monotonic() - started < 1.5


def test_a_body_that_drips_is_cut_at_the_deadline_and_the_status_counts(
    server: Endpoint, inside: Outward
) -> None:
    started = time.monotonic()
    assert post(inside, server.url("/drip-body")) == 200
    assert time.monotonic() - started < 1.5


def test_a_resolver_that_hangs_ends_at_the_deadline() -> None:
    hanging = threading.Event()
    out = Outward(resolve=lambda *_: [str(hanging.wait(30))], seconds=0.3)
    started = time.monotonic()
    try:
        with pytest.raises(TooSlow, match="could not be resolved in time"):
            post(out, "https://hooks.example.com/")
    finally:
        hanging.set()
    assert time.monotonic() - started < 1.5


def test_a_handshake_that_hangs_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        out = Outward(allow_private=True, seconds=0.3)
        started = time.monotonic()
        with pytest.raises(TooSlow):
            post(out, f"https://127.0.0.1:{mute.getsockname()[1]}/")
        assert time.monotonic() - started < 1.5


def test_a_huge_answer_is_cut(server: Endpoint) -> None:
    out = Outward(allow_private=True, max_bytes=1000, seconds=5)
    answer = out.post(server.url("/huge"), b"{}", {})
    assert (len(answer.body), answer.cut, answer.status) == (1000, True, 200)


@pytest.mark.parametrize("path", ["/closing", "/babbling", "/huge-head"])
def test_what_is_no_http_ends_in_a_sentence(server: Endpoint, path: str) -> None:
    with pytest.raises(Unreachable, match="did not answer in HTTP"):
        post(Outward(allow_private=True, seconds=5), server.url(path))


def test_an_answer_that_breaks_off_has_its_status(server: Endpoint, inside: Outward) -> None:
    assert post(inside, server.url("/breaking-off")) == 200


def test_where_nothing_listens_it_says_so(inside: Outward) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable, match="Nothing listens at http://127"):
        post(inside, f"http://127.0.0.1:{port}/secret-path")


def test_an_unknown_name_says_so() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Unreachable, match="no machine called nowhere"):
        Outward(resolve=unknown).look("https://nowhere.example.com/")


def test_it_goes_to_the_next_address_when_the_first_does_not_answer(server: Endpoint) -> None:
    out = Outward(allow_private=True, resolve=lambda *_: ["127.0.0.9", "127.0.0.1"], seconds=2)
    assert post(out, f"http://hooks.example.com:{server.port}/ok") == 200


def trusting(path: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(path))


def test_tls_is_checked_against_the_name(tmp_path: Path) -> None:
    tls, trusted = certificate(tmp_path, "hooks.example.com")
    expired, stale = certificate(tmp_path, "hooks.example.com", days=-1)

    def out(path: Path | None) -> Outward:
        context = trusting(path) if path else ssl.create_default_context()
        return Outward(
            allow_private=True, resolve=lambda *_: ["127.0.0.1"], seconds=3, tls=lambda: context
        )

    with endpoint(tls) as good, endpoint(expired) as old, endpoint() as plain:
        assert post(out(trusted), good.url(host="hooks.example.com")) == 200
        for how, url in (
            (out(trusted), good.url(host="other.example.com")),
            (out(None), good.url(host="hooks.example.com")),
            (out(stale), old.url(host="hooks.example.com")),
        ):
            with pytest.raises(Unreachable, match=r"certificate of .* is not valid"):
                post(how, url)
        with pytest.raises(Unreachable, match="does not speak TLS"):
            post(out(trusted), f"https://hooks.example.com:{plain.port}/ok")
        assert good.paths() == ["/ok"]


def test_proxies_of_the_environment_are_not_used(
    server: Endpoint, inside: Outward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert post(inside, server.url("/ok")) == 200


def test_a_header_cannot_smuggle_another(server: Endpoint, inside: Outward) -> None:
    before = len(server.received)
    with pytest.raises(OutwardError):
        inside.post(server.url(), b"{}", {"webhook-id": "a\r\nHost: inside"})
    assert len(server.received) == before


@pytest.mark.parametrize("path", ["/silent", "/closing", "/babbling"])
def test_no_sentence_names_the_path(server: Endpoint, inside: Outward, path: str) -> None:
    """Whoever knows the path of a webhook may often write to it."""
    with pytest.raises(OutwardError) as error:
        inside.post(server.url(f"{path}?token=hidden"), b"{}", {})
    assert path not in f"{error.value}"
    assert "hidden" not in f"{error.value}"
