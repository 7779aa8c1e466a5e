"""The life of an experiment: listed, renamed, cancelled, deleted, and still there afterwards."""
import csv
import io
import json
import re
import signal
import subprocess
import time

import pytest

import specs
from interruptions import results, wait_for_more_epochs
from service import ENDED, JSON_TYPE, build_slowness, unexplained, wait_until
from sse import CutShort, epochs_of


def cancel(server, experiment):
    return server.request("POST", f"/experiments/{experiment}/cancel", headers=JSON_TYPE)


def row_of(server, experiment, run=0):
    return server.get(f"/experiments/{experiment}")["runs"][run]


def wait_for_epochs(server, experiment, run=0):
    """The run's row once it has committed an epoch."""
    def started():
        row = row_of(server, experiment, run)
        return row if row["epoch"] > 0 else None
    return wait_until(started, 30 * server.slowness, f"the first epochs of {experiment}")


# --- created, read -------------------------------------------------------------------------


def test_created_experiment_carries_its_runs_and_spec(server):
    spec = specs.sweep([0.001, 0.0004], epochs=7)
    experiment = server.post(spec)
    assert re.fullmatch(r"[a-z0-9_-]{1,32}", experiment["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", experiment["created"])
    assert experiment["name"] == spec["name"] and experiment["epochs"] == 7
    assert [row["run"] for row in experiment["runs"]] == [0, 1]
    assert [row["overrides"] for row in experiment["runs"]] == [{specs.RATE: 0.001},
                                                                {specs.RATE: 0.0004}]
    ended = server.wait(experiment["id"])
    for row in ended["runs"]:
        assert (row["state"], row["epoch"], row["epochs"], row["message"]) == ("done", 7, 7, "")
        assert row["started"] <= row["ended"]
    assert ended["spec"] == experiment["spec"] and ended["created"] == experiment["created"]


def test_normalised_spec_posts_to_the_same_run(server):
    """What GET gives as spec is a spec: posted again it trains the same bits."""
    first = server.train(specs.report(epochs=50))
    second = server.train(first["spec"])
    assert second["spec"] == first["spec"]
    assert server.losses(second["id"]) == server.losses(first["id"])


def test_validate_answers_without_creating(server):
    before = server.get("/experiments")["experiments"]
    reply = server.request("POST", "/experiments?validate=true", headers=JSON_TYPE,
                           data=json.dumps(specs.sweep([1e-3, 1e-4, 1e-5])))
    assert reply.status_code == 200 and reply.json()["runs"] == 3
    assert reply.json()["spec"]["training"]["gradient"] == "half"
    assert server.get("/experiments")["experiments"] == before


def test_defaults_are_filled_in_and_served(server):
    """Every default of /options is what a spec without the field gets."""
    options = server.get("/options")
    pointers = {field["pointer"] for field in options["fields"]}
    assert {"/training/optimizer/learning_rate", "/training/epochs",
            "/training/gradient"} <= pointers
    for field in options["fields"]:
        assert field["type"] and field["description"], field
    assert options["limits"]
    spec = specs.report()
    for member in ("loss", "gradient", "batch_size", "order"):
        del spec["training"][member]
    filled = server.post({**spec, "training": {**spec["training"], "epochs": 1}})["spec"]
    for field in options["fields"]:
        if field["pointer"] in ("/training/loss", "/training/gradient", "/training/order",
                                "/training/batch_size"):
            member = field["pointer"].rsplit("/", 1)[1]
            assert filled["training"][member] == field["default"], field


def test_list_pages_through_all_newest_first(fresh_server):
    server = fresh_server()
    created = [server.post({**specs.report(epochs=2), "name": f"n{i}"})["id"] for i in range(23)]
    seen, path, pages = [], "/experiments?limit=5", 0
    while path:
        page = server.get(path)
        seen += page["experiments"]
        pages += 1
        path = page["next"] and f"/experiments?limit=5&cursor={page['next']}"
    assert [row["id"] for row in seen] == created[::-1] and pages == 5
    assert [row["name"] for row in seen] == [f"n{i}" for i in range(22, -1, -1)]
    assert set(seen[0]) >= {"id", "name", "state", "created", "n_runs", "n_ended"}
    for experiment in created:
        server.wait(experiment)
    listed = server.get("/experiments?limit=200")
    assert listed["next"] is None and len(listed["experiments"]) == 23
    assert all((row["state"], row["n_runs"], row["n_ended"]) == ("done", 1, 1)
               for row in listed["experiments"])


def test_a_page_is_not_upset_by_deleted_and_new_ones(fresh_server):
    """Cursors stand for a place, not for a count."""
    server = fresh_server()
    created = [server.post(specs.report(epochs=1))["id"] for _ in range(9)]
    page = server.get("/experiments?limit=3")
    assert [row["id"] for row in page["experiments"]] == created[:5:-1]
    server.post(specs.report(epochs=1))
    for gone in (created[6], created[5]):
        assert server.request("DELETE", f"/experiments/{gone}").status_code == 204
    rest = server.get(f"/experiments?limit=50&cursor={page['next']}")
    assert [row["id"] for row in rest["experiments"]] == created[4::-1]


def test_rename_changes_the_name_alone(server):
    experiment = server.train(specs.report(epochs=5))
    name = "ω = 0.1 \u05e9\u05dc\u05d5\u05dd <b>\"bold\"</b> & 'so on' \\ \U0001f4c9"
    reply = server.request("PATCH", f"/experiments/{experiment['id']}", headers=JSON_TYPE,
                           data=json.dumps({"name": name}))
    assert reply.status_code == 200 and reply.json()["name"] == name
    renamed = server.get(f"/experiments/{experiment['id']}")
    assert renamed["name"] == name
    assert unexplained(renamed)["runs"] == unexplained(experiment)["runs"]
    assert server.get("/experiments?limit=1")["experiments"][0]["name"] == name


# --- cancel, delete ------------------------------------------------------------------------


def test_cancel_of_a_running_run_keeps_its_epochs(server):
    experiment = server.post(specs.long_run())["id"]
    wait_for_epochs(server, experiment)
    reply = cancel(server, experiment)
    assert reply.status_code == 202 and reply.json()["id"] == experiment
    ended = server.wait(experiment, 10)
    row = ended["runs"][0]
    assert row["state"] == "cancelled" and 0 < row["epoch"] < row["epochs"]
    losses = server.losses(experiment)
    assert len(losses) == row["epoch"] and losses[-1] == row["loss"]
    record = server.get(f"/experiments/{experiment}/runs/0")
    assert record["state"] == "cancelled"
    assert cancel(server, experiment).status_code in (200, 202)
    assert row_of(server, experiment) == row


def test_cancel_frees_the_worker_at_once(fresh_server):
    """One worker, busy for long: after a cancel the next experiment trains."""
    server = fresh_server(workers=1)
    long = server.post(specs.long_run())["id"]
    wait_for_epochs(server, long)
    short = server.post(specs.report(epochs=10))["id"]
    assert row_of(server, short)["state"] == "queued"
    cancel(server, long)
    assert server.wait(short, 10)["runs"][0]["state"] == "done"


def test_cancel_of_queued_runs_never_starts_them(fresh_server):
    server = fresh_server(workers=1)
    long = server.post(specs.long_run())["id"]
    wait_for_epochs(server, long)
    queued = server.post(specs.sweep([1e-3, 1e-4]))["id"]
    assert server.get(f"/experiments/{queued}")["state"] == "queued"
    assert cancel(server, queued).status_code == 202
    experiment = server.get(f"/experiments/{queued}")
    assert experiment["state"] == "done"
    for row in experiment["runs"]:
        assert (row["state"], row["epoch"], row["loss"]) == ("cancelled", 0, None)
        assert row["started"] is None
    cancel(server, long)


def test_cancel_of_an_ended_experiment_changes_nothing(server):
    experiment = server.train(specs.report(epochs=5))
    assert cancel(server, experiment["id"]).status_code in (200, 202)
    after = server.get(f"/experiments/{experiment['id']}")
    assert unexplained(after) == unexplained(experiment)


def test_cancelled_run_tells_its_readers(server):
    experiment = server.post(specs.long_run())["id"]
    stream = server.stream(experiment, seconds=20)
    events = stream.next_events()
    while not any(event.name == "epochs" for event in events):
        events += stream.next_events()
    cancel(server, experiment)
    events += list(stream)
    states = [event.data for event in events if event.name == "state"]
    assert states[-2]["state"] == "cancelled" and states[-1]["state"] == "done"


def test_delete_removes_every_trace(server):
    experiment = server.train(specs.report(epochs=5))["id"]
    reply = server.request("DELETE", f"/experiments/{experiment}")
    assert (reply.status_code, reply.content) == (204, b"")
    for path in ("", "/events", "/runs/0", "/runs/0/epochs", "/epochs", "/dataset"):
        assert server.request("GET", f"/experiments/{experiment}{path}").status_code == 404, path
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 404
    assert cancel(server, experiment).status_code == 404
    assert experiment not in [row["id"] for row in server.get("/experiments")["experiments"]]


def test_delete_while_streaming_and_training(fresh_server):
    """The streams end, the worker is free for the next run, nothing comes back."""
    server = fresh_server(workers=1)
    experiment = server.post(specs.long_run())["id"]
    wait_for_epochs(server, experiment)
    streams = [server.stream(experiment, query, seconds=20) for query in ("", "?points=all")]
    for stream in streams:
        assert stream.next_events()
    assert server.request("DELETE", f"/experiments/{experiment}").status_code == 204
    for stream in streams:
        try:
            list(stream)
        except CutShort:
            pass
    assert server.wait(server.post(specs.report(epochs=10))["id"], 10)
    assert server.request("GET", f"/experiments/{experiment}").status_code == 404
    assert server.restart() == 0
    assert server.request("GET", f"/experiments/{experiment}").status_code == 404


# --- restarts ------------------------------------------------------------------------------


def answers(server, experiment):
    """Every answer about a finished experiment, as text."""
    paths = ("", "/runs/0", "/runs/0/epochs", "/epochs", "/epochs?format=csv", "/dataset",
             "/runs/0/epochs?points=20")
    return {path: server.text(f"/experiments/{experiment}{path}") for path in paths}


@pytest.mark.parametrize("signal_number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 0),
                                                 (signal.SIGKILL, -signal.SIGKILL)])
