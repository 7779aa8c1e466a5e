"""Landscapes, Hessians and surfaces of a run, against NumPy and against themselves."""
import concurrent.futures
import json

import numpy
import pytest
import requests

import specs
from service import JSON_TYPE


@pytest.fixture(scope="module")
def report(server):
    return server.train(specs.report(epochs=200, gradient="full"))["id"]


@pytest.fixture(scope="module")
def data(server, report):
    rows = numpy.array(server.get(f"/experiments/{report}/dataset")["rows"])
    return rows[:, :2], rows[:, 2]


def path(experiment, rest, run=0):
    return f"/experiments/{experiment}/runs/{run}/{rest}"


def parameters_of(server, experiment, epoch=200, run=0):
    return server.get(path(experiment, f"parameters?epoch={epoch}", run))["named"]


def loss_of(named, data):
    """The report's network, written down once more."""
    x, y = data
    h1 = numpy.maximum(0, x @ [named["w1"], named["w2"]] + named["bias1"])
    h2 = numpy.maximum(0, x @ [named["w3"], named["w4"]] + named["bias2"])
    return numpy.mean((named["w5"] * h1 + named["w6"] * h2 + named["bias3"] - y) ** 2)


# --- along parameters ------------------------------------------------------------------------


@pytest.mark.parametrize("name", specs.NAMES)
def test_a_line_along_a_parameter_is_the_loss_in_exact_pieces(server, report, data, name):
    named = parameters_of(server, report, 100)
    line = server.get(path(report, f"landscape?kind=parameters&x={name}&epoch=100&points=61"))
    assert line["x"]["name"] == name and line["x"]["here"] == named[name]
    assert line["here"] == pytest.approx(loss_of(named, data), rel=1e-12)
    assert len(line["loss"]) == 61
    for t, loss in zip(line["x"]["values"], line["loss"]):
        expected = loss_of({**named, name: t}, data)
        assert loss == pytest.approx(expected, rel=1e-12)
        a, b, c = next(p[2:] for p in line["exact"]["pieces"] if p[0] <= t <= p[1])
        assert (a * t + b) * t + c == pytest.approx(expected, rel=1e-11)
    least = line["exact"]["least"]
    assert least["loss"] <= min(line["loss"]) * (1 + 1e-12)
    assert loss_of({**named, name: least["at"]}, data) == pytest.approx(least["loss"], rel=1e-11)


def test_a_plane_of_two_parameters_is_the_loss(server, report, data):
    named = parameters_of(server, report)
    plane = server.get(path(report, "landscape?kind=parameters&x=w1&y=bias3&points=9&span=2"))
    assert plane["epoch"] == 200 and plane["y"]["here"] == named["bias3"]
    assert plane["x"]["values"][0] == pytest.approx(named["w1"] - 2)
    for b, row in zip(plane["y"]["values"], plane["loss"]):
        for a, loss in zip(plane["x"]["values"], row):
            assert loss == pytest.approx(loss_of({**named, "w1": a, "bias3": b}, data), rel=1e-12)


def test_where_no_slice_is_exact_it_says_why(server):
    spec = specs.report(epochs=5)
    spec["network"]["layers"][0]["activation"] = "tanh"
    line = server.get(path(server.train(spec)["id"], "landscape?kind=parameters&x=w1"))
    assert line["exact"] is None and "neither relu" in line["not_exact_because"]
    assert len(line["loss"]) == 201


# --- other directions ------------------------------------------------------------------------


def test_the_path_ends_in_the_middle_of_its_own_directions(server, report):
    plane = server.get(path(report, "landscape?kind=path&points=11"))
    walked = plane["path"]
    assert walked["epoch"][0] == 0 and walked["epoch"][-1] == 200
    assert abs(walked["x"][-1]) < 1e-9 and abs(walked["y"][-1]) < 1e-9
    assert abs(walked["x"][0]) > 0.1
    assert 0.9 < sum(walked["shares"]) <= 1 + 1e-12
    assert min(plane["x"]["values"]) < min(walked["x"]) and max(walked["x"]) < max(
        plane["x"]["values"])


