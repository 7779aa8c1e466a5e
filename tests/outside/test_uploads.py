"""CSV files: uploaded, listed, taken by specs, refused with a line and a column, deleted."""
import statistics

import pytest

CSV_TYPE = {"Content-Type": "text/csv"}
FLOWERS = b"""length,"petal width, cm",colour
5.1,0.2,red
4.9,0.4,blue
6.3,1.5,red
5.8,1.9,"green"
"""


def upload(server, body=FLOWERS, status=(200, 201), headers=CSV_TYPE):
    reply = server.request("POST", "/datasets", data=body, headers=headers)
    assert reply.status_code in status, reply.text
    return reply


def spec(dataset, outputs=1):
    return {"dataset": dataset, "training": {"epochs": 3},
            "network": {"layers": [{"units": 3, "activation": "tanh"}, {"units": outputs}]}}


def faults(server, dataset):
    reply = server.request("POST", "/experiments", json=spec(dataset))
    assert reply.status_code == 422, reply.text
    return {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]}


def chosen(identifier, **fields):
    return {"kind": "upload", "id": identifier, "features": ["length"],
            "targets": ["petal width, cm"], **fields}


def test_the_same_file_is_stored_once(server):
    body = FLOWERS + b"5.0,0.3,blue\n"
    first, again = upload(server, body, (201,)), upload(server, body, (200,))
    about = first.json()
    assert again.json() == about
    assert first.headers["Location"] == f"/api/v1/datasets/{about['id']}"
    assert (about["rows"], about["bytes"]) == (5, len(body))
    assert about["columns"] == [
        {"name": "length", "type": "number", "missing": 0},
        {"name": "petal width, cm", "type": "number", "missing": 0},
        {"name": "colour", "type": "text", "missing": 0}]
    other = upload(server, body.replace(b"\n", b"\r\n"), (201,)).json()
    assert other["id"] != about["id"] and other["columns"] == about["columns"]
    listed = server.get("/datasets")["datasets"]
    assert [entry["id"] for entry in listed][:2] == [other["id"], about["id"]]
    assert server.get(f"/datasets/{about['id']}") == about
    file = server.request("GET", f"/datasets/{about['id']}?format=csv")
    assert file.content == body and file.headers["Content-Type"].startswith("text/csv")


def test_columns_are_trained_on_as_a_table_of_them_is(server):
    identifier = upload(server).json()["id"]
    uploaded = server.train(spec(chosen(identifier)))
    table = server.train(spec({"kind": "table", "rows": [[5.1, 0.2], [4.9, 0.4], [6.3, 1.5],
                                                         [5.8, 1.9]]}))
    assert server.losses(uploaded["id"]) == server.losses(table["id"])
    data = server.get(f"/experiments/{uploaded['id']}/dataset")
    assert data["names"] == ["length", "petal_width__cm"]


def test_a_text_column_becomes_classes(server):
    identifier = upload(server).json()["id"]
    dataset = chosen(identifier, features=["petal width, cm", "length"], targets=["colour"],
                     one_hot=True)
    experiment = server.train(spec(dataset, outputs=3))
    data = server.get(f"/experiments/{experiment['id']}/dataset")
    assert data["names"] == ["petal_width__cm", "length", "colour_blue", "colour_green",
                             "colour_red"]
    assert data["rows"] == [[0.2, 5.1, 0, 0, 1], [0.4, 4.9, 1, 0, 0], [1.5, 6.3, 0, 0, 1],
                            [1.9, 5.8, 0, 1, 0]]
    experiment = server.train(spec({**dataset, "one_hot": False}))
    data = server.get(f"/experiments/{experiment['id']}/dataset")
    assert [row[-1] for row in data["rows"]] == [2, 0, 2, 1]
    # Without layers of its own the network has an output for each class.
    default = server.post({"dataset": dataset})
    assert default["spec"]["network"]["layers"][-1]["units"] == 3