def test_finished_experiments_survive_a_restart(fresh_server, signal_number, code):
    server = fresh_server()
    diverging = specs.report(0.5)
    diverging["network"]["layers"][0]["activation"] = "linear"
    created = [server.train(spec)["id"] for spec in
               (specs.golden("lr_0.001"), specs.sweep([0.025, 1e-3, 1e-4]), diverging)]
    for experiment in created:
        server.explained(experiment)
    before = {experiment: answers(server, experiment) for experiment in created}
    events = {experiment: server.events(experiment) for experiment in created}
    assert server.restart(signal_number) == code
    assert {experiment: answers(server, experiment) for experiment in created} == before
    assert {experiment: server.events(experiment) for experiment in created} == events
    listed = [row["id"] for row in server.get("/experiments")["experiments"]]
    assert listed == created[::-1]


INTERRUPTED = 40000  # epochs: with the samples below a second or two of training for three runs


@pytest.fixture(scope="module")
def undisturbed(server):
    """The long-ish sweep trained without a break: spec and the answers that must come again."""
    samples = int(1000 / build_slowness())
    spec = specs.sweep([1e-5, 1e-6, 3e-6], samples=samples, epochs=INTERRUPTED)
    experiment = server.train(spec)["id"]
    return spec, results(server, experiment)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_runs_end_bit_identical(fresh_server, undisturbed, signal_number, workers):
    """Stopped twice in the middle, trained on after each start: the same text in the end."""
    spec, wanted = undisturbed
    server = fresh_server(workers)
    experiment = server.post(spec)["id"]
    epochs = 0
    for _ in range(2):
        epochs = wait_for_more_epochs(server, experiment, epochs)
        assert epochs < 3 * INTERRUPTED, "the runs ended before they could be interrupted"
        server.restart(signal_number)
    ended = server.wait(experiment)
    assert [row["state"] for row in ended["runs"]] == ["done"] * 3
    assert results(server, experiment) == wanted
    events = server.events(experiment, "?points=all")
    for run in range(3):
        assert [epoch for epoch, _ in epochs_of(events, run)] == list(range(1, INTERRUPTED + 1))