def test_between_two_runs_the_ends_are_theirs(server, data):
    spec = specs.sweep([1e-4, 1e-3], epochs=50)
    experiment = server.train(spec)["id"]
    line = server.get(path(experiment, "landscape?kind=between&x=1&points=7"))
    assert line["x"]["values"][1::4] == pytest.approx([0, 1], abs=1e-15)
    ends = [loss_of(parameters_of(server, experiment, 50, run), data) for run in (0, 1)]
    assert line["loss"][1::4] == pytest.approx(ends, rel=1e-12)
    other = server.train(specs.report(2e-3, epochs=30))["id"]
    plane = server.get(path(experiment, f"landscape?kind=between&x=1&y={other}:0&points=7"))
    assert plane["loss"][5][1] == pytest.approx(loss_of(parameters_of(server, other, 30), data), rel=1e-12)


def test_random_directions_go_through_the_run(server, report):
    plane = server.get(path(report, "landscape?kind=random&x=4&y=5&points=5"))
    assert plane["loss"][2][2] == pytest.approx(plane["here"], rel=1e-12)
    again = server.get(path(report, "landscape?kind=random&x=4&y=5&points=5"))
    assert plane == again


def test_along_an_eigenvector_the_loss_bends_by_its_eigenvalue(server, report):
    top = server.get(path(report, "hessian"))["eigenvalues"][0]
    line = server.get(path(report, "landscape?kind=eigenvectors&x=0&points=3&span=0.0001"))
    low, middle, high = line["loss"]
    assert (low + high - 2 * middle) / 1e-4 ** 2 == pytest.approx(top, rel=1e-3)


# --- Hessians --------------------------------------------------------------------------------


def test_the_hessian_is_that_of_differences(server, report, data):
    told = server.get(path(report, "hessian?epoch=150"))
    named = parameters_of(server, report, 150)
    d = 2.0 ** -16  # within it no unit switches here; rounding leaves 1e-6

    def at(moves):
        return loss_of({name: value + moves.get(name, 0) for name, value in named.items()}, data)

    matrix = numpy.array(told["hessian"])
    for i, a in enumerate(told["names"]):
        slope = (at({a: d}) - at({a: -d})) / (2 * d)
        assert told["gradient"][i] == pytest.approx(slope, abs=1e-3)
        for j, b in enumerate(told["names"]):
            if a != b:
                bend = (at({a: d, b: d}) - at({a: d, b: -d}) - at({a: -d, b: d}) +
                        at({a: -d, b: -d})) / (4 * d * d)
                assert matrix[i][j] == pytest.approx(bend, abs=1e-2, rel=1e-4)
    assert sorted(told["eigenvalues"], reverse=True) == told["eigenvalues"]
    expected = numpy.linalg.eigvalsh(matrix)[::-1]
    assert told["eigenvalues"] == pytest.approx(list(expected), abs=1e-10 * expected[0])
    assert told["positive"] + told["zero"] + told["negative"] == 9


def test_dead_units_explain_their_zeros(server):
    run = server.train(specs.report(0.025, epochs=5, gradient="full"))["id"]
    told = server.get(path(run, "hessian"))
    assert told["zeros"]["dead_units"] == 2 and told["zeros"]["from_dead_units"] == 8
    assert told["zero"] == 8 and told["positive"] == 1


# --- surfaces --------------------------------------------------------------------------------


def test_a_surface_is_what_the_network_predicts(server, report, data):
    surface = server.get(path(report, "surface?points=5"))
    assert surface["features"] == ["n1", "n2"] and len(surface["outputs"]) == 25
    xs, ys = surface["places"]
    low, high = data[0].min(axis=0), data[0].max(axis=0)
    assert xs[0] == pytest.approx(low[0] - 0.1 * (high - low)[0])
    assert ys[-1] == pytest.approx(high[1] + 0.1 * (high - low)[1])
    inputs = [[x, y] for y in ys for x in xs]
    reply = server.request("POST", path(report, "predict"), data=json.dumps({"inputs": inputs}),
                           headers=JSON_TYPE)
    assert surface["outputs"] == reply.json()["outputs"]


