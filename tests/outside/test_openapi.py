"""The OpenAPI document against the server that it describes: nothing in it that is not served,
nothing served that is not in it."""
import json
import re

import jsonschema
import pytest

import specs
from service import JSON_TYPE, ROOT

SPECS = ROOT / "tests" / "specs"
METHODS = ("get", "post", "patch", "delete")

# What a schema of JSON cannot say, by the words of the fault; all else is said.
BEYOND_A_SCHEMA = [
    # two fields, or a field and how many there are of something
    r"as in the first row|one for each|one list for each|one weight for|one bias for",
    r"one number for each",
    r"expected at least low|less than epochs|less than 1: reduce|more than 0: a range test",
    r"add up to 0|which leaves it none|the number of samples|so that a feature is left",
    r"for a 2-2-1 network|got (target|biases) as well|the last layer is the output",
    r"softmax is for the last layer|for one unit, whose output|cannot be monitored|for patience",
    r"computed from the outputs' weighted sums|an accuracy is of classes|are probabilities",
    r"times the learning rate|got \w+ of formulas|got a list of 1, expected an object of formulas",
    r"a list of columns of the file|state to continue from|expected each one once",
    # names that must differ, and what is in a text: formulas, base64, marks that nobody sees
    r"again, expected|already a column|column \d+:|division by zero|is no base64|it is damaged",
    r"U\+[0-9A-F]{4} in it",
    # what is worked out of the data or the sizes, and what is stored
    r"expected at most|needs targets|its values are too large|there is no data set",
    # numbers that are none
    r"between two doubles",
    # what the sweep makes of a field
    r"not every run has such a field|would overwrite|only for scheme",
]


@pytest.fixture(scope="module")
def document(server):
    return server.get("/openapi.json")


@pytest.fixture(scope="module")
def experiment(server):
    """Of two settings, so that they can be compared, and explained to the end."""
    made = server.post({**specs.report(epochs=20), "sweep": {specs.RATE: [1e-4, 1e-3]}})
    return server.explained(made["id"])["id"]


@pytest.fixture(scope="module")
def dataset(server):
    return server.request("POST", "/datasets", data="a,b\n1,2\n",
                          headers={"Content-Type": "text/csv"}).json()["id"]


def operations(document):
    """(method, path, operation) of all."""
    return [(method, path, operation) for path, item in document["paths"].items()
            for method, operation in item.items()]


def validator(document, schema):
    """Of a schema inside the document."""
    resolver = jsonschema.RefResolver("", document)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def body_of(document, method, path):
    content = document["paths"][path][method]["requestBody"]["content"]
    (media, body), = content.items()
    return media, validator(document, body["schema"])


@pytest.fixture(scope="module")
def spec_schema(document):
    return body_of(document, "post", "/api/v1/experiments")[1]


def posted_specs(folder):
    return [(path.name, json.loads(path.read_text())) for path in sorted((SPECS / folder)
                                                                         .glob("*.json"))]


# --- the document ------------------------------------------------------------------------------


def test_every_route_is_in_it_and_nothing_else(server, document):
    listed = {(route["method"].lower(), route["path"]) for route in server.get("")["routes"]}
    assert len(listed) > 30
    assert listed == {(method, path) for method, path, _ in operations(document)}
    source = (ROOT / "server/api/route/route_table.c").read_text()
    assert len(listed) == len(re.findall(r"^    \{HTTP_(?!OTHER)", source, re.M))
    assert server.get("")["openapi"] == "/api/v1/openapi.json"


