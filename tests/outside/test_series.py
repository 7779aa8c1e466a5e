"""Several series of every epoch: losses and accuracies of parts, everywhere the same, and stopping.

The oracle is plain Python on the parameters that the server gives for an epoch: relu networks and
squared errors need no more than sums and products, so all are compared as equal doubles."""
import csv
import io
import json
import random
import signal
import sqlite3
import struct

import numpy as np
import pytest

import specs
from interruptions import results, wait_for_more_epochs
from service import JSON_TYPE, wait_until
from sse import assert_gapless, ranges_of, read_with_cuts

SPLIT = {"train": 0.6, "validation": 0.3, "test": 0.1, "seed": 5}
LOSSES = ["loss", "end_loss", "validation_loss"]
ALL = ["loss", "end_loss", "accuracy", "validation_loss", "validation_accuracy"]
KEEP = (1 << 20) // len(ALL)  # epochs kept one by one of a run with five series
LONG = KEEP + 400_000


def regression(epochs=60, **training):
    """Noisy lines; standardised, so that a part scored unscaled would show."""
    return {"dataset": {"kind": "formula", "samples": 60, "seed": 11,
                        "features": {"a": "uniform(0,9)", "b": "uniform(-1,1)"},
                        "target": "a - 2*b + normal(0,1)", "split": SPLIT, "standardize": True},
            "network": {"layers": [{"units": 6, "activation": "relu"}, {"units": 1}],
                        "init": {"scheme": "he_normal", "seed": 2}},
            "training": {"optimizer": {"name": "momentum", "learning_rate": 0.002},
                         "batch_size": 4, "order": "shuffle", "epochs": epochs,
                         "record": ["end_loss"], **training},
            "cache": False}


def classes(epochs=60, **training):
    spec = regression(epochs, loss="binary_cross_entropy", record=["end_loss", "accuracy"],
                      **training)
    spec["dataset"] = {"kind": "moons", "samples": 60, "noise": 0.3, "seed": 3, "split": SPLIT}
    spec["network"]["layers"][1]["activation"] = "sigmoid"
    return spec


def tiny(epochs, **training):
    """A few samples: hundreds of thousands of epochs a second."""
    rows = [[x / 8, (x * 5 % 8) / 8, x % 2] for x in range(8)]
    return {"dataset": {"kind": "table", "rows": rows,
                        "split": {"train": 0.5, "validation": 0.5, "seed": 1}},
            "network": {"layers": [{"units": 2, "activation": "relu"},
                                   {"units": 1, "activation": "sigmoid"}],
                        "init": {"scheme": "uniform", "seed": 3}},
            "training": {"loss": "binary_cross_entropy", "record": ["end_loss", "accuracy"],
                         "optimizer": {"learning_rate": 0.3}, "order": "shuffle",
                         "epochs": epochs, **training},
            "cache": False}


def path(experiment, rest="", run=0):
    return f"/experiments/{experiment}/runs/{run}{rest}"


def columns_of(events, run=0):
    """The columns of a run's exact frames, joined."""
    joined = {}
    for event in events:
        if event.name == "epochs" and event.data["run"] == run:
            assert event.data["exact"] is True
            for name, column in event.data.items():
                if isinstance(column, list):
                    joined.setdefault(name, []).extend(column)
    return joined


def series_of(columns):
    """The columns without those that are not numbers of an epoch."""
    return {name: columns[name] for name in columns if name in ALL}


# --- the oracle --------------------------------------------------------------------------------


def parts(server, experiment):
    """{part: [(scaled features, target)]} in the data set's order."""
    data = server.get(f"/experiments/{experiment}/dataset")
    rows = {"train": [], "validation": [], "test": []}
    scaling = data.get("scaling")
    for row, part in zip(data["rows"], data["parts"]):
        features, target = row[:-1], row[-1]
        if scaling is not None:
            features = [(x - mean) / sd for x, mean, sd in zip(features, scaling["mean"],
                                                               scaling["sd"])]
        rows[part].append((features, target))
    return rows


def output(parameters, inputs):
    """The weighted sum of the last unit, relu below."""
    n_layers = len(parameters["weights"])
    for layer, (weights, biases) in enumerate(zip(parameters["weights"], parameters["biases"])):
        sums = []
        for row, bias in zip(weights, biases):
            total = row[0] * inputs[0]
            for weight, value in zip(row[1:], inputs[1:]):
                total += weight * value
            sums.append(total + bias)
        inputs = sums if layer == n_layers - 1 else [z if z > 0 else 0.0 for z in sums]
    return inputs[0]


