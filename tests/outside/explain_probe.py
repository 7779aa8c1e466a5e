"""Asks the core's explanations, explain_probe.c, about runs given as dictionaries."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program():
    build = ROOT / os.environ.get("BUILD", "build")
    path = build / "tests/outside/explain_probe"
    if not path.exists():
        subprocess.run(["make", "-s", f"BUILD={build}", str(path)], cwd=ROOT, check=True)
    return path


def plain(run):
    """As JSON can hold it: arrays as lists, without what is None."""
    return {name: value.tolist() if hasattr(value, "tolist") else value
            for name, value in run.items() if value is not None}


def explain(runs, timeout=300):
    """What is told of each run; its verdicts also by code, under "fired"."""
    done = subprocess.run([program()], input="".join(json.dumps(plain(run)) + "\n" for run in runs),
                          capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0 and not done.stderr, (done.returncode, done.stderr)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        answer["fired"] = {verdict["code"]: verdict for verdict in answer.get("verdicts", [])}
    return answers
