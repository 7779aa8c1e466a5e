"""Event streams of the HTTP layer, against raw sockets: asleep, woken, left, stuck, full, ended.

Everything is asked of http_probe (http_probe.c): the layer alone, with limits made short."""
import re
import selectors
import socket
import threading
import time

import pytest

from http_probe import Probe
from service import build_slowness, wait_until
from sse import Parser
from wire import Closed, problem_of


@pytest.fixture(scope="module")
def probe():
    with Probe() as running:
        yield running


def events_in(chunks):
    """The (name, data) of whole events; nothing may be left over."""
    text = b"".join(chunks).decode()
    assert text == "" or text.endswith("\n\n"), text[-100:]
    return [(re.search("^event: (.*)$", block, re.M)[1], re.search("^data: (.*)$", block, re.M)[1])
            for block in text.split("\n\n")[:-1]]


# --- the opening ---------------------------------------------------------------------------------


def test_a_stream_opens_with_a_retry_that_differs_from_reader_to_reader(probe):
    retries = set()
    for _ in range(20):
        with probe.wire() as wire:
            wire.ask("GET", "/events")
            status, headers = wire.head()
            opening = wire.chunk().decode()
        assert status == 200 and headers["content-type"] == "text/event-stream"
        assert headers["cache-control"] == "no-store" and headers["x-accel-buffering"] == "no"
        assert headers["transfer-encoding"] == "chunked"
        assert "content-length" not in headers and "content-encoding" not in headers
        comment, retry, *rest = opening.split("\n")
        assert comment.startswith(":") and rest == ["", ""]
        retries.add(int(retry.removeprefix("retry: ")))
    assert all(2000 <= retry <= 4000 for retry in retries) and len(retries) > 10, retries
    assert Parser().feed(opening.encode()) == [], "the opening is no event"


# --- being fed -----------------------------------------------------------------------------------


def test_events_reach_every_sleeping_reader_soon():
    with Probe() as probe:
        readers = [probe.open("/events") for _ in range(50)]
        probe.wait_for("streams_sleeping", 50)
        started = time.monotonic()
        probe.feed("first")
        for reader in readers:
            assert reader.chunk() == b"event: message\ndata: first\n\n"
        assert time.monotonic() - started < 0.5 * probe.slowness
        probe.feed("x", "?name=end")
        for reader in readers:
            assert reader.chunk() == b"", "the stream must end properly"
            reader.ask("GET", "/healthz")
            assert reader.reply().status == 200, "and leave the connection usable"
            reader.close()
        probe.wait_for("streams", 0)
        assert probe.counts()["streams_gone"] == 0


def test_news_that_trickle_are_gathered(probe):
    """A write costs the same for one event and for a hundred: at most one every 50 ms."""
    with probe.open("/trickle?bytes=64") as reader:
        started = time.monotonic()
        for _ in range(10):
            assert len(reader.chunk()) == 64
        assert time.monotonic() - started >= 8 * 0.050
    with probe.open("/trickle?bytes=5000") as reader:  # much is said at once
        started = time.monotonic()
        for _ in range(200):
            reader.chunk()
        assert time.monotonic() - started < 1 * probe.slowness


def test_wakes_come_in_batches():
    """Hundreds of calls of http_wake within a moment are a few wakes, each with all the news."""
    with Probe() as probe:
        with probe.open("/events") as reader, probe.wire() as feeder:
            started = time.monotonic()
            for number in range(300):
                feeder.ask("POST", "/feed", body=str(number).encode())
                assert feeder.reply().status == 204
            took = time.monotonic() - started
            chunks = []
            while len(events_in(chunks)) < 300:
                chunks.append(reader.chunk())
            assert [int(data) for _, data in events_in(chunks)] == list(range(300))
            assert len(chunks) <= took / 0.050 + 3, (len(chunks), took)