def mean_of(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def squared(parameters, rows):
    return mean_of([(target - output(parameters, x)) * (target - output(parameters, x))
                    for x, target in rows])


def hits(parameters, rows):
    return mean_of([float((output(parameters, x) > 0) == (target > 0.5)) for x, target in rows])


# --- what is recorded --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(server):
    return server.train(regression())


def test_a_word_for_the_list_of_what_to_record_is_told_the_words(server):
    reply = server.request("POST", "/experiments", data=json.dumps(regression(record="end_los")),
                           headers=JSON_TYPE)
    assert reply.json()["errors"] == [{
        "pointer": "/training/record",
        "detail": 'got "end_los", expected a list of at most 2: "end_loss" or "accuracy"'}]


def test_losses_of_both_parts_are_those_of_the_parameters(server, trained):
    columns = server.get(path(trained["id"], "/epochs"))
    rows = parts(server, trained["id"])
    assert [name for name in columns if name in ALL] == LOSSES
    assert len(rows["train"]) == 36 and len(rows["validation"]) == 18
    for epoch in (1, 2, 3, 17, 59, 60):
        parameters = server.get(path(trained["id"], f"/parameters?epoch={epoch}"))
        assert columns["validation_loss"][epoch - 1] == squared(parameters, rows["validation"])
        assert columns["end_loss"][epoch - 1] == squared(parameters, rows["train"])
    assert columns["loss"] != columns["end_loss"]


def test_accuracies_are_those_of_the_parameters(server):
    experiment = server.train(classes())["id"]
    columns, rows = server.get(path(experiment, "/epochs")), parts(server, experiment)
    assert [name for name in columns if name in ALL] == ALL
    for epoch in (1, 5, 20, 60):
        parameters = server.get(path(experiment, f"/parameters?epoch={epoch}"))
        assert columns["accuracy"][epoch - 1] == hits(parameters, rows["train"])
        assert columns["validation_accuracy"][epoch - 1] == hits(parameters, rows["validation"])
    assert len(set(columns["validation_accuracy"])) > 2  # else any constant would do


def test_looking_changes_nothing(server, trained):
    """Neither the printed losses nor the weights depend on what else is recorded."""
    plain = regression()
    del plain["training"]["record"]
    plain = server.train(plain)
    assert server.losses(plain["id"]) == server.losses(trained["id"])
    assert server.get(path(plain["id"]))["parameters"] == \
        server.get(path(trained["id"]))["parameters"]
    assert plain["runs"][0]["series"] == ["loss", "validation_loss"]


def test_a_run_without_a_validation_part_has_its_loss_alone(server):
    experiment = server.train(specs.report(epochs=5))
    row = experiment["runs"][0]
    assert row["series"] == ["loss"] and "validation_loss" not in row and row["stopped"] is None
    assert row["best"] == {"monitor": "loss", "epoch": row["best_epoch"], "loss": row["best_loss"]}
    assert server.text(path(experiment["id"], "/epochs?format=csv")).startswith("epoch,loss\r\n")


# --- the same everywhere -----------------------------------------------------------------------


def test_a_run_that_ended_in_its_first_epoch_has_no_best_one_and_lists_what_its_table_has(server):
    spec = specs.report(epochs=20)
    spec["dataset"]["split"] = {"train": 0.8, "validation": 0.2}
    spec["training"]["record"] = ["end_loss"]
    spec["training"]["optimizer"]["learning_rate"] = 1e6
    made = server.train(spec)
    row, = made["runs"]
    assert (row["state"], row["epoch"]) == ("diverged", 0)
    columns = server.get(path(made["id"], "/epochs"))
    assert row["series"] == [name for name in columns if name not in ("run", "exact", "epoch")]
    assert row["best_epoch"] is None
    assert row["best"] == {"monitor": "loss", "epoch": None, "loss": None}
    asked = server.request("GET", path(made["id"], "/parameters?epoch=best"))
    assert (asked.status_code, "no epoch" in asked.json()["detail"]) == (409, True)


def test_every_series_is_the_same_in_json_csv_ndjson_and_the_stream(server):
    experiment = server.train(classes(700))["id"]
    columns = server.get(path(experiment, "/epochs"))
    rows = list(csv.reader(io.StringIO(server.text(path(experiment, "/epochs?format=csv")))))
    assert rows[0] == ["epoch"] + ALL
    lines = [json.loads(line) for line in
             server.text(path(experiment, "/epochs?format=ndjson")).splitlines()]
    streamed = columns_of(server.events(experiment, "?points=all"))
    assert columns["epoch"] == streamed["epochs"] == list(range(1, 701))
    for at, name in enumerate(ALL, 1):
        assert columns[name] == [float(row[at]) for row in rows[1:]]
        assert columns[name] == [line[name] for line in lines] == streamed[name]
    part = server.get(path(experiment, "/epochs?from=600&to=650"))
    assert all(part[name] == columns[name][599:650] for name in ALL)


def test_runs_side_by_side_have_all_their_series(server):
    spec = {**regression(30), "sweep": {specs.RATE: [0.001, 0.002]}}
    experiment = server.train(spec)["id"]
    text = server.text(f"/experiments/{experiment}/epochs?format=csv")
    header, *rows = list(csv.reader(io.StringIO(text)))
    assert header == ["epoch"] + [f"run_{run}{rest}" for run in (0, 1)
                                  for rest in ("", "_end_loss", "_validation_loss")]
    both = server.get(f"/experiments/{experiment}/epochs")["runs"]
    for run in (0, 1):
        alone = server.get(path(experiment, "/epochs", run))
        assert series_of(both[run]) == series_of(alone)
        for at, name in enumerate(LOSSES):
            assert [float(row[1 + 3 * run + at]) for row in rows] == alone[name]


def test_runs_of_different_series_stand_side_by_side(server):
    spec = regression(20)
    del spec["dataset"]["split"], spec["training"]["record"]
    spec["sweep"] = {"/dataset/split": [SPLIT, {"train": 1}], "/training/record": [["end_loss"], []]}
    experiment = server.train(spec)
    assert [row["series"] for row in experiment["runs"]] == [
        LOSSES, ["loss", "validation_loss"], ["loss", "end_loss"], ["loss"]]
    text = server.text(f"/experiments/{experiment['id']}/epochs?format=csv")
    header, *rows = list(csv.reader(io.StringIO(text)))
    assert header[4:] == ["run_1", "run_1_validation_loss", "run_2", "run_2_end_loss", "run_3"]
    both = server.get(f"/experiments/{experiment['id']}/epochs")["runs"]
    at = 1
    for row, columns in zip(experiment["runs"], both):
        assert list(series_of(columns)) == row["series"]
        for name in row["series"]:
            assert [float(line[at]) for line in rows] == columns[name]
            at += 1


def test_several_readers_of_a_live_run_have_every_series_once(server):
    experiment = server.post(classes(6000))["id"]
    generator = random.Random(4)
    read = [read_with_cuts(server, experiment, "?points=all", generator, 40000)[0]
            for _ in range(2)] + [server.events(experiment, "?points=all")]
    columns = server.get(path(experiment, "/epochs"))
    for events in read:
        streamed = columns_of(events)
        assert streamed["epochs"] == columns["epoch"]
        assert series_of(streamed) == series_of(columns)


# --- rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 30])
def test_without_a_finite_validation_loss_no_epoch_is_the_best(server, epochs):
    rows = [[i / 10, i / 10] for i in range(20)]
    kept_out = np.random.RandomState(0).permutation(20)[-1]
    rows[kept_out] = [1e200, -1e200]
    spec = {"dataset": {"kind": "table", "rows": rows,
                        "split": {"train": .8, "validation": .2, "seed": 0}},
            "network": {"layers": [{"units": 1, "activation": "linear"}]},
            "training": {"epochs": epochs}}
    made = server.train(spec)
    row = made["runs"][0]
    assert row["state"] == "done" and row["loss"] > 0 and row["validation_loss"] is None
    assert row["best_epoch"] is None
    assert row["best"] == {"monitor": "validation_loss", "epoch": None, "loss": None,
                           "validation_loss": None}
    asked = server.request("GET", path(made["id"], "/parameters?epoch=best"))
    assert asked.status_code == 409 and "monitored loss is finite" in asked.json()["detail"]
    fork = {"fork": {"experiment": made["id"], "run": 0, "at": "best"}}
    refused = server.request("POST", "/experiments", json=fork)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/fork/at"


def test_rows_tell_the_last_and_the_best_of_every_series(server, trained):
    columns = server.get(path(trained["id"], "/epochs"))
    for row in (trained["runs"][0], server.get(path(trained["id"]))):
        assert row["series"] == LOSSES
        for name in LOSSES:
            assert row[name] == columns[name][-1]
        lowest = min(columns["validation_loss"])
        epoch = columns["validation_loss"].index(lowest) + 1
        assert row["best_epoch"] == epoch
        assert row["best"] == {"monitor": "validation_loss", "epoch": epoch,
                               **{name: columns[name][epoch - 1] for name in LOSSES}}


def test_the_best_weights_are_asked_for_by_that_word(server):
    experiment = server.train(regression(2000, optimizer={"name": "adam", "learning_rate": 0.05}))
    row, rows = experiment["runs"][0], parts(server, experiment["id"])
    assert 1 < row["best_epoch"] < 2000  # it overfits, or the test says nothing
    best = server.get(path(experiment["id"], "/parameters?epoch=best"))
    assert best["epoch"] == row["best_epoch"]
    assert squared(best, rows["validation"]) == row["best"]["validation_loss"]
    assert squared(best, rows["validation"]) < row["validation_loss"]
    rows = server.get(f"/experiments/{experiment['id']}/dataset")["rows"][:5]
    asked = json.dumps({"inputs": [row[:2] for row in rows]})
    at = {epoch: server.request("POST", path(experiment["id"], f"/predict?epoch={epoch}"),
                                data=asked, headers=JSON_TYPE).json()
          for epoch in ("best", row["best_epoch"], 2000, 0)}
    assert at["best"] == at[row["best_epoch"]] and at["best"]["epoch"] == row["best_epoch"]
    present = server.request("POST", path(experiment["id"], "/predict"), data=asked,
                             headers=JSON_TYPE).json()
    assert present == at[2000] and at[2000]["outputs"] != at["best"]["outputs"]
    for rest in ("step?sample=0&", "landscape?points=5&"):
        told = {epoch: server.text(path(experiment["id"], f"/{rest}epoch={epoch}"))
                for epoch in ("best", row["best_epoch"])}
        assert told["best"] == told[row["best_epoch"]]
    reply = server.request("GET", path(experiment["id"], "/parameters?epoch=bst"))
    assert reply.status_code == 400 and "or best" in reply.json()["detail"]


# --- stopping ----------------------------------------------------------------------------------


def stops_at(values, patience, min_delta=0.0):
    """The epoch in which Keras's EarlyStopping ends, or the last one."""
    best, waited = float("inf"), 0
    for epoch, value in enumerate(values, 1):
        waited = 0 if value < best - min_delta else waited + 1
        best = value if value < best - min_delta else best
        if waited >= patience:
            return epoch
    return len(values)


def test_patience_ends_a_run_where_its_validation_loss_rests(server):
    def spec(**stop):
        return regression(1500, optimizer={"name": "adam", "learning_rate": 0.05},
                          **({"stop": stop} if stop else {}))
    whole = server.get(path(server.train(spec())["id"], "/epochs"))
    for stop in ({"patience": 5}, {"patience": 40, "min_delta": 0.001},
                 {"patience": 20, "monitor": "end_loss"}):
        experiment = server.train(spec(**stop))
        row, columns = experiment["runs"][0], server.get(path(experiment["id"], "/epochs"))
        monitored = whole[stop.get("monitor", "validation_loss")]
        end = stops_at(monitored, stop["patience"], stop.get("min_delta", 0.0))
        assert end < 1500
        assert (row["state"], row["epoch"], row["stopped"]) == ("done", end, "patience")
        assert series_of(columns) == {name: whole[name][:end] for name in LOSSES}
        assert row["best_epoch"] == monitored.index(min(monitored[:end])) + 1


def test_a_target_ends_each_run_of_a_sweep_by_itself(server):
    spec = regression(400, stop={"target": 2.0, "monitor": "end_loss"})
    spec["sweep"] = {specs.RATE: [0.0005, 0.001, 0.002, 1e-7]}
    experiment = server.train(spec)
    ends = []
    for row in experiment["runs"]:
        columns = server.get(path(experiment["id"], "/epochs", row["run"]))
        below = [epoch for epoch, value in zip(columns["epoch"], columns["end_loss"])
                 if value <= 2.0]
        if row["stopped"] == "target":
            assert below == [row["epoch"]]
        else:
            assert not below and row["epoch"] == 400 and row["stopped"] is None
        ends.append(row["stopped"])
    assert "target" in ends and None in ends
    for one in (experiment, server.train(spec)):  # the second shows the first's results
        assert {event.data["run"]: event.data.get("stopped") for event in server.events(one["id"])
                if event.name == "state" and event.data["state"] == "done" and "run" in event.data
                } == dict(enumerate(ends))


def test_seconds_end_a_run_and_are_never_shared(server):
    spec = tiny(10 ** 9, stop={"seconds": 0.3})
    del spec["cache"]
    for _ in range(2):
        experiment = server.train(spec)
        row = experiment["runs"][0]
        assert experiment.get("cached_from") is None
        assert (row["state"], row["stopped"]) == ("done", "time") and 0 < row["epoch"] < 10 ** 9
        assert server.get(path(experiment["id"], "/epochs"))["epoch"][-1] == row["epoch"]


# --- long runs ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_run(server):
    return server.train(tiny(LONG), seconds=100)


def test_the_envelope_has_the_extremes_of_every_series(server, long_run):
    columns = server.get(path(long_run["id"], "/epochs"))
    assert columns["exact"] is False and columns["epoch"][:KEEP] == list(range(1, KEEP + 1))
    ends = columns["epoch"][KEEP - 1:]
    assert ends[-1] == LONG and {b - a for a, b in zip(ends, ends[1:-1])} == {64}
    for place in (0, 100, 5000):
        begin, end = ends[place] + 1, ends[place + 1]
        exact = server.get(path(long_run["id"], f"/epochs?from={begin}&to={end}"))
        assert exact["exact"] is True and [n for n in exact if n in ALL] == ALL
        for name in ALL:
            low, high = ("min", "max") if name == "loss" else (name + "_min", name + "_max")
            assert columns[low][KEEP + place] == min(exact[name])
            assert columns[high][KEEP + place] == max(exact[name])
            assert columns[name][KEEP + place] == exact[name][-1]
    row = long_run["runs"][0]
    assert row["best"]["validation_loss"] == min(columns["validation_loss_min"])
    assert all(row[name] == columns[name][-1] for name in ALL)


def test_the_record_of_the_best_epoch_is_that_epochs(server, long_run):
    best = long_run["runs"][0]["best"]
    exact = server.get(path(long_run["id"], f"/epochs?from={best['epoch']}&to={best['epoch']}"))
    assert {name: exact[name][0] for name in ALL} == {name: best[name] for name in ALL}


def test_thinning_keeps_the_extremes_of_every_series(server, long_run):
    columns = server.get(path(long_run["id"], "/epochs"))
    points = server.get(path(long_run["id"], "/epochs?points=300"))
    events = server.events(long_run["id"])
    assert_gapless(ranges_of(events), LONG)
    frames = [event.data for event in events if event.name == "epochs"]
    for name in ALL:
        low, high = ("min", "max") if name == "loss" else (name + "_min", name + "_max")
        lowest, highest = min(columns[low]), max(columns[high])
        assert (min(points[low]), max(points[high])) == (lowest, highest)
        assert min(min(frame.get(low, frame[name])) for frame in frames) == lowest
        assert max(max(frame.get(high, frame[name])) for frame in frames) == highest
        assert points[name][-1] == frames[-1][name][-1] == columns[name][-1]


def test_side_by_side_a_long_run_has_three_columns_a_series(server, long_run):
    text = server.text(f"/experiments/{long_run['id']}/epochs?format=csv&from={LONG - 100}")
    header = text.split("\r\n")[0].split(",")
    assert header == ["epoch"] + ["run_0" + rest for rest in ("", "_min", "_max")] + \
        [f"run_0_{name}{rest}" for name in ALL[1:] for rest in ("", "_min", "_max")]


# --- interrupted -------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [classes(20000), tiny(KEEP + 150_000, stop={"patience": 10 ** 6})],
                         ids=["exact", "envelope"])
