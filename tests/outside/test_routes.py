"""Every route says what it takes: names in queries, methods, types. Whoever slips is told so, and
what was meant."""
import json
import re

import pytest

import specs
from service import JSON_TYPE, ROOT
from wire import Wire


@pytest.fixture(scope="module")
def finished(server):
    """Of two settings, so that they can be compared."""
    made = server.post({**specs.report(epochs=20), "sweep": {specs.RATE: [1e-4, 1e-3]}})
    return server.explained(made["id"])["id"]


@pytest.fixture(scope="module")
def routes(server):
    """The table of routes, as GET /api/v1 gives it; the tests below go over all of it."""
    listed = server.get("")["routes"]
    assert len(listed) > 15
    return listed


def ask(server, route, finished, query):
    """A request of the route that would change nothing, were it heard."""
    path = route["path"].replace("/experiments/{name}", "/experiments/" + finished)
    if "/datasets/{name}" in path:
        file = server.request("POST", "/datasets", data="a,b\n1,2\n",
                              headers={"Content-Type": "text/csv"}).json()
        path = path.replace("{name}", file["id"])
    path = path.replace("{name}", "all_zero").replace("{run}", "0")
    body = {} if route["method"] == "GET" else {"headers": JSON_TYPE, "data": "{}"}
    return server.request(route["method"], f"//{path[1:]}{query}", **body)


def refusal(reply, status):
    assert reply.status_code == status, (reply.url, reply.status_code, reply.text[:500])
    assert reply.headers["Content-Type"] == "application/problem+json"
    return reply.json()


# --- the index ---------------------------------------------------------------------------------


def test_every_route_stands_in_the_readme(routes):
    """Placeholders differ in their names only."""
    def shape(path):
        return re.sub(r"\{\w+\}", "*", path)

    section = (ROOT / "README.md").read_text().split("\n## The API\n")[1].split("\n### ")[0]
    written = {(method, shape(path))
               for method, path in re.findall(r"`([A-Z]+) (/[^`?]*)", section)}
    for route in routes[1:]:
        assert (route["method"], shape(route["path"].removeprefix("/api/v1"))) in written, route


def test_every_name_that_a_handler_reads_is_allowed_on_some_route(routes):
    read = set()
    for path in (ROOT / "server" / "api").rglob("*.c"):
        read |= set(re.findall(r'(?:http_query|call_query_\w+)\([^,()]+(?:->request)?, "(\w+)"',
                               path.read_text()))
    read.add("format")  # by call_format
    assert "from" in read and "validate" in read
    assert read == {name for route in routes for name in route["query"]}


# --- queries -----------------------------------------------------------------------------------


def test_an_unknown_name_is_refused_on_every_route(server, routes, finished):
    before = server.get("/experiments?limit=200"), server.get(f"/experiments/{finished}")
    for route in routes:
        problem = refusal(ask(server, route, finished, "?nonsense=1"), 400)
        assert "?nonsense" in problem["detail"] and route["path"] in problem["detail"]
        assert all(name in problem["detail"] for name in route["query"]), problem
        assert [error["parameter"] for error in problem["errors"]] == ["nonsense"]
    assert before == (server.get("/experiments?limit=200"), server.get(f"/experiments/{finished}"))


def test_every_known_name_is_heard_once_and_refused_twice(server, routes, finished):
    for route in routes:
        for name in route["query"]:
            value = {"experiments": finished, "format": "json", "validate": "true", "run": "0",
                     "part": "train", "compare": "0,1", "claim": "1e-6,9,1",
                     "kind": "random" if "landscape" in route["path"] else "1", "x": "w2",
                     "y": "w3", "span": "2",
                     "points": "all" if "events" in route["path"] else "5",
                     "last_event_id": "x"}.get(name, "1")
            mandatory = f"&experiments={finished}" if "experiments" in route["query"] else ""
            mandatory = "" if name == "experiments" else mandatory
            heard = ask(server, route, finished, f"?{name}={value}{mandatory}")
            assert heard.status_code == (422 if route["method"] == "POST" else 200), (name, heard.text)
            twice = refusal(ask(server, route, finished, f"?{name}={value}&{name}={value}"), 400)
            assert f"?{name}: given again" in twice["detail"]


@pytest.mark.parametrize("query, meant", [
    ("?validte=true", "validate"), ("?Validate=true", "validate"), ("?validat", "validate"),
    ("?vaildate=1", "validate"), ("?dry_run=true", None)])
def test_a_misspelt_check_trains_nothing(server, query, meant):
    before = server.get("/experiments?limit=200")
    reply = server.request("POST", "/experiments" + query, headers=JSON_TYPE,
                           data=json.dumps(specs.report(epochs=1)))
    problem = refusal(reply, 400)
    assert ("did you mean validate?" in problem["detail"]) == (meant is not None), problem
    assert server.get("/experiments?limit=200") == before


@pytest.mark.parametrize("query, status", [("?validate", 200), ("?validate=", 200),
                                           ("?validate=true", 200), ("?validate=yes", 400),
                                           ("?validate=1", 400), ("?validate=True", 400)])
