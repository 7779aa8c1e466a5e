"""The page's files as the server gives them: the bytes of static/, whole, compressed, and cached."""
import gzip
import posixpath
import re
import zlib

import pytest

from service import ROOT

UPLOT = ROOT / "static/node_modules/uplot/dist"
FILES = {"/" + str(path.relative_to(ROOT / "static")): path
         for pattern in ("html", "css", "js", "svg", "png", "ico")
         for folder in ("", "*/") for path in (ROOT / "static").glob(f"{folder}*.{pattern}")}
FILES["/"] = FILES.pop("/index.html")
FILES.update({"/uplot/" + name: UPLOT / name for name in ("uPlot.esm.js", "uPlot.min.css")})
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript",
         ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon"}


def get(server, path, **headers):
    """The raw reply: requests would unpack it."""
    reply = server.request("GET", "/" + path, headers=headers, stream=True)
    return reply, reply.raw.read(decode_content=False)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_file_of_the_page_arrives_byte_for_byte(server, path):
    reply, body = get(server, path, **{"Accept-Encoding": "identity"})
    assert reply.status_code == 200
    assert body == FILES[path].read_bytes()
    assert reply.headers["Content-Type"].split(";")[0] == TYPES[FILES[path].suffix]
    assert "Content-Encoding" not in reply.headers


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_compressed_file_unpacks_to_the_same_bytes(server, path):
    reply, body = get(server, path, **{"Accept-Encoding": "gzip"})
    if reply.headers.get("Content-Encoding") == "gzip":
        assert len(body) < FILES[path].stat().st_size
        body = gzip.decompress(body)
    else:
        # Not worth it: gzip saves less than a tenth, or the file fits in a packet.
        whole = FILES[path].read_bytes()
        assert len(whole) < 1024 or len(zlib.compress(whole, 9)) > 0.89 * len(whole)
    assert body == FILES[path].read_bytes()


@pytest.mark.parametrize("path", ["/", "/main.js", "/chart/chart.js"])
def test_an_unchanged_file_is_not_sent_again(server, path):
    for coding in ("identity", "gzip"):
        reply, _ = get(server, path, **{"Accept-Encoding": coding})
        tag = reply.headers["ETag"]
        assert tag.startswith('"') and tag.endswith('"'), tag
        again, body = get(server, path, **{"Accept-Encoding": coding, "If-None-Match": tag})
        assert (again.status_code, body, again.headers["ETag"]) == (304, b"", tag)


def test_the_library_that_draws_is_among_the_files(server):
    reply, body = get(server, "/uplot/uPlot.esm.js", **{"Accept-Encoding": "identity"})
    assert reply.status_code == 200 and b"uPlot" in body


def test_every_module_imports_what_is_there():
    """A name with a wrong folder would be noticed by whoever opens the page, and late."""
    imported = 0
    for path, file in FILES.items():
        if file.suffix != ".js" or "uplot" in path:
            continue
        for name in re.findall(r"""(?:from |import\()["'](\.[^"']+)["']""", file.read_text()):
            address = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            assert address in FILES, (path, name)
            imported += 1
    assert imported > 20


@pytest.mark.parametrize("path", ["/index.html", "/package.json", "/Makefile", "/chart",
                                  "/chart/", "/chart.js", "/node_modules/uplot/package.json",
                                  "/uplot/uPlot.cjs.js"])
def test_nothing_else_of_the_folder_is_served(server, path):
    reply = server.request("GET", "/" + path)
    assert reply.status_code == 404, reply.text[:200]
