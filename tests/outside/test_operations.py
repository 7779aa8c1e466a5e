"""What whoever runs the server sees: /readyz, /metrics, the log."""
import os
import re
import resource
import secrets
import signal
import subprocess

import pytest

import specs
from service import binary, wait_until
from wire import Wire

SAMPLE = re.compile(r'([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (\S+)')
TYPES = {"counter", "gauge", "histogram", "summary"}


def metrics(server):
    """{(name, labels): value}, checked as Prometheus' text format 0.0.4 wants it."""
    reply = server.request("GET", "//metrics")
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert reply.text.endswith("\n")
    values, described, typed, seen = {}, {}, {}, []
    for line in reply.text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, text = line.split(" ", 3)
            assert name not in described and text, line
            described[name] = text
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in TYPES and name in described and name not in typed, line
            typed[name] = kind
            seen.append(name)
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            family = name if name in typed else re.sub(r"_(bucket|sum|count)$", "", name)
            assert family == seen[-1], f"{line} stands under {seen[-1]}"
            assert (typed[family] == "counter") == name.endswith("_total"), line
            key = (name, tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', labels or ""))))
            assert key not in values, line
            values[key] = float(value)
    return values


def requests_to(values, route):
    return {(dict(labels)["method"], dict(labels)["code"]): value
            for (name, labels), value in values.items()
            if name == "http_requests_total" and dict(labels)["route"] == route}


def plain(values, name, **labels):
    return values[name, tuple(sorted(labels.items()))]


# --- /metrics -----------------------------------------------------------------------


def test_metrics_count_requests_by_route_template(server):
    route = "/api/v1/experiments/{name}"
    made = server.train(specs.report(epochs=50))
    before = requests_to(metrics(server), route)
    for _ in range(3):
        server.get(f"/experiments/{made['id']}")
    server.get("/experiments/nosuchthing", 404)
    server.request("HEAD", f"/experiments/{made['id']}")
    server.request("PUT", f"/experiments/{made['id']}", json={})
    after = requests_to(metrics(server), route)
    grown = {key: value - before.get(key, 0) for key, value in after.items()
             if value != before.get(key, 0)}
    assert grown == {("GET", "200"): 3, ("GET", "404"): 1, ("HEAD", "200"): 1, ("PUT", "405"): 1}


def test_a_histogram_ends_with_its_count(server):
    server.get("/options")
    values = metrics(server)
    route = "/api/v1/options"
    buckets = [(dict(labels)["le"], value) for (name, labels), value in values.items()
               if name == "http_request_duration_seconds_bucket" and dict(labels)["route"] == route]
    assert buckets[-1][0] == "+Inf"
    counts = [value for _, value in buckets]
    assert counts == sorted(counts) and counts[-1] == sum(requests_to(values, route).values())
    assert plain(values, "http_request_duration_seconds_count", route=route) == counts[-1]
    assert plain(values, "http_request_duration_seconds_sum", route=route) > 0


def test_any_paths_and_methods_make_no_new_series(server):
    def ask(number):
        junk = secrets.token_hex(4 + number % 8)
        method = ["GET", "HEAD", "BREW", junk.upper(), "PUT", "OPTIONS"][number % 6]
        path = [f"/{junk}", f"/api/v1/{junk}/{number}", f"/api/v1/experiments/{junk}",
                f"/api/v1/experiments/{junk}/runs/{number}?{junk}={junk}", f"/%zz{junk}",
                f"/healthz/{junk}", f"/presets/{junk}\"}} 1"][number % 7].replace(" ", "")
        with Wire(server.port) as wire:
            wire.ask(method, path, "Connection: close\r\n" if number % 2 else "Connection: cl\r\n")
            wire.head()

    for number in range(84):
        ask(number)
    first = metrics(server)
    for number in range(420):
        ask(number)
    second = metrics(server)
    assert set(second) == set(first)
    routes = {dict(labels)["route"] for name, labels in second if name == "http_requests_total"}
    assert "(unmatched)" in routes and "(guard)" in routes
    methods = {dict(labels)["method"] for name, labels in second if name == "http_requests_total"}
    assert methods <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OTHER"}, methods
    assert len(second) < 1000


def test_metrics_tell_of_runs_queue_and_streams(fresh_server):
    server = fresh_server(workers=1)
    server.train(specs.report(epochs=300))
    values = metrics(server)
    assert plain(values, "descent_epochs_committed_total") == 300
    assert plain(values, "descent_runs", state="done") == 1
    assert plain(values, "descent_experiments") == 1
    assert plain(values, "descent_workers") == 1
    spec = {**specs.long_run(), "sweep": {"/dataset/seed": {"from": 1, "to": 40}}}
    made = server.post(spec)
    with server.stream(made["id"]):
        values = wait_until(lambda: next((v for v in [metrics(server)]
                                          if plain(v, "descent_queue_runs") < 40), None),
                            20 * server.slowness, "a run to begin")
        n_open = [plain(values, "descent_runs", state=state) for state in ("queued", "running")]
        assert sum(n_open) == 40
        assert plain(values, "descent_queue_experiments") == 1
        assert plain(values, "sse_streams_open") == 1
        assert plain(values, "http_connections_open") >= 2
    wait_until(lambda: plain(metrics(server), "sse_streams_open") == 0,
               5 * server.slowness, "the stream's end")
    assert plain(metrics(server), "sse_streams_gone_total") == 1
    server.request("POST", f"/experiments/{made['id']}/cancel", data="")
    values = metrics(server)
    assert plain(values, "descent_runs", state="cancelled") == 40
    assert plain(values, "descent_queue_runs") == 0


def test_metrics_tell_of_the_process(server):
    values = metrics(server)
    with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) * 1024
    assert plain(values, "process_resident_memory_bytes") == pytest.approx(resident, rel=0.2)
    n_open = len(os.listdir(f"/proc/{server.pid}/fd"))
    assert abs(plain(values, "process_open_fds") - n_open) <= 4, n_open
    assert 0 < plain(values, "descent_uptime_seconds") < 3600
    assert plain(values, "http_loop_lag_seconds") < 1 * server.slowness
    assert plain(values, "http_loop_turn_seconds_count") > 0
    version = os.popen(f"{binary()} --version").read().split()[1]
    assert plain(values, "descent_build_info", version=version) == 1