def test_killed_and_resumed_all_series_are_the_same(server, fresh_server, spec):
    spec = {**spec, "sweep": {specs.RATE: [0.003, 0.01]}}
    expected = server.train(spec, seconds=100)
    killed = fresh_server()
    experiment, epochs = killed.post(spec)["id"], 0
    for _ in range(3):
        epochs = wait_for_more_epochs(killed, experiment, epochs)
        assert killed.restart(signal.SIGKILL) == -signal.SIGKILL
    resumed = killed.wait(experiment, 100)
    assert results(killed, experiment) == results(server, expected["id"])
    for mine, theirs in zip(resumed["runs"], expected["runs"]):
        for name in ("state", "stopped", "epoch", "first_loss", "best_loss", "best", "series", *ALL):
            assert mine[name] == theirs[name], name


def test_killed_and_resumed_it_stops_in_the_same_epoch(server, fresh_server):
    spec = regression(10 ** 6, stop={"patience": 3000},
                      optimizer={"name": "sgd", "learning_rate": 1e-4})
    expected = server.train(spec, seconds=100)["runs"][0]
    killed = fresh_server()
    experiment = killed.post(spec)["id"]
    wait_for_more_epochs(killed, experiment, 0)
    assert killed.restart(signal.SIGKILL) == -signal.SIGKILL
    row = killed.wait(experiment, 100)["runs"][0]
    assert row["stopped"] == "patience" and row["epoch"] < 10 ** 6
    for name in ("epoch", "stopped", "best", *LOSSES):
        assert row[name] == expected[name], name


