"""Wrong input of every kind gets a 4xx that names the fault, and the server lives."""
import copy
import json
import socket
import time

import pytest

import specs
from service import JSON_TYPE
from specs import RATE

TOO_BIG = 2 ** 63


@pytest.fixture(scope="module")
def finished(server):
    return server.explained(server.post(specs.report(epochs=20))["id"])["id"]


@pytest.fixture(autouse=True)
def still_alive(server):
    """After every wrong input the server answers, within a second."""
    yield
    started = time.monotonic()
    server.check()
    assert time.monotonic() - started < 1 * server.slowness


def assert_problem(reply, *statuses):
    """An application/problem+json of one of the statuses; returns it."""
    assert reply.status_code in statuses, (reply.status_code, reply.text[:1000])
    assert reply.headers["Content-Type"].startswith("application/problem+json"), reply.headers
    problem = reply.json()
    assert problem["status"] == reply.status_code
    for member in ("type", "title", "detail", "instance", "request_id"):
        assert isinstance(problem[member], str) and problem[member], (member, problem)
    return problem


def post_raw(server, body, headers=None, path="/experiments"):
    return server.request("POST", path, data=body, headers=headers or JSON_TYPE)


def assert_faults(server, spec, *pointers):
    """422 with a fault at each of the pointers, saying something; returns the problem."""
    body = spec if isinstance(spec, (str, bytes)) else json.dumps(spec)
    problem = assert_problem(post_raw(server, body), 422)
    found = [error["pointer"] for error in problem["errors"]]
    for pointer in pointers:
        assert any(place == pointer or place.startswith(pointer + "/") for place in found), \
            (pointer, problem["errors"])
    assert all(len(error["detail"]) > 5 for error in problem["errors"]), problem["errors"]
    return problem


def with_value(pointer, value, spec=None):
    """The report's spec with the value at a pointer; the member `-` of a list is its end."""
    changed = copy.deepcopy(spec or specs.report(epochs=5))
    *path, last = pointer.split("/")[1:]
    place = changed
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return changed


# --- not JSON, not an object ---------------------------------------------------------------

MALFORMED = [b"{", b"{\"a\":}", b"{'a':1}", b"[1,2", b"nul", b"{\"a\":1}x", b"\xff\xfe{}",
             b"{\"a\":\"\xc3\x28\"}", b"\xef\xbb\xbf{}", b"{\"a\":NaN}", b"{\"a\":Infinity}",
             b"{\"a\":1e999}", b"{\"a\":-1e999}", b"{\"a\":\"\\ud800\"}", b"{\"a\":\"\\u0000\"}",
             b"{\"a\":\"\x00\"}", b"{\"a\":01}", b"{\"a\":+1}", b"{\"a\":.5}", b"{\"a\":1.}",
             b"{\"a\":18446744073709551616}", b"{\"a\":1,}", b"// {}", b"{\"a\":1,\"a\":2}",
             b"[" * 60000, b"{\"a\":" * 10000, b"a=1&b=2", b"\x00", b"{\"a\":\"line\nend\"}"]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: ascii(body[:16]))
def test_malformed_json_is_400(server, body):
    assert_problem(post_raw(server, body), 400)


def test_malformed_json_names_line_and_column(server):
    problem = assert_problem(post_raw(server, b"{\n  \"name\": \"a\",\n  \"dataset\": }\n"), 400)
    assert "line 3" in problem["detail"] and "column" in problem["detail"], problem["detail"]


def test_duplicate_keys_are_named(server):
    problem = assert_problem(post_raw(server, b'{"name": "a", "name": "b"}'), 400)
    assert "duplicate" in problem["detail"].lower(), problem["detail"]


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\r\n"])
def test_empty_body_is_400(server, body):
    assert_problem(post_raw(server, body), 400)


@pytest.mark.parametrize("body", ["[]", "[{}]", "null", "3", "\"text\"", "true"])
def test_a_spec_is_an_object(server, body):
    assert_problem(post_raw(server, body), 400, 422)


def test_empty_object_names_what_is_missing(server):
    problem = assert_faults(server, {})
    assert problem["errors"]