def test_no_event_is_lost_when_feeding_races_with_falling_asleep():
    """Four feeders and a reader that is always just about to sleep."""
    with Probe() as running:
        def feed(feeder):
            with running.wire(seconds=30) as wire:
                for number in range(100):
                    wire.ask("POST", "/feed", body=f"{feeder} {number}".encode())
                    assert wire.reply().status == 204

        with running.open("/events", seconds=30) as reader:
            threads = [threading.Thread(target=feed, args=(feeder,)) for feeder in range(4)]
            for thread in threads:
                thread.start()
            seen, chunks = [], []
            while len(seen) < 400:
                chunks.append(reader.chunk())
                seen = events_in(chunks)
            for thread in threads:
                thread.join()
        for feeder in range(4):
            mine = [int(data.split()[1]) for _, data in seen if data.split()[0] == str(feeder)]
            assert mine == list(range(100))


@pytest.mark.parametrize("n_bytes", [9, 4096, 15000, 16384, 20000, 20480])
def test_large_events_arrive_whole(probe, n_bytes):
    """Larger than the memory of a connection, too."""
    with probe.wire() as wire:
        wire.ask("GET", f"/burst?n=5&bytes={n_bytes}")
        body = wire.reply().body
    opening, *blocks, rest = body.split(b"\n\n")
    assert blocks == [b"data: " + b"x" * (n_bytes - 8)] * 5 and rest == b""


def test_two_streams_on_one_connection_one_after_the_other(probe):
    with probe.wire() as wire:
        for _ in range(3):
            wire.ask("GET", "/burst?n=2&bytes=18000")
            assert len(wire.reply().body) > 36000


# --- heartbeats ----------------------------------------------------------------------------------


def test_silence_is_broken_by_heartbeats_between_events():
    with Probe("--heartbeat", 1) as probe:
        with probe.open("/silence") as silent, probe.open("/events") as fed:
            for _ in range(2):
                started = time.monotonic()
                assert silent.chunk() == b"event: ping\ndata: {}\n\n"
                assert time.monotonic() - started < 1.5 * probe.slowness
            assert fed.chunk() == fed.chunk() == b"event: ping\ndata: {}\n\n"
            for _ in range(15):  # whoever has news needs no heartbeat
                probe.feed("x" * 1000, "?times=3")
                wait_until(lambda: time.monotonic() - started > 0.1, 1, "a tenth of a second")
                started = time.monotonic()
            chunks = [fed.chunk()]
            while len(events_in(chunks)) < 45:
                chunks.append(fed.chunk())
            assert {name for name, _ in events_in(chunks)} == {"message"}
            assert probe.counts()["streams"] == 2


# --- readers that leave (T2) ----------------------------------------------------------------------


@pytest.mark.parametrize("leave", ["close", "reset", "half"])
@pytest.mark.parametrize("path", ["/silence", "/events", "/later?as=/silence"])
def test_a_sleeping_reader_that_leaves_is_noticed_within_a_second(leave, path):
    with Probe() as probe:
        descriptors = probe.descriptors()
        readers = [probe.open(path) for _ in range(100)]
        probe.wait_for("streams_sleeping", 100)
        started = time.monotonic()
        for reader in readers:
            if leave == "half":
                reader.socket.shutdown(socket.SHUT_WR)
            else:
                getattr(reader, leave)()
        probe.wait_for("connections", 1, 1)
        assert time.monotonic() - started < 1 * probe.slowness
        counts = probe.counts()
        assert counts["streams_gone"] == counts["streams_opened"] == 100
        assert counts["streams_sleeping"] == counts["streams"] == 0
        for reader in readers:
            reader.close()
        wait_until(lambda: probe.descriptors() <= descriptors + 1,
                   2 * probe.slowness, "closed sockets")


def test_a_reader_that_leaves_in_the_middle_of_a_flood_is_noticed(probe):
    for leave in ("close", "reset"):
        readers = [probe.open("/flood?bytes=10000") for _ in range(10)]
        for reader in readers:
            getattr(reader, leave)()
        probe.wait_for("streams", 0, 1)
        assert probe.counts()["streams_sleeping"] == 0


