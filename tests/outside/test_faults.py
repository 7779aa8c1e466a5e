"""Faults around a running server: a full disk, a store that cannot be used, too few descriptors,
processes stopped and killed. Each is told in clear words, loses nothing, and ends with its cause.

Permission bits do not bind root, so the directories here fail for other reasons."""
import os
import pathlib
import resource
import signal
import socket
import sqlite3
import subprocess
import time

import pytest
import requests

import service
import specs
from interruptions import check_store, results, wait_for_more_epochs
from service import wait_until


def training(epochs=40000):
    """A second or two of training."""
    return specs.sweep([1e-5, 3e-6], samples=1000, epochs=epochs)


@pytest.fixture(scope="module")
def undisturbed(server):
    """What the training gives when nothing goes wrong."""
    return results(server, server.train(training())["id"])


def refuse_to_start(data, seconds=20):
    """Starts a server on `data`; what it says on standard error when it ends at once, badly."""
    command = [str(service.binary()), "--listen", "127.0.0.1:0", "--data", str(data)]
    ended = subprocess.run(command, capture_output=True, text=True,
                           timeout=seconds * service.slowness())
    assert ended.returncode in (1, 2), (ended.returncode, ended.stderr)
    assert "listening" not in ended.stdout
    assert ended.stderr.startswith("descent: ") and ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def limit_of(server, which, soft):
    """Lowers (or, to None, restores) a soft limit of the running server."""
    _, hard = resource.prlimit(server.pid, which)
    resource.prlimit(server.pid, which, (hard if soft is None else soft, hard))


def wait_for_standstill(server, experiment):
    """Until no epoch was committed in half a second, a few times as long as a chunk takes."""
    seen = []

    def stands():
        seen.append(sum(row["epoch"] for row in server.get(f"/experiments/{experiment}")["runs"]))
        time.sleep(0.05)
        return len(seen) > 10 and len(set(seen[-10:])) == 1
    wait_until(stands, 20 * server.slowness, "the writes to fail")
    assert seen[-1] < 2 * 40000, "the training ended before the disk was full"


# --- a full disk ---------------------------------------------------------------------------------

def test_a_full_disk_loses_nothing(fresh_server, undisturbed):
    """A file size limit acts as a full disk does: no write, no answer that promises one; when it
    is gone everything goes on where it was."""
    server = fresh_server()
    experiment = server.post(training())["id"]
    wait_for_more_epochs(server, experiment, 0)
    limit_of(server, resource.RLIMIT_FSIZE, 1)
    reply = server.request("POST", "/experiments", json=specs.report(epochs=5))
    assert reply.status_code in (500, 503, 507), (reply.status_code, reply.text)
    problem = reply.json()
    assert problem["status"] == reply.status_code
    assert "limit" in problem["detail"] or "full" in problem["detail"], problem
    for method, path in [("POST", f"/experiments/{experiment}/cancel"),
                         ("DELETE", f"/experiments/{experiment}")]:
        assert server.request(method, path).status_code >= 500
    listed = [row["id"] for row in server.get("/experiments")["experiments"]]
    assert listed == [experiment], "a refused experiment is there, or a kept one is not"
    wait_for_standstill(server, experiment)
    limit_of(server, resource.RLIMIT_FSIZE, None)
    assert server.train(specs.report(epochs=5))["state"] == "done"
    server.wait(experiment)
    assert results(server, experiment) == undisturbed


def test_a_full_disk_at_the_end_loses_nothing(fresh_server, undisturbed):
    """Stopped while nothing can be written, the server still ends in time, and a later one finds
    all that was committed."""
    server = fresh_server()
    experiment = server.post(training())["id"]
    wait_for_more_epochs(server, experiment, 0)
    limit_of(server, resource.RLIMIT_FSIZE, 1)
    wait_for_standstill(server, experiment)
    began = time.monotonic()
    assert server.stop(signal.SIGTERM) in (0, 1)
    assert time.monotonic() - began < 10 * server.slowness
    server.start()
    server.wait(experiment)
    assert results(server, experiment) == undisturbed


# --- a store that cannot be used -----------------------------------------------------------------

def test_a_data_directory_that_cannot_be_made_is_named(tmp_path):
    """Under a file, on a file, under a name that is too long, where even root may make nothing."""
    (tmp_path / "file").write_text("not a directory")
    for place in [tmp_path / "file" / "data", tmp_path / "file", tmp_path / ("x" * 300),
                  pathlib.Path("/proc/descent")]:
        said = refuse_to_start(place)
        assert str(place)[:100] in said, said


