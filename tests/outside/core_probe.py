"""Asks the core's calculator, core_probe.c, which has only libcore in it.

It is built by `make` into the build directory of $BUILD (default: build), like everything else."""
import os
import pathlib
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program():
    build = ROOT / os.environ.get("BUILD", "build")
    path = build / "tests/outside/core_probe"
    if not path.exists():
        subprocess.run(["make", "-s", f"BUILD={build}", str(path)], cwd=ROOT, check=True)
    return path


def ask(commands):
    """The answers to the commands, one line for each that asks something."""
    done = subprocess.run([program()], input="".join(f"{line}\n" for line in commands),
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and not done.stderr, (done.returncode, done.stderr)
    return done.stdout.split("\n")[:-1]


def floats(answer):
    return [float.fromhex(word) for word in answer.split()]


def integers(answer):
    return [int(word) for word in answer.split()]


def bits(value):
    """A double as a number that tells -0.0 from 0.0; every NaN is the same."""
    return struct.unpack("<Q", struct.pack("<d", value if value == value else float("nan")))[0]