def test_its_shape_is_that_of_openapi(document):
    assert document["openapi"] == "3.1.0" and set(document["info"]) >= {"title", "version"}
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert method in METHODS and operation["summary"].endswith("."), (method, path)
        assert operation["summary"].count(". ") == 0, "one sentence"
        named = [(row["in"], row["name"]) for row in operation["parameters"]]
        assert len(set(named)) == len(named)
        in_path = [name for place, name in named if place == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", path)
        for row in operation["parameters"]:
            assert row["in"] in ("path", "query", "header") and row["description"].endswith(".")
            assert row["in"] != "path" or row["required"] is True
        assert set(operation["responses"]) > {"default", "400"}
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[2345]\d\d|default", status)
            is_problem = response == {"$ref": "#/components/responses/problem"}
            assert is_problem == (status[0] in "45d"), (path, status)
            assert is_problem or response["description"]


def test_its_schemas_are_schemas_and_every_reference_leads_somewhere(document):
    found = []

    def walk(value):
        if isinstance(value, list):
            for item in value:
                walk(item)
        if isinstance(value, dict):
            if "$ref" in value:
                found.append(value["$ref"])
            found.extend(value.get("discriminator", {}).get("mapping", {}).values())
            for item in value.values():
                walk(item)
    walk(document)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for _, _, operation in operations(document):
        for row in operation["parameters"]:
            jsonschema.Draft202012Validator.check_schema(row["schema"])
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in schemas)
    parts = {f"#/components/{part}/{name}" for part in document["components"]
             for name in document["components"][part]}
    assert len(found) > 300 and set(found) <= parts


