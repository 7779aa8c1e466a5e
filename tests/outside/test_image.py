"""What the container image promises, checked without a container engine."""
import json
import re
import shlex
import subprocess

from service import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def instructions(name):
    return re.findall(rf"(?m)^{name}\s+(.*)$", DOCKERFILE)


def health_check(port):
    line, = instructions("HEALTHCHECK")
    command = json.loads(line[line.index("["):])
    return subprocess.run([part.replace("8080", str(port)) for part in command],
                          stderr=subprocess.DEVNULL, timeout=10).returncode


def test_health_check_tells_a_live_server_from_a_dead_one(fresh_server):
    server = fresh_server()
    assert health_check(server.port) == 0
    server.stop()
    assert health_check(server.port) != 0


def test_image_copies_only_what_is_there():
    for line in instructions("COPY"):
        words = shlex.split(line)
        if not words[0].startswith("--from="):
            for source in words[:-1]:
                assert (ROOT / source).exists(), line


def test_image_runs_as_a_user_of_its_own_with_its_data_in_a_volume():
    last_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM "):]
    assert re.search(r"(?m)^USER descent$", last_stage)
    assert re.search(r"(?m)^VOLUME /data$", last_stage)
    assert '"--data", "/data"' in last_stage