def test_a_check_is_asked_for_with_true_and_nothing_else(server, query, status):
    before = server.get("/experiments?limit=200")
    reply = server.request("POST", "/experiments" + query, headers=JSON_TYPE,
                           data=json.dumps(specs.report(epochs=1)))
    assert reply.status_code == status, reply.text[:500]
    assert status == 200 or "expected true or false" in reply.json()["detail"]
    assert server.get("/experiments?limit=200") == before


def test_every_wrong_name_is_named(server, finished):
    reply = server.request("GET", f"/experiments/{finished}/epochs?form=1&to=5&point=2&to=6&x")
    faults = {error["parameter"]: error["detail"] for error in refusal(reply, 400)["errors"]}
    assert list(faults) == ["form", "point", "to", "x"]
    assert "from" in faults["form"] and "points" in faults["point"] and "again" in faults["to"]


@pytest.mark.parametrize("name", ["%ff", "%c3%28", "%00", "", "%0a", "x" * 3000, "%22%5c%22",
                                  "%3Cscript%3E", "%D0%B6" * 500])
def test_strange_names_are_refused_in_json(server, name):
    refusal(server.request("GET", f"/presets?{name}=1"), 400)


def test_the_query_of_the_page_is_the_page_s_own(server):
    for path in ("//?experiment=x&hide=1&hide=2&anything", "//main.js?v=3"):
        assert server.request("GET", path).status_code == 200


def test_a_token_in_the_query_is_never_unknown(server, fresh_server):
    for path in ("//healthz", "/presets", "/experiments"):
        assert server.request("GET", f"{path}?token=any").status_code == 200
    closed = fresh_server(arguments=["--token"])
    token = closed.token()
    for path in ("//healthz", "/presets"):
        reply = closed.request("GET", f"{path}?token={token}", headers={"Authorization": None})
        assert reply.status_code == 200
        assert reply.url.endswith(path.strip("/") if path == "/presets" else f"?token={token}")


# --- paths and methods -------------------------------------------------------------------------


@pytest.mark.parametrize("path, meant", [
    ("/experiment", "/api/v1/experiments"), ("/Experiments", "/api/v1/experiments"),
    ("/experiments/", "/api/v1/experiments"), ("//experiments", "/api/v1/experiments"),
    ("//api/experiments", "/api/v1/experiments"), ("//v1/presets", "/api/v1/presets"),
    ("/preset/all_zero", "/api/v1/presets/{name}"),
    ("/experiments/x/run/0", "/api/v1/experiments/{name}/runs/{run}"),
    ("/experiments/x/runs", "/api/v1/experiments/{name}/runs/{run}"),
    ("/experiments/x/runs/0/epoch", "/api/v1/experiments/{name}/runs/{run}/epochs"),
    ("/experiments/x/runs/0/quickly", "/api/v1/experiments/{name}/runs/{run}"),
    ("/experiments/x/event", "/api/v1/experiments/{name}/events"),
    ("/healthz", "/healthz"), ("//health", "/healthz"), ("//metric", "/metrics")])
def test_an_unknown_path_names_the_nearest(server, path, meant):
    detail = refusal(server.request("GET", path), 404)["detail"]
    assert f"did you mean {meant}?" in detail and "GET /api/v1 lists" in detail


@pytest.mark.parametrize("path", ["/", "//api", "//api/v2", "/nothing", "//.git/config",
                                  "/" + "x" * 3000, "/" + "a/" * 500, "//%ff"])
def test_a_path_like_none_names_the_index(server, path):
    detail = refusal(server.request("GET", path), 404)["detail"]
    assert "did you mean" not in detail and "GET /api/v1 lists" in detail


def test_every_route_names_its_methods_to_a_wrong_one(server, routes, finished):
    for route in routes:
        path = route["path"].replace("{run}", "0").replace("{name}", finished)
        methods = {row["method"] for row in routes if row["path"] == route["path"]}
        methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        reply = server.request("BREW", f"//{path[1:]}")
        detail = refusal(reply, 405)["detail"]
        assert set(reply.headers["Allow"].split(", ")) == methods
        assert detail == f"{path}: got BREW, expected one of {reply.headers['Allow']}"


def test_what_curl_sends_with_d_is_told_the_way(server):
    """`curl -d '{...}'` calls its data a form."""
    reply = server.request("POST", "/experiments", data=json.dumps(specs.report(epochs=1)),
                           headers={"Content-Type": "application/x-www-form-urlencoded"})
    detail = refusal(reply, 415)["detail"]
    assert "application/x-www-form-urlencoded" in detail
    assert "--json" in detail and "--data-binary @FILE -H 'Content-Type: text/csv'" in detail


def test_what_is_too_long_is_told_the_limit(server):
    for target, lines, status, words in (
            ("/?" + "x" * 4200, "", 414, ("4202 bytes", "4096")),
            ("/?" + "a&" * 100, "", 414, ("101", "64")),
            ("/", f"X-Long: {'x' * 11300}\r\n", 431, ("11264",)),
            ("/", f"Content-Type: application/json\r\nContent-Length: {2**20 + 1}\r\n", 413,
             (str(2**20 + 1), str(2**20)))):
        with Wire(server.port, 5 * server.slowness) as wire:
            wire.send(f"GET {target} HTTP/1.1\r\nHost: {{host}}\r\n{lines}\r\n")
            reply = wire.reply()
        detail = json.loads(reply.body)["detail"]
        assert reply.status == status and all(word in detail for word in words), reply
