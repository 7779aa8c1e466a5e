"""The shape of the house: which room may include which, what the core may not touch, what lies at
the top level. Each failure prints the offending lines as file:line: text."""
import json
import pathlib
import re
import subprocess

import pytest

from service import ROOT, binary

# room: the rooms it may include besides itself. Arrows go down only; http knows nothing of
# experiments, the engine nothing of JSON, the core nothing of the server.
BASE = ["core/base"]
CORE = BASE + ["core/data", "core/model", "core/train", "core/explain"]
ROOMS = {
    "core/base": [],
    "core/data": BASE,
    "core/model": BASE,
    "core/train": BASE + ["core/data", "core/model"],
    "core/explain": CORE,
    "server/base": BASE,
    "server/engine": BASE + ["core/train", "server/base"],  # of core/train: history.h
    "server/start": BASE + ["server/base"],
    "server/spec": CORE + ["server/base"],
    "server/lab": CORE + ["server/base", "server/spec", "server/engine"],
    "server/http": BASE + ["server/base"],
    "server/api": CORE + ["server/base", "server/spec", "server/engine", "server/lab",
                          "server/http"],
    "server": CORE + ["server/base", "server/spec", "server/engine", "server/lab", "server/http",
                      "server/api", "server/start"],
}

# Inside core/explain: what each of its rooms may include of the others. The frame of a verdict
# knows none of the diagnoses that stand on it.
EXPLAIN = {
    "core/explain/verdict": [],
    "core/explain/diagnosis": ["core/explain/verdict", "core/explain/step"],
    "core/explain/floors": [],
    "core/explain/landscape": ["core/explain/step", "core/explain/floors"],
    "core/explain/step": [],
    "core/explain/sweep": [],
}

# The only rooms that may include a library's header, or the header that brings it along.
LIBRARIES = {
    "microhttpd.h": ["server/http"],
    "sqlite3.h": ["server/engine"],
    "sodium.h": ["server/base", "server/http", "server/start"],
    "jansson.h": ["server/base", "server/spec", "server/lab", "server/api", "server"],
    "server/base/json.h": ["server/base", "server/spec", "server/lab", "server/api", "server"],
}

# What the core may take from libc: no threads, files, clocks or environment.
CORE_HEADERS = {"assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h",
                "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h"}
CORE_SYMBOLS = re.compile(
    r"(pthread|thrd|mtx|cnd|sem|clock)_\w+|(f|fd|fre)?open(64)?|f?(read|write|close)|ioctl|mmap|"
    r"(__)?[dvf]*printf(_chk)?|f?put[cs]|putchar|perror|std(in|out|err)|syslog|time|clock|"
    r"gettimeofday|localtime(_r)?|gmtime(_r)?|nanosleep|usleep|sleep|secure_getenv|[gs]etenv|"
    r"_?exit|abort|system|popen|fork|signal|sigaction|s?rand(om)?(_r)?|setlocale")

BANNED = ["strcpy", "strcat", "sprintf", "vsprintf", "strtok", "atoi", "atof", "rand",
          "localtime", "gets", "alloca"]
TOP_LEVEL = {"server", "core", "static", "tests", "Makefile", "Dockerfile", "README.md"}
BUILT = {"build"}  # git-ignored


def sources(*folders):
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.[ch]"))]
    assert paths, f"no C sources in {folders}"
    return paths


def code_lines(path):
    """(number, text) of each line, with comments and the contents of literals blanked out."""
    def blank(match):
        text = match.group(0)
        return re.sub(r"[^\n]", " ", text) if text.startswith("/") else text[0] + text[-1]

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    text = path.read_text()
    keep_includes = re.sub(r'(?m)^(\s*#\s*include\s*)"([^"]*)"', r"\1<\2>", text)
    return list(enumerate(re.sub(pattern, blank, keep_includes, flags=re.S).split("\n"), 1))


def includes(path):
    for number, line in code_lines(path):
        match = re.match(r"\s*#\s*include\s*<([^>]*)>", line)
        if match:
            yield number, match.group(1)


def room_of(path):
    """The folder a source or an included name stands in; None for a system header."""
    name = str(path.relative_to(ROOT)) if isinstance(path, pathlib.Path) else path
    if not name.startswith(("core/", "server/")):
        return None
    return "/".join(name.split("/")[:-1][:2])


def place(path, number, text):
    return f"{path.relative_to(ROOT)}:{number}: {text}"


def none_of(offences):
    assert not offences, "\n" + "\n".join(offences)