# --- wrong values --------------------------------------------------------------------------

INTEGERS = ["/dataset/samples", "/dataset/seed", "/network/layers/0/units",
            "/network/layers/1/units", "/training/batch_size", "/training/epochs"]
NUMBERS = INTEGERS + [RATE]
OBJECTS = ["/dataset", "/network", "/training", "/network/init", "/training/optimizer",
           "/network/layers/0", "/dataset/features"]
WORDS = ["/dataset/kind", "/network/layers/0/activation", "/network/init/scheme",
         "/training/loss", "/training/gradient", "/training/optimizer/name", "/training/order"]


@pytest.mark.parametrize("value", ["1", "", [], {}, True, [1]], ids=repr)
@pytest.mark.parametrize("pointer", NUMBERS)
def test_a_number_must_be_a_number(server, pointer, value):
    assert_faults(server, with_value(pointer, value), pointer)


@pytest.mark.parametrize("value", [-1, -TOO_BIG, TOO_BIG - 1, 1e300, -1e300, 0.5, -0.5, 1e19],
                         ids=repr)
@pytest.mark.parametrize("pointer", INTEGERS)
def test_integers_have_a_range(server, pointer, value):
    problem = assert_faults(server, with_value(pointer, value), pointer)
    detail = next(e["detail"] for e in problem["errors"] if e["pointer"] == pointer)
    assert "expected" in detail and "got" in detail, detail


@pytest.mark.parametrize("value", [TOO_BIG, 2 ** 64, -TOO_BIG - 1], ids=repr)
@pytest.mark.parametrize("pointer", NUMBERS)
def test_numbers_beyond_64_bits(server, pointer, value):
    assert_problem(post_raw(server, json.dumps(with_value(pointer, value))), 400, 422)


@pytest.mark.parametrize("pointer", [p for p in INTEGERS if not p.endswith("seed")] + [RATE])
def test_zero_is_refused_with_what_is_allowed(server, pointer):
    problem = assert_faults(server, with_value(pointer, 0), pointer)
    detail = next(e["detail"] for e in problem["errors"] if e["pointer"] == pointer)
    assert "got 0" in detail and "expected" in detail, detail


@pytest.mark.parametrize("value", [-0.001, -1e300, -0.0], ids=repr)
def test_learning_rate_is_positive(server, value):
    assert_faults(server, with_value(RATE, value), RATE)


@pytest.mark.parametrize("value", [1, "text", [], True], ids=repr)
@pytest.mark.parametrize("pointer", OBJECTS)
def test_an_object_must_be_an_object(server, pointer, value):
    assert_faults(server, with_value(pointer, value), pointer)


@pytest.mark.parametrize("value", ["nonsense", "", "RELU", "relu ", 1, [], {}, "x" * 5000],
                         ids=lambda value: ascii(value)[:12])
@pytest.mark.parametrize("pointer", WORDS)
def test_a_word_must_be_one_of_the_known(server, pointer, value):
    problem = assert_faults(server, with_value(pointer, value), pointer)
    detail = next(e["detail"] for e in problem["errors"] if e["pointer"].startswith(pointer))
    assert "expected" in detail or "unknown" in detail, detail


@pytest.mark.parametrize("pointer", ["/surprise", "/dataset/surprise", "/network/surprise",
                                     "/network/layers/0/surprise", "/network/init/surprise",
                                     "/training/surprise", "/training/optimizer/lr",
                                     "/training/a~1b"])
def test_unknown_fields_are_faults(server, pointer):
    """A typing error in a setting must not be silent; the pointer is escaped as RFC 6901 says."""
    spec = with_value(pointer.replace("~1", "\0"), 1)
    if "~1" in pointer:
        spec["training"]["a/b"] = spec["training"].pop("a\0b")
    assert_faults(server, spec, pointer)


def test_all_faults_are_named_at_once(server):
    spec = specs.report()
    spec["training"]["epochs"] = 0
    spec["training"]["optimizer"]["learning_rate"] = -1
    spec["network"]["layers"][0]["units"] = "two"
    spec["dataset"]["target"] = "n1 +"
    spec["surprise"] = 1
    assert_faults(server, spec, "/training/epochs", RATE, "/network/layers/0/units",
                  "/dataset/target", "/surprise")


