"""The page in a real browser, headless: what a visitor sees, clicks and types."""
import csv
import io
import json
import os
import re
import signal
import subprocess
import tempfile

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

import service
import specs

# No sandbox: the tests may run as root. The rest keeps the browser from calling home.
FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
         "--disable-background-networking --disable-component-update --disable-sync "
         "--disable-dev-shm-usage --no-proxy-server").split()
ALL_DIGITS = ".panel:has(.runs) .check input"
HEBREW = "\u05e0\u05d9\u05e1\u05d5\u05d9 (0.001)"
MARKUP = "<img src=x onerror=\"document.title='broken'\"> & <b>bold</b>"


@pytest.fixture(scope="module")
def browser():
    with tempfile.TemporaryDirectory() as profile:
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        driver.set_page_load_timeout(120)
        driver.set_script_timeout(120)
        yield driver
        driver.quit()


@pytest.fixture
def page(browser, server):
    """The page of the module's server; a test that leaves a message in the console fails."""
    yield Page(browser, server)
    problems = browser.get_log("browser")
    assert problems == [], problems


class Page:
    """A browser window as a visitor uses it."""

    def __init__(self, browser, server):
        self.browser = browser
        self.server = server
        self.resize(1280, 800)
        browser.get_log("browser")

    def resize(self, width, height):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def open(self, address="/"):
        """Opens an address; what stands in <main> is then complete."""
        self.browser.get("about:blank")
        self.browser.get(self.server.url + address)
        self.wait(lambda: self.all("main > .page"), "the page")

    def wait(self, condition, what, seconds=15):
        return service.wait_until(condition, seconds * self.server.slowness, what)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.wait(lambda: self.all(selector), selector)[0]

    def spec(self):
        """What the form stands at."""
        return json.loads(self.one("#json").get_attribute("value"))

    def field(self, pointer):
        return self.browser.find_element(By.ID, f"field-{pointer}")

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? null",
                        selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".map((node) => node.textContent.trim())", selector)

    def click(self, selector):
        self.one(selector)
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.one(selector).click()

    def experiment(self):
        """The id in the address, once there is one."""
        def found():
            address = self.browser.current_url
            return "experiment=" in address and address.split("experiment=")[1].split("&")[0]
        return self.wait(found, "an experiment in the address")

    def points(self):
        """How many points of losses the page holds."""
        return int(self.one(".chart").get_attribute("data-points") or 0)

    def states(self):
        return [text.split()[-1] for text in self.texts(".runs .state")]

    def wait_for_end(self, n_runs):
        self.wait(lambda: len(self.states()) == n_runs and
                  set(self.states()) <= set(service.ENDED), f"the end of {n_runs} runs")

    def heights(self):
        """How many rows of the canvas have each run's colour, in the order of the legend."""
        return self.run("""
            const shown = document.querySelector(".chart canvas");
            if (!shown) return [];
            const {width, height} = shown;
            const copy = new OffscreenCanvas(width, height)
                .getContext("2d", {willReadFrequently: true});
            copy.drawImage(shown, 0, 0);
            const {data} = copy.getImageData(0, 0, width, height), rows = {};
            for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255)
                    (rows[`rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})`] ??= new Set())
                        .add(Math.floor(i / 4 / width));
            return [...document.querySelectorAll(".legend .swatch line")]
                .map((line) => rows[getComputedStyle(line).stroke]?.size ?? 0);""")

    def watch_labels(self):
        """Notes from now on what is written at the ticks of the loss axis; labels() tells."""
        self.run("""
            const {prototype} = CanvasRenderingContext2D, write = prototype.fillText;
            window.labels = [];
            prototype.fillText = function (text, ...place) {
                if (this.textAlign === "right")
                    window.labels.push(text);
                return write.call(this, text, ...place);
            };""")

    def labels(self):
        """The numbers at the loss axis."""
        return [float(text.replace(",", "")) for text in self.run("return window.labels")]

    def curves_drawn(self, n_runs):
        heights = self.heights()
        return len(heights) == n_runs and all(heights)

    def overflow(self):
        """What sticks out of the window to the right, beyond what scrolls by itself."""
        return self.run("""
            const root = document.documentElement;
            return root.scrollWidth <= root.clientWidth ? [] :
                [...document.querySelectorAll("body *")]
                    .filter((node) => node.getBoundingClientRect().right > root.clientWidth)
                    .map((node) => node.outerHTML.slice(0, 120));""")

    def clipboard(self):
        """What was copied last."""
        self.browser.execute_cdp_cmd("Browser.grantPermissions", {
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        return self.browser.execute_async_script(
            "const done = arguments[0]; navigator.clipboard.readText().then(done, (problem) =>"
            " done(String(problem)));")

    def number_in(self, row, column):
        """A number of the table of runs, by the text of its column."""
        columns = self.texts(".runs thead tr:last-child th")
        cells = self.texts(f".runs tbody tr:nth-child({row + 1}) td")
        return float(cells[2 + columns.index(column)])


def rate_preset(server):
    """The preset of the learning rates: the first one that sweeps them."""
    presets = [preset for group in server.get("/presets")["groups"] for preset in group["presets"]]
    return next(preset for preset in presets if specs.RATE in preset["spec"].get("sweep", {}))


# Chooses the value arguments[1] in the select with the id arguments[0].
CHOOSE = """const select = document.getElementById(arguments[0]);
            if (![...select.options].some(({value}) => value === arguments[1]))
                throw new Error(`no ${arguments[1]} in ${arguments[0]}`);
            select.value = arguments[1];
            select.dispatchEvent(new Event("change", {bubbles: true}));"""


def start_rates(page):
    preset = rate_preset(page.server)
    page.open()
    page.click(f"[data-preset='{preset['name']}']")
    page.experiment()
    return preset["spec"]["sweep"][specs.RATE]


def test_one_click_trains_the_learning_rates_and_shows_their_exact_numbers(page):
    rates = start_rates(page)
    page.wait_for_end(8)
    assert len(rates) == 8 and page.states() == ["done"] * 8
    page.wait(lambda: page.curves_drawn(8), "eight curves")
    assert [float(text) for text in page.texts(".legend .name")] == rates
    page.click(ALL_DIGITS)
    for run, rate in enumerate(rates):
        gold = next(gold for gold in specs.GOLDEN["experiments"].values() if
                    gold["spec"] == {**specs.GOLDEN["experiments"]["lr_0.001"]["spec"], "lr": rate})
        assert page.number_in(run, "last") == float(gold["losses"]["1000"]), rate
        assert page.number_in(run, "first") == float(gold["losses"]["1"]), rate
        assert page.number_in(run, "2, 3") == float(gold["prediction"]), rate
        values = dict(zip(specs.NAMES, gold["final_weights"] + gold["final_biases"]))
        for name in specs.NAMES:
            assert page.number_in(run, name) == float(values[name]), (rate, name)


def test_a_reload_and_the_history_find_the_experiment_again(page):
    start_rates(page)
    page.wait_for_end(8)
    address = page.browser.current_url
    page.browser.refresh()
    page.wait_for_end(8)
    page.wait(lambda: page.curves_drawn(8), "eight curves after a reload")
    assert page.browser.current_url == address
    page.browser.back()
    page.wait(lambda: page.all("[data-preset]"), "the presets after going back")
    page.browser.forward()
    page.wait_for_end(8)
    page.wait(lambda: page.points() >= 8000, "every epoch after going forward")


def test_curves_grow_while_a_zoom_stays_and_cancel_ends_them(page):
    experiment = page.server.post(specs.long_run())["id"]
    page.open(f"/?experiment={experiment}")
    first = page.wait(page.points, "the first points")
    assert page.states() == ["running"]

    def mouse_at(right, down):
        return ActionChains(page.browser).move_to_element_with_offset(page.one(".u-over"), right,
                                                                      down)

    def epoch_at_the_right():
        mouse_at(300, 20).perform()
        text = page.text(".legend-head")
        return int(text.split()[1].replace(",", "")) if text.startswith("epoch") else 0

    # The chart is made anew when the losses turn out to span decades.
    page.wait(lambda: page.run("return document.querySelector('[name=axis-y]:checked')?.value")
              == "log", "a log axis")
    mouse_at(-380, -100).click_and_hold().move_by_offset(120, 200).release().perform()
    page.wait(lambda: "zoom=" in page.browser.current_url, "the zoom in the address")
    zoomed = page.wait(epoch_at_the_right, "an epoch under the mouse")
    page.wait(lambda: page.points() > first + 500, "more points")
    assert epoch_at_the_right() == zoomed
    page.click(".headline button")
    page.wait(lambda: page.states() == ["cancelled"], "the end of the run")
    page.browser.get("about:blank")
    page.server.request("DELETE", f"/experiments/{experiment}")


def test_the_stream_goes_on_after_the_server_was_killed(browser, fresh_server):
    running = fresh_server()
    page = Page(browser, running)
    experiment = running.post(specs.long_run())["id"]
    page.open(f"/?experiment={experiment}")
    page.wait(page.points, "the first points")
    running.restart(signal.SIGKILL, running.port)
    page.wait(lambda: page.one(".broken").is_displayed(), "word of the lost connection")
    page.wait(lambda: not page.one(".broken").is_displayed(), "the connection", 30)
    before = page.points()
    page.wait(lambda: page.points() > before + 100, "points of the server's second life", 30)
    assert page.states() == ["running"]
    running.request("POST", f"/experiments/{experiment}/cancel", data="{}",
                    headers=service.JSON_TYPE)
    page.wait(lambda: page.states() == ["cancelled"], "the end of the run")
    browser.get("about:blank")
    browser.get_log("browser")


def test_cancelled_and_diverged_runs_are_not_called_done(page):
    spec = {**specs.report(), "name": "cut short", "sweep": {"/training/epochs": [10, 500000000]}}
    cut = page.server.post(spec)["id"]
    service.wait_until(lambda: page.server.get(f"/experiments/{cut}")["states"].get("done"), 30,
                       "the end of the short run")
    page.open(f"/?experiment={cut}")
    assert "running" in page.text(".headline .facts")
    page.click(".headline button")
    ends = "\u2713 1 done, \u25a0 1 cancelled \u00b7"
    page.wait(lambda: page.text(".headline .facts").startswith(ends), "word of the cancelled run")
    alone = page.server.post(specs.long_run())["id"]
    page.server.request("POST", f"/experiments/{alone}/cancel", data="{}",
                        headers=service.JSON_TYPE)
    page.server.wait(alone)
    page.server.train({**specs.sweep([10, 0.0004], epochs=20), "name": "burst"})
    page.open(f"/?experiment={alone}")
    assert page.text(".headline .facts").startswith("\u25a0 cancelled \u00b7")
    page.open()
    facts = dict(zip(page.texts(".recent-list a"), page.texts(".recent-list .facts")))
    assert facts["long run"].startswith("\u25a0 cancelled \u00b7")
    assert facts["cut short"].startswith(ends)
    assert facts["burst"].startswith("\u2713 1 done, \u25b2 1 diverged \u00b7")


def test_an_unknown_preset_is_refused_with_those_there_are(page):
    page.open("/?new=" + "no%20such")
    assert "No preset has the name no such" in page.text("[role=alert]")
    names = [preset["name"] for group in page.server.get("/presets")["groups"]
             for preset in group["presets"]]
    assert page.texts(".choices a") == names and page.all("form") == []
    page.click(".choices a[href*='random_target']")
    page.wait(lambda: page.all("form"), "the form of a preset that is there")
    spec = json.loads(page.one("#json").get_attribute("value"))
    assert spec["dataset"]["target"] == "randint(0,100)"


@pytest.mark.parametrize("fragment", ["%7B%22name%22:%22cut", "[1]", "null", "%E0"])
def test_a_damaged_spec_in_the_address_is_told(page, fragment):
    page.open(f"/?new=all_zero#spec={fragment}")
    assert "is damaged" in page.text("form ~ [role=alert], .note + [role=alert]")
    spec = json.loads(page.one("#json").get_attribute("value"))
    assert spec["name"] == "All weights and biases 0"


def test_a_log_sweep_has_short_labels_in_one_notation(page):
    sweep = {specs.RATE: {"from": 1e-6, "to": 1e-2, "steps": 11, "scale": "log"}}
    row = page.server.train({**specs.report(epochs=5), "sweep": sweep})
    rates = [run["overrides"][specs.RATE] for run in row["runs"]]
    page.open(f"/?experiment={row['id']}")
    short = page.texts(".legend .name")
    assert short == page.texts(".runs tbody th") and len(set(short)) == 11
    assert all(re.fullmatch(r"\d(\.\d{1,2})?e-\d", text) for text in short), short
    for text, rate, title in zip(short, rates, page.run(
            "return [...document.querySelectorAll('.legend li button')].map((b) => b.title)")):
        assert abs(float(text) / rate - 1) <= 0.005  # three digits
        assert float(title.split()[-1]) == rate
    page.click(ALL_DIGITS)
    assert [float(text) for text in page.texts(".runs tbody th")] == rates


def test_settings_are_written_with_what_tells_them_apart(page):
    page.open()
    columns = [[0.1, 0.25, -0.5], [100, 134551, 300000000], [1e-7, 0.025], [0.123456, 0.123457],
               [0.1, 0.1], [0, 2e-9], [12345678.5, 1.5], ["relu", "tanh"]]
    written = page.browser.execute_async_script("""
        import("/base/format.js").then(({settings}) =>
            arguments[1](arguments[0].map(settings)));""", columns)
    assert [column["short"] for column in written] == [
        ["0.1", "0.25", "\u22120.5"], ["100", "134551", "300000000"], ["0.0000001", "0.025"],
        ["0.123456", "0.123457"], ["0.1", "0.1"], ["0", "2e-9"], ["12300000", "1.5"],
        ["relu", "tanh"]]
    for column, values in zip(written[:-1], columns):
        assert [float(text) for text in column["exact"]] == values


def test_the_command_for_a_shell_starts_the_same_experiment(page):
    spec = {**specs.sweep([0.001, 0.0004], epochs=5), "name": "it's $HOME \\ `date` \"\u00fc\""}
    experiment = page.server.train(spec)
    page.open(f"/?experiment={experiment['id']}")
    commands = page.texts(".copyable code")[1:]
    assert commands[0].startswith("curl --json '")
    again = subprocess.run(["sh", "-c", commands[0] + " --silent --show-error"], check=True,
                           stdout=subprocess.PIPE, timeout=120)
    started = json.loads(again.stdout)
    assert started["id"] != experiment["id"] and started["spec"] == experiment["spec"]
    page.server.wait(started["id"])
    watched = subprocess.run(["sh", "-c", commands[1] + " --silent --show-error"], check=True,
                             stdout=subprocess.PIPE, text=True, timeout=120)
    assert watched.stdout.count("event: epochs") >= 2
    page.open("/?like=" + experiment["id"])
    page.wait(lambda: page.text(".copyable code") == commands[0], "the same command at the form")


def test_on_a_server_with_a_token_the_command_sends_it(browser, fresh_server):
    running = fresh_server(arguments=["--token"])
    page = Page(browser, running)
    page.open(f"/?token={running.token()}")
    page.open("/?new=all_zero")
    assert "DESCENT_TOKEN" in page.text(".copyable figcaption")
    started = subprocess.run(["sh", "-c", page.text(".copyable code") + " --silent"], check=True,
                             stdout=subprocess.PIPE, timeout=120,
                             env={**os.environ, "DESCENT_TOKEN": running.token()})
    assert json.loads(started.stdout)["name"] == "All weights and biases 0"
    page.open("/?experiment=" + json.loads(started.stdout)["id"])
    page.wait_for_end(1)
    browser.get("about:blank")
    browser.get_log("browser")


def test_what_was_trained_before_is_said_to_be_taken_from_there(page):
    spec = {**specs.report(epochs=7), "cache": True}
    first, second = (page.server.train({**spec, "name": name})["id"] for name in ("one", "two"))
    page.open(f"/?experiment={second}")
    link = page.one(".headline .facts a")
    assert link.get_attribute("href").endswith(f"?experiment={first}")
    page.open(f"/?experiment={first}")
    assert page.all(".headline .facts a") == []


def test_what_waits_for_the_same_spec_says_where_it_is_trained(page):
    spec = {**specs.long_run(), "cache": True}
    first, second = (page.server.post({**spec, "name": name})["id"] for name in ("one", "two"))
    page.open(f"/?experiment={second}")
    assert "waits for another experiment, which is training" in page.text(".headline .facts")
    assert page.one(".headline .facts a").get_attribute("href").endswith(f"?experiment={first}")
    page.wait(lambda: page.text(".notes .note").endswith("when that experiment has ended."),
              "why there is no loss")
    assert page.text(".explain > .note") == "Nothing stands out so far."
    for experiment in (second, first):
        page.server.request("POST", f"/experiments/{experiment}/cancel", data="{}",
                            headers=service.JSON_TYPE)
    page.wait_for_end(1)


def test_a_run_that_diverged_in_its_first_epoch_says_so_in_place_of_a_curve(page):
    row = page.server.train(specs.report(1e6))
    assert (row["runs"][0]["state"], row["runs"][0]["epoch"]) == ("diverged", 0)
    page.open(f"/?experiment={row['id']}")
    page.wait(lambda: page.text(".notes .note") == "The run diverged in its first epoch: there is "
              "no loss to draw. A smaller learning rate may help.", "what happened")
    assert not page.one(".chart").is_displayed() and not page.one(".switch").is_displayed()
    assert page.text(".runs tbody td") == "\u25b2 diverged in epoch 1"
    assert not page.one(".again button").is_displayed() and page.one(".again a").is_displayed()


def test_names_keep_their_direction_to_themselves(page):
    experiment = page.server.train({**specs.report(epochs=5), "name": HEBREW})["id"]
    page.open(f"/?experiment={experiment}")
    assert page.text("h1 > bdi") == HEBREW
    assert page.browser.title == f"\u2068{HEBREW}\u2069 \u00b7 Descent"
    page.open()
    assert HEBREW in page.texts(".recent-list a > bdi")


def test_runs_are_compared_and_the_address_keeps_what_is_shown(page):
    experiment = page.server.train(specs.sweep([1e-5, 1e-4, 2e-4, 4e-4, 1e-3]))["id"]
    page.open(f"/?experiment={experiment}")
    page.wait(lambda: page.curves_drawn(5), "five curves")
    page.click(".legend > .quiet")
    page.wait(lambda: not any(page.heights()), "no curve")
    assert "hide=0-4" in page.browser.current_url
    for run in (2, 5):
        page.click(f".legend li:nth-child({run}) button")
    shown = [False, True, False, False, True]
    page.wait(lambda: [height > 0 for height in page.heights()] == shown, "the two chosen curves")
    page.click("[name=axis-y][value=linear]")
    page.click(".zoom button")
    page.click(ALL_DIGITS)
    page.wait(lambda: "zoom=" in page.browser.current_url, "the zoom in the address")
    page.click(".files button")
    page.wait(lambda: page.text(".files button") == "Copied", "word of the copy")
    link = page.clipboard()
    assert link == page.browser.current_url and "hide=0,2,3" in link
    page.browser.get("about:blank")
    page.browser.get(link)
    page.wait(lambda: [height > 0 for height in page.heights()] == shown, "the same two curves")
    assert page.run("return document.querySelector('[name=axis-y]:checked').value") == "linear"
    values = [float(text) for text in page.texts(".legend .value")]
    runs = page.server.get(f"/experiments/{experiment}")["runs"]
    assert values == [run["loss"] for run in runs]
    page.click(".zoom button:last-child")
    page.wait(lambda: "zoom=" not in page.browser.current_url, "everything")


def test_an_envelope_is_called_one_and_its_epochs_are_trained_again(page):
    """Beyond the losses kept one by one, zooming in cannot show more; a replay can."""
    row = page.server.train(specs.report(1e-6, epochs=1300000, samples=4), seconds=120)
    losses = page.server.get(f"/experiments/{row['id']}/runs/0/epochs?from=1200000&to=1200100")
    page.open(f"/?experiment={row['id']}")
    page.wait(lambda: page.text(".notes .note").startswith("Thinned"), "word of the thinning")
    page.wait(lambda: page.text(".files a") == "Losses (CSV, the late ones as an envelope)",
              "word of what the CSV holds")
    assert not page.one(".notes button").is_displayed()
    page.open(f"/?experiment={row['id']}&x=linear&zoom=1200000,1200100,,")
    page.wait(lambda: page.text(".notes .note").startswith("Envelope"), "word of the envelope")
    page.click(".notes button")
    page.wait(lambda: page.text(".notes .note") == "", "every loss")
    page.click(ALL_DIGITS)
    page.one(".chart").send_keys(Keys.ARROW_RIGHT * 3)
    head = page.wait(lambda: (lambda text: text if text.startswith("epoch ") else None)(
        page.text(".legend-head")), "the epoch under the cursor")
    epoch = int(head.split()[1].replace(",", ""))
    assert 1200000 < epoch <= 1200100
    page.wait(lambda: float(page.text(".legend .value")) == losses["loss"][
        losses["epoch"].index(int(page.text(".legend-head").split()[1].replace(",", "")))],
        "that epoch's loss in all its digits")


def test_the_loss_axis_has_numbers_however_small_the_losses_are(page):
    """uPlot drops an axis whose increment it does not know, which a range below 5 can be."""
    spec = specs.report()
    spec["dataset"]["target"] = "0.7 * (n1 > n2)"
    row = page.server.train(spec)
    assert 0 < row["runs"][0]["loss"] < row["runs"][0]["first_loss"] < 5
    page.open(f"/?experiment={row['id']}&y=linear")
    page.wait(lambda: page.curves_drawn(1), "the curve")
    page.watch_labels()

    def labels_after(act):
        page.run("window.labels = []")
        act()
        page.wait(page.labels, "numbers at the loss axis")
        return page.labels()

    other, one = (lambda kind=kind: page.click(f"[name=axis-y][value={kind}]")
                  for kind in ("log", "linear"))
    for act in (other, one, lambda: page.click(".zoom button"), other,
                lambda: page.click(".zoom button")):
        shown = labels_after(act)
        assert len(shown) >= 2 and max(shown) < 6, shown


def test_the_runs_are_copied_as_csv_with_every_digit(page):
    row = page.server.train({**specs.sweep([0.025, 0.0004], epochs=50),
                             "predict": [[i, 3] for i in range(6)]})
    page.open(f"/?experiment={row['id']}")
    assert "(4 of 6; the copy has all)" in page.text(".runs thead")
    page.click(".tools h2 + button")
    page.wait(lambda: page.text(".tools h2 + button") == "Copied", "word of the copy")
    table = list(csv.DictReader(io.StringIO(page.clipboard())))
    assert len(table) == 2
    for line, run in zip(table, row["runs"]):
        assert float(line[specs.RATE]) == run["overrides"][specs.RATE]
        assert line["state"] == "done" and float(line["loss"]) == run["loss"]
        assert {name: float(line[name]) for name in specs.NAMES} == run["named"]
        assert float(line["prediction for 5, 3"]) == run["predictions"][5][0]


def test_on_a_phone_the_recent_experiments_are_one_tap_away(page):
    page.server.train(specs.report(epochs=5))
    page.resize(360, 740)
    page.open()
    page.one(".to-recent a").click()
    page.wait(lambda: page.run("const {top} = document.querySelector('.recent-list')"
                               ".getBoundingClientRect(); return 0 < top && top < innerHeight"),
              "the list in sight")
    page.resize(1280, 800)
    assert not page.one(".to-recent a").is_displayed()


def test_a_finger_on_the_chart_takes_the_cursor_along(page):
    experiment = page.server.train(specs.sweep([0.001, 0.0004], epochs=50))["id"]
    page.open(f"/?experiment={experiment}")
    page.wait(lambda: page.curves_drawn(2), "two curves")
    box = page.run("return document.querySelector('.u-over').getBoundingClientRect().toJSON()")

    def finger(kind, *shares):
        page.browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [
            {"x": box["left"] + share * box["width"], "y": box["top"] + 50} for share in shares]})

    finger("touchStart", 0.2)
    for share, epoch in ((0.4, 20), (0.5, 25), (0.6, 30), (0.8, 40)):
        finger("touchMove", share)
        page.wait(lambda: page.text(".legend-head") == f"epoch {epoch}", f"epoch {epoch}")
    finger("touchEnd")