def test_one_feature_gives_a_curve_and_three_none(server):
    spec = {"name": "line", "dataset": {"kind": "sine", "samples": 20},
            "training": {"epochs": 3}}
    curve = server.get(path(server.train(spec)["id"], "surface"))
    assert len(curve["places"]) == 1 and len(curve["outputs"]) == 201
    iris = server.train({"dataset": {"kind": "iris"}, "training": {"epochs": 2}})["id"]
    problem = server.get(path(iris, "surface"), status=422)
    assert "4 features; a surface is shown of 1 or 2" in problem["detail"]


# --- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize("query, status, said", [
    ("kind=hills", 400, "expected parameters, eigenvectors"),
    ("x=w9", 400, "expected a parameter's name, from w1 to bias3"),
    ("x=w1&y=w1", 400, "another parameter"),
    ("x=w1&points=1", 400, "expected an integer from 2 to 2001"),
    ("x=w1&y=w2&points=300", 400, "2 to 201"),
    ("x=w1&span=-1", 400, "?span=-1"), ("x=w1&span=nan", 400, "?span=nan"),
    ("kind=eigenvectors&x=9", 400, "from 0 to 8"),
    ("kind=between", 400, "expected another run"), ("kind=between&x=7", 404, "no run 7"),
    ("kind=between&x=none:0", 404, "none"),
    ("kind=path&x=1", 400, "takes neither x nor y"), ("epoch=201", 400, "?epoch=201")])
def test_what_cannot_be_shown_is_refused(server, report, query, status, said):
    problem = server.get(path(report, f"landscape?{query}"), status=status)
    assert said in problem["detail"], problem


def test_runs_of_other_data_or_shape_are_refused(server, report):
    other = server.train(specs.report(epochs=2, seed=99))["id"]
    problem = server.get(path(report, f"landscape?kind=between&x={other}:0"), status=400)
    assert "other data or another loss" in problem["detail"]
    spec = specs.report(epochs=2)
    spec["network"] = {"layers": [{"units": 3}, {"units": 1}]}
    problem = server.get(path(report, f"landscape?kind=between&x={server.train(spec)['id']}:0"),
                         status=400)
    assert "another shape" in problem["detail"]


def test_too_much_work_is_refused_with_its_size(server):
    spec = {"dataset": {"kind": "moons", "samples": 3000, "noise": 0.1},
            "network": {"layers": [{"units": 200, "activation": "tanh"}, {"units": 1}]},
            "training": {"epochs": 1, "batch_size": 100}}
    run = server.train(spec)["id"]
    problem = server.get(path(run, "landscape?kind=random&points=41"), status=422)
    assert "3000 different inputs and 801 parameters" in problem["detail"]
    problem = server.get(path(run, "hessian"), status=422)
    assert "801 parameters; a Hessian is taken of at most 256" in problem["detail"]


def test_the_end_of_a_run_is_looked_at_beside_a_replay(server):
    spec = specs.report(epochs=20000)
    spec["network"] = {"layers": [{"units": 20, "activation": "relu"},
                                  {"units": 1, "activation": "linear"}],
                       "init": {"scheme": "he_normal"}}
    run = server.train(spec)["id"]
    claim = f"/experiments/{run}/sweep?claim=0.001,10,5"

    def status(rest):
        return requests.get(f"{server.url}/api/v1{path(run, rest)}", timeout=120).status_code

    def follow_the_path():
        while (told := status("landscape?kind=path&points=2")) == 503:
            pass
        return told

    ends, refused = [], 0
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        replay = client.submit(follow_the_path)
        while not replay.done():
            ends.append(status("hessian"))
            refused += status("hessian?epoch=19999") == 503
            assert server.get(claim)["claim"]["run"] == 0  # from losses that are kept
    assert refused > 0, "the replay was over too soon to say anything"
    assert replay.result() == 200 and set(ends) == {200}
