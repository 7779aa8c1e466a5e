"""The engine's promise under kill -9: what was acknowledged is there, whole, and nothing half is.

The store is inspected by Python's own sqlite3, in a copy, so that the engine itself recovers from
exactly what the killed process left."""
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import time

import pytest

import service

THREADS = 3  # as in engine_crash.c


@pytest.fixture
def program():
    """engine_crash.c with the engine, as the Makefile built it."""
    return service.binary().parent / "tests/outside/engine_crash"


def work_until_killed(program, store, seed, n_lines):
    """Kills the program as soon as it has said n_lines; returns every line it said."""
    process = subprocess.Popen([program, "work", store, str(seed)], stdout=subprocess.PIPE)
    lines = []
    try:
        while len(lines) < n_lines:
            line = process.stdout.readline()
            if not line:
                break
            lines.append(line)
    finally:
        process.kill()
        rest = process.stdout.read()
        process.wait(timeout=120)
    lines += rest.splitlines(keepends=True)
    return [line.decode().split() for line in lines if line.endswith(b"\n")]


def inspect(store, copy):
    """Checks the store by itself; returns each run's epoch and state, and the experiments' ids."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for name in ("lab.db", "lab.db-wal"):
        if (store.parent / name).exists():
            shutil.copy(store.parent / name, copy / name)
    database = sqlite3.connect(copy / "lab.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ids = dict(database.execute("SELECT id, key FROM experiment"))
    runs = {}
    for run, epoch, state in database.execute(
            "SELECT run, epoch, state FROM run WHERE experiment = ?", (ids["e"],)):
        check_run(database, ids["e"], run, epoch)
        runs[run] = (epoch, state)
    for key, *counts in database.execute(
            "SELECT key, n_queued, n_running, n_done, n_diverged, n_cancelled, n_failed"
            " FROM experiment"):
        names = ("queued", "running", "done", "diverged", "cancelled", "failed")
        stored = dict(database.execute(
            "SELECT state, count(*) FROM run WHERE experiment = ? GROUP BY state", (key,)))
        assert dict(zip(names, counts)) == {name: stored.get(name, 0) for name in names}
    database.close()
    return runs, set(ids)


def check_run(database, key, run, epoch):
    """The log holds every epoch once and in order; the checkpoint is that of the last one."""
    following = 1
    for first, n, losses in database.execute(
            "SELECT first, n, losses FROM log WHERE experiment = ? AND run = ? AND n > 0"
            " ORDER BY sequence", (key, run)):
        assert first == following
        assert struct.unpack(f"<{n}d", losses) == tuple(
            run * 1e9 + float(e) + 1.0 / 3 for e in range(first, first + n))
        following = first + n
    assert following == epoch + 1
    checkpoint = database.execute(
        "SELECT epoch, bytes FROM checkpoint WHERE experiment = ? AND run = ?",
        (key, run)).fetchone()
    assert (checkpoint is None) == (epoch == 0)
    if checkpoint is not None:
        assert checkpoint[0] == epoch
        assert struct.unpack_from("<q", checkpoint[1])[0] == epoch


def test_what_was_acknowledged_survives_a_kill(program, tmp_path):
    store = tmp_path / "data" / "lab.db"
    store.parent.mkdir()
    chance = random.Random(1)
    acknowledged = {}                         # run -> (epoch, state)
    submitted, doubtful, deleted = set(), set(), set()
    n_lines = n_unsaid = 0
    for trial in range(20):
        before = dict(acknowledged)
        lines = work_until_killed(program, store, trial, chance.randrange(1, 150))
        n_lines += len(lines)
        for word, what, number in lines:
            assert word != "wrong", (what, number)
            if word in ("epoch", "done"):
                state = "done" if word == "done" else "running"
                acknowledged[int(what)] = (int(number), state)
            elif word == "submitted":
                submitted.add(what)
            elif word == "deleting":
                submitted.discard(what)
                doubtful.add(what)
            elif word == "deleted":
                doubtful.discard(what)
                deleted.add(what)
        runs, ids = inspect(store, tmp_path / "copy")
        assert submitted <= ids
        assert not deleted & ids
        unsaid = 0
        for run, (epoch, state) in runs.items():
            known, known_state = acknowledged.get(run, (0, "queued"))
            assert epoch >= known, (run, epoch, known)
            if known_state == "done":
                assert (epoch, state) == (known, "done")
            unsaid += epoch > known
            acknowledged[run] = (epoch, state)
        # A thread can have committed one call that it had no time to say.
        assert unsaid <= THREADS
        n_unsaid += unsaid
        assert all(acknowledged[run][0] >= epoch for run, (epoch, _) in before.items())
    assert n_lines > 500
    print(f"{n_lines} acknowledged calls, none lost; {n_unsaid} committed without a word")


def test_a_store_is_refused_while_its_server_runs_and_free_once_it_was_killed(program, tmp_path):
    store = tmp_path / "lab.db"
    process = subprocess.Popen([program, "work", store, "1"], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"open - 0\n"
        second = subprocess.run([program, "work", store, "2"], stdout=subprocess.PIPE, timeout=120)
        assert second.returncode == 2
        assert f"in use by the server with process id {process.pid}".encode() in second.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait(timeout=120)
    started = time.monotonic()
    third = subprocess.Popen([program, "work", store, "3"], stdout=subprocess.PIPE)
    try:
        assert third.stdout.readline() == b"open - 0\n"
        assert time.monotonic() - started < 10
    finally:
        third.kill()
        third.stdout.close()
        third.wait(timeout=120)


def test_a_full_disk_is_named_and_work_goes_on_when_there_is_room(program, tmp_path):
    script = ('mount -t tmpfs -o size=3m none "$1" && head -c 1000000 /dev/zero > "$1/spare" &&'
              ' "$2" fill "$1/lab.db" "$1/spare"; code=$?; umount "$1"; exit $code')
    # Root may also be in a chroot, where the mounts above it can be neither seen nor changed.
    rights = ["-m", "--propagation", "unchanged"] if os.geteuid() == 0 else ["-rm"]
    result = subprocess.run(["unshare", *rights, "sh", "-c", script, "sh", tmp_path, program],
                            stdout=subprocess.PIPE, timeout=120, text=True)
    opened, full, went_on = result.stdout.splitlines()
    assert result.returncode == 0
    assert full.startswith("full ") and "the disk is full; free some space" in full
    assert f"{tmp_path}/lab.db" in full
    assert int(went_on.split()[-1]) == int(full.split()[1]) + 3000