def test_a_read_only_data_directory_is_named(tmp_path):
    """Where this process may mount, a read-only file system; else, as in a chroot, a directory that
    lets nobody write, and root without the right to do it all the same."""
    data = tmp_path / "data"
    data.mkdir()
    command = [str(service.binary()), "--listen", "127.0.0.1:0", "--data", str(data)]
    mount = ("mount --bind -- \"$0\" \"$0\" && mount -o remount,ro,bind -- \"$0\" && exec \"$@\"")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
        command = ["unshare", "-m", "sh", "-c", mount, str(data), *command]
    else:
        data.chmod(0o500)
        if os.geteuid() == 0:
            command = ["setpriv", "--bounding-set=-dac_override", *command]
    ended = subprocess.run(command, capture_output=True, text=True,
                           timeout=20 * service.slowness())
    assert ended.returncode == 1, (ended.returncode, ended.stderr)
    assert str(data) in ended.stderr and "cannot be written" in ended.stderr, ended.stderr
    data.chmod(0o700)
    assert list(data.iterdir()) == []


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path):
    data = tmp_path / "data"
    (data / "descent.db-lock").mkdir(parents=True)
    said = refuse_to_start(data)
    assert "descent.db-lock" in said, said


def damage_garbage(path):
    path.write_bytes(os.urandom(16384))


def damage_text(path):
    path.write_text("this is no database\n" * 500)