def test_faults_name_line_column_and_what_to_do(server):
    identifier = upload(server).json()["id"]
    assert faults(server, chosen(identifier, targets=["colour"])) == {
        "/dataset/targets/0": 'line 2, column "colour": got "red", expected a number; one_hot makes '
                              "classes of it: true, or false for their numbers"}
    assert faults(server, chosen(identifier, features=["width", "length", "length"])) == {
        "/dataset/features/0": 'got "width", expected a column of the file: length, petal width, '
                               "cm, colour",
        "/dataset/features/2": 'got "length" again, expected each column once'}
    assert faults(server, chosen(identifier, features={"x": "rand()"})) == {
        "/dataset/features": "got an object, expected a list of columns of the file by name"}
    assert faults(server, {"kind": "formula", "features": ["length"], "target": "1"}) == {
        "/dataset/features": "got a list of 1, expected an object of formulas by name"}
    assert faults(server, chosen(identifier, targets=["colour", "petal width, cm"],
                                 one_hot=True)) == {
        "/dataset/one_hot": "got 2 targets, expected one, whose values are the classes"}
    assert faults(server, chosen("0" * 32)) == {
        "/dataset/id": f"there is no data set {'0' * 32}; POST the file to /api/v1/datasets, which "
                       "answers with its id"}
    gap = upload(server, b"a,b\n1,2\n,3\n").json()
    assert gap["columns"][0]["missing"] == 1
    assert faults(server, {"kind": "upload", "id": gap["id"], "features": ["a"],
                           "targets": ["b"]}) == {
        "/dataset/features/0": 'line 3, column "a": got a missing value (""), expected a number; '
                               "fill it in or leave the line out of the file"}


@pytest.mark.parametrize("body, detail", [
    (b"a,b\n1\n", "line 2: got 1 field, expected 2 as in the header"),
    (b"a,b\n1,\xff\n", "line 2: got a byte that is no UTF-8 (0xff), expected the file in that "
                       "encoding"),
    (b'a,b\n1,"2\n', "line 2: got a quote that is never closed, expected another one")])
def test_what_is_no_csv_is_refused_by_line(server, body, detail):
    reply = upload(server, body, (422,))
    assert reply.json()["detail"] == detail