def test_a_client_that_has_it_is_told_so(server):
    first = server.request("GET", "/openapi.json")
    again = server.request("GET", "/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and first.headers["Cache-Control"] == "private, no-cache"
    assert len(first.content) < 200000


def test_it_says_who_needs_a_token(server, document, fresh_server):
    closed = fresh_server(arguments=["--token"])
    assert closed.request("GET", "/openapi.json").status_code == 401
    closed.token()
    theirs = closed.get("/openapi.json")
    assert "security" not in document and "securitySchemes" not in document["components"]
    for asked in theirs["security"]:
        assert set(asked) <= set(theirs["components"]["securitySchemes"])
    for method, path, operation in operations(theirs):
        is_open = closed.session.request(method, closed.url + path, headers={
            "Authorization": None}, timeout=30 * closed.slowness).status_code != 401
        assert is_open == (operation.get("security") == []), path
        assert is_open == ("401" not in operation["responses"]), path


# --- the spec ----------------------------------------------------------------------------------


def test_every_field_of_the_options_is_in_it(server, document):
    schemas = document["components"]["schemas"]
    for field in server.get("/options")["fields"]:
        name = field["pointer"][1:].replace("/", ".").replace("*", "item")
        schema = schemas[name]
        assert schema["description"].startswith(field["description"])
        if "default" in field:
            assert schema["default"] == field["default"], name
        for bound in ("minimum", "maximum"):
            if field["type"] in ("integer", "number") and bound in field:
                above = "exclusiveMinimum" if bound == "minimum" and "above" in field else bound
                assert schema[above] == field[bound], name
        if "choices" in field:
            assert schema["enum"] == field["choices"], name


def test_a_kind_has_the_default_that_is_its_own(server, document):
    schemas = document["components"]["schemas"]
    fields = {field["pointer"]: field for field in server.get("/options")["fields"]}
    n_own = 0
    for pointer, field in fields.items():
        parent, _, name = pointer.rpartition("/")
        own = field.get("default_when", {"values": []})
        mapping = schemas[parent[1:].replace("/", ".").replace("*", "item") or "experiment"].get(
            "discriminator", {"mapping": {}})["mapping"]
        for word, reference in mapping.items():
            told = schemas[reference.rpartition("/")[2]]["properties"].get(name, {})
            is_own = word in own["values"]
            assert ("default" in told and "$ref" in told) == is_own, (pointer, word)
            assert not is_own or told["default"] == own["default"]
            n_own += is_own
    assert n_own >= 4


def test_objects_have_one_field_that_says_their_kind(server):
    """On which the schema builds."""
    kinds = {}
    for field in server.get("/options")["fields"]:
        if "when" in field:
            parent = field["pointer"].rpartition("/")[0]
            kinds.setdefault(parent, set()).add(field["when"]["field"])
    assert len(kinds) >= 5 and all(len(names) == 1 for names in kinds.values()), kinds


@pytest.mark.parametrize("name, spec", [(name, case["spec"]) for name, case in
                                        posted_specs("valid")])
def test_a_right_spec_is_right_by_the_schema(spec_schema, name, spec):
    spec_schema.validate(spec)


def test_normalised_specs_and_presets_are_right_by_the_schema(server, spec_schema):
    normalised = [case["normalised"] for _, case in posted_specs("valid")]
    presets = [preset for group in server.get("/presets")["groups"] for preset in group["presets"]]
    parts = [part for lab in server.get("/labs")["labs"] for part in lab["parts"]]
    assert len(presets) > 20 and len(parts) > 5 and len(normalised) > 50
    for spec in normalised + [named["spec"] for named in presets + parts]:
        spec_schema.validate(spec)
    for named in presets + parts:
        spec_schema.validate({"preset": named["name"], "training": {"epochs": 3}})


def test_a_wrong_spec_is_wrong_by_the_schema_where_a_schema_can_say_it(spec_schema):
    beyond = re.compile("|".join(BEYOND_A_SCHEMA))
    in_sweep = re.compile("/sweep/")
    said, unsaid = [], []
    for name, case in posted_specs("invalid"):
        (unsaid if spec_schema.is_valid(case["spec"]) else said).append((name, case["faults"]))
    for name, faults in unsaid:
        for fault in faults:
            assert beyond.search(fault["detail"]) or in_sweep.match(fault["pointer"]), (name, fault)
    assert len(said) >= 56 and len(unsaid) <= 64, (len(said), len(unsaid))


def test_where_the_sweep_changes_a_kind_the_fields_of_all_kinds_may_be_there(spec_schema):
    spec = {"dataset": {"kind": "xor"}, "training": {"optimizer": {"name": "sgd", "beta1": 0.8}}}
    assert not spec_schema.is_valid(spec)
    spec_schema.validate({**spec, "sweep": {"/training/optimizer/name": ["sgd", "adam"]}})
    assert not spec_schema.is_valid({**spec, "sweep": {specs.RATE: [0.1, 0.2]}})


@pytest.mark.parametrize("change, right", [
    ({}, True), ({"fork": {"experiment": "x", "run": 0, "at": "end"}}, True),
    ({"fork": {"experiment": "x", "at": 7}}, True), ({"changes": {specs.RATE: None}}, True),
    ({"name": "again", "sweep": {specs.RATE: [1]}}, True), ({"training": {}}, False),
    ({"fork": {}}, False), ({"fork": {"experiment": "x", "at": "middle"}}, False),
    ({"fork": {"experiment": "x", "at": -1}}, False),
    ({"fork": {"experiment": "x", "to": 1}}, False),
    ({"changes": {"epochs": 3}}, False), ({"changes": []}, False)])
def test_forks_are_judged_as_the_server_does(server, spec_schema, experiment, change, right):
    body = {"fork": {"experiment": "x", "run": 0}, **change}
    assert spec_schema.is_valid(body) == right
    body["fork"] = {name: {"x": experiment}.get(value, value) for name, value in
                    {"run": 0, **body["fork"]}.items()}
    reply = server.request("POST", "/experiments?validate=true", data=json.dumps(body),
                           headers=JSON_TYPE)
    assert reply.status_code == (200 if right else 422), reply.text[:500]


@pytest.mark.parametrize("method, route, body, right", [
    ("patch", "", {"name": "another"}, True), ("patch", "", {"name": ""}, False),
    ("patch", "", {}, False), ("patch", "", {"name": "a", "x": 1}, False),
    ("patch", "", {"name": "x" * 201}, False),
    ("post", "/runs/{run}/predict", {"inputs": [[2, 3]]}, True),
    ("post", "/runs/{run}/predict", {"inputs": []}, False),
    ("post", "/runs/{run}/predict", {"inputs": [["2", 3]]}, False),
    ("post", "/runs/{run}/predict", {"inputs": [[1e300, 3]]}, False),
    ("post", "/runs/{run}/predict", {"input": [[2, 3]]}, False),
    ("post", "/runs/{run}/predict", {"inputs": [[2, 3]] * 10000}, True),
    ("post", "/runs/{run}/predict", {"inputs": [[2, 3]] * 10001}, False),
    ("post", "/runs/{run}/step/check", {"z1": 1, "new": {"w1": 2}, "digits": 3}, True),
    ("post", "/runs/{run}/step/check", {"tolerance": 0.1, "z1": 1}, True),
    ("post", "/runs/{run}/step/check", {"tolerance": 0.2, "z1": 1}, False),
    ("post", "/runs/{run}/step/check", {"tolerance": 0, "z1": 1}, False),
    ("post", "/runs/{run}/step/check", {"digits": 18, "z1": 1}, False),
    ("post", "/runs/{run}/step/check", {"z1": "1"}, False),
    ("post", "/runs/{run}/step/check", {"new": []}, False),
    ("post", "/runs/{run}/step/check", {}, False)])
def test_other_bodies_are_judged_as_the_server_does(server, document, experiment, method, route,
                                                    body, right):
    path = "/api/v1/experiments/{name}" + route
    media, schema = body_of(document, method, path)
    assert media == "application/json" and schema.is_valid(body) == right
    reply = server.request(method, "/" + path.format(name=experiment, run=0), data=json.dumps(body),
                           headers=JSON_TYPE)
    assert reply.status_code == (200 if right else 422), reply.text[:500]
    assert str(reply.status_code) in document["paths"][path][method]["responses"]


# --- what a client sees ------------------------------------------------------------------------


def example(row):
    """A value that the parameter's schema says is right."""
    schema = row["schema"]
    if "default" in schema:
        value = schema["default"]
    elif "enum" in schema:
        value = schema["enum"][0]
    elif "oneOf" in schema:
        value = schema["oneOf"][0]["minimum"]
    elif schema["type"] == "number":
        value = schema["maximum"]
    else:
        value = max(schema["minimum"], 5)
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture(scope="module")
def call(server, experiment, dataset):
    """call(path, query): GET with what stands in the path from a real experiment; the reply's head
    alone, for streams have no end."""
    lab = server.get("/labs")["labs"][0]["name"]

    def fill(path):
        name = (dataset if "/datasets/" in path else lab if "/labs/" in path
                else "all_zero" if "/presets/" in path else experiment)
        return path.replace("{name}", name).replace("{run}", "0")

    def ask(path, query=None):
        query = dict(query or {})
        if path.endswith("/v1/events"):
            query.setdefault("experiments", experiment)
        reply = server.request("GET", "/" + fill(path), params=query, stream=True)
        reply.close()
        return reply
    return ask


FREE = {"experiments": None, "last_event_id": "1", "compare": "0,1", "claim": "1e-6,9,1", "x": "w2",
        "y": "w3"}


def is_as_said(operation, reply):
    said = operation["responses"][str(reply.status_code)]
    media = reply.headers.get("Content-Type", "").split(";")[0]
    if "$ref" in said:
        return media == "application/problem+json"
    return media in said.get("content", {"": None})


def test_every_answer_is_one_of_those_in_the_document(document, call):
    for method, path, operation in operations(document):
        if method != "get":
            continue
        reply = call(path)
        assert reply.status_code == 200 and is_as_said(operation, reply), (path, reply.status_code)
        for name in ("nonsense", "Format"):
            refused = call(path, {name: "1"})
            assert refused.status_code == 400 and is_as_said(operation, refused), path
        if "{name}" in path:
            nowhere = call(path.replace("{name}", "nowhere"))
            assert nowhere.status_code == 404 and is_as_said(operation, nowhere), path


def test_every_change_is_answered_as_the_document_says(server, document):
    spec = json.dumps(specs.report(epochs=1))
    csv = {"Content-Type": "text/csv"}

    def change(method, path, status, name="", headers=JSON_TYPE, **options):
        reply = server.request(method, "//api/v1" + path.replace("{name}", name), headers=headers,
                               **options)
        operation = document["paths"]["/api/v1" + path.partition("?")[0]][method]
        assert reply.status_code == status, (method, path, reply.text[:500])
        assert is_as_said(operation, reply), (method, path, status)
        return reply.json() if reply.content else None

    name = change("post", "/experiments", 201, data=spec)["id"]
    change("post", "/experiments?validate=true", 200, data=spec)
    change("post", "/experiments", 400, data="{")
    change("post", "/experiments", 415, data=spec, headers=csv)
    change("post", "/experiments", 422, data="{}")
    change("post", "/experiments", 413, data=b" " * (1 << 21))
    change("patch", "/experiments/{name}", 200, name, data='{"name": "x"}')
    change("post", "/experiments/{name}/cancel", 202, name)
    change("delete", "/experiments/{name}", 204, name)
    for method, path in (("delete", ""), ("patch", ""), ("post", "/cancel")):
        change(method, "/experiments/{name}" + path, 404, name, data='{"name": "x"}')
    file = change("post", "/datasets", 201, data="a,b\n3,4\n5,6\n", headers=csv)["id"]
    change("post", "/datasets", 200, data="a,b\n3,4\n5,6\n", headers=csv)
    change("post", "/datasets", 415, data="a,b\n3,4\n")
    change("post", "/datasets", 422, data="a,b\n3\n", headers=csv)
    user = server.train({"dataset": {"kind": "upload", "id": file, "features": ["a"],
                                     "targets": ["b"]}, "training": {"epochs": 1}})["id"]
    change("delete", "/datasets/{name}", 409, file)
    change("delete", "/experiments/{name}", 204, user)
    change("delete", "/datasets/{name}", 204, file)
    change("delete", "/datasets/{name}", 404, file)


def test_every_parameter_in_the_document_is_heard(document, call, experiment):
    n_heard = 0
    for method, path, operation in operations(document):
        for row in operation["parameters"] if method == "get" else []:
            if row["in"] != "query":
                continue
            value = FREE[row["name"]] or experiment if row["name"] in FREE else example(row)
            reply = call(path, {row["name"]: value})
            assert reply.status_code == 200 and is_as_said(operation, reply), (path, row, value)
            n_heard += 1
    assert n_heard > 30


def out_of_range(schema):
    """Values that the schema refuses."""
    wrong = []
    for limits in [schema, *schema.get("oneOf", [])]:
        if "minimum" in limits:
            wrong += [limits["minimum"] - 1, f" {limits['minimum']}"]
        if "exclusiveMinimum" in limits:
            wrong.append(limits["exclusiveMinimum"])
        if "maximum" in limits:
            wrong.append(limits["maximum"] + 1)
    return wrong + (["nonsense"] if wrong or "enum" in schema else [])


def test_what_the_document_refuses_the_server_refuses(document, call):
    n_refused = 0
    for method, path, operation in operations(document):
        for row in operation["parameters"] if method == "get" else []:
            for value in out_of_range(row["schema"]) if row["in"] == "query" else []:
                reply = call(path, {row["name"]: value})
                assert reply.status_code == 400 and is_as_said(operation, reply), (path, row, value)
                n_refused += 1
    assert n_refused > 60


def test_every_media_type_in_the_document_can_be_had(document, call):
    n_tables = 0
    for method, path, operation in operations(document):
        formats = [name for row in operation["parameters"] if row["name"] == "format"
                   for name in row["schema"]["enum"]]
        media = list(operation["responses"].get("200", {}).get("content", {}))
        assert len(media) == len(formats) or (len(media) <= 1 and not formats), path
        for name, wanted in zip(formats, media):
            reply = call(path, {"format": name})
            assert reply.headers["Content-Type"].split(";")[0] == wanted, (path, name)
        n_tables += formats != []
    assert n_tables == 4