def test_queued_experiments_survive_kill_minus_9(fresh_server):
    """A 201 is a promise: what was accepted is trained after the crash."""
    server = fresh_server(workers=1)
    long = server.post(specs.long_run())["id"]
    queued = [server.post(specs.golden("all_zero"))["id"] for _ in range(5)]
    server.restart(signal.SIGKILL)
    cancel(server, long)
    for experiment in queued:
        server.wait(experiment)
        assert server.losses(experiment)[999] == (
            specs.GOLDEN["experiments"]["all_zero"]["losses"]["1000"])


def test_cancelled_stays_cancelled_after_a_restart(fresh_server):
    server = fresh_server()
    experiment = server.post(specs.long_run())["id"]
    wait_for_epochs(server, experiment)
    cancel(server, experiment)
    before = server.wait(experiment, 10)
    server.restart(signal.SIGKILL)
    assert unexplained(server.get(f"/experiments/{experiment}")) == unexplained(before)


def test_two_servers_on_one_data_directory_are_refused(fresh_server):
    server = fresh_server()
    second = subprocess.run(server.command(), capture_output=True, text=True,
                            timeout=20 * server.slowness)
    assert second.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert "listening" not in second.stdout
    assert str(server.data) in second.stderr, second.stderr
    server.check()
    assert server.train(specs.report(epochs=5))["state"] == "done"