def damage_truncated(path):
    os.truncate(path, path.stat().st_size // 2)


def damage_newer(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=9999")
    database.commit()
    database.close()


def damage_other(path):
    path.unlink()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE mine(a)")
    database.commit()
    database.close()


@pytest.mark.parametrize("damage, words", [
    (damage_garbage, ("not an SQLite database",)),
    (damage_text, ("not an SQLite database",)),
    (damage_newer, ("newer server",)),
    (damage_other, ("another program's",))])
def test_a_store_that_is_not_ours_is_refused_and_left_alone(fresh_server, damage, words):
    """And with the file put back, all is there again."""
    server = fresh_server()
    experiment = server.train(specs.report(epochs=50))["id"]
    losses = server.losses(experiment)
    assert server.stop() == 0
    path = server.data / "descent.db"
    kept = path.read_bytes()
    damage(path)
    damaged = path.read_bytes()
    said = refuse_to_start(server.data)
    assert str(path) in said and any(word in said for word in words), said
    assert path.read_bytes() == damaged, "a refused file was written to"
    for leftover in server.data.glob("descent.db-[ws]*"):
        leftover.unlink()
    path.write_bytes(kept)
    server.start()
    assert server.losses(experiment) == losses


def test_a_truncated_store_never_crashes_the_server(fresh_server):
    """Refused at the start, or every answer is whole or a problem."""
    server = fresh_server()
    experiment = server.train(specs.report(epochs=20000))["id"]
    assert server.stop() == 0
    path = server.data / "descent.db"
    kept = path.read_bytes()
    damage_truncated(path)
    ended = None
    try:
        server.start()
    except AssertionError as refused:
        ended = str(refused)
    if ended is None:
        for route in ["/experiments", f"/experiments/{experiment}",
                      f"/experiments/{experiment}/runs/0/epochs"]:
            reply = server.request("GET", route)
            assert reply.status_code in (200, 404, 500, 503), (route, reply.text[:500])
            assert reply.status_code < 500 or reply.json()["detail"], route
        server.check()
        server.stop()
    else:
        server.stopped = True
        assert str(path) in server.stderr() and server.process.wait(120) == 1, server.stderr()
    for leftover in server.data.glob("descent.db-[ws]*"):
        leftover.unlink()
    path.write_bytes(kept)
    server.start()
    assert len(server.losses(experiment)) == 20000


def test_a_second_server_is_told_who_has_the_store(fresh_server, undisturbed):
    """In the middle of training, which it does not disturb; by a link to the directory too."""
    server = fresh_server()
    experiment = server.post(training())["id"]
    wait_for_more_epochs(server, experiment, 0)
    link = server.data.parent / "link"
    link.symlink_to(server.data)
    for place in [server.data, link]:
        said = refuse_to_start(place)
        assert str(server.pid) in said and "in use" in said, said
    server.wait(experiment)
    assert results(server, experiment) == undisturbed


# --- too few descriptors -------------------------------------------------------------------------

def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class FewDescriptors(service.Server):
    """Started with a limit of 64 that it cannot raise."""

    def command(self, port=0):
        return ["prlimit", "--nofile=64:64", *super().command(port)]


def test_a_low_descriptor_limit_is_lived_with(tmp_path):
    """Started with so few it answers, and a crowd that takes them all is outlived, without a
    processor spent on those who cannot be let in."""
    server = FewDescriptors(tmp_path / "data")
    try:
        assert server.get("//healthz")["status"] == "ok"
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        began, spent = time.monotonic(), cpu_s(server.pid)
        health(server)
        while time.monotonic() < began + 2:  # an interval to measure over, nothing is waited for
            time.sleep(0.1)
        used = cpu_s(server.pid) - spent
        passed = time.monotonic() - began
        assert used < 0.25 * passed, f"{used} s of processor in {passed} s with nothing to do"
        for connection in crowd:
            connection.close()
        assert server.train(specs.report(epochs=5))["state"] == "done"
        server.check()
    finally:
        code = server.stop()
    assert code == 0, server.stderr()


def health(server):
    """A new connection is answered, however many others there are."""
    def ask():
        try:
            return requests.get(server.url + "/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False
    return wait_until(ask, 20 * server.slowness, "an answer to /healthz")


def test_descriptors_that_run_out_in_the_middle_come_back(fresh_server, undisturbed):
    """The limit falls below what is open while a run trains and streams: what needs a new one
    gets a problem or waits, nothing ends, and all works again afterwards."""
    server = fresh_server()
    experiment = server.post(training())["id"]
    with server.stream(experiment, "?points=all") as stream:
        wait_for_more_epochs(server, experiment, 0)
        limit_of(server, resource.RLIMIT_NOFILE, 4)
        assert server.get("//healthz")["status"] == "ok"  # on the connection that is open
        waiting = socket.create_connection(("127.0.0.1", server.port))
        waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % server.port)
        waiting.settimeout(30 * server.slowness)
        reply = server.request("GET", "/experiments")
        assert reply.status_code in (200, 500, 503), reply.text
        limit_of(server, resource.RLIMIT_NOFILE, None)
        assert waiting.recv(100).startswith(b"HTTP/1.1 200"), "who waited was not answered"
        waiting.close()
        events = list(stream)
    epochs = [epoch for event in events if event.name == "epochs" and event.data["run"] == 0
              for epoch in event.data["epochs"]]
    assert epochs == list(range(1, 40001))
    server.wait(experiment)
    assert results(server, experiment) == undisturbed


# --- signals -------------------------------------------------------------------------------------

def test_a_server_that_is_stopped_and_continued_goes_on(fresh_server, undisturbed):
    """SIGSTOP in the middle of a stream, longer than the heartbeats' clock ticks: the same
    connection goes on where it was."""
    server = fresh_server()
    experiment = server.post(training())["id"]
    with server.stream(experiment, "?points=all") as stream:
        first = next(iter(stream))
        wait_for_more_epochs(server, experiment, 0)
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(3)  # what is tested: time that passes unseen
        os.kill(server.pid, signal.SIGCONT)
        events = [first, *stream]
    for run in range(2):
        epochs = [epoch for event in events if event.name == "epochs" and event.data["run"] == run
                  for epoch in event.data["epochs"]]
        assert epochs == list(range(1, 40001))
    server.wait(experiment)
    assert results(server, experiment) == undisturbed


def test_a_second_sigterm_changes_nothing(fresh_server, undisturbed):
    """The first one is being obeyed: still exit code 0, still everything committed."""
    server = fresh_server()
    experiment = server.post(training())["id"]
    wait_for_more_epochs(server, experiment, 0)
    server.process.send_signal(signal.SIGTERM)
    assert server.stop(signal.SIGTERM) == 0, server.stderr()
    server.start()
    server.wait(experiment)
    assert results(server, experiment) == undisturbed


def test_kill_right_after_201_loses_no_experiment(fresh_server, tmp_path):
    """The answer is the promise: ten times killed at the moment it is read."""
    server = fresh_server()
    promised = []
    for _ in range(10):
        promised.append(server.post(specs.report(epochs=30))["id"])
        server.process.kill()
        server.stop(signal.SIGKILL)
        assert check_store(server, tmp_path / "copy") >= set(promised)
        server.start()
    for experiment in promised:
        server.wait(experiment)
        assert len(server.losses(experiment)) == 30
