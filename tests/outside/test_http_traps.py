"""The HTTP layer against raw sockets: the traps of libmicrohttpd 0.9.75, and limits.

Everything is asked of http_probe (http_probe.c): the layer alone, with limits made short."""
import json
import os
import select
import selectors
import socket
import time

import pytest

from http_probe import JSON, POST, Probe, ask
from service import wait_until
from wire import problem_of


@pytest.fixture(scope="module")
def probe():
    with Probe() as running:
        yield running


# --- many clients at once (T1), limits (T8) ----------------------------------------------------


@pytest.mark.parametrize("n_clients", [127, 128, 129, 256])
def test_clients_in_lockstep_are_answered_within_a_second(probe, n_clients):
    wires = [probe.wire(seconds=20) for _ in range(n_clients)]
    try:
        for _ in range(5):
            started = time.monotonic()
            with selectors.DefaultSelector() as waiting:
                for wire in wires:
                    waiting.register(wire.socket, selectors.EVENT_READ, wire)
                    wire.ask("GET", "/healthz")
                while waiting.get_map():
                    ready = waiting.select(1 * probe.slowness)
                    assert ready, f"{len(waiting.get_map())} of {n_clients} unanswered"
                    for key, _ in ready:
                        assert key.data.reply().status == 200
                        waiting.unregister(key.fileobj)
            assert time.monotonic() - started < 1 * probe.slowness
    finally:
        for wire in wires:
            wire.close()


def test_idle_connections_do_not_lock_others_out():
    """Three times as many as there are places; the oldest idle ones go."""
    with Probe("--connections", 40) as probe:
        idle = [probe.wire() for _ in range(30)]
        for wire in idle:  # idle after a request as well as before the first
            wire.ask("GET", "/healthz")
            assert wire.reply().status == 200
        idle += [probe.wire() for _ in range(60)]
        wait_until(lambda: probe.get("/healthz").status == 200, 1 * probe.slowness, "a place")
        for _ in range(50):
            assert probe.get("/healthz").status == 200
        counts = probe.counts()
        assert counts["connections"] <= 40 and counts["connections_shed"] >= 10, counts
        for wire in idle:
            wire.close()


def test_when_all_places_are_busy_a_new_client_gets_503():
    """Not silence: the busy ones are requests at a desk, which nothing may push out."""
    with Probe("--connections", 8, "--desks", 8, "--drain", 100) as probe:
        busy = []
        for _ in range(8):
            wire = probe.wire()
            wire.ask("GET", "/later?ms=1500")
            busy.append(wire)
        with probe.wire() as wire:
            reply = wire.reply()
            assert reply.status == 503 and reply.headers["retry-after"] == "2"
            assert "connections" in problem_of(reply)["detail"]
            assert wire.is_closed()
        for wire in busy:
            assert wire.reply().status == 200
            wire.close()
        assert probe.get("/healthz").status == 200


def test_running_out_of_descriptors_does_not_spin():
    """RLIMIT_NOFILE below what clients want, and the clients wait instead of the server burning."""
    with Probe(wrapper=("prlimit", "--nofile=30:30")) as probe:
        wires = [probe.wire() for _ in range(60)]
        for wire in wires:
            try:
                wire.ask("GET", "/healthz")
            except OSError:
                pass
        before, started = cpu_seconds(probe), time.monotonic()
        wait_until(lambda: time.monotonic() - started > 0.5, 60, "half a second")
        used, passed = cpu_seconds(probe) - before, time.monotonic() - started
        assert used < 0.4 * passed, "busy without descriptors"
        for wire in wires:
            wire.close()
        wait_until(lambda: probe.get("/healthz").status == 200,
                   3 * probe.slowness, "an answer")