def test_port_in_use_is_refused_by_name(fresh_server, tmp_path):
    server = fresh_server()
    command = server.command(server.port)
    command[command.index("--data") + 1] = str(tmp_path / "other")
    second = subprocess.run(command, capture_output=True, text=True, timeout=20 * server.slowness)
    assert second.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert str(server.port) in second.stderr
    server.check()


@pytest.mark.parametrize("arguments, named", [
    (["--listen", "127.0.0.1:70000"], "70000"), (["--listen", "nonsense"], "nonsense"),
    (["--workers", "-1"], "-1"), (["--workers", "x"], "x"), (["--frobnicate"], "--frobnicate"),
    (["--data"], "--data")])
def test_wrong_arguments_are_refused_by_name(server, arguments, named, tmp_path):
    command = [server.command()[0], "--data", str(tmp_path / "d"), *arguments]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=20 * server.slowness)
    assert refused.returncode > 0, (refused.returncode, refused.stderr)
    assert named in refused.stderr, refused.stderr
    assert "listening" not in refused.stdout


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_signal_with_open_streams_exits_0_within_2_s(fresh_server, signal_number):
    """Idle streams, busy streams and a run in training; every reader is told."""
    server = fresh_server()
    ended = server.train(specs.report(epochs=5))["id"]
    running = server.post(specs.long_run())["id"]
    wait_for_epochs(server, running)
    streams = [server.stream(running, query) for query in ("", "?points=all") * 10]
    for stream in streams:
        assert stream.next_events()
    started = time.monotonic()
    assert server.stop(signal_number) == 0, server.stderr()
    assert time.monotonic() - started < 2 * server.slowness
    for stream in streams:
        events = list(stream)
        assert events[-1].name == "shutdown", events[-1]
        assert not any(e.name == "state" and e.data["state"] in ENDED for e in events)
    server.start()
    assert server.get(f"/experiments/{ended}")["state"] == "done"
    cancel(server, running)


def test_data_directory_is_for_its_owner_alone(server):
    assert server.data.stat().st_mode & 0o077 == 0


# --- one history in four forms -------------------------------------------------------------


def read_csv(text):
    assert text.endswith("\r\n") and text.count("\n") == text.count("\r\n"), text[:200]
    header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    return header, rows