def test_on_a_phone_the_links_are_there_and_the_table_says_that_it_scrolls(page):
    experiment = page.server.train(specs.sweep([0.025, 0.0004], epochs=50))["id"]
    page.resize(360, 740)
    page.open(f"/?experiment={experiment}")
    links = page.all("nav a")
    assert [link.is_displayed() for link in links] == [True, True, True]
    assert all(link.rect["height"] >= 24 for link in links)
    hint = page.one(".panel > .scroller > .sideways")
    page.wait(hint.is_displayed, "the hint")
    assert hint.text.startswith("Scroll sideways for losses, weights, biases and predictions")
    has_more = "return document.querySelector('.panel > .scroller').matches('.more-right')"
    assert page.run(has_more)
    page.run("document.querySelector('.panel > .scroller .scroll').scrollLeft = 9999")
    page.wait(lambda: not page.run(has_more), "the end of the table")
    page.resize(1280, 800)
    page.wait(lambda: not hint.is_displayed(), "no hint where all fits")


def test_on_a_phone_the_hint_names_only_what_the_table_has(page):
    spec = specs.sweep([0.025, 0.0004], epochs=5)
    layers = [{"units": 3, "activation": "relu"}, *spec["network"]["layers"][1:]]
    spec["network"] = {"layers": layers}
    del spec["predict"]
    experiment = page.server.train(spec)["id"]
    page.resize(360, 740)
    page.open(f"/?experiment={experiment}")
    hint = page.one(".panel > .scroller > .sideways")
    page.wait(hint.is_displayed, "the hint")
    assert hint.text == "Scroll sideways for losses \u2192"