@pytest.mark.parametrize("leave", ["close", "reset", "half"])
def test_a_reader_that_leaves_while_it_is_stuck_is_noticed(leave):
    """It slept, was woken by more than it takes, and is waiting for room in its socket."""
    with Probe() as probe:
        reader = probe.open("/events", receive_bytes=4096)
        probe.wait_for("streams_sleeping", 1)
        probe.feed("x" * 20000, "?times=100")
        wait_until(lambda: any(n > 10000 for n in send_queues(probe.port)),
                   2 * probe.slowness, "a full queue")
        if leave == "half":
            reader.socket.shutdown(socket.SHUT_WR)
        else:
            getattr(reader, leave)()
        probe.wait_for("connections", 1, 1)
        counts = probe.counts()
        assert (counts["streams"], counts["streams_sleeping"], counts["streams_gone"]) == (0, 0, 1)
        reader.close()


def test_readers_that_come_and_go_at_once_leave_nothing():
    with Probe() as probe:
        for number in range(300):
            wire = probe.wire()
            wire.ask("GET", ("/silence", "/events", "/flood", "/burst?n=1")[number % 4])
            if number % 3 == 0:
                wire.head()
            wire.reset() if number % 2 else wire.close()
        probe.wait_for("connections", 1)
        probe.wait_for("streams", 0)


# --- readers that do not read (T5, T12) -----------------------------------------------------------


def test_a_stuck_reader_is_cut_after_the_idle_time_and_counted():
    with Probe("--idle", 1) as probe:
        stuck = [probe.open("/flood?bytes=16384", receive_bytes=4096, seconds=10) for _ in range(3)]
        sleeping = probe.open("/silence", seconds=10)
        started = time.monotonic()
        probe.wait_for("streams_stalled", 3, 4)
        assert time.monotonic() - started < 3 * probe.slowness
        counts = probe.counts()
        assert counts["streams"] == counts["streams_sleeping"] == 1, "silence is no stall"
        assert counts["streams_gone"] == 3
        for wire in stuck + [sleeping]:
            wire.close()


def send_queues(port):
    """Bytes in the kernel's send queue of each of the server's connections."""
    queues = []
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == port and fields[3] == "01":
                queues.append(int(fields[4].split(":")[0], 16))
    return queues


def test_a_stuck_reader_holds_little_memory_and_hinders_nobody():
    with Probe() as probe:
        memory_kb = probe.memory_kb()
        stuck = [probe.open("/flood?bytes=16384") for _ in range(30)]
        fed = probe.open("/events")
        wait_until(lambda: sum(n > 0 for n in send_queues(probe.port)) >= 30,
                   3 * probe.slowness, "full queues")
        started = time.monotonic()
        for number in range(20):
            probe.feed(str(number))
        chunks = [fed.chunk()]
        while len(events_in(chunks)) < 20:
            chunks.append(fed.chunk())
        assert time.monotonic() - started < 1 * probe.slowness
        assert max(send_queues(probe.port)) <= 128 * 1024, send_queues(probe.port)
        if build_slowness() == 1:  # a sanitizer has its own ideas of memory
            assert probe.memory_kb() - memory_kb < 30 * 64, "KiB a stuck reader"
        for wire in stuck + [fed]:
            wire.close()


def test_a_server_with_nothing_to_say_uses_no_processor():
    with Probe() as probe:
        stuck = [probe.open("/flood?bytes=16384", receive_bytes=4096) for _ in range(3)]
        sleeping = [probe.open("/silence") for _ in range(100)]
        half = probe.wire()
        half.send("GET /healthz HTTP/1.1\r\nHo")
        idle = probe.wire()
        probe.wait_for("streams_sleeping", 100)
        before, started = probe.counts()["cpu_s"], time.monotonic()
        with selectors.DefaultSelector() as nothing:  # a second in which nothing happens
            nothing.register(sleeping[0].socket, selectors.EVENT_READ)
            assert nothing.select(1) == []
        used = probe.counts()["cpu_s"] - before
        # The two requests that read the clock take about a millisecond themselves.
        assert used < 0.02 * build_slowness() * (time.monotonic() - started), used
        for wire in stuck + sleeping + [half, idle]:
            wire.close()