def test_ten_thousand_layers_are_refused(server):
    layer = {"units": 1, "activation": "relu"}
    spec = with_value("/network/layers", [layer] * 1000)  # within the body limit
    assert_faults(server, spec, "/network/layers")
    reply = post_raw(server, json.dumps(with_value("/network/layers", [layer] * 10000)))
    assert_problem(reply, 413, 422)


@pytest.mark.parametrize("layers", [[], [{}], [[]], [None], {}, "relu", [{"units": 2}] * 17,
                                    [{"units": 4096, "activation": "relu"}] * 3], ids=ascii)
def test_impossible_layers_are_refused(server, layers):
    spec = with_value("/network/layers", layers)
    spec["network"]["init"] = {"scheme": "zeros"}
    assert_faults(server, spec, "/network")


@pytest.mark.parametrize("epochs", [10 ** 12, 10 ** 15, 2 ** 53, 2 ** 62])
def test_huge_epochs_are_refused(server, epochs):
    assert_faults(server, with_value("/training/epochs", epochs), "/training/epochs")


def test_batch_larger_than_the_data_is_refused(server):
    assert_faults(server, with_value("/training/batch_size", 101), "/training/batch_size")


@pytest.mark.parametrize("member, value", [
    ("weights", []), ("weights", [[[1, 2], [3, 4]]]), ("weights", [[[1, 2], [3]], [[1, 2]]]),
    ("weights", [[[1, 2], [3, 4]], [[1, "2"]]]), ("weights", [[[1, 2], [3, 4]], [[1, None]]]),
    ("biases", [[1, 2, 3], [1]]), ("biases", [[1, 2], []]), ("biases", "zeros"), ("biases", None)])
def test_start_values_must_fit_the_network(server, member, value):
    assert_faults(server, with_value(f"/network/init/{member}", value), f"/network/init/{member}")


@pytest.mark.parametrize("rows", [[], [[1]], [[1, 2, 3]], [["a", 2]], "2,3", [[1, None]], 5])
def test_predict_rows_must_fit_the_network(server, rows):
    reply = post_raw(server, json.dumps({**specs.report(epochs=1), "predict": rows}))
    if rows == []:
        assert reply.status_code in (201, 422)
    else:
        problem = assert_problem(reply, 422)
        assert problem["errors"][0]["pointer"].startswith("/predict")


# --- formulas ------------------------------------------------------------------------------

FORMULAS = ["", " ", "n1 +", "n1 ** ", "(n1", "n1)", "n1 n2", "n3", "n1 ^ 2", "import os",
            "__import__('os')", "n1; n2", "n1 = 2", "randint(5,5)", "randint(0)", "randint()",
            "randint(1,2,3)", "randint(0,1e300)", "frobnicate(1)", "1/0", "n1/0", "0**-1",
            "log(0)", "log(-n1-1)", "sqrt(-1)", "(-1)**0.5", "10**400", "exp(1e6)", "1e999", "nan",
            "inf", "n1 < n2 < 3", "2 n1", "'text'", "[1]", "n1.real", "lambda: 1",
            "n1 if n2 else 0", "((((" * 100 + "1" + "))))" * 100, "1" + "+1" * 600,
            "-" * 900 + "1", "\u202e1", "n1\u0661",
            "1e", "0x10", "1_000", "n1 # comment", "n1\n+ n2 )", "max()", "where(1,2)", "**2",
            "1e308*10", "n1*1e308*1e308"]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda text: ascii(text[:20]))
def test_formula_faults_name_the_field(server, formula):
    problem = assert_faults(server, with_value("/dataset/target", formula), "/dataset/target")
    assert len(problem["errors"]) == 1, problem["errors"]


def test_formula_fault_names_the_column(server):
    problem = assert_faults(server, with_value("/dataset/target", "n1 + n2 ^ 2"),
                            "/dataset/target")
    assert "column 9" in problem["errors"][0]["detail"], problem["errors"]