# --- /readyz ------------------------------------------------------------------------


def test_ready_says_so(server):
    assert server.get("//readyz") == {"status": "ready"}
    assert server.request("HEAD", "//readyz").status_code == 200
    assert server.request("POST", "//readyz", data="").status_code == 405


def test_a_server_that_cannot_write_is_alive_but_not_ready(fresh_server):
    """A file size limit acts as a full disk does; recovery needs no restart."""
    server = fresh_server()
    server.train(specs.report(epochs=20))
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    problem = server.get("//readyz", 503)
    assert "size limit" in problem["detail"], problem
    assert server.request("GET", "//readyz").headers["Retry-After"]
    assert server.get("//healthz")["status"] == "ok"
    assert server.get("/experiments")["experiments"]
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)
    assert server.get("//readyz") == {"status": "ready"}
    assert server.train(specs.report(epochs=20))["state"] == "done"


def test_a_server_that_stops_is_not_ready(fresh_server):
    """A request under way keeps it from ending at once."""
    server = fresh_server()
    with Wire(server.port, 20 * server.slowness) as slow, Wire(server.port) as late:
        late.ask("GET", "/healthz")
        assert late.reply().status == 200
        slow.send("POST /api/v1/experiments HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n"
                  "Content-Type: application/json\r\n\r\n{")
        late.send("GET /readyz HTTP/1.1\r\n")
        wait_until(lambda: plain(metrics(server), "http_connections_open") >= 3,
                   5 * server.slowness, "both")
        os.kill(server.pid, signal.SIGTERM)
        with pytest.raises(OSError):
            wait_until(lambda: Wire(server.port, 1).close(), 5 * server.slowness,
                       "the end of listening")
        late.send("Host: {host}\r\n\r\n")
        assert late.reply().status == 503
    assert server.stop() == 0


# --- the log ------------------------------------------------------------------------

LINE = re.compile(r"(\S+Z) (error|warning|info) request id=(\S+) method=\"(\S*)\" "
                  r"route=\"(\S+)\" path=(\".*\") status=(\d+) bytes=(\d+) ms=([\d.]+) end=(\w+)")


def requests_logged(server):
    lines = [line for line in server.log.read_text().splitlines() if " request id=" in line]
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches), lines
    return {match.group(3): match.groups() for match in matches}


def test_each_request_has_one_line_with_its_route_and_no_secret(fresh_server):
    server = fresh_server(arguments=["--log", "info", "--token"])
    token = server.token()

    def ask(name, path, method="GET", **options):
        headers = {"X-Request-Id": name, **options.pop("headers", {})}
        assert server.request(method, path, headers=headers, **options).headers["X-Request-Id"] \
            == name

    ask("a-list", "/experiments?limit=3")
    ask("unknown", "/experiments?secret=1")
    ask("missing", "/experiments/nosuchthing")
    ask("unserved", "//no/such\"path\x7f%0a")
    ask("asset", "//")
    ask("stranger", "//", headers={"Authorization": "Bearer wrong-token-that-is-long"})
    ask("post", "/experiments", "POST", json={"token": "in-the-body"})
    ask("link", f"//?token={token}", allow_redirects=False)
    seen = wait_until(lambda: (lines := requests_logged(server)) and len(lines) >= 8 and lines,
                      5 * server.slowness, "eight lines")
    expected = {"a-list": ("info", "GET", "/api/v1/experiments", "200"),
                "unknown": ("warning", "GET", "/api/v1/experiments", "400"),
                "missing": ("warning", "GET", "/api/v1/experiments/{name}", "404"),
                "unserved": ("warning", "GET", "(guard)", "400"),
                "asset": ("info", "GET", "/{asset}", "200"),
                "link": ("info", "GET", "(guard)", "303"),
                "stranger": ("warning", "GET", "(guard)", "401"),
                "post": ("warning", "POST", "/api/v1/experiments", "422")}
    got = {name: (line[1], line[3], line[4], line[6]) for name, line in seen.items()}
    assert got == expected
    text = server.log.read_text()
    for secret in (token, "secret", "wrong-token", "in-the-body", "limit=3"):
        assert secret not in text, secret


@pytest.mark.parametrize("level, seen", [("off", set()), ("error", set()), ("warning", {"404"}),
                                         (None, {"404"}), ("info", {"200", "404"})])
def test_a_level_says_which_lines_are_written(fresh_server, level, seen):
    server = fresh_server(arguments=[] if level is None else ["--log", level])
    server.get("/options")
    server.get("/nothing", 404)
    assert server.stop() == 0
    assert {line[6] for line in requests_logged(server).values()} == seen


def test_an_unknown_level_is_refused(tmp_path):
    ended = subprocess.run([binary(), "--data", tmp_path, "--log", "loud"], capture_output=True,
                           text=True, timeout=120)
    assert ended.returncode == 2 and "off, error, warning or info" in ended.stderr, ended