def test_a_sleeping_stream_takes_little_memory():
    """The goal is 20 KiB resident for each."""
    with Probe("--streams", 600) as probe:
        if build_slowness() > 1:
            pytest.skip("a sanitizer has its own ideas of memory")
        warm = [probe.open("/silence") for _ in range(100)]
        before = probe.memory_kb()
        readers = [probe.open("/silence") for _ in range(500)]
        probe.wait_for("streams_sleeping", 600)
        each_kb = (probe.memory_kb() - before) / 500
        assert each_kb < 20, each_kb
        for reader in warm + readers:
            reader.close()


# --- the cap (T8) ---------------------------------------------------------------------------------


def test_streams_beyond_the_cap_get_503_and_others_are_served():
    with Probe("--streams", 10) as probe:
        readers = [probe.open("/silence") for _ in range(10)]
        for path in ("/silence", "/later?as=/silence", "/events"):
            with probe.wire() as wire:
                wire.ask("GET", path)
                reply = wire.reply()
                assert reply.status == 503 and int(reply.headers["retry-after"]) > 0
                assert "streams" in problem_of(reply)["detail"]
                wire.ask("HEAD", path)
                assert wire.reply("HEAD").status == 200
                wire.ask("GET", "/healthz")
                assert wire.reply().status == 200
        readers.pop().close()
        probe.wait_for("streams", 9)
        probe.open("/silence").close()
        for reader in readers:
            reader.close()


def test_streams_never_take_the_last_connections():
    """Asked for more than there are connections, the cap stays below them."""
    with Probe("--connections", 100, "--streams", 1000) as probe:
        readers = []
        for _ in range(90):
            wire = probe.wire()
            wire.ask("GET", "/silence")
            readers.append((wire, wire.head()[0]))
        assert [status for _, status in readers].count(200) == 50
        assert probe.get("/healthz").status == 200
        for wire, _ in readers:
            wire.close()


# --- the end (T7) ---------------------------------------------------------------------------------


def test_streams_say_goodbye_at_the_end():
    with Probe() as probe:
        readers = [probe.open("/silence") for _ in range(200)]
        readers += [probe.open("/events") for _ in range(200)]
        probe.wait_for("streams_sleeping", 400)
        code, seconds = probe.stop()
        assert code == 0 and seconds < 1 * probe.slowness, (code, seconds, probe.errors)
        for reader in readers:
            assert reader.chunk() == b"event: shutdown\ndata: {}\n\n"
            assert reader.chunk() == b""
            assert reader.is_closed()


def test_a_stream_in_full_flow_ends_between_events():
    with Probe() as probe:
        with probe.open("/flood?bytes=20000", seconds=20) as reader:
            received = []
            received.append(reader.chunk())

            def read_to_the_end():
                while piece := reader.chunk():
                    received.append(piece)

            code, _ = probe.stop(read_to_the_end)
            assert code == 0
            blocks = b"".join(received).split(b"\n\n")
            assert blocks[-2:] == [b"event: shutdown\ndata: {}", b""]
            assert {len(block) for block in blocks[:-2]} == {19998}


def test_sigterm_twice_and_with_a_thousand_streams():
    with Probe("--streams", 1000) as probe:
        readers = [probe.open("/silence", seconds=30) for _ in range(1000)]
        probe.wait_for("streams_sleeping", 1000, 5)
        code, seconds = probe.stop(lambda: probe.process.send_signal(15))
        assert code == 0 and seconds < 2 * probe.slowness, (code, seconds, probe.errors)
        for reader in readers:
            try:
                assert reader.chunk().startswith(b"event: shutdown")
            except Closed:
                pytest.fail("cut without a goodbye")
            reader.close()
