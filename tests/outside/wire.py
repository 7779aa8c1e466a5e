"""One raw connection to a server: bytes out as they are, replies in, all before a deadline."""
import collections
import json
import socket
import struct
import time

Reply = collections.namedtuple("Reply", "status headers body")  # header names in lower case


class Closed(Exception):
    """The server closed the connection before what was waited for had arrived."""


class Wire:
    """`reply` parses by Content-Length or chunks, so what follows stays for the next call."""

    def __init__(self, port, seconds=5, receive_bytes=None):
        self.deadline = time.monotonic() + seconds
        self.port = port
        self.socket = socket.socket()
        if receive_bytes is not None:  # a small window: the server soon finds it full
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(seconds)
        self.socket.connect(("127.0.0.1", port))
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, text):
        """Sends bytes; in a str, {host} becomes the server's address."""
        if isinstance(text, str):
            text = text.replace("{host}", f"127.0.0.1:{self.port}").encode("latin-1")
        self.socket.sendall(text)

    def ask(self, method, path, headers="", body=b"", version="HTTP/1.1"):
        """Sends a well-formed request; `headers` are further lines, each ending with CRLF."""
        if body:
            headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        head = f"{method} {path} {version}\r\nHost: 127.0.0.1:{self.port}\r\n{headers}\r\n"
        self.send(head.encode("latin-1") + body)

    def _receive(self):
        self.socket.settimeout(max(self.deadline - time.monotonic(), 0.001))
        piece = self.socket.recv(65536)
        if not piece:
            raise Closed(self.received[:200])
        self.received += piece

    def _until(self, mark):
        while mark not in self.received:
            self._receive()
        found, self.received = self.received.split(mark, 1)
        return found

    def _take(self, n_bytes):
        while len(self.received) < n_bytes:
            self._receive()
        taken, self.received = self.received[:n_bytes], self.received[n_bytes:]
        return taken

    def head(self):
        """Status and headers of the next reply."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        assert lines[0].startswith("HTTP/1.1 "), lines[0]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value
        return int(lines[0].split()[1]), headers

    def chunk(self):
        """The next piece of a chunked body; b"" at its end."""
        size = int(self._until(b"\r\n"), 16)
        piece = self._take(size)
        assert self._take(2) == b"\r\n"
        return piece

    def reply(self, to="GET"):
        status, headers = self.head()
        body = b""
        if to == "HEAD" or status in (204, 304):
            return Reply(status, headers, body)
        if headers.get("transfer-encoding") == "chunked":
            while piece := self.chunk():
                body += piece
        elif "content-length" in headers:
            body = self._take(int(headers["content-length"]))
        else:
            body = self.rest()
        return Reply(status, headers, body)

    def rest(self):
        """Everything up to the server's closing."""
        try:
            while True:
                self._receive()
        except Closed:
            rest, self.received = self.received, b""
            return rest

    def is_closed(self):
        """The server closes without another byte, before the deadline."""
        return self.rest() == b""


def problem_of(reply):
    """The problem in a reply, checked for what each one has."""
    assert reply.headers["content-type"] == "application/problem+json", reply
    problem = json.loads(reply.body)
    assert problem["status"] == reply.status and problem["title"] and problem["type"]
    assert len(problem["detail"]) > 10, problem
    return problem
