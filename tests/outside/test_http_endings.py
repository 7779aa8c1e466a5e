"""How connections end: whoever leaves in the middle, and whatever breaks off in the middle, is let
go of within a second, with its descriptor."""
import socket
import struct
import time

import pytest

from http_probe import JSON, POST, Probe
from service import wait_until
from wire import Closed


@pytest.fixture(scope="module")
def probe():
    with Probe() as running:  # its idle time is 30 s: what ends within one ends for another reason
        yield running


def send_and_end(wire, text):
    """The bytes and the end of the client's side in one segment, so that one read finds both."""
    wire.socket.send(text.replace("{host}", f"127.0.0.1:{wire.port}").encode("latin-1"),
                     socket.MSG_MORE)
    wire.socket.shutdown(socket.SHUT_WR)


def assert_ends_soon(probe, wire):
    started = time.monotonic()
    assert wire.is_closed()
    assert time.monotonic() - started < 1 * probe.slowness


GET = "GET /echo HTTP/1.1\r\nHost: {host}\r\n"


@pytest.mark.parametrize("piece", [
    "G", "GET / HT", "GET / HTTP/1.1\r\n", GET, GET + "X: y",
    POST + "Content-Length: 10\r\n\r\n", POST + "Content-Length: 10\r\n\r\n{}",
    POST + "Transfer-Encoding: chunked\r\n\r\n", POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"])
def test_an_end_that_comes_with_a_piece_of_a_request_is_noticed(probe, piece):
    with probe.wire() as wire:  # of the first request
        send_and_end(wire, piece)
        assert_ends_soon(probe, wire)
    with probe.wire() as wire:  # of a second one, behind the reply to the first
        wire.send(GET + "\r\n")
        assert wire.reply().status == 200
        send_and_end(wire, piece)
        assert_ends_soon(probe, wire)


@pytest.mark.parametrize("path", ["/echo", "/later?ms=100", "/slices?n=300000", "/hold?ms=200"])
def test_whole_requests_before_such_an_end_are_answered(probe, path):
    with probe.wire() as wire:
        send_and_end(wire, f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\n\r\n" + GET + "\r\n" + GET)
        assert wire.reply().status in (200, 404)
        assert wire.reply().status == 200
        assert_ends_soon(probe, wire)


def test_a_large_body_before_an_end_is_taken_whole(probe):
    body = "\"" + "x" * 60000 + "\""
    for _ in range(20):
        with probe.wire() as wire:
            wire.send(POST + f"Content-Length: {len(body)}\r\n\r\n{body[:-1]}")
            send_and_end(wire, body[-1:])
            assert len(wire.reply().body) > len(body)
            assert_ends_soon(probe, wire)


@pytest.mark.parametrize("path", ["/silence", "/events"])
def test_a_stream_asked_for_with_an_end_is_over_at_once(probe, path):
    gone = probe.counts()["streams_gone"]
    with probe.wire() as wire:
        send_and_end(wire, f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\n\r\n")
        assert wire.head()[0] == 200
        started = time.monotonic()
        wire.rest()
        assert time.monotonic() - started < 1 * probe.slowness
    probe.wait_for("streams_gone", gone + 1, 1)
    assert probe.counts()["streams_sleeping"] == 0


# --- replies that break off --------------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, 100, 20000, 200000])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_a_reply_that_breaks_off_is_no_whole_one_and_keeps_no_descriptor(probe, cut, version):
    """What ends only by the connection's end (HTTP/1.0) must end by a reset: else it looks whole."""
    before = probe.descriptors()
    with probe.wire() as wire:
        wire.ask("GET", f"/slices?n=300000&cut={cut}", version=version)
        with pytest.raises((Closed, ConnectionResetError)) as ending:
            status, headers = wire.head()
            assert status == 200
            while "transfer-encoding" in headers and wire.chunk():
                pass
            while "transfer-encoding" not in headers:
                wire._receive()
        assert version == "HTTP/1.1" or ending.type is ConnectionResetError
        # The client has not closed its side, but the server has let go.
        wait_until(lambda: probe.descriptors() <= before, 1 * probe.slowness, "a closed socket")