@pytest.mark.parametrize("name", ["", "1n", "n 1", "n-1", "pi", "randint", "x" * 40, "ñ", "<b>",
                                  "n1\u202e", "target"])
def test_feature_names_are_identifiers(server, name):
    spec = specs.report(epochs=1)
    features = {name: "randint(0,4)", "n2": "randint(0,15)"}
    spec["dataset"].update(features=features, target="n2")
    reply = post_raw(server, json.dumps(spec))
    pointer = assert_problem(reply, 422)["errors"][0]["pointer"]
    assert pointer.startswith("/dataset/target" if name == "target" else "/dataset/features")


@pytest.mark.parametrize("formula", [3, None, [], {}, ["n1"], True], ids=repr)
def test_a_formula_must_be_text(server, formula):
    reply = post_raw(server, json.dumps(with_value("/dataset/target", formula)))
    assert_problem(reply, 422)


@pytest.mark.parametrize("rows, place", [
    ([], "/dataset"), ([[1, 2]], "/dataset"), ([[1, 2, 3], [1, 2]], "/dataset"),
    ([[1, "a", 3]], "/dataset"), ([[1, None, 3]], "/dataset"), ("1,2,3", "/dataset"),
    ([[[1], 2, 3]], "/dataset")])
def test_table_faults_name_the_row(server, rows, place):
    spec = specs.report(epochs=1)
    spec["dataset"] = {"kind": "table", "rows": rows, "names": ["n1", "n2", "target"]}
    assert_faults(server, spec, place)


# --- sweeps --------------------------------------------------------------------------------


@pytest.mark.parametrize("sweep", [
    {RATE: {"from": 1e-6, "to": 1e-1, "steps": 1000000, "scale": "log"}},
    {"/dataset/seed": {"from": 0, "to": 1000000}},
    {"/dataset/seed": {"from": 0, "to": 4294967295}},
    {"/dataset/seed": {"from": 0, "to": 999}, RATE: {"from": 1e-6, "to": 1e-1, "steps": 1000}},
    {"/dataset/seed": {"from": -9e18, "to": 9e18}}], ids=ascii)
def test_sweeps_of_a_million_runs_are_refused(server, sweep):
    problem = assert_faults(server, {**specs.report(epochs=1), "sweep": sweep}, "/sweep")
    assert any(character.isdigit() for character in problem["errors"][0]["detail"])


@pytest.mark.parametrize("sweep", [
    {"/training/optimizer/rate": [1]}, {"training": [1]}, {"": [1]}, {"/": [1]}, {"/sweep": [{}]},
    {RATE: []}, {RATE: {}}, {RATE: "all"}, {RATE: 3}, {RATE: None}, {RATE: [0.1, -1]},
    {RATE: [0.1, "x"]}, {RATE: {"from": 1}}, {RATE: {"from": 1, "to": 2, "steps": 0}},
    {RATE: {"from": 1, "to": 2, "steps": -5}},
    {RATE: {"from": 0, "to": 2, "scale": "log", "steps": 3}},
    {RATE: {"from": 1e-3, "to": 1e-2, "steps": 3, "scale": "cubic"}},
    {RATE: {"from": "a", "to": 2, "steps": 3}}, {"/network/layers/7/units": [1, 2]},
    {"/network/layers/-/units": [1]}, {"/training/epochs": [0, 10]}, {"/dataset/target": ["n1 +"]},
    [], [RATE], "all", 7, {"/training/epochs~2": [1]}], ids=ascii)
def test_wrong_sweeps_are_refused(server, sweep):
    problem = assert_faults(server, {**specs.report(epochs=1), "sweep": sweep})
    assert any(error["pointer"].startswith("/sweep") for error in problem["errors"]), problem


# --- presets -------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["no_such", "", "../all_zero", 1, None, [], {}, "all_zero\n"],
                         ids=repr)
def test_unknown_presets_are_refused(server, preset):
    problem = assert_problem(post_raw(server, json.dumps({"preset": preset})), 422)
    assert problem["errors"][0]["pointer"] == "/preset", problem