def cpu_seconds(probe):
    with open(f"/proc/{probe.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- keeping and closing connections (T3), pipelines, versions (T15) ---------------------------


def test_replies_keep_the_connection_and_refusals_close_it(probe):
    host = "Host: {host}\r\n"
    for text in (f"GET /healthz HTTP/1.1\r\n{host}\r\n", f"GET /nowhere HTTP/1.1\r\n{host}\r\n",
                 f"POST /echo HTTP/1.1\r\n{host}{JSON}Content-Length: 2\r\n\r\n{{}}",
                 f"GET /later HTTP/1.1\r\n{host}\r\n",
                 f"GET /slices?n=50000 HTTP/1.1\r\n{host}\r\n"):
        assert ask(probe, text)[1], text
    reply, stays = ask(probe, f"POST /echo HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{}}")
    assert (reply.status, stays) == (415, False)


def test_a_pipeline_is_answered_in_order(probe):
    """Plain, at a desk, in slices, without a reply: each waits for the one before."""
    paths = ["/echo?value=1", "/later?ms=30&as=/echo&value=2", "/slices?n=30000", "/echo?value=3",
             "/nothing", "/later?value=4", "/nowhere", "/burst?n=3", "/echo?value=5"]
    with probe.wire() as wire:
        wire.send("".join(f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\n\r\n" for path in paths))
        replies = [wire.reply() for _ in paths]
        assert [reply.status for reply in replies] == [200, 200, 200, 200, 500, 200, 404, 200, 200]
        values = [json.loads(replies[i].body)["value"] for i in (0, 1, 3, 5, 8)]
        assert values == ["1", "2", "3", "4", "5"]
        assert len(replies[2].body) == 30000 and replies[7].body.count(b"\n\n") == 4


def test_a_pipeline_longer_than_the_buffer_is_answered(probe):
    with probe.wire(seconds=20) as wire:
        wire.send("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n" * 1000)
        assert all(wire.reply().status == 200 for _ in range(1000))


def test_http_1_0_is_never_chunked_and_closes(probe):
    for path, n_bytes in (("/healthz", 15), ("/slices?n=70000", 70000), ("/later", None),
                          ("/burst?n=2&bytes=20000", None)):
        with probe.wire() as wire:
            wire.ask("GET", path, version="HTTP/1.0")
            reply = wire.reply()
            assert reply.status == 200 and "transfer-encoding" not in reply.headers
            assert reply.headers["connection"] == "close"
            assert n_bytes is None or len(reply.body) == n_bytes
            assert wire.is_closed()


def test_http_1_0_may_ask_to_keep_the_connection(probe):
    with probe.wire() as wire:
        for _ in range(2):
            wire.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert wire.reply().status == 200


def test_a_client_that_closes_its_side_still_gets_its_reply(probe):
    for path in ("/echo", "/slices?n=100000") * 10:
        with probe.wire() as wire:
            wire.ask("GET", path)
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.reply().status == 200


def test_expect_100_continue_is_answered(probe):
    with probe.wire() as wire:
        wire.send(POST + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert wire.head() == (100, {})
        wire.send(b"{}")
        assert json.loads(wire.reply().body)["body"] == "{}"


# --- HEAD and OPTIONS (T6) ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/app.js", "/healthz", "/nowhere", "/nothing", "/slices",
                                  "/slices?n=131072", "/later?ms=5", "/later?as=/slices",
                                  "/later?as=/silence", "/events", "/silence", "/flood",
                                  "/burst?n=3", "/echo"])
def test_head_has_no_body_and_stays_in_step(probe, path):
    """A GET pipelined behind it gets its own reply."""
    with probe.wire() as wire:
        wire.ask("HEAD", path)
        wire.ask("GET", "/echo?value=behind")
        status, headers = wire.head()
        reply = wire.reply()
        assert reply.status == 200 and json.loads(reply.body)["value"] == "behind"
        assert "transfer-encoding" not in headers
    if "content-length" in headers and "event-stream" not in headers["content-type"]:
        same = probe.get(path)
        assert same.status == status and same.headers["content-type"] == headers["content-type"]
        # Ids in a problem or an echo differ in length by a digit or two.
        assert abs(len(same.body) - int(headers["content-length"])) <= 4, path


def test_head_of_a_very_long_reply_names_no_wrong_length(probe):
    """Too long to be counted on the loop: no length, the connection closed."""
    with probe.wire() as wire:
        wire.ask("HEAD", "/slices?n=1000000")
        status, headers = wire.head()
        assert status == 200 and "content-length" not in headers
        assert headers["connection"] == "close" and wire.is_closed()


@pytest.mark.parametrize("path, allowed", [("/feed", "POST, OPTIONS"), ("/", "GET, HEAD, OPTIONS"),
                                           ("/healthz", "GET, HEAD, OPTIONS")])
def test_options_tells_the_methods_of_a_path(probe, path, allowed):
    reply, stays = ask(probe, f"OPTIONS {path} HTTP/1.1\r\nHost: {{host}}\r\n\r\n", "OPTIONS")
    assert (reply.status, reply.headers["allow"], stays) == (204, allowed, True)
    assert not any(name.startswith("access-control") for name in reply.headers)


def test_options_of_the_whole_server(probe):
    reply, _ = ask(probe, "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n", "OPTIONS")
    assert reply.status == 204 and "GET" in reply.headers["allow"]


@pytest.mark.parametrize("method", ["TRACE", "BREW", "PUT", "DELETE", "get", "M-SEARCH"])
def test_other_methods_are_405_with_allow(probe, method):
    reply, _ = ask(probe, f"{method} /healthz HTTP/1.1\r\nHost: {{host}}\r\n\r\n")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    problem_of(reply)


# --- bodies (T14) ------------------------------------------------------------------------------


LIMIT = 65536


def test_bodies_up_to_the_limit_are_taken(probe):
    for n_bytes in (0, 1, 1023, 1024, 1025, LIMIT - 1, LIMIT):
        body = b"x" * n_bytes
        with probe.wire() as wire:
            wire.ask("POST", "/echo", body=body)
            assert json.loads(wire.reply().body)["body_bytes"] == n_bytes
            wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n")
            for start in range(0, n_bytes, 1000):
                piece = body[start:start + 1000]
                wire.send(b"%x;extension=1\r\n%s\r\n" % (len(piece), piece))
            wire.send(b"0\r\nTrailer: x\r\n\r\n")
            assert json.loads(wire.reply().body)["body_bytes"] == n_bytes


def test_a_body_announced_too_long_is_413_before_it_is_sent(probe):
    for n_bytes in (LIMIT + 1, 10 ** 12, 2 ** 64 - 1):
        with probe.wire() as wire:
            wire.send(POST + f"Content-Length: {n_bytes}\r\nExpect: 100-continue\r\n\r\n")
            reply = wire.reply()
            assert reply.status == 413 and str(LIMIT) in problem_of(reply)["detail"]
            assert reply.headers["connection"] == "close" and wire.is_closed()


def test_a_client_that_goes_on_sending_can_still_read_its_413(probe):
    """As requests does: all of the body first, then the reply. No reset may destroy that."""
    n_bytes = 8 * 1024 * 1024
    with probe.wire(seconds=10) as wire:
        wire.ask("POST", "/echo", body=b"x" * n_bytes)
        assert wire.reply().status == 413
        assert wire.is_closed()


def test_a_chunked_body_is_counted(probe):
    with probe.wire(seconds=10) as wire:
        wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(512):
            wire.send(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        reply = wire.reply()
        assert reply.status == 413 and str(LIMIT) in problem_of(reply)["detail"]
        assert reply.headers["connection"] == "close" and wire.is_closed()


def test_bodies_held_at_once_are_bounded():
    """Sixty-four of the largest; whoever comes then is told to try again."""
    with Probe("--drain", 100) as probe:
        wires = [probe.wire() for _ in range(80)]
        for wire in wires:
            wire.send(POST + f"Content-Length: {LIMIT}\r\n\r\n")
            wire.send(b"x" * (LIMIT - 1))
        wait_until(lambda: probe.counts()["requests"] > len(wires),
                   5 * probe.slowness, "all heads to arrive")
        statuses = []
        for wire in wires:
            try:
                wire.send(b"x")
            except OSError:
                pass  # told already
            statuses.append(wire.reply().status)
        assert set(statuses) == {200, 503} and statuses.count(200) >= 30, statuses
        for wire in wires:
            wire.close()
        with probe.wire() as wire:
            wire.ask("POST", "/echo", body=b"x" * LIMIT)
            assert wire.reply().status == 200


@pytest.mark.parametrize("chunks", ["x\r\n", "-1\r\n", "0x2\r\n{}\r\n", "2\r\n{}xx", "\r\n",
                                    "ffffffffffffffffff\r\n"])
def test_broken_chunks_are_refused(probe, chunks):
    with probe.wire() as wire:
        wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n")
        assert wire.rest()[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


def test_bytes_beyond_the_announced_length_are_the_next_request(probe):
    with probe.wire() as wire:
        wire.send(POST + "Content-Length: 2\r\n\r\n{}xyz\r\n\r\n")
        assert wire.reply().status == 200
        assert wire.rest()[:12] in (b"HTTP/1.1 400", b""), "xyz is no request line"


# --- time (T13) --------------------------------------------------------------------------------


def drip(wire, text, seconds):
    """Sends a byte every 20 ms until the server closes; True if it did before `seconds`. The pause
    is the client's slowness, not a wait for anything."""
    ends = time.monotonic() + seconds
    try:
        for byte in text:
            wire.send(bytes([byte]))
            with selectors.DefaultSelector() as waiting:
                waiting.register(wire.socket, selectors.EVENT_READ)
                if waiting.select(0.02):
                    return True
            if time.monotonic() > ends:
                return False
    except OSError:
        return True
    return False


@pytest.fixture(scope="module")
def strict():
    with Probe("--head", 300, "--body", 400, "--idle", 1, "--drain", 200) as running:
        yield running


def test_a_head_sent_a_byte_at_a_time_is_cut(strict):
    with strict.wire() as wire:
        assert drip(wire, b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 500, 8)
        assert wire.rest()[:12] in (b"HTTP/1.1 408", b"")
    with strict.wire() as wire:
        assert drip(wire, b"x" * 500, 8)


def test_so_is_the_second_head_of_a_connection(strict):
    """Idle time counts, the bytes that keep it from being idle do not help."""
    with strict.wire(seconds=12) as wire:
        wire.ask("GET", "/healthz")
        assert wire.reply().status == 200
        assert drip(wire, b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 500, 8)
    with strict.wire(seconds=12) as wire:
        wire.ask("GET", "/healthz")
        assert wire.reply().status == 200
        assert drip(wire, b"x" * 500, 8)


def test_a_body_sent_a_byte_at_a_time_is_cut_with_408(strict):
    with strict.wire() as wire:
        wire.send(POST + "Content-Length: 1000\r\n\r\n")
        assert drip(wire, b"x" * 500, 8)
        reply = wire.reply()
        assert reply.status == 408 and "body" in problem_of(reply)["detail"]
        assert problem_of(reply)["instance"] == "/echo" and wire.is_closed()


def test_slow_handlers_and_streams_have_no_deadline(strict):
    with strict.open("/silence", seconds=8) as stream:
        with strict.wire() as wire:
            wire.ask("GET", "/later?ms=1200")
            assert wire.reply().status == 200
        before = strict.counts()
        assert before["streams_sleeping"] == 1 and before["deadlines_missed"] >= 3
        stream.close()


def test_an_idle_connection_is_closed(strict):
    with strict.wire() as wire:
        started = time.monotonic()
        wire.ask("GET", "/healthz")
        assert wire.reply().status == 200
        assert wire.is_closed() and time.monotonic() - started < 2.5 * strict.slowness
    with strict.wire() as wire:
        assert wire.is_closed()


# --- desks -------------------------------------------------------------------------------------


def test_slow_handlers_do_not_hold_up_the_loop(probe):
    with probe.wire() as slow, probe.wire() as quick:
        slow.ask("GET", "/later?ms=1500&value=slow")
        for _ in range(20):
            quick.ask("GET", "/healthz")
            assert quick.reply().status == 200
        assert select.select([slow.socket], [], [], 0)[0] == [], "it is the last to be answered"
        assert json.loads(slow.reply().body)["value"] == "slow"


@pytest.mark.parametrize("path, status", [("/echo", 200), ("/nothing", 500), ("/error?kind=2", 404),
                                          ("/slices?n=40000", 200), ("/burst?n=2", 200)])
def test_any_reply_can_be_made_at_a_desk(probe, path, status):
    path, _, query = path.partition("?")
    reply, stays = ask(probe, f"GET /later?as={path}&{query} HTTP/1.1\r\nHost: {{host}}\r\n\r\n")
    assert (reply.status, stays) == (status, True)


def test_a_full_queue_is_503():
    with Probe("--desks", 1, "--queue", 3) as probe:
        wires = [probe.wire() for _ in range(12)]
        for wire in wires:
            wire.ask("GET", "/later?ms=500")
        replies = [wire.reply() for wire in wires]
        refused = [reply for reply in replies if reply.status == 503]
        assert 7 <= len(refused) <= 9, len(refused)
        assert all(problem_of(r) and r.headers["retry-after"] == "2" for r in refused)
        assert all(reply.status in (200, 503) for reply in replies)
        for wire in wires:
            wire.close()
        assert probe.get("/later").status == 200


def test_clients_that_vanish_while_their_work_is_done_leave_nothing(probe):
    before = probe.counts()["connections"]
    for number in range(20):
        wire = probe.wire()
        wire.ask("GET", f"/later?ms=10&as={['/echo', '/slices', '/silence', '/flood'][number % 4]}")
        wire.reset() if number % 2 else wire.close()
    probe.wait_for("connections", before, 5)
    probe.wait_for("streams", 0)
    assert probe.counts()["desk_waiting"] == 0


# --- stopping (T7) -----------------------------------------------------------------------------


def test_work_under_way_is_finished_at_the_end():
    with Probe("--desks", 2, "--drain", 20000) as probe:
        wires = [probe.wire() for _ in range(6)]
        for wire in wires:
            wire.ask("GET", "/later?ms=100&value=done")
        download = probe.wire()
        download.ask("GET", "/slices?n=3000000")
        assert download.head()[0] == 200
        wait_until(lambda: probe.counts()["requests"] > len(wires) + 1, 5 * probe.slowness,
                   "all heads to arrive")

        def read_all():
            for wire in wires:
                reply = wire.reply()
                assert json.loads(reply.body)["value"] == "done"
                assert reply.headers["connection"] == "close" and wire.is_closed()
            assert sum(len(piece) for piece in iter(download.chunk, b"")) == 3000000

        code, seconds = probe.stop(read_all)
        assert code == 0 and seconds < 2 * probe.slowness, (code, seconds, probe.errors)


def test_stops_in_time_with_everything_open():
    """Streams asleep, stuck and live, idle and half-sent requests, downloads nobody reads."""
    with Probe("--drain", 500) as probe:
        sleeping = [probe.open("/silence") for _ in range(50)]
        stuck = [probe.open("/flood?bytes=16384", receive_bytes=4096) for _ in range(5)]
        wires = [probe.wire() for _ in range(20)]
        for number, wire in enumerate(wires):
            wire.send(["", "GET /he", "GET /healthz HTTP/1.1\r\nHo",
                       POST + "Content-Length: 100\r\n\r\n{",
                       "GET /slices?n=1000000000 HTTP/1.1\r\nHost: {host}\r\n\r\n"][number % 5])
        probe.wait_for("streams_sleeping", 50)
        code, seconds = probe.stop()
        assert code == 0 and seconds < 2 * probe.slowness, (code, seconds, probe.errors)
        for wire in sleeping:
            assert wire.chunk() == b"event: shutdown\ndata: {}\n\n"
            assert wire.chunk() == b"", "the stream must end properly"
        for wire in sleeping + stuck + wires:
            wire.close()


def test_a_stopped_server_frees_its_port_and_a_second_one_names_the_conflict():
    with Probe() as probe:
        with pytest.raises(AssertionError, match="in use"):
            Probe("--port", probe.port)
    with Probe("--port", probe.port) as again:
        assert again.get("/healthz").status == 200