def test_a_file_needs_its_type_and_fits_the_limit(server):
    json_type = {"Content-Type": "application/json"}
    assert "text/csv" in upload(server, b"a\n1\n", (415,), json_type).json()["detail"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what curl says by itself
    assert "text/csv" in upload(server, b"a\n1\n", (415,), form).json()["detail"]
    reply = server.request("POST", "/experiments", data=b"{}", headers=CSV_TYPE)
    assert reply.status_code == 415 and "/api/v1/datasets" in reply.json()["detail"]
    limit = server.get("/options")["limits"]["body_bytes"]
    largest = b"a,b\n" + b"1,2\n" * ((limit - 4) // 4)
    assert len(largest) == limit
    assert f"at most {limit}" in upload(server, largest + b"\n", (413,)).json()["detail"]
    assert "more than 100000 rows" in upload(server, largest, (413,)).json()["detail"]


def test_a_file_in_use_stays_until_its_experiments_are_gone(server):
    identifier = upload(server, b"a,b\n1,2\n3,4\n").json()["id"]
    posted = spec({"kind": "upload", "id": identifier, "features": ["a"], "targets": ["b"]})
    experiment = server.train(posted)
    reply = server.request("DELETE", f"/datasets/{identifier}")
    assert reply.status_code == 409
    assert reply.json()["detail"] == \
        f"1 experiment uses data set {identifier}: delete it first"
    server.request("DELETE", f"/experiments/{experiment['id']}")
    assert server.request("DELETE", f"/datasets/{identifier}").status_code == 204
    assert server.request("DELETE", f"/datasets/{identifier}").status_code == 404
    assert server.request("GET", f"/datasets/{identifier}").status_code == 404
    assert "/dataset/id" in faults(server, posted["dataset"])


def test_a_name_like_a_file_s_id_does_not_keep_it(server):
    identifier = upload(server, b"a,b\n5,6\n7,8\n").json()["id"]
    server.train({**spec({"kind": "sine", "samples": 5}), "name": identifier})
    assert server.request("DELETE", f"/datasets/{identifier}").status_code == 204


def test_a_sweep_keeps_all_of_its_files(server):
    two = [upload(server, b"a,b\n%d,2\n3,4\n" % i).json()["id"] for i in (41, 42)]
    posted = spec({"kind": "upload", "id": two[0], "features": ["a"], "targets": ["b"]})
    experiment = server.train({**posted, "sweep": {"/dataset/id": two}})
    for identifier in two:
        assert server.request("DELETE", f"/datasets/{identifier}").status_code == 409
    server.request("DELETE", f"/experiments/{experiment['id']}")
    for identifier in two:
        assert server.request("DELETE", f"/datasets/{identifier}").status_code == 204


def test_files_are_listed_in_pages(fresh_server):
    server = fresh_server()
    ids = [upload(server, b"a,b\n1,%d\n" % i).json()["id"] for i in range(5)]
    listed, cursor, pages = [], "", []
    while cursor is not None:
        page = server.get(f"/datasets?limit=2{cursor and '&cursor=' + cursor}")
        pages.append(len(page["datasets"]))
        listed += [row["id"] for row in page["datasets"]]
        cursor = page["next"]
    assert listed == ids[::-1] and pages == [2, 2, 1]
    assert server.request("GET", "/datasets?limit=201").status_code == 400


def test_files_and_their_experiments_outlive_a_restart(fresh_server):
    server = fresh_server()
    identifier = upload(server).json()["id"]
    experiment = server.train(spec(chosen(identifier, standardize=True)))
    data = server.get(f"/experiments/{experiment['id']}/dataset")
    server.restart()
    assert server.get(f"/datasets/{identifier}")["rows"] == 4
    assert server.get(f"/experiments/{experiment['id']}/dataset") == data


# --- the files that come with the server -------------------------------------------------------

def test_iris_is_fishers(server):
    experiment = server.post({"dataset": {"kind": "iris"}})
    data = server.get(f"/experiments/{experiment['id']}/dataset")
    assert data["names"] == ["sepal_length", "sepal_width", "petal_length", "petal_width",
                             "species_setosa", "species_versicolor", "species_virginica"]
    assert len(data["rows"]) == 150
    # Fisher 1936, table 2: the means of the three species in cm.
    means = {4: [5.006, 3.428, 1.462, 0.246], 5: [5.936, 2.770, 4.260, 1.326],
             6: [6.588, 2.974, 5.552, 2.026]}
    for species, expected in means.items():
        rows = [row for row in data["rows"] if row[species] == 1]
        assert len(rows) == 50
        for k in range(4):
            assert round(statistics.fmean(row[k] for row in rows), 3) == expected[k]


def test_digits_and_wines_are_as_their_sources_say(server):
    """The counts of classes and the ranges of values in the UCI repository's descriptions."""
    digits = server.get(f"/experiments/{server.post({'dataset': {'kind': 'digits'}})['id']}/dataset")
    assert digits["n_features"] == 64 and digits["names"][64:] == [f"digit_{k}" for k in range(10)]
    assert digits["classes"] == [str(k) for k in range(10)]
    assert [sum(row[64 + k] for row in digits["rows"]) for k in range(10)] == \
        [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    pixels = {value for row in digits["rows"] for value in row[:64]}
    assert pixels == set(range(17))
    wine = server.get(f"/experiments/{server.post({'dataset': {'kind': 'wine'}})['id']}/dataset")
    assert wine["names"][0] == "alcohol" and wine["names"][12:] == \
        ["proline", "cultivar_1", "cultivar_2", "cultivar_3"]
    assert [sum(row[13 + k] for row in wine["rows"]) for k in range(3)] == [59, 71, 48]
    alcohol, proline = ([row[k] for row in wine["rows"]] for k in (0, 12))
    assert (round(min(alcohol), 1), round(max(alcohol), 1)) == (11.0, 14.8)
    assert (min(proline), max(proline)) == (278, 1680)


@pytest.mark.parametrize("kind", ["iris", "wine", "digits"])
def test_measured_data_are_scikit_learns(server, kind):
    datasets = pytest.importorskip("sklearn.datasets")
    experiment = server.post(spec({"kind": kind, "one_hot": False}))
    rows = server.get(f"/experiments/{experiment['id']}/dataset")["rows"]
    theirs = getattr(datasets, f"load_{kind}")()
    assert [row[:-1] for row in rows] == theirs.data.tolist()
    assert [row[-1] for row in rows] == theirs.target.tolist()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_anscombes_sets_have_one_line(server, number):
    """Anscombe 1973: mean 9.0 and 7.5, sum of squares 110.0 about the mean of x, y = 3 + 0.5 x,
    regression sum of squares 27.50, each to the digits printed there."""
    experiment = server.post(spec({"kind": "anscombe", "set": number}))
    rows = server.get(f"/experiments/{experiment['id']}/dataset")["rows"]
    xs, ys = zip(*rows)
    assert len(rows) == 11 and statistics.fmean(xs) == 9 and round(statistics.fmean(ys), 1) == 7.5
    slope, intercept = statistics.linear_regression(xs, ys)
    assert sum((x - 9) ** 2 for x in xs) == 110
    assert (round(slope, 2), round(intercept, 1)) == (0.5, 3.0)
    assert 27.46 <= slope * slope * 110 <= 27.52
