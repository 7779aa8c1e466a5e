"""Many clients at once: bounded, on the loopback, ending by themselves."""
import os
import selectors
import socket
import threading
import time

import pytest

import specs
from service import wait_until
from sse import assert_gapless, ranges_of


class Client:
    """One keep-alive connection that asks again and again."""

    def __init__(self, server, path):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=120)
        self.request = (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n").encode()
        self.received = b""

    def ask(self):
        self.received = b""
        self.socket.sendall(self.request)

    def read(self):
        """Takes what has arrived; 1 when the whole answer is there."""
        piece = self.socket.recv(65536)
        assert piece, f"the server hung up after {self.received[:200]}"
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return 0
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        assert len(body) <= length
        return int(len(body) == length)


def answer_all(clients, seconds):
    """Every client asks at once; the seconds until the last has its answer."""
    started = time.monotonic()
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client.socket, selectors.EVENT_READ, client)
        for client in clients:
            client.ask()
        while waiting.get_map():
            left = started + seconds - time.monotonic()
            ready = waiting.select(max(left, 0))
            assert ready or left > 0, \
                f"{len(waiting.get_map())} of {len(clients)} without an answer after {seconds} s"
            for key, _ in ready:
                if key.data.read():
                    waiting.unregister(key.fileobj)
    return time.monotonic() - started


@pytest.mark.parametrize("n_clients", [127, 128, 129, 256])
@pytest.mark.parametrize("path", ["/healthz", "/api/v1/presets"])
def test_keep_alive_clients_in_lockstep_are_answered_within_a_second(server, n_clients, path):
    """128 sockets ready in the same instant hang libmicrohttpd's own epoll loop (trap T1)."""
    clients = [Client(server, path) for _ in range(n_clients)]
    try:
        for _ in range(10):
            answer_all(clients, 1 * server.slowness)
    finally:
        for client in clients:
            client.socket.close()


def test_lockstep_clients_are_answered_while_runs_train(server):
    """Workers busy on every core and the loop still in time."""
    experiment = server.post(specs.sweep([1e-6, 1e-7, 1e-5, 1e-4], samples=2000, epochs=200000))
    clients = [Client(server, f"/api/v1/experiments/{experiment['id']}") for _ in range(128)]
    try:
        for _ in range(5):
            answer_all(clients, 1 * server.slowness)
    finally:
        for client in clients:
            client.socket.close()
        server.request("POST", f"/experiments/{experiment['id']}/cancel",
                       headers={"Content-Type": "application/json"})


def test_fifty_streams_of_one_experiment_all_complete(server):
    """Opened before, while and shortly before the end of training; each is gapless to the end."""
    n_epochs, outcome, lock = 40000, [], threading.Lock()
    experiment = server.post(specs.report(1e-5, epochs=n_epochs, samples=200))["id"]

    def follow(number):
        try:
            events = server.events(experiment, "?points=all" if number % 5 == 0 else "")
            assert_gapless(ranges_of(events), n_epochs)
            assert events[-1].data["state"] == "done"
            result = "complete"
        except Exception as error:  # noqa: BLE001 (told in the main thread)
            result = f"stream {number}: {error!r}"
        with lock:
            outcome.append(result)

    threads = [threading.Thread(target=follow, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90 * server.slowness)
    assert outcome == ["complete"] * 50


def test_readers_that_stop_reading_hold_up_nobody(server):
    """Ten streams nobody reads, with far more history than their buffers hold."""
    experiment = server.train(specs.report(1e-5, epochs=300000), seconds=60)["id"]
    stuck = [server.stream(experiment, "?points=all") for _ in range(10)]
    try:
        started = time.monotonic()
        events = server.events(experiment)
        assert_gapless(ranges_of(events), 300000)
        assert server.get("/experiments")
        assert time.monotonic() - started < 5 * server.slowness
    finally:
        for stream in stuck:
            stream.close()


def test_readers_that_are_gone_give_their_descriptors_back_within_a_second(server):
    """Whether they were reset, half-closed or closed; the run they read goes on. It is so slow that
    its readers sleep: one that has much to take and takes nothing is cut later."""
    experiment = server.post(specs.long_run(samples=100000))["id"]

    def n_descriptors():
        return len(os.listdir(f"/proc/{server.pid}/fd"))

    wait_until(lambda: server.get(f"/experiments/{experiment}")["runs"][0]["epoch"] > 0,
               20 * server.slowness, "the first epochs")
    before = n_descriptors()
    for linger, half in ((b"\1\0\0\0\0\0\0\0", False), (None, True), (None, False)):
        readers = [server.stream(experiment) for _ in range(40)]
        assert n_descriptors() >= before + 40
        for reader in readers:
            if linger:
                reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            if half:
                reader.socket.shutdown(socket.SHUT_WR)
            else:
                reader.close()
        # A few more: connections of SQLite, and of the session that asks.
        wait_until(lambda: n_descriptors() <= before + 8, 1 * server.slowness,
                   "the descriptors of readers that are gone")
        for reader in readers:
            reader.close()
    server.request("DELETE", f"/experiments/{experiment}")


def test_many_small_experiments_all_end(server):
    """A hundred posts one after the other, trained to the same golden doubles."""
    gold = specs.GOLDEN["experiments"]["all_zero"]["losses"]
    created = [server.post(specs.golden("all_zero"))["id"] for _ in range(100)]
    for experiment in created:
        server.wait(experiment)
        columns = server.get(f"/experiments/{experiment}/runs/0/epochs?from=1000&to=1000")
        assert columns["loss"] == [gold["1000"]]