def trained_ms(server):
    """The time that the store says its one run has been trained for."""
    database = sqlite3.connect(f"file:{server.data}/descent.db?mode=ro", uri=True)
    (value,), = database.execute("SELECT trained_ms FROM run").fetchall()
    database.close()
    return value


def test_the_time_of_training_before_a_crash_counts(fresh_server):
    """Were it forgotten, the run would have twice the epochs; a rate may vary, but not by as much."""
    killed = fresh_server(workers=1)
    experiment = killed.post(tiny(10 ** 9, stop={"seconds": 2}))["id"]
    wait_until(lambda: trained_ms(killed) >= 1500, 60 * killed.slowness, "1.5 s of training")
    epoch = killed.get(path(experiment))["epoch"]
    assert killed.restart(signal.SIGKILL) == -signal.SIGKILL
    row = killed.wait(experiment, 60)["runs"][0]
    assert row["stopped"] == "time" and trained_ms(killed) >= 2000
    assert epoch < row["epoch"] < 1.8 * epoch


def to_version_7(path):
    """What a server of before the series would have left: losses alone."""
    database = sqlite3.connect(path)
    for key, n, series, blob in database.execute(
            "SELECT sequence, n, series, losses FROM log WHERE n > 0").fetchall():
        numbers = struct.unpack(f"<{len(blob) // 8}d", blob)
        losses = numbers[::bin(series).count("1")]
        assert len(losses) == n
        database.execute("UPDATE log SET losses = ? WHERE sequence = ?",
                         (struct.pack(f"<{n}d", *losses), key))
    for table, column in (("run", "diverged_position"), ("log", "series"), ("run", "series"),
                          ("run", "last"), ("run", "best"), ("run", "stopped"),
                          ("run", "trained_ms")):
        database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    database.execute("PRAGMA user_version = 7")
    database.commit()
    database.close()


def test_a_run_begun_by_an_older_server_goes_on_with_its_loss_alone(server, fresh_server):
    spec = regression(60000)
    expected = server.train(spec, seconds=100)["id"]
    older = fresh_server()
    experiment = older.post(spec)["id"]
    epochs = wait_for_more_epochs(older, experiment, 0)
    assert older.stop(signal.SIGKILL) == -signal.SIGKILL
    to_version_7(older.data / "descent.db")
    older.start()
    assert older.get(path(experiment))["series"] == ["loss"]
    row = older.wait(experiment, 100)["runs"][0]
    assert epochs < 60000 == row["epoch"]
    assert row["series"] == ["loss"] and row["best"]["monitor"] == "loss"
    assert older.losses(experiment) == server.losses(expected)
    replayed = older.get(path(experiment, "/parameters?epoch=best"))
    assert replayed == server.get(path(expected, f"/parameters?epoch={row['best_epoch']}"))
