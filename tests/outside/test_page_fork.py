"""Forks on the page: what was changed, and the losses of the run that they came from."""
import pytest

import specs
from test_page import browser, page  # noqa: F401 (fixtures)


@pytest.fixture(scope="module")
def source(server):
    return server.train({**specs.report(learning_rate=1e-4, epochs=50), "name": "the source"})


@pytest.fixture(scope="module")
def rest(server, source):
    """It goes on for 30 epochs from the 40th on."""
    return server.train({"fork": {"experiment": source["id"], "at": 40},
                         "changes": {"/training/epochs": 30, specs.RATE: 4e-5}})


def overlaid(page, experiment):
    """Opens the experiment and draws its source's losses over its own."""
    page.open(f"/?experiment={experiment['id']}")
    page.wait(lambda: page.one(".check[title*='the source']").is_displayed(), "the box")
    page.click(".check[title*='the source'] input")
    page.wait(lambda: page.text(".legend .source .value") not in (None, "", "\u2013"), "its losses")


def test_a_fork_says_what_was_changed_and_in_which_run(page, source):
    fork = page.server.train({
        "fork": {"experiment": source["id"], "at": "start"},
        "changes": {specs.RATE: 4e-5, "/network/layers/0/activation": "tanh"}})
    page.open(f"/?experiment={fork['id']}")
    page.wait(lambda: "changed" in page.text(".headline .origin"), "the changes")
    assert page.text(".headline .origin") == (
        "Forked from the source: changed /network/layers/0/activation \"relu\" \u2192 \"tanh\", "
        "/training/optimizer/learning_rate 0.0001 \u2192 0.00004.")
    page.click(".headline .origin a")
    page.wait(lambda: source["id"] in page.browser.current_url, "the source")


def test_a_fork_that_sweeps_and_one_that_changes_nothing_say_so(page, source):
    fork = page.server.train({"fork": {"experiment": source["id"], "at": "start"},
                              "sweep": {specs.RATE: [1e-4, 1e-5]}})
    page.open(f"/?experiment={fork['id']}&source=on")
    page.wait(lambda: page.one(".legend .source").is_displayed(), "its losses, drawn too")
    page.wait(lambda: page.text(".headline .origin") == "Forked from the source: nothing "
              "changed, swept /training/optimizer/learning_rate.", "what was swept")


def test_the_source_s_losses_are_drawn_at_the_same_epochs(page, source):
    fork = page.server.train({"fork": {"experiment": source["id"], "at": "start"},
                              "changes": {specs.RATE: 4e-5, "/training/epochs": 60}})
    overlaid(page, fork)
    assert "source=on" in page.browser.current_url
    last = page.server.losses(source["id"])[-1]
    assert float(page.text(".legend .source .value")) == pytest.approx(last, rel=1e-4)
    assert page.heights() and page.heights()[0] > 20
    page.wait(lambda: drawn(page, ".legend .source line")["rows"] > 20, "its line")
    page.click(".panel details summary")
    page.wait(lambda: page.all(".panel details table tbody td"), "the table")
    cells = page.run("return [...document.querySelectorAll('.panel details table tbody tr')]"
                     ".map((row) => [...row.children].map((cell) => cell.textContent))")
    told = {int(epoch): theirs for epoch, _, theirs in cells}
    assert float(told[10]) == pytest.approx(page.server.losses(source["id"])[9], rel=1e-4)
    assert told[60] == ""


def test_one_that_goes_on_is_drawn_after_the_epochs_it_comes_from(page, source, rest):
    overlaid(page, rest)
    page.wait(lambda: page.one(".chart").get_attribute("data-x") ==
              "epoch since the source\u2019s start", "the axis")
    page.wait(lambda: drawn(page, ".legend .source line")["rows"] > 20, "the source's line")
    before, after = (drawn(page, f".legend {line} line") for line in (".source", "li"))
    assert before["left"] < 0.15 and 0.5 < after["left"] < 0.65 < before["right"] < after["right"]
    theirs, own = page.server.losses(source["id"]), page.server.losses(rest["id"])
    for epoch, here, expected in ((39, "\u2013", theirs[38]), (45, own[4], theirs[44]),
                                  (70, own[29], None)):
        point(page, epoch)
        head = f"epoch {epoch}" + (f" (here {epoch - 40})" if epoch > 40 else "")
        page.wait(lambda: page.text(".legend-head") == head, head)
        near = lambda text, loss: text == loss or float(text) == pytest.approx(loss, rel=1e-4)
        assert near(page.text(".legend li .value"), here)
        assert near(page.text(".legend .source .value"), expected or "\u2013")
    page.click(".check[title*='the source'] input")
    page.wait(lambda: page.one(".chart").get_attribute("data-x") == "epoch", "its own epochs")


def test_a_link_shows_the_source_s_losses(page, rest):
    page.resize(360, 740)
    page.open(f"/?experiment={rest['id']}&source=on")
    page.wait(lambda: page.text(".legend .source .name") == "the source", "the source")
    assert page.run("return document.documentElement.scrollWidth") <= 360


def drawn(page, selector):
    """How many rows of the canvas have the colour of a stroke, and where it begins and ends, as
    shares of the width."""
    return page.run("""
        const shown = document.querySelector(".chart canvas");
        const line = document.querySelector(arguments[0]);
        if (!shown || !line) return {rows: 0};
        const {width, height} = shown;
        const copy = new OffscreenCanvas(width, height).getContext("2d");
        copy.drawImage(shown, 0, 0);
        const {data} = copy.getImageData(0, 0, width, height), rows = new Set();
        let left = 1, right = 0;
        const wanted = getComputedStyle(line).stroke;
        for (let i = 0; i < data.length; i += 4)
            if (`rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})` === wanted)
            {
                rows.add(Math.floor(i / 4 / width));
                left = Math.min(left, i / 4 % width / width);
                right = Math.max(right, i / 4 % width / width);
            }
        return {rows: rows.size, left, right}""", selector)


def point(page, epoch):
    """Puts the chart's cursor on an epoch, by the keys that a reader has."""
    page.run("""
        const chart = document.querySelector(".chart");
        for (let i = 0; i < 200; i++) {
            const words = document.querySelector(".legend-head").textContent;
            const now = Number(words.match(/^epoch (\\d+)/)?.[1] ?? 0);
            if (now === arguments[0]) return;
            const key = now < arguments[0] ? "ArrowRight" : "ArrowLeft";
            chart.dispatchEvent(new KeyboardEvent("keydown", {key, cancelable: true}));
        }""", epoch)