@pytest.mark.parametrize("size", [(360, 740), (740, 360), (1280, 800)])
def test_nothing_covers_the_field_with_the_focus(page, size):
    page.resize(*size)
    page.open("/?new=")
    seen = 0
    page.run("document.querySelector('#main').focus()")
    while seen < 80:
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        if page.run("return document.activeElement.matches('#json')"):
            break
        covered = page.run("""
            const {left, top, width, height} = document.activeElement.getBoundingClientRect();
            const there = document.elementFromPoint(left + width / 2, top + height / 2);
            return document.activeElement.contains(there) ? null
                : document.activeElement.outerHTML + " below " + there?.outerHTML;""")
        assert covered is None
        seen += 1
    assert 20 < seen < 80


def test_nothing_sticks_out_at_360_pixels(page):
    experiment = page.server.train(specs.sweep([0.025, 0.0004], epochs=50))["id"]
    page.resize(360, 740)
    for address in ("/", f"/?experiment={experiment}", "/?new="):
        page.open(address)
        page.run("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
        assert page.overflow() == [], address


def test_an_experiment_is_started_by_keyboard_alone(page):
    page.open()
    for _ in range(20):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        focused = page.browser.switch_to.active_element
        if focused.get_attribute("data-preset"):
            break
    outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert focused.get_attribute("data-preset") and outline == "solid"
    ActionChains(page.browser).send_keys(Keys.ENTER).perform()
    page.experiment()
    page.wait_for_end(8)
    chart = page.one(".chart")
    chart.send_keys(Keys.ARROW_RIGHT * 3)
    assert page.text(".legend-head").startswith("epoch ")


def test_markup_in_a_name_stays_text(page):
    experiment = page.server.train({**specs.report(epochs=5), "name": MARKUP})["id"]
    page.open(f"/?experiment={experiment}")
    assert page.text("h1") == MARKUP
    page.open()
    assert MARKUP in page.texts(".recent-list a")
    page.open(f"/?like={experiment}")
    assert page.field("/name").get_attribute("value") == MARKUP
    assert page.all("main img, main b") == []
    assert "broken" not in page.browser.title


def test_a_fault_stands_at_its_field_in_the_servers_words(page):
    page.open("/?new=")
    wrong = {"/dataset/target": "n1 + foo", specs.RATE: "0.001, -1"}
    for pointer, text in wrong.items():
        field = page.field(pointer)
        field.clear()
        field.send_keys(text)
    spec = json.loads(page.one("#json").get_attribute("value"))
    reply = page.server.request("POST", "/experiments?validate=true", data=json.dumps(spec),
                                headers=service.JSON_TYPE)
    details = [fault["detail"] for fault in reply.json()["errors"]]
    assert len(details) == 2, details
    field.send_keys(Keys.ENTER)
    for pointer, detail in zip(wrong, details):
        place = f"[data-pointer='{pointer}'] > .fault"
        page.wait(lambda: page.text(place), f"a fault at {pointer}")
        assert page.text(place) == detail
        assert page.field(pointer).get_attribute("aria-invalid") == "true"
    page.wait(lambda: page.run("return document.activeElement.id") == "field-/dataset/target",
              "the focus on the first fault")
    assert "experiment=" not in page.browser.current_url
    # Chromium itself reports every answer of 4xx in the console.
    assert all("422" in entry["message"] for entry in page.browser.get_log("browser"))


def test_a_changed_spec_loses_the_name_it_began_with_and_keeps_a_new_one(page):
    page.open("/?new=learning_rates")
    name = page.field("/name")
    assert name.get_attribute("value") == "Eight learning rates"
    page.field(specs.RATE).send_keys(", 0.002")
    assert name.get_attribute("value") == ""
    assert "name" not in json.loads(page.one("#json").get_attribute("value"))
    name.send_keys("mine")
    page.field("/training/epochs").send_keys("0")
    assert json.loads(page.one("#json").get_attribute("value"))["name"] == "mine"


def test_the_form_makes_a_sweep_of_a_list(page):
    page.open("/?new=")
    field = page.field(specs.RATE)
    field.clear()
    field.send_keys("0.001, 0.0004, 1e-5")
    page.wait(lambda: page.text("form.spec .primary") == "Start 3 runs", "the number of runs")
    spec = json.loads(page.one("#json").get_attribute("value"))
    assert spec["sweep"] == {specs.RATE: [0.001, 0.0004, 1e-5]}
    field.send_keys(Keys.ENTER)
    experiment = page.experiment()
    page.wait_for_end(3)
    page.wait(lambda: page.curves_drawn(3), "three curves")
    assert len(page.server.get(f"/experiments/{experiment}")["runs"]) == 3


def test_the_form_alone_trains_moons_with_adam_and_a_cross_entropy(page):
    def choose(pointer, value):
        page.run(CHOOSE, f"field-{pointer}", value)

    def fill(pointer, text):
        page.run("document.getElementById(arguments[0]).closest('details')"
                 "?.setAttribute('open', '')", f"field-{pointer}")
        page.field(pointer).clear()
        page.field(pointer).send_keys(text)

    def empty(*names):
        return [page.field(f"/training/optimizer/{name}").get_attribute("placeholder")
                for name in names]

    page.open("/?new=lr_0.0004")
    choose("/dataset/kind", "moons")
    choose("/training/loss", "binary_cross_entropy")
    output = "/network/layers/1/activation"
    page.wait(lambda: page.text(f"[data-pointer='{output}'] > .fault"), "a fault at the output")
    assert page.text(f"[data-pointer='{output}'] > .fault").startswith(
        'got "linear", expected "sigmoid"')
    assert page.text(".trouble li").startswith("layer 2 activation: got")
    assert page.field(output).get_attribute("aria-invalid") == "true"
    choose(output, "sigmoid")
    page.wait(lambda: page.text("form.spec .primary") == "Start 1 run", "a spec without faults")

    choose("/training/optimizer/name", "adagrad")
    assert empty("epsilon", "weight_decay") == ["1e-10", "none"]
    choose("/training/optimizer/name", "adamw")
    assert empty("beta1", "epsilon", "weight_decay") == ["0.9", "1e-8", "0.01"]
    fill("/training/optimizer/beta1", "0.95")
    choose("/training/optimizer/name", "sgd")
    assert page.all("[id='field-/training/optimizer/beta1']") == []
    choose("/training/optimizer/name", "adam")
    assert empty("beta1", "beta2", "weight_decay", "l1") == ["0.9", "0.999", "none", "none"]

    choose("/training/schedule/kind", "cosine")
    choose("/network/layers/0/activation", "tanh")
    for pointer, text in (("/dataset/noise", "0.1"), ("/training/optimizer/beta1", "0.8"),
                          ("/training/optimizer/weight_decay", "1e-4"),
                          ("/training/optimizer/clip_norm", "5"), (specs.RATE, "0.03"),
                          ("/training/schedule/final", "0.001"), ("/network/layers/0/units", "8"),
                          ("/training/batch_size", "10"), ("/training/epochs", "2000")):
        fill(pointer, text)
    page.wait(lambda: page.text("form.spec .primary") == "Start 1 run", "a spec without faults")
    page.click("form.spec .primary")
    row = page.server.wait(page.experiment())
    page.wait_for_end(1)
    assert row["spec"]["training"]["optimizer"] == {
        "name": "adam", "learning_rate": 0.03, "beta1": 0.8, "beta2": 0.999, "epsilon": 1e-8,
        "weight_decay": 1e-4, "clip_norm": 5}
    schedule = row["spec"]["training"]["schedule"]
    assert (schedule["kind"], schedule["final"]) == ("cosine", 0.001)
    assert row["runs"][0]["loss"] < 0.1  # of a coin toss it is 0.69
    # Chromium itself reports every answer of 4xx in the console.
    assert all("422" in entry["message"] for entry in page.browser.get_log("browser"))


def test_the_form_shows_what_is_swept_in_a_choice_and_the_defaults_of_all_runs(page):
    page.open("/?new=optimizers")
    name = "/training/optimizer/name"
    assert page.field(name).get_attribute("value").startswith("sgd, momentum, nesterov")
    assert page.text(f"[id='understood-{name}']").startswith(
        "7 values, a run for each: sgd, momentum, nesterov")
    assert page.field("/training/optimizer/epsilon").get_attribute("placeholder") == \
        "1e-10 or 1e-8"
    assert page.field("/training/optimizer/weight_decay").get_attribute("placeholder") == \
        "none or 0.01"
    page.run(CHOOSE, f"field-{name}", "adam")
    spec = page.spec()
    assert spec["training"]["optimizer"]["name"] == "adam" and "sweep" not in spec
    assert page.text(f"[id='understood-{name}']") is None


def test_a_word_typed_in_a_choice_is_taken_whole_and_keeps_the_focus(page):
    page.open("/?new=lr_0.0004")
    field = "field-/training/optimizer/name"
    page.run("document.querySelectorAll('.fields details.more')[0].open = true;"
             "document.getElementById(arguments[0]).focus()", field)
    ActionChains(page.browser).send_keys("adam").perform()
    page.wait(lambda: page.all("[id='field-/training/optimizer/beta2']"), "the fields of adam")
    assert page.spec()["training"]["optimizer"]["name"] == "adam"
    assert page.run("return document.activeElement.id") == field
    assert page.run("return document.querySelector('.fields details.more').open")


def test_a_field_says_what_it_understood_of_commas(page):
    page.open("/?new=lr_0.0004")
    field, note = page.field(specs.RATE), f"[id='understood-{specs.RATE}']"
    assert page.text(note) == ""
    field.clear()
    field.send_keys("0,3")
    assert page.text(note) == "2 values, a run for each: 0 and 3."
    for text in ("1,000", "0,125", "0.1, 1,000", "1,000,000.5"):
        field.clear()
        field.send_keys(text)
        assert page.text(note).startswith("One number has no commas: 1000"), text
        assert page.spec()["training"]["optimizer"]["learning_rate"] == text
        page.wait(lambda: f'got "{text}"' in page.text(f"[data-pointer='{specs.RATE}'] > .fault"),
                  f"the refusal of {text}")
    field.clear()
    field.send_keys("1, 500")
    assert page.spec()["sweep"] == {specs.RATE: [1, 500]}
    # Chromium itself reports every answer of 4xx in the console.
    assert all("422" in entry["message"] for entry in page.browser.get_log("browser"))


def test_what_a_choice_has_no_use_for_goes_and_a_fault_without_a_field_has_its_name(page):
    page.open("/?new=lr_0.0004")
    spec = page.spec()
    assert spec["training"]["gradient"] == "half"
    page.run(CHOOSE, "field-/training/loss", "mae")
    assert "gradient" not in page.spec()["training"]
    spec["training"]["loss"] = "mae"
    page.run("const json = document.getElementById('json'); json.value = arguments[0];"
             "json.dispatchEvent(new Event('input'))", json.dumps(spec))
    page.wait(lambda: (page.text(".trouble li") or "").startswith("gradient: only for loss"),
              "the fault by its name")
    # Chromium itself reports every answer of 4xx in the console.
    assert all("422" in entry["message"] for entry in page.browser.get_log("browser"))


def test_a_preset_that_the_report_had_not_says_only_what_to_look_for(page):
    of_report = ["The report saw", "Look for", "Question"]
    for preset, said in (("optimizers", ["Look for"]), ("all_zero", of_report)):
        page.open()
        page.click(f"[data-preset='{preset}']")
        page.experiment()
        page.wait(lambda: page.texts(".story dt") == said, f"the story of {preset}")


def test_a_file_of_ones_own_is_sent_and_its_columns_chosen(page, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("size,age,note,price\n1,5,a,3\n2,4,b,5\n3,9,c,8\n")
    page.open("/?new=lr_0.0004")
    page.run(CHOOSE, "field-/dataset/kind", "upload")
    page.one("#file").send_keys(str(file))
    page.wait(lambda: page.texts(".slot bdi") == ["size", "age", "note", "price"], "the columns")
    spec = json.loads(page.one("#json").get_attribute("value"))
    assert spec["dataset"]["features"] == ["size", "age"]
    assert spec["dataset"]["targets"] == ["price"]
    assert page.text("[id='hint-/predict']") == "A line for each question: size, age."
    page.run(CHOOSE, "column-1", "unused")
    page.wait(lambda: page.text("form.spec .primary") == "Start 1 run", "a spec without faults")
    page.click("form.spec .primary")
    row = page.server.wait(page.experiment())
    page.wait_for_end(1)
    assert row["spec"]["dataset"]["features"] == ["size"]
    browser_log = page.browser.get_log("browser")
    assert all("422" in entry["message"] for entry in browser_log), browser_log
    page.open("/?new=")
    page.wait(lambda: page.text("form.spec .primary") == "Start 8 runs", "the first check")
    page.run(CHOOSE, "field-/dataset/kind", "upload")
    assert "3 rows: size, age, note, price" in page.texts("[id='field-/dataset/id'] option")
    page.wait(lambda: page.text("form.spec .primary") == "Start", "a spec that lacks its file")
    assert not [text for text in page.texts("form.spec .fault") + page.texts(".trouble") if text]
    page.click("form.spec .primary")
    page.wait(lambda: page.texts(".trouble li") == ["File: choose one of these, or send one"],
              "word that no file is chosen")
    file.write_text("a,b\n1\n")
    page.one("#file").send_keys(str(file))
    page.wait(lambda: page.text("[id='file'] ~ .fault"), "word of what is wrong with the file")
    page.browser.get_log("browser")
    page.run("document.getElementById('file').click()")  # to choose the same name again, mended
    assert page.run("return document.getElementById('file').files.length") == 0


def test_a_diverged_run_says_epoch_and_sample_and_leaves_room_for_the_others(page):
    # With rate 10 the first loss is 2.6e198, and the second epoch is not finite.
    row = page.server.train(specs.sweep([10, 0.0004], epochs=20))
    page.open(f"/?experiment={row['id']}")
    page.wait_for_end(2)
    where = row["runs"][0]["diverged"]
    assert page.states() == ["diverged", "done"]
    message = page.text(".messages li")
    assert f"epoch {where['epoch']}" in message and f"sample {where['sample']}" in message
    assert row["runs"][0]["message"] in message
    page.wait(lambda: "Higher than the picture: learning rate 10." in page.text(".notes .note"),
              "word of the curve that leaves the picture")
    assert page.heights()[1] > 100, f"rows with the colour of each curve: {page.heights()}"


def test_everything_comes_from_the_server_itself(page):
    start_rates(page)
    page.wait_for_end(8)
    names = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert names and all(name.startswith(page.server.url + "/") for name in names)


def test_thinning_keeps_every_extreme(page):
    page.open()
    found = page.browser.execute_async_script("""
        const done = arguments[arguments.length - 1];
        import("/chart/losses.js").then(({Losses}) => {
            const losses = new Losses(1), n = 2000000;
            for (let begun = 0; begun < n; begun += 1000) {
                const epochs = Array.from({length: 1000}, (_, i) => begun + i + 1);
                losses.append(0, {epochs, loss: epochs.map((epoch) =>
                    epoch === 1234567 ? 90 : epoch === 765432 ? 0.5 : 2 + epoch % 7)});
            }
            const picture = (logEpoch, from, to) => losses.picture({from, to, nBuckets: 800,
                logEpoch, logLoss: true, shown: () => true});
            const drawn = [picture(true, 1, n), picture(false, 1, n),
                           picture(false, 700000, 1300000)];
            done({points: losses.curves[0].n, lows: drawn.map(({low}) => low),
                  highs: drawn.map(({high}) => high),
                  inOrder: drawn.every(({x}) => x.every((epoch, i) => !i || epoch > x[i - 1])),
                  kept: drawn.every(({ys}) => ys[0].includes(90) && ys[0].includes(0.5)),
                  head: losses.at(0, 1000), last: losses.at(0, n)});
        }).catch((problem) => done(String(problem)));""")
    assert found["points"] <= 400000
    assert found["lows"] == [0.5] * 3 and found["highs"] == [90] * 3
    assert found["inOrder"] and found["kept"]
    assert found["head"] == {"first": 1000, "epoch": 1000, "loss": 8, "min": 8, "max": 8}
    assert found["last"]["epoch"] == 2000000 and found["last"]["loss"] == 2 + 2000000 % 7


def test_metrics_of_the_chosen_run_stand_in_small_tables(page, server):
    experiment = server.train({
        "dataset": {"kind": "iris", "split": {"train": 0.8, "test": 0.2}, "standardize": True},
        "network": {"layers": [{"units": 3, "activation": "softmax"}]},
        "training": {"loss": "categorical_cross_entropy", "epochs": 20},
        "sweep": {"/dataset/standardize": [False, True]}})
    page.open(f"/?experiment={experiment['id']}")
    page.one(".metrics table")
    for number in (0, 1):
        told = server.get(f"/experiments/{experiment['id']}/runs/{number}")["metrics"]
        page.run("""const choice = document.querySelector("select[aria-label=Run]");
                    choice.value = arguments[0];
                    choice.dispatchEvent(new Event("change"));""", str(number))
        page.wait(lambda: page.texts(".metrics tbody tr:first-child td:last-child")[0] ==
                  f"{100 * told['train']['accuracy']:.1f} %", f"the metrics of run {number}")
        assert page.texts(".metrics > .scroller tbody th") == ["train", "test"]
        assert page.texts(".confusion thead th")[:3] == told["classes"]
        counts = [int(text) for text in page.texts(".confusion tbody td")]
        assert counts == [n for part in ("train", "test")
                          for row in told[part]["confusion"] for n in row]
    page.click(ALL_DIGITS)
    page.wait(lambda: page.texts(".metrics tbody tr:first-child td:nth-child(3)")[0] ==
              repr(told["train"]["loss"]), "all digits of the loss")


def test_metrics_of_values_are_r2_for_each_output(page, server):
    experiment = server.train({
        "dataset": {"kind": "formula", "features": {"x": "rand()"},
                    "targets": {"y": "2*x", "z": "1"}},
        "network": {"layers": [{"units": 2, "activation": "linear"}]},
        "training": {"epochs": 20}})
    page.open(f"/?experiment={experiment['id']}")
    page.one(".metrics table")
    assert page.texts(".metrics thead th") == ["part", "samples", "loss", "R\u00b2",
                                               "R\u00b2 of y", "R\u00b2 of z"]
    assert page.texts(".metrics tbody td")[-1] == "\u2013"  # z never changes


def test_scaled_losses_are_called_so(page, server):
    experiment = server.train({"dataset": {"kind": "sine", "standardize_target": True},
                               "training": {"epochs": 3}})
    told = server.get(f"/experiments/{experiment['id']}/runs/0")["metrics"]["train"]
    page.open(f"/?experiment={experiment['id']}")
    page.one(".metrics table")
    assert "standardised targets" in page.text(".facts")
    assert page.texts(".metrics thead th")[3] == "loss in the targets\u2019 units"
    page.click(ALL_DIGITS)
    page.wait(lambda: page.texts(".metrics tbody td")[1:3] ==
              [repr(told["loss"]), repr(told["loss_original_units"])], "both losses")


# --- once more ---------------------------------------------------------------------------------


def fill(page, selector, text):
    field = page.one(selector)
    field.clear()
    field.send_keys(text)


def test_a_run_goes_on_with_more_epochs_and_another_rate(page):
    made = page.server.train(specs.sweep([0.001, 0.0004], epochs=50))
    page.open(f"/?experiment={made['id']}")
    Select(page.one(".again select")).select_by_index(1)
    page.click(".again button")
    assert page.one("#continue-epochs").get_property("value") == "50"
    assert page.one("#continue-rate").get_property("value") == "0.0004"
    fill(page, "#continue-epochs", "0")
    page.click("dialog .primary")
    page.wait(lambda: page.texts("dialog li") == ["more epochs: got 0, expected 1 to 1000000000"],
              "the fault")
    page.browser.get_log("browser")  # it tells of the 422
    fill(page, "#continue-epochs", "70")
    fill(page, "#continue-rate", "0.0002")
    page.click("dialog .primary")
    page.wait(lambda: "Goes on after epoch 50 of run 1 (learning rate 0.0004) of" in
              (page.text(".headline") or ""),
              "the experiment that goes on")
    page.wait(lambda: not page.all("dialog"), "the dialog's end")
    gone_on = page.experiment()
    expected = page.server.train({"fork": {"experiment": made["id"], "run": 1, "at": "end"},
                                  "changes": {"/training/epochs": 70, specs.RATE: 0.0002}})
    page.server.wait(gone_on)
    assert page.server.losses(gone_on) == page.server.losses(expected["id"])
    page.click(".headline .facts a")
    page.wait(lambda: made["id"] in page.browser.current_url, "the experiment it is from")


def test_a_run_is_forked_in_the_form(page):
    made = page.server.train(specs.sweep([0.001, 0.0004], epochs=50))
    page.open(f"/?experiment={made['id']}")
    Select(page.one(".again select")).select_by_index(1)
    page.click(".again a")
    page.wait(lambda: page.all("#json"), "the form")
    spec = json.loads(page.one("#json").get_property("value"))
    assert "sweep" not in spec and spec["training"]["optimizer"]["learning_rate"] == 0.0004
    assert spec["forked_from"] == {"experiment": made["id"], "run": 1, "epoch": 0}
    page.click(".primary")
    page.wait(lambda: "Forked from run 1 (learning rate 0.0004) of" in
              (page.text(".headline") or ""), "the fork")


def test_a_source_that_is_gone_is_said_to_be(page):
    made = page.server.train(specs.report(epochs=20))
    rest = page.server.train({"fork": {"experiment": made["id"], "at": "end"}})
    page.server.request("DELETE", f"/experiments/{made['id']}")
    page.open(f"/?experiment={rest['id']}")
    page.wait(lambda: "Goes on after epoch 20 of run 0 of another experiment, which is gone"
              in (page.text(".headline") or ""), "what is said of the source")
    page.browser.get_log("browser")  # it tells of the 404
    page.click(".again a")
    page.wait(lambda: "Goes on from the state of run 0 after epoch 20" in (page.text(".fields") or ""),
              "the form of a run that goes on")
