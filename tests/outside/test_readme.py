"""What the README says, held against the server: its example, its presets and numbers, its routes
and options."""
import json
import os
import re
import subprocess

from service import JSON_TYPE, ROOT, binary

README = (ROOT / "README.md").read_text()
GOLDEN = json.loads((ROOT / "tests/golden/report.json").read_text())["experiments"]


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(title):
    """The rows of the section's table, as lists of cells."""
    rows = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def test_the_example_spec_is_accepted_as_it_stands(server):
    example = re.search(r"```json\n(.*?)```", section("The spec"), re.S).group(1)
    reply = server.request("POST", "/experiments?validate=true", data=example, headers=JSON_TYPE)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert answer["runs"] == 4
    for name, value in json.loads(example).items():
        if name not in ("sweep", "network"):
            assert value.items() <= answer["spec"][name].items() if isinstance(value, dict) \
                else value == answer["spec"][name], name


def test_every_preset_stands_in_a_table(server):
    served = [preset for group in server.get("/presets")["groups"] for preset in group["presets"]]
    for title, is_reported in (("The report's experiments", True), ("After the report", False)):
        assert [row[0].strip("`") for row in table(title)] == [
            preset["name"] for preset in served if ("saw" in preset) == is_reported], title


def test_the_presets_after_the_report_end_with_the_losses_of_the_table(server):
    """To the digits written there: the same bits on every machine, so it is an equality."""
    for name, _, losses in table("After the report"):
        experiment = server.train({"preset": name.strip("`"), "cache": False})
        assert experiment["states"] == {"done": len(experiment["runs"])}, name
        assert losses == ", ".join(f"{run['loss']:.3f}" for run in experiment["runs"]), name


def test_the_numbers_of_the_presets_are_the_golden_ones():
    compared = 0
    for name, first, last, _ in table("The report's experiments"):
        if name.strip("`") in GOLDEN:
            losses = GOLDEN[name.strip("`")]["losses"]
            assert first == f"{losses['1']:.2f}", name
            assert last == f"{losses['1000']:.4f}", name
            compared += 1
    assert compared == len(GOLDEN)


def test_the_classes_are_predicted_as_written(server):
    text = README.split("\n### Classes\n")[1].split("\n### ")[0]
    spec, inputs = (json.loads(json_text) for json_text in
                    re.findall(r"--json '(.*?)'", text, re.S))
    experiment = server.train(spec)["id"]
    reply = server.request("POST", f"/experiments/{experiment}/runs/0/predict",
                           data=json.dumps(inputs), headers=JSON_TYPE)
    written = [json.loads(line) for line in text.splitlines() if line.startswith("[")]
    assert len(written) == 2 and reply.json()["outputs"] == written
    names = server.get(f"/experiments/{experiment}/dataset")["names"]
    assert ", ".join(f"`{name}`" for name in names[4:]) in text


def test_the_metrics_are_as_written(server):
    text = README.split("\n### Classes\n")[1].split("\n### ")
    spec = json.loads(re.search(r"--json '(.*?)'", text[0], re.S).group(1))
    experiment = server.train(spec)["id"]
    metrics = server.get(f"/experiments/{experiment}/runs/0")["metrics"]
    written = [json.loads(line) for line in text[1].split("\n### ")[0].splitlines()
               if line.startswith("{")]
    assert written[:2] == [metrics["train"], metrics["test"]]


def test_the_series_are_as_written(server):
    text = README.split("\n### Series and stopping\n")[1].split("\n### ")[0]
    experiment = server.train(json.loads(re.search(r"--json '(.*?)'", text, re.S).group(1)))
    row = experiment["runs"][0]
    lines = text.splitlines()
    assert json.dumps([row["epoch"], row["stopped"], row["best_epoch"]],
                      separators=(",", ":")) in lines
    table_path = f"/experiments/{experiment['id']}/runs/0/epochs?format=csv&from={row['epoch'] - 1}"
    written = lines.index("epoch,loss,end_loss,accuracy,validation_loss,validation_accuracy")
    assert server.text(table_path).splitlines() == lines[written:written + 3]


def test_the_verdicts_are_as_written(server):
    text = README.split("\n### What happened?\n")[1].split("\n### ")[0]
    experiment = server.explained(server.post({"preset": "lr_0.025"})["id"])["id"]
    verdicts = server.get(f"/experiments/{experiment}/runs/0/verdicts",
                          headers={"Prefer": "wait=60"}, timeout=90 * server.slowness)
    written = [json.loads(line) for line in text.splitlines() if line[:1] in ("[", '"')]
    assert written == [verdicts["text"]] + [
        [verdict[name] for name in ("code", "severity", "kind", "certain")]
        for verdict in verdicts["verdicts"]]
    assert verdicts["text"] in README.split("\n## ")[0].splitlines()


def test_the_step_by_hand_is_as_written(server):
    text = README.split("\n### A step by hand\n")[1].split("\n### ")[0]
    experiment = server.train({"preset": "lr_0.0004"})["id"]
    step = server.get(f"/experiments/{experiment}/runs/0/step?epoch=1&sample=4")
    written = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert written == [step["backward"][1], step["update"][6]]
    posted = re.search(r"--json '(.*?)'", text).group(1)
    marks = server.request("POST", f"/experiments/{experiment}/runs/0/step/check?epoch=1&sample=4",
                           data=posted, headers=JSON_TYPE).json()
    lines = text.split("first_wrong.slip'\n")[1].splitlines()[:3]
    assert [json.loads(line) for line in lines] == [
        marks["right"], marks["first_wrong"]["name"], marks["first_wrong"]["slip"]]


def test_the_landscape_is_as_written(server):
    text = README.split("\n### A landscape\n")[1].split("\n### ")[0]
    experiment = server.train({"preset": "lr_0.0004"})["id"]
    line = server.get(f"/experiments/{experiment}/runs/0/landscape?kind=parameters&x=w1")
    written = [json.loads(row) for row in text.split("exact.least'\n")[1].splitlines()[:3]]
    assert written == [line["here"], len(line["exact"]["pieces"]), line["exact"]["least"]]


def test_every_route_is_there(server):
    written = re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`]*)`", section("The API"))
    assert len(written) >= 16, written
    for method, path in written:
        path = path.replace("{id}", "none").replace("{n}", "0").replace("{name}", "none")
        is_top = path in ("/healthz", "/readyz", "/metrics")
        reply = server.request("OPTIONS", ("/" if is_top else "") + path)
        assert method in reply.headers.get("Allow", "").split(", "), (method, path)


def test_the_options_of_the_program_are_its_own():
    usage = subprocess.run([binary(), "--help"], check=True, stdout=subprocess.PIPE, text=True,
                           timeout=120).stdout
    for option in set(re.findall(r"`(--[a-z]+) [A-Z]+`", README)):
        assert f"  {option} " in usage, option


def test_the_targets_of_make_are_there():
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    answer = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True,
                            env=environment, timeout=120)
    assert answer.stderr == ""
    listed = answer.stdout
    targets = set(re.findall(r"\bmake ([a-z]+)", "\n".join(
        line for line in README.splitlines() if line.startswith("    ") or "`make " in line)))
    assert {"run", "test", "check", "bench", "help"} <= targets
    for target in targets:
        assert re.search(rf"(?m)^{target}: ", listed), target


def test_its_picture_is_there():
    for path in re.findall(r"!\[[^\]]*\]\(([^)]*)\)", README):
        assert (ROOT / path).is_file(), path
