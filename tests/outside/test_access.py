"""Who may use a server that others can reach: tokens, links, cookies, and what strangers get."""
import http.server
import os
import stat
import subprocess
import threading

import pytest
import requests

import specs
from service import JSON_TYPE, binary, wait_until
from sse import EventStream
from test_page import browser  # noqa: F401  (a fixture)
from wire import Wire, problem_of

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
GIVEN = "course-2026.Descent_~"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server with a token of its own making, and that token."""
    import service
    server = service.Server(tmp_path_factory.mktemp("shared") / "data", arguments=["--token"])
    token = server.token()
    server.session.headers.pop("Authorization")
    yield server, token
    assert server.stop() == 0, server.stderr()
    assert token not in server.log.read_text()
    server.check_log()


def ask(server, method, path, **options):
    """A request of its own: no keep-alive, no cookies kept, redirects not followed."""
    return requests.request(method, server.url + path, allow_redirects=False, timeout=120,
                            proxies={"http": None}, **options)


def bearer(token, scheme="Bearer"):
    return {"Authorization": f"{scheme} {token}"}


def run(tmp_path, *arguments, **variables):
    """A start that must fail: exit code, standard output and standard error."""
    environment = {**os.environ, **variables}
    ended = subprocess.run([binary(), "--data", tmp_path / "data", *arguments], timeout=120,
                           env=environment, capture_output=True, text=True)
    return ended.returncode, ended.stdout, ended.stderr


# --- the start ----------------------------------------------------------------------


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:0"])
def test_an_address_that_others_reach_needs_a_token(tmp_path, address):
    code, output, errors = run(tmp_path, "--listen", address)
    assert code == 2 and output == "", (code, output, errors)
    for advice in ("--token", "--token-file FILE", "DESCENT_TOKEN", "127.0.0.1"):
        assert advice in errors, errors


def test_all_of_loopback_needs_none(fresh_server):
    """And the address itself is then a Host name."""
    server = fresh_server(arguments=["--listen", "127.0.0.1:0"])
    assert ask(server, "GET", "/").status_code == 200
    assert len(server.output) == 1, server.output


def test_a_server_for_all_addresses_starts_with_a_token(tmp_path):
    process = subprocess.Popen([binary(), "--data", tmp_path / "data", "--listen", "0.0.0.0:0",
                                "--token", "--host", "lab.example"],
                               stdout=subprocess.PIPE, text=True)
    try:
        first, second = process.stdout.readline(), process.stdout.readline()
        port = int(first.removeprefix("listening on http://0.0.0.0:").rstrip("/\n"))
        assert second.startswith(f"the link to share: http://lab.example:{port}/?token="), second
        token = second.rstrip("\n").partition("=")[2]
        for host, status in (("lab.example", 200), (f"127.0.0.1:{port}", 200), ("evil.com", 421),
                             (f"0.0.0.0:{port}", 421)):
            reply = requests.get(f"http://127.0.0.1:{port}/", timeout=120, proxies={"http": None},
                                 headers={"Host": host, **bearer(token)})
            assert reply.status_code == status, (host, reply.text)
    finally:
        process.terminate()
        assert process.wait(120) == 0


def test_the_token_is_long_kept_private_and_outlives_a_restart(fresh_server):
    server = fresh_server(arguments=["--token"])
    token = server.token()
    assert len(token) == 43, token  # 32 bytes in base64
    file = server.data / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == token + "\n"
    cookie = ask(server, "GET", f"/?token={token}").headers["Set-Cookie"].partition("=")[2]
    server.restart(port=server.port)
    assert server.token() == token
    assert ask(server, "GET", f"/?token={token}").headers["Set-Cookie"].endswith(cookie)
    assert [line for line in server.output if token in line] == [server.output[1]]
    assert token not in server.output[0]


def test_two_servers_make_different_tokens(fresh_server):
    assert fresh_server(arguments=["--token"]).token() != \
        fresh_server(arguments=["--token"]).token()


def test_a_token_comes_from_a_file_or_the_environment(fresh_server, tmp_path, monkeypatch):
    file = tmp_path / "secret"
    file.write_text(GIVEN + "\r\n")
    server = fresh_server(arguments=["--token-file", str(file)])
    assert server.token() == GIVEN
    assert server.get("/presets")
    assert not (server.data / "token").exists()
    monkeypatch.setenv("DESCENT_TOKEN", "another-" + GIVEN)
    assert fresh_server().token() == "another-" + GIVEN
    assert fresh_server(arguments=["--token-file", str(file)]).token() == GIVEN


@pytest.mark.parametrize("token", ["", "short", "fifteen-letters", "x" * 129, "y" * 4000,
                                   "sixteen letters-and-a-space", "percent%41percent%41",
                                   "sixteen-letters-and-ä"])
def test_tokens_that_cannot_be_sent_or_could_be_guessed_are_refused(tmp_path, token):
    file = tmp_path / "secret"
    file.write_text(token)
    for arguments, variables in ((["--token-file", str(file)], {}), ([], {"DESCENT_TOKEN": token})):
        code, output, errors = run(tmp_path, "--listen", "127.0.0.1:0", *arguments, **variables)
        assert code == 2 and output == "", (code, output, errors)
        assert "token" in errors.lower() and (not token or token not in errors), errors


def test_a_token_file_that_cannot_be_read_is_named(tmp_path):
    code, _, errors = run(tmp_path, "--token-file", str(tmp_path / "missing"))
    assert code == 1 and "missing: No such file" in errors, errors
    code, _, errors = run(tmp_path, "--token-file", str(tmp_path))
    assert code == 1 and "Is a directory" in errors, errors
    code, _, errors = run(tmp_path, "--token", "--token-file", "x")
    assert code == 2 and "exclude each other" in errors, errors


# --- strangers ----------------------------------------------------------------------


@pytest.mark.parametrize("method, path", [
    ("GET", "/"), ("HEAD", "/"), ("GET", "/app.js"), ("GET", "/api/v1/experiments"),
    ("POST", "/api/v1/experiments"), ("DELETE", "/api/v1/experiments/abc"),
    ("GET", "/api/v1/experiments/abc/events"), ("GET", "/api/v1/options"), ("OPTIONS", "/"),
    ("BREW", "/"), ("GET", "/no/such/path"), ("GET", "/healthz/"), ("GET", "/metrics"),
    ("GET", "//healthz"), ("GET", "/healthz%2f")])
def test_without_the_token_every_path_is_401(shared, method, path):
    server, _ = shared
    with Wire(server.port) as wire:
        wire.ask(method, path)
        reply = wire.reply(method)
    assert reply.status == 401, reply
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in reply.headers
    if method != "HEAD":
        assert "Bearer" in problem_of(reply)["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/healthz?token=wrong"])
def test_health_stays_open(shared, path):
    server, _ = shared
    assert ask(server, "GET", path).json()["status"] == "ok"
    assert ask(server, "HEAD", path).status_code == 200


def test_a_browser_gets_a_page_that_says_what_to_do(shared):
    server, _ = shared
    reply = ask(server, "GET", "/", headers=BROWSER)
    assert reply.status_code == 401
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "link from your teacher" in reply.text and "refresh" not in reply.text
    assert len(reply.content) < 2000
    assert "script" not in reply.headers["Content-Security-Policy"].partition("script-src")[0]


def test_a_strangers_body_is_not_read(shared):
    """The answer comes while the body is still announced."""
    server, _ = shared
    with Wire(server.port) as wire:
        wire.send("POST /api/v1/experiments HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000\r\n"
                  "Content-Type: application/json\r\n\r\n{")
        assert wire.reply().status == 401
        assert wire.is_closed()


# --- scripts ------------------------------------------------------------------------


def test_a_bearer_may_do_everything(shared):
    server, token = shared
    headers = bearer(token)
    made = ask(server, "POST", "/api/v1/experiments", json=specs.report(epochs=5), headers=headers)
    assert made.status_code == 201
    with EventStream(server.port, made.headers["Location"] + "/events", headers) as stream:
        assert stream.status == 200
        assert list(stream)[-1].data["state"] == "done"
    assert ask(server, "GET", "/", headers=headers).status_code == 200
    assert ask(server, "GET", "/", headers=bearer(token, "bearer")).status_code == 200
    assert ask(server, "DELETE", made.headers["Location"], headers=headers).status_code == 204


def test_anything_but_the_token_is_401(shared):
    server, token = shared
    other = "A" if token[-1] != "A" else "B"
    cookie = ask(server, "GET", f"/?token={token}").headers["Set-Cookie"].split(";")[0]
    value = cookie.partition("=")[2]
    assert value != token
    for wrong in ("", token[:-1], token[:-1] + other, token + "A", token.swapcase(), value, "*"):
        assert ask(server, "GET", "/", headers=bearer(wrong)).status_code == 401, wrong
    for scheme in ("Basic", "Token", "Bearer:"):
        assert ask(server, "GET", "/", headers=bearer(token, scheme)).status_code == 401, scheme
    assert ask(server, "GET", "/", headers={"Authorization": token}).status_code == 401
    for wrong in (f"descent-{server.port}={token}", f"descent-{server.port + 1}={value}",
                  f"descent-{server.port}={value}A", f"descent-{server.port}="):
        assert ask(server, "GET", "/", headers={"Cookie": wrong}).status_code == 401, wrong


# --- links and cookies --------------------------------------------------------------


def test_a_link_is_exchanged_for_a_cookie(shared):
    server, token = shared
    session = requests.Session()
    session.trust_env = False
    reply = session.get(f"{server.url}/?token={token}", headers=BROWSER, allow_redirects=False)
    assert reply.status_code == 303 and reply.headers["Location"] == "/"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-store"
    name, _, rest = reply.headers["Set-Cookie"].partition("=")
    value, *attributes = rest.split("; ")
    assert name == f"descent-{server.port}" and len(value) == 43
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    session.cookies.set(name, value)
    assert session.get(server.url + "/").status_code == 200
    made = session.post(server.url + "/api/v1/experiments", json=specs.report(epochs=5))
    assert made.status_code == 201
    cookie = {"Cookie": f"other=1; {name}={value}; last=2"}
    with EventStream(server.port, made.headers["Location"] + "/events", cookie) as stream:
        assert stream.status == 200


@pytest.mark.parametrize("target, location", [
    ("/?token=TOKEN", "/"), ("/?a=1&token=TOKEN&b=2%20", "/?a=1&b=2%20"),
    ("/?token=TOKEN&token=TOKEN", "/"), ("/?token=wrong&token=TOKEN", "/"),
    ("/app.js?token=TOKEN", "/app.js"), ("/no/such%20path?token=TOKEN&x", "/no/such%20path?x"),
    ("//evil.example/?token=TOKEN", "/"), ("/\\evil.example/?token=TOKEN", "/"),
    ("http://HOST/a?token=TOKEN", "/a"),
    ("/healthz/../?&token=TOKEN&&", "/healthz/../")])
def test_the_redirect_is_to_the_same_path_without_the_token(shared, target, location):
    server, token = shared
    with Wire(server.port) as wire:
        wire.ask("GET", target.replace("TOKEN", token).replace("HOST", f"127.0.0.1:{server.port}"))
        reply = wire.reply()
    assert reply.status == 303, reply
    assert reply.headers["location"] == location
    assert token not in str(reply)


@pytest.mark.parametrize("target", ["/?token=", "/?token", "/?token=TOKENx", "/?Token=TOKEN",
                                    "/?t%6fken=TOKEN", "/?a=token=TOKEN"])
def test_a_wrong_link_is_401(shared, target):
    server, token = shared
    with Wire(server.port) as wire:
        wire.ask("GET", target.replace("TOKEN", token))
        reply = wire.reply()
    assert reply.status == 401 and "set-cookie" not in reply.headers, reply


def test_a_link_changes_nothing_but_the_cookie(shared):
    """A token in the query of a POST is not taken: forms of other sites could send it."""
    server, token = shared
    reply = ask(server, "POST", f"/api/v1/experiments?token={token}", data="{}", headers=JSON_TYPE)
    assert reply.status_code == 401


# --- in a browser -------------------------------------------------------------------


def test_a_link_on_another_site_leads_to_the_page(shared, browser):  # noqa: F811
    """Strict cookies are not sent along with a click on another site, so this takes a reload."""
    server, token = shared
    link = f"{server.url}/?token={token}"

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a id="link" href="{link}">lab</a>'.encode())

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        browser.get(server.url + "/")
        assert "needs a link" in browser.page_source
        browser.get(f"http://localhost:{site.server_port}/")
        browser.find_element("id", "link").click()
        wait_until(lambda: browser.find_elements("css selector", "main > .page"),
                   15 * server.slowness, "the page")
        assert browser.current_url.rstrip("/") == server.url, browser.current_url
        assert browser.execute_script("return document.cookie") == ""
    finally:
        site.shutdown()
        site.server_close()
