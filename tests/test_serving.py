"""The web server ends without leaving a socket, a thread or a stray byte behind."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from flask import Flask

from dashboards.serving import Web


def slow_app(seconds: float) -> Flask:
    server = Flask("slow")

    @server.get("/")
    def answer() -> str:
        time.sleep(seconds)
        return "done"

    return server


def ask(url: str) -> bytes:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read()


def test_requests_in_hand_are_finished_before_it_stops() -> None:
    web = Web(slow_app(0.6), "127.0.0.1", 0, threads=4)
    web.start()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, web.url) for _ in range(4)]
        time.sleep(0.3)
        web.stop()
        answers = {each.result() for each in asked}
    assert answers == {b"done"}


def test_after_a_stop_the_port_is_free_and_no_thread_is_left() -> None:
    before = threading.active_count()
    web = Web(slow_app(0), "127.0.0.1", 0, threads=4)
    web.start()
    assert ask(web.url) == b"done"
    web.stop()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        ask(web.url)


def test_no_byte_is_written_into_what_is_opened_afterwards() -> None:
    """A file descriptor closed too early is given to somebody else, and then written to."""
    for _ in range(20):
        web = Web(slow_app(0.01), "127.0.0.1", 0, threads=8)
        web.start()
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask, web.url) for _ in range(8)]
            time.sleep(0.01)
            web.stop()
            pairs = [socket.socketpair() for _ in range(20)]
            time.sleep(0.02)
            for each in asked:
                each.exception()
        for one, other in pairs:
            other.setblocking(False)
            with pytest.raises(BlockingIOError):
                other.recv(1)
            one.close()
            other.close()
