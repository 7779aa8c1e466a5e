"""Reads server-sent events from a raw socket: every byte under the test's control.

Parses as WHATWG HTML 9.2 says: an event counts once its blank line has arrived, one cut short is
dropped. Each read is bounded by one deadline for the whole stream."""
import json
import socket
import time
from collections import namedtuple

Event = namedtuple("Event", "name data id")  # data parsed from JSON; id None when none was sent


class CutShort(Exception):
    """The connection ended before the body did."""


class Parser:
    """Bytes in, complete events out."""

    def __init__(self):
        self.rest = b""

    def feed(self, received):
        self.rest += received
        *blocks, self.rest = self.rest.split(b"\n\n")
        return [event for event in map(self._event, blocks) if event]

    @staticmethod
    def _event(block):
        name, data, event_id = "message", [], None
        for line in block.decode("utf-8").split("\n"):
            field, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                event_id = value
            else:
                assert field in ("", "retry"), f"unknown field in {block!r}"
        return Event(name, json.loads("\n".join(data)), event_id) if data else None


class EventStream:
    """One GET of an event stream. Iterating gives events until the server ends the body."""

    def __init__(self, port, path, headers=None, seconds=60, method="GET"):
        self.deadline = time.monotonic() + seconds
        self.path = path
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}",
                 "Accept: text/event-stream"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8"))
        self.raw = b""
        self.parser = Parser()
        self.body_bytes = 0
        self.finished = False
        self._read_head()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def _receive(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no end of {self.path} before the deadline")
        self.socket.settimeout(left)
        received = self.socket.recv(65536)
        if not received:
            raise CutShort(self.path)
        self.raw += received

    def _line(self):
        while b"\r\n" not in self.raw:
            self._receive()
        line, self.raw = self.raw.split(b"\r\n", 1)
        return line

    def _read_head(self):
        self.status = int(self._line().split()[1])
        self.headers = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.chunked = self.headers.get("transfer-encoding") == "chunked"
        if not self.chunked and self.headers.get("content-length", "0") == "0":
            self.finished = True

    def read_chunk(self):
        """The body's next piece as the server framed it; b"" at its end."""
        if self.finished:
            return b""
        assert self.chunked, self.headers
        size = int(self._line().split(b";")[0], 16)
        while len(self.raw) < size + 2:
            self._receive()
        piece, self.raw = self.raw[:size], self.raw[size + 2:]
        self.finished = size == 0
        self.body_bytes += size
        return piece

    def next_events(self):
        """At least one complete event, or [] at the end of the body."""
        while True:
            piece = self.read_chunk()
            if not piece:
                return []
            events = self.parser.feed(piece)
            if events:
                return events

    def read_until_cut(self, n_bytes):
        """The complete events among the body's first n_bytes; closes the connection there.
        The second value says whether the body had ended before."""
        events = []
        while self.body_bytes < n_bytes:
            before = self.body_bytes
            piece = self.read_chunk()
            if not piece:
                return events, True
            events += self.parser.feed(piece[:n_bytes - before])
        self.close()
        return events, False

    def __iter__(self):
        while events := self.next_events():
            yield from events


def epochs_of(events, run=0):
    """(epoch, loss) of a run's exact frames in the order they came; checks each frame."""
    pairs = []
    for event in events:
        if event.name == "epochs" and event.data["run"] == run:
            data = event.data
            assert data["exact"] is True, data.keys()
            assert data["epochs"] == list(range(data["from"], data["to"] + 1))
            assert len(data["loss"]) == len(data["epochs"])
            pairs += zip(data["epochs"], data["loss"])
    return pairs


def ranges_of(events, run=0):
    """(from, to) of a run's frames, exact or thinned, in the order they came."""
    return [(event.data["from"], event.data["to"]) for event in events
            if event.name == "epochs" and event.data["run"] == run]


def assert_gapless(ranges, last, first=1):
    """The ranges follow each other from `first` to `last`: nothing missing, nothing twice."""
    expected = first
    for begin, end in ranges:
        assert begin == expected, f"frame {begin}..{end} where epoch {expected} was due"
        assert end >= begin
        expected = end + 1
    assert expected == last + 1, f"the stream ends before epoch {expected}, expected {last}"


def read_with_cuts(server, experiment, query, generator, longest_cut):
    """All events of a stream read in pieces, each connection cut after a random number of bytes
    and resumed after the last complete event. Returns events and the number of connections."""
    assert longest_cut > 16 * 1024, "a frame would never arrive whole"
    events, last_id, connections = [], None, 0
    while connections < 1000:
        stream = server.stream(experiment, query, last_id)
        connections += 1
        if stream.status == 204:
            stream.close()
            return events, connections
        assert stream.status == 200, stream.status
        new, ended = stream.read_until_cut(generator.randrange(1, longest_cut))
        stream.close()
        events += new
        last_id = next((e.id for e in reversed(events) if e.id is not None), None)
        if ended:
            return events, connections
    raise AssertionError(f"no end after {connections} connections; the last id is {last_id}")
