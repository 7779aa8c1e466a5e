#!/usr/bin/python3
"""Writes tests/core/golden_report.h from report.json, so that the C tests need no JSON.

Run in the repository's root after report.json changed:  tests/golden/make_header.py
"""
import json
import pathlib

GOLDEN = pathlib.Path(__file__).resolve().parent
HEADER = GOLDEN.parent / "core" / "golden_report.h"


def table(rows):
    return "\n".join("    {" + ", ".join(float(v).hex() for v in row) + "}," for row in rows)


def experiment(name, golden):
    spec = golden["spec"]
    losses = ", ".join(float(v).hex() for v in golden["losses"].values())
    final = golden["final_weights"] + golden["final_biases"]
    return f"""    {{
        .name = "{name}",
        .learning_rate = {float(spec["lr"]).hex()},
        .has_random_target = {int(spec["random_target"])},
        .start = {{{", ".join(float(v).hex() for v in spec["init"])}}},
        .losses = {{{losses}}},
        .final = {{{", ".join(float(v).hex() for v in final)}}},
        .prediction = {float(golden["prediction"]).hex()},
    }},"""


def main():
    report = json.loads((GOLDEN / "report.json").read_text())
    experiments = report["experiments"]
    epochs = [int(e) for e in next(iter(experiments.values()))["losses"]]
    assert all([int(e) for e in v["losses"]] == epochs for v in experiments.values())
    query = ", ".join(float(v).hex() for v in report["recipe"]["query"])
    text = f"""/* Golden values of the founding report, written by tests/golden/make_header.py: don't edit. */
/* clang-format off */
#ifndef TESTS_CORE_GOLDEN_REPORT_H
#define TESTS_CORE_GOLDEN_REPORT_H

enum {{
    GOLDEN_SAMPLES = {len(report["rows"])},
    GOLDEN_EXPERIMENTS = {len(experiments)},
    GOLDEN_EPOCHS = {len(epochs)},
    GOLDEN_LAST_EPOCH = {epochs[-1]},
}};

/* The epochs whose losses are known, counted from 1. */
static const int golden_epochs[GOLDEN_EPOCHS] = {{{", ".join(map(str, epochs))}}};

static const double golden_query[2] = {{{query}}};

struct golden_experiment {{
    const char *name;
    double learning_rate;
    int has_random_target;
    double start[9]; /* w1..w6, bias1..bias3 */
    double losses[GOLDEN_EPOCHS];
    double final[9];
    double prediction;
}};

/* n1, n2, n3 */
static const double golden_rows[GOLDEN_SAMPLES][3] = {{
{table(report["rows"])}
}};

/* n1, n2, a random target */
static const double golden_random_rows[GOLDEN_SAMPLES][3] = {{
{table(report["random_rows"])}
}};

static const struct golden_experiment golden_experiments[GOLDEN_EXPERIMENTS] = {{
{chr(10).join(experiment(name, golden) for name, golden in experiments.items())}
}};

#endif
"""
    HEADER.write_text(text)


if __name__ == "__main__":
    main()