@pytest.mark.parametrize("preset, change, gone", [
    ("lr_0.0004", {"training": {"loss": "huber"}}, "/training/gradient"),
    ("lr_0.0004", {"network": {"init": {"scheme": "zeros"}}}, "/network/init/named"),
    ("lr_0.0004", {"dataset": {"kind": "moons"}}, "/dataset/features"),
    ("lab_4_rate", {"training": {"loss": "mae"}}, "/training/gradient"),
    ("lr_0.0004", {"sweep": {"/training/loss": ["mse", "huber"]}}, None)])
def test_what_a_change_leaves_a_preset_no_use_for_is_no_fault(server, preset, change, gone):
    """Nobody typed it; with a sweep of what it depends on it stays for some of the runs."""
    section, member = (gone or "/training/gradient").rsplit("/", 1)
    reply = server.request("POST", "/experiments?validate=true", headers=JSON_TYPE,
                           data=json.dumps({"preset": preset, **change}))
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    place = answer["spec"]
    for name in section.split("/")[1:]:
        place = place[name]
    assert (member in place) == (gone is None)
    if gone is None:
        assert answer["runs"] == 2 and place[member] == "half"


def test_what_is_typed_beside_a_preset_and_has_no_use_is_a_fault(server):
    change = {"training": {"loss": "huber", "gradient": "half"}}
    problem = assert_problem(post_raw(server, json.dumps({"preset": "lr_0.0004", **change})), 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/training/gradient"]


def test_unknown_preset_page_is_404(server):
    assert_problem(server.request("GET", "/presets/no_such"), 404)


# --- framing, sizes, types -----------------------------------------------------------------


def raw_reply(server, head, body=b"", wait=10):
    """The status line of the answer to bytes sent as they are; "" if the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait) as connection:
        try:
            connection.sendall(head.encode("latin-1") + body)
            received = b""
            while b"\r\n" not in received:
                piece = connection.recv(65536)
                if not piece:
                    break
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            return ""
    return received.split(b"\r\n")[0].decode("latin-1")


def test_body_over_the_limit_is_413(server):
    spec = specs.report(epochs=1)
    spec["name"] = "x" * (4 * 1024 * 1024)
    problem = assert_problem(post_raw(server, json.dumps(spec)), 413)
    assert any(character.isdigit() for character in problem["detail"]), problem


def test_announced_terabyte_is_413_at_once(server):
    status = raw_reply(server, f"POST /api/v1/experiments HTTP/1.1\r\nHost: 127.0.0.1:{server.port}"
                               "\r\nContent-Type: application/json\r\n"
                               "Content-Length: 1000000000000\r\n\r\n")
    assert status.startswith("HTTP/1.1 413"), status


def test_chunked_body_over_the_limit_is_413(server):
    def pieces():
        for _ in range(512):
            yield b"x" * 16384
    try:
        reply = post_raw(server, pieces())
        assert reply.status_code == 413
    except OSError:
        pass  # the server may hang up on a client that goes on sending
    server.check()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded",
                                          "multipart/form-data; boundary=x", "text/json", "",
                                          "application/json; charset=utf-16", "application/jsonx"])
@pytest.mark.parametrize("path", ["/experiments", "/experiments/{id}/cancel",
                                  "/experiments/{id}/runs/0/predict"])
def test_changes_need_a_json_content_type(server, finished, content_type, path):
    """So no foreign page can post a form: the browser would have to ask first."""
    reply = post_raw(server, json.dumps(specs.report(epochs=1)), {"Content-Type": content_type},
                     path.format(id=finished))
    assert_problem(reply, 415)


def test_compressed_bodies_are_415(server):
    reply = post_raw(server, b"\x1f\x8b", {**JSON_TYPE, "Content-Encoding": "gzip"})
    assert_problem(reply, 415)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8",
                                          "application/json;charset=UTF-8", "Application/JSON"])
def test_json_content_type_may_name_utf_8(server, content_type):
    reply = post_raw(server, json.dumps(specs.report(epochs=1)), {"Content-Type": content_type})
    assert reply.status_code == 201


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io",
                                  "127.0.0.1:1", ":8080", "[::1", "x" * 300])
def test_foreign_hosts_are_refused(server, host):
    """DNS rebinding: a page on another name must not reach the server."""
    for method, path in (("GET", "/api/v1/experiments"), ("GET", "/"),
                         ("POST", "/api/v1/experiments")):
        status = raw_reply(server, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"
                                   "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        assert status.split()[1] in ("400", "403", "421"), (method, status)


@pytest.mark.parametrize("head", [
    "GET /api/v1/experiments HTTP/1.1\r\n\r\n",
    "GET /api/v1/experiments HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "POST /api/v1/experiments HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n"
    "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n{{}}",
    "POST /api/v1/experiments HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n"
    "Content-Length: 3\r\nContent-Type: application/json\r\n\r\n{{}}",
    "POST /api/v1/experiments HTTP/1.1\r\nHost: {host}\r\nContent-Length: x\r\n\r\n",
    "GARBAGE\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"])
def test_broken_requests_are_refused(server, head):
    """A 4xx, or the connection is closed."""
    status = raw_reply(server, head.format(host=f"127.0.0.1:{server.port}"))
    assert status == "" or status.split()[1].startswith("4"), status


# --- unknown places, wrong methods, bad queries --------------------------------------------


@pytest.mark.parametrize("experiment", ["nope", "0", "-1", "' OR 1=1 --", "..", "%00", "a" * 500,
                                        "ж", "<script>", "null"])
@pytest.mark.parametrize("rest", ["", "/events", "/epochs", "/dataset", "/runs/0",
                                  "/runs/0/epochs"])
def test_unknown_experiments_are_404(server, experiment, rest):
    quoted = experiment if "%" in experiment else "".join(
        "%%%02X" % byte for byte in experiment.encode())
    reply = server.request("GET", f"/experiments/{quoted}{rest}")
    assert_problem(reply, 400 if "%" in experiment else 404, 404)


@pytest.mark.parametrize("run", ["1", "-1", "99999999999999999999", "x", "0x0", "1.0", "+0",
                                 "4294967296", " 0", "%20"])
def test_unknown_runs_are_404(server, finished, run):
    for rest in ("", "/epochs"):
        reply = server.request("GET", f"/experiments/{finished}/runs/{run}{rest}")
        assert_problem(reply, 404, 400)


@pytest.mark.parametrize("path", ["/", "/nothing", "/experiments/x/y", "/experiments//runs",
                                  "/Experiments", "/experiments/"])
def test_unknown_paths_are_404(server, path):
    assert_problem(server.request("GET", path), 404)


@pytest.mark.parametrize("path", [
    "//..%2f..%2fetc%2fpasswd", "//../../../etc/passwd", "//.git/config", "//static/index.html",
    "//%2e%2e/README.md", "//index.html%00.js", "//core/base/error.h", "//..%5c..%5cx"])
def test_no_path_reaches_the_file_system(server, path):
    reply = server.request("GET", path)
    assert reply.status_code in (400, 404), (path, reply.status_code)
    assert b"root:" not in reply.content


WRONG_METHODS = [("PUT", "/experiments"), ("DELETE", "/experiments"), ("PATCH", "/experiments"),
                 ("POST", "/experiments/{id}"), ("PUT", "/experiments/{id}"),
                 ("GET", "/experiments/{id}/cancel"), ("POST", "/experiments/{id}/events"),
                 ("DELETE", "/experiments/{id}/runs/0"),
                 ("POST", "/experiments/{id}/runs/0/epochs"),
                 ("GET", "/experiments/{id}/runs/0/predict"), ("POST", "/presets"),
                 ("DELETE", "/options"), ("POST", "//healthz"), ("DELETE", "//"),
                 ("BREW", "/experiments")]


@pytest.mark.parametrize("method, path", WRONG_METHODS, ids=lambda value: str(value))
def test_wrong_methods_are_405_with_allow(server, finished, method, path):
    reply = server.request(method, path.format(id=finished), headers=JSON_TYPE, data="{}")
    assert_problem(reply, 405)
    allowed = {name.strip() for name in reply.headers["Allow"].split(",")}
    assert allowed and method not in allowed
    assert allowed <= {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("query", ["from=0", "from=-1", "from=x", "from=1.5", "from=", "to=-1",
                                   "to=x", "from=99999999999999999999", "from=9&to=3", "points=0",
                                   "points=-5", "points=x", "points=1e3", "format=xml", "format=",
                                   "from=1%00", "points=99999999999999999999"])
def test_bad_queries_of_epochs_are_refused_by_name(server, finished, query):
    for path in (f"/experiments/{finished}/runs/0/epochs", f"/experiments/{finished}/epochs"):
        problem = assert_problem(server.request("GET", f"{path}?{query}"), 400, 422)
        if "%00" not in query:
            assert query.partition("=")[0] in problem["detail"], problem


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=1000000", "limit=",
                                   "cursor=x", "cursor=-1", "cursor=99999999999999999999",
                                   "limit=5&cursor=%00"])
def test_bad_queries_of_the_list_are_refused(server, query):
    problem = assert_problem(server.request("GET", f"/experiments?{query}"), 400, 422)
    if "%00" not in query:
        assert query.partition("=")[0] in problem["detail"], problem


def test_bad_run_of_a_dataset_is_refused(server, finished):
    for run in ("1", "-1", "x", "99999999999999999999"):
        assert_problem(server.request("GET", f"/experiments/{finished}/dataset?run={run}"),
                       400, 404, 422)


@pytest.mark.parametrize("body", ["{}", "[]", "{\"inputs\":5}", "{\"inputs\":[[1]]}",
                                  "{\"inputs\":[[1,2,3]]}", "{\"inputs\":[[1,\"2\"]]}",
                                  "{\"inputs\":[[1,null]]}", "{\"inputs\":[[1,2]],\"x\":1}", "{",
                                  "{\"inputs\":[[1,1e999]]}", "", "{\"inputs\":[1,2]}"])
def test_wrong_predictions_are_refused(server, finished, body):
    reply = post_raw(server, body, path=f"/experiments/{finished}/runs/0/predict")
    assert_problem(reply, 400, 422)


# --- names ---------------------------------------------------------------------------------

NAMES = ["<img src=x onerror=alert(1)>", "\u202egpj.exe", "a\u0000b", "\r\nSet-Cookie: x=1",
         "%s%n%p", "'; DROP TABLE runs; --", "x" * 200, "=cmd|'/c calc'!A0", "\U0001f4c9 ω",
         "\u2028", "\x7f\x1b[31m", "a\tb"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_strange_names_come_back_as_they_are_or_are_refused(server, name):
    """Text in, the same text out, in every answer; never markup, never half of it."""
    reply = post_raw(server, json.dumps({**specs.report(epochs=1), "name": name}))
    if "\x00" in name:
        assert_problem(reply, 400, 422)
        return
    assert reply.status_code in (201, 422), reply.text
    if reply.status_code == 422:
        assert assert_problem(reply, 422)["errors"][0]["pointer"] == "/name"
        return
    experiment = reply.json()["id"]
    assert server.get(f"/experiments/{experiment}")["name"] == name
    assert server.get("/experiments?limit=1")["experiments"][0]["name"] == name
    head = server.request("GET", f"/experiments/{experiment}").headers
    assert "Set-Cookie" not in head and head["Content-Type"].startswith("application/json")


def test_empty_name_is_replaced_by_one_made_from_the_spec(server):
    assert server.post({**specs.report(epochs=1), "name": ""})["name"]


@pytest.mark.parametrize("name", [1, None, [], {}, True, "x" * 30000], ids=lambda n: ascii(n)[:12])
def test_wrong_names_are_refused(server, finished, name):
    assert_faults(server, {**specs.report(epochs=1), "name": name}, "/name")
    reply = server.request("PATCH", f"/experiments/{finished}", headers=JSON_TYPE,
                           data=json.dumps({"name": name}))
    assert_problem(reply, 422)


@pytest.mark.parametrize("body", [
    "{}", "[]", "{\"nam\":\"x\"}", "{\"name\":\"x\",\"state\":\"done\"}", "{\"spec\":{}}"])
def test_patch_changes_names_and_nothing_else(server, finished, body):
    before = server.get(f"/experiments/{finished}")
    reply = server.request("PATCH", f"/experiments/{finished}", headers=JSON_TYPE, data=body)
    assert reply.status_code in (400, 422), reply.text
    assert server.get(f"/experiments/{finished}") == before


def test_problem_texts_never_carry_markup_as_html(server):
    """What was wrong may be quoted, but only as JSON that no browser takes for a page."""
    reply = post_raw(server, json.dumps(with_value("/dataset/kind", "<script>alert(1)</script>")))
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_get_changes_nothing(server):
    before = server.get("/experiments?limit=200")
    for path in ("/experiments", "/presets", "/options"):
        server.request("GET", path, data=json.dumps(specs.report()), headers=JSON_TYPE)
    assert server.get("/experiments?limit=200") == before


# --- numbers in queries ---------------------------------------------------------------------------

NO_INTEGERS = ["", " 1", "1 ", "+1", "-1", "1e0", "1.0", "0x1", "\uff11", "\uff11" * 20, "1\n",
               "1_0", "9" * 30]
NO_NUMBERS = ["", " 1", "1 ", "+1", "1.", ".5", "0x1", "1e", "\uff11", "inf", "nan", "1e999", "1,0"]
RUN = "/experiments/{}/runs/0"


@pytest.fixture(scope="module")
def swept(server):
    return server.train(specs.sweep([1e-4, 2e-4], epochs=5))["id"]


def refused(server, path, name, value):
    """The detail of what a value gets, which quotes it, on one line."""
    reply = server.request("GET", path.split("?")[0],
                           params=dict([pair.split("=") for pair in path.split("?")[1:]])
                           | {name: value})
    assert reply.status_code in (400, 422), (path, name, value, reply.text[:300])
    detail = reply.json()["detail"]
    assert name in detail and "expected" in detail, detail
    assert value[:13].replace("\n", " ") in detail, detail
    return detail


@pytest.mark.parametrize("path, name", [
    ("/experiments", "limit"), ("/experiments", "cursor"), ("/datasets", "limit"),
    ("/experiments/{}/epochs", "from"), ("/experiments/{}/epochs", "to"),
    (RUN + "/epochs", "points"), ("/experiments/{}/dataset", "run"),
    (RUN + "/parameters", "epoch"), (RUN + "/step", "epoch"),
    (RUN + "/step", "sample"), (RUN + "/landscape", "epoch"), (RUN + "/landscape", "points"),
    (RUN + "/hessian", "epoch"), (RUN + "/surface", "epoch"), (RUN + "/surface", "points"),
    (RUN + "/landscape?kind=eigenvectors", "x"), (RUN + "/landscape?kind=random", "y"),
    (RUN + "/landscape?kind=between", "x")])
def test_an_integer_in_a_query_is_plain_digits(server, swept, path, name):
    for value in NO_INTEGERS:
        refused(server, path.format(swept), name, value)


def test_a_number_in_a_query_is_one_of_json(server, swept):
    path = RUN.format(swept) + "/landscape"
    for value in NO_NUMBERS:
        assert "above 0, at most 1000000" in refused(server, path, "span", value)
    for value in ("0.5", "5e-1", "2", "1E+2"):
        told = server.get(path, params={"span": value})
        width = told["x"]["values"][-1] - told["x"]["values"][0]
        assert width == pytest.approx(2 * float(value), rel=1e-12)


def test_numbers_in_a_list_are_held_to_the_same(server, swept):
    path = f"/experiments/{swept}/sweep"
    for value in NO_NUMBERS + ["0"]:
        refused(server, path, "claim", f"{value},5,9")
        refused(server, path, "claim", f"1e-4,{value},9")
        if value != "0":
            refused(server, path, "claim", f"1e-4,5,{value}")
    for value in NO_INTEGERS + ["0", "2"]:
        refused(server, path, "compare", f"0,{value}")
        refused(server, path, "compare", f"{value},0")
    assert server.get(path, params={"compare": "0,1"})["compared"]["settings"] == [0, 1]
    assert server.get(path, params={"claim": "1e-4,5,9"})["claim"]["verdict"]