def test_csv_json_stream_and_record_agree(server):
    """The same doubles in every form, for each run of a sweep."""
    rates = [0.025, 0.001, 1e-7]
    experiment = server.train(specs.sweep(rates, epochs=300))
    path = f"/experiments/{experiment['id']}"
    events = server.events(experiment["id"], "?points=all")
    header, rows = read_csv(server.text(path + "/epochs?format=csv"))
    assert header == ["epoch", "run_0", "run_1", "run_2"]
    together = server.get(path + "/epochs")
    for run in range(len(rates)):
        losses = server.losses(experiment["id"], run)
        assert len(losses) == 300
        assert epochs_of(events, run) == list(enumerate(losses, 1))
        assert [(int(row[0]), float(row[run + 1])) for row in rows] == list(enumerate(losses, 1))
        assert together["runs"][run]["loss"] == losses
        one_header, one_rows = read_csv(server.text(f"{path}/runs/{run}/epochs?format=csv"))
        assert one_header == ["epoch", "loss"]
        assert [(int(e), float(v)) for e, v in one_rows] == list(enumerate(losses, 1))
        record = server.get(f"{path}/runs/{run}")
        row = experiment["runs"][run]
        for form in (record, row):
            assert form["loss"] == losses[-1] and form["first_loss"] == losses[0]
            assert form["best_loss"] == min(losses)
            assert form["best_epoch"] == losses.index(min(losses)) + 1
        assert record["parameters"]["named"] == row["named"]
        assert record["predictions"] == row["predictions"]


def test_csv_by_accept_header(server):
    experiment = server.train(specs.report(epochs=3))["id"]
    for path in (f"/experiments/{experiment}/runs/0/epochs", f"/experiments/{experiment}/epochs",
                 f"/experiments/{experiment}/dataset"):
        by_header = server.request("GET", path, headers={"Accept": "text/csv"})
        assert by_header.headers["Content-Type"].startswith("text/csv"), path
        assert by_header.text == server.text(path + "?format=csv")
        assert all(read_csv(by_header.text)), path
        both = server.request("GET", path, headers={"Accept": "text/html, application/json;q=0.9"})
        assert both.headers["Content-Type"].startswith("application/json"), path


def test_numbers_are_printed_with_the_fewest_digits(server):
    """0.0004 stays 0.0004; what is printed is what Python's repr prints, but for notation."""
    experiment = server.train(specs.report(epochs=300))["id"]
    text = server.text(f"/experiments/{experiment}")
    assert '"learning_rate":0.0004,' in text.replace(" ", "").replace("}", ",")
    for cell in (row[1] for row in
                 read_csv(server.text(f"/experiments/{experiment}/epochs?format=csv"))[1]):
        digits = len(re.sub(r"e.*|\D", "", cell).lstrip("0"))
        wanted = len(re.sub(r"e.*|\D", "", repr(float(cell))).strip("0"))
        assert digits <= max(wanted, 1), cell


def test_runs_of_different_length_have_empty_cells(server):
    spec = specs.report()
    spec["sweep"] = {"/training/epochs": [2, 4]}
    experiment = server.train(spec)["id"]
    _, rows = read_csv(server.text(f"/experiments/{experiment}/epochs?format=csv"))
    assert [len(row) for row in rows] == [3] * 4
    assert [row[1] == "" for row in rows] == [False, False, True, True]
    assert all(row[2] for row in rows)


def test_ranges_and_points_of_epochs(server):
    experiment = server.train(specs.report(0.005, epochs=1000))["id"]
    path = f"/experiments/{experiment}/runs/0/epochs"
    losses = server.losses(experiment)
    for begin, end in ((1, 1), (1000, 1000), (17, 42), (990, 5000)):
        columns = server.get(f"{path}?from={begin}&to={end}")
        assert columns["epoch"] == list(range(begin, min(end, 1000) + 1))
        assert columns["loss"] == losses[begin - 1:end]
    assert server.get(f"{path}?from=2000")["epoch"] == []
    for points in (1, 2, 7, 100, 999):
        columns = server.get(f"{path}?points={points}")
        assert columns["exact"] is False and len(columns["epoch"]) <= points
        begin = 0
        for last, loss, low, high in zip(columns["epoch"], columns["loss"], columns["min"],
                                         columns["max"]):
            bucket = losses[begin:last]
            assert (loss, low, high) == (bucket[-1], min(bucket), max(bucket)), (points, last)
            begin = last
        assert begin == 1000
    assert server.get(f"{path}?points=1000") == server.get(path)