def test_includes_go_down_only():
    offences = []
    for path in sources("core", "server"):
        room = room_of(path)
        assert room in ROOMS, f"{path.relative_to(ROOT)}: a room that ROOMS does not know"
        for number, name in includes(path):
            target = room_of(name)
            if target is not None and target != room and target not in ROOMS[room]:
                offences.append(place(path, number, f'#include "{name}" from {room}'))
    offences += [place(path, number, f'#include "{name}"') for path in sources("tests/core")
                 for number, name in includes(path) if name.startswith("server/")]
    none_of(offences)


def test_the_rooms_of_the_explanations_include_downwards_only():
    offences = []
    for path in sources("core/explain"):
        room = "/".join(str(path.relative_to(ROOT)).split("/")[:-1])
        for number, name in includes(path):
            target = "/".join(name.split("/")[:-1])
            if room in EXPLAIN and target.startswith("core/explain/") and target != room and \
                    target not in EXPLAIN[room]:
                offences.append(place(path, number, f'#include "{name}" from {room}'))
    rooms = {str(path.relative_to(ROOT)) for path in (ROOT / "core/explain").iterdir()
             if path.is_dir()}
    assert rooms == set(EXPLAIN)
    none_of(offences)


def test_own_headers_are_included_from_the_root():
    offences = [place(path, number, name) for path in sources("core", "server", "tests")
                for number, line in enumerate(path.read_text().split("\n"), 1)
                for name in re.findall(r'^\s*#\s*include\s*"([^"]*)"', line)
                if not (ROOT / name).is_file()]
    none_of(offences)


def test_libraries_stay_in_their_room():
    offences = [place(path, number, f"#include <{name}>") for path in sources("core", "server")
                for number, name in includes(path)
                if name in LIBRARIES and room_of(path) not in LIBRARIES[name]]
    none_of(offences)


def test_core_uses_libc_alone():
    offences = [place(path, number, f"#include <{name}>") for path in sources("core")
                for number, name in includes(path)
                if not name.startswith("core/") and name not in CORE_HEADERS]
    none_of(offences)


def core_symbols():
    """(kind, section, name) of every symbol of the core's library, as nm tells them."""
    library = binary().parent / "libcore.a"
    assert library.is_file(), f"{library}: build it first (make test does)"
    listing = subprocess.run(["nm", "--format=sysv", str(library)], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    rows = [[cell.strip() for cell in line.split("|")] for line in listing.splitlines()]
    symbols = [(row[2], row[6], row[0]) for row in rows if len(row) == 7 and row[0] != "Name"]
    if any(name.startswith(("__asan_", "__tsan_", "__ubsan_")) for _, _, name in symbols):
        pytest.skip("a sanitizer's build: its own data stands in the library")
    return symbols


def test_core_calls_no_thread_file_clock_or_environment():
    symbols = core_symbols()
    called = {name for kind, _, name in symbols if kind == "U"}
    assert "free" in called, f"nm's output was not understood: {sorted(called)}"
    none_of([f"libcore.a calls {name}" for name in sorted(called) if CORE_SYMBOLS.fullmatch(name)])


def test_core_keeps_no_mutable_state():
    # Constants with addresses in them stand in .data.rel.ro: written by the loader, then never.
    none_of([f"libcore.a: {name} is in {section}" for kind, section, name in core_symbols()
             if re.match(r"\.(data|bss|tdata|tbss)\b", section) and
             not section.startswith(".data.rel.ro")])


def test_no_banned_function_is_called():
    called = re.compile(r"\b(" + "|".join(BANNED) + r")\s*\(")
    none_of([place(path, number, line.strip()) for path in sources("core", "server", "tests")
             for number, line in code_lines(path) if called.search(line)])


def test_build_keeps_the_arithmetic():
    makefile = (ROOT / "Makefile").read_text()
    assert "-ffp-contract=off" in makefile
    for flag in ("-ffast-math", "-march=native", "-Ofast"):
        assert flag not in makefile, flag


def test_every_source_says_what_it_is_for():
    none_of([place(path, 1, path.read_text().split("\n")[0])
             for path in sources("core", "server", "tests")
             if not re.match(r"/\* \S", path.read_text())])


def test_lines_have_at_most_a_hundred_columns():
    kinds = {".c", ".h", ".js", ".css", ".html", ".sh"}
    paths = [path for folder in ("core", "server", "static")
             for path in sorted((ROOT / folder).rglob("*"))
             if path.suffix in kinds and "node_modules" not in path.parts]
    assert {path.suffix for path in paths} == kinds
    none_of([place(path, number, line) for path in paths
             for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
             if len(line) > 100])


def test_top_level_holds_only_the_fixed_names():
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert names - BUILT <= TOP_LEVEL, sorted(names - BUILT - TOP_LEVEL)
    assert TOP_LEVEL <= names, sorted(TOP_LEVEL - names)


def test_lock_of_the_page_names_no_download_address():
    lock = json.loads((ROOT / "static/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry and entry["integrity"].startswith("sha512-"), (name, entry)
