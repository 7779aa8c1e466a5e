#!/usr/bin/python3
"""The report's training as a plain Python loop, timed: what the C core is compared with.

Prints one line: processor seconds per sample update, the last epoch's loss, the Python version.
"""
import json
import pathlib
import platform
import time

EPOCHS = 250
REPORT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "report.json"


def train(rows, start, step, epochs):
    w1, w2, w3, w4, w5, w6, b1, b2, b3 = start
    n = len(rows)
    for _ in range(epochs):
        total = 0.0
        for x, z, y in rows:
            u = w1 * x + w2 * z + b1
            v = w3 * x + w4 * z + b2
            h = u if u > 0 else 0.0
            g = v if v > 0 else 0.0
            e = y - (w5 * h + w6 * g + b3)
            total += e * e
            c = step * e
            c1 = c * w5 if u > 0 else 0.0
            c2 = c * w6 if v > 0 else 0.0
            w5 += c * h
            w6 += c * g
            b3 += c
            w1 += c1 * x
            w2 += c1 * z
            b1 += c1
            w3 += c2 * x
            w4 += c2 * z
            b2 += c2
    return total / n


def main():
    report = json.loads(REPORT.read_text())
    spec = report["experiments"]["lr_1e-7"]["spec"]
    rows = [tuple(map(float, row)) for row in report["rows"]]
    start = [float(v) for v in spec["init"]]
    train(rows, start, spec["lr"], 5)
    began = time.process_time()
    loss = train(rows, start, spec["lr"], EPOCHS)
    seconds = (time.process_time() - began) / (EPOCHS * len(rows))
    print(f"{seconds:.6e} {loss.hex()} {platform.python_version()}")


if __name__ == "__main__":
    main()