def test_predictions_are_those_of_the_final_parameters(server):
    """The server's predict against the notebook's own, for rows it was not trained on."""
    import notebook
    experiment = server.train(specs.report(epochs=100))
    named = experiment["runs"][0]["named"]
    parameters = [named[name] for name in specs.NAMES]
    inputs = [[2, 3], [0, 0], [-1.5, 7.25], [1e6, -1e6], [0.1, 0.2]]
    reply = server.request("POST", f"/experiments/{experiment['id']}/runs/0/predict",
                           data=json.dumps({"inputs": inputs}), headers=JSON_TYPE)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert answer["outputs"] == [[notebook.predict(parameters, *row)] for row in inputs]
    assert answer["inputs"] == inputs and answer["epoch"] == 100


@pytest.mark.parametrize("body, faults", [
    ({"inputs": []},
     {"/inputs": "got a list of 0, expected a list of 1 to 10000 lists of 2 numbers"}),
    ({"inputs": "2,3"}, {"/inputs": 'got "2,3", expected a list of 1 to 10000 lists of 2 numbers'}),
    ({"input": [[2, 3]]},
     {"/input": "unknown field, expected inputs alone",
      "/inputs": "got nothing, expected a list of 1 to 10000 lists of 2 numbers"}),
    ({"inputs": [[2, 3], [4], 5]},
     {"/inputs/1": "got a list of 1, expected a list of 2, one number for each feature",
      "/inputs/2": "got 5, expected a list of 2, one number for each feature"}),
    ({"inputs": [[2, "3"], [9007199254740993, 1]]},
     {"/inputs/0/1": 'got "3", expected a number from -1e100 to 1e100',
      "/inputs/1/0": "got 9007199254740993, which is between two doubles, expected one of them, "
                     "such as 9007199254740992"})])
def test_wrong_inputs_of_predictions_are_all_named(server, body, faults):
    experiment = server.train(specs.report(epochs=1))["id"]
    reply = server.request("POST", f"/experiments/{experiment}/runs/0/predict",
                           data=json.dumps(body), headers=JSON_TYPE)
    assert reply.status_code == 422
    assert {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]} == faults


@pytest.mark.parametrize("body, faults", [
    ({}, {"/name": "missing, expected a text of 1 to 200 characters"}),
    ({"name": ""}, {"/name": 'got "", expected a text of 1 to 200 characters'}),
    ({"name": "  "},
     {"/name": "got nothing but spaces, expected a text of at most 200 characters"}),
    ({"name": "new", "state": "done", "nam\u202ee": 1},
     {"/state": "unknown field, expected name alone",
      "/nam\u202ee": "unknown field, expected name alone"}),
    ({"name": "a\u200fb"},
     {"/name": "got U+200F in it, expected one line without control characters and marks of "
               "direction"})])
def test_wrong_renames_are_all_named(server, body, faults):
    experiment = server.post(specs.report(epochs=1))["id"]
    reply = server.request("PATCH", f"/experiments/{experiment}", data=json.dumps(body),
                           headers=JSON_TYPE)
    assert reply.status_code == 422
    assert {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]} == faults
    assert not set(reply.content) & {0xe2}, "an invisible mark in the answer"
    assert server.get(f"/experiments/{experiment}")["name"] == "learning rate 0.0004"


def test_an_empty_name_is_none(server):
    """It is made from the spec, as when it is left out."""
    named, unnamed = ({**specs.report(epochs=1), "name": ""}, specs.report(epochs=1))
    del unnamed["name"]
    assert server.post(named)["name"] == server.post(unnamed)["name"] == "2-2-1, sgd, 1 epoch"


def test_same_spec_gives_same_bytes_twice(server):
    first, second = (server.train(specs.golden("lr_0.001"))["id"] for _ in range(2))
    assert (server.text(f"/experiments/{first}/runs/0/epochs")
            == server.text(f"/experiments/{second}/runs/0/epochs"))
