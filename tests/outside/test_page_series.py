"""The lines of a run's series in a real browser: which are drawn, what stands beside them."""
import json

import pytest

import specs
import test_series
from test_page import ALL_DIGITS, browser, page  # noqa: F401  (fixtures)

LINES = ".series label"


@pytest.fixture(scope="module")
def trained(server):
    """Two runs with all five series, one of them stopped early."""
    spec = test_series.classes(300, stop={"patience": 60},
                               optimizer={"name": "adam", "learning_rate": 0.02})
    return server.train({**spec, "sweep": {specs.RATE: [0.0001, 0.05]}})


def open_experiment(page, experiment, rest=""):
    page.open(f"/?experiment={experiment['id']}{rest}")
    page.wait(lambda: page.points() > 0, "points in the chart")


def shown(page):
    return page.run("return [...document.querySelectorAll('.series input')]"
                    ".filter((box) => box.checked).map((box) => box.value)")


def legend(page, run):
    return page.texts(".legend .value")[run].split(" / ")


def choose(page, name):
    page.run("document.querySelector(arguments[0]).click()", f".series input[value={name}]")


def test_losses_of_both_parts_are_drawn_and_read_at_first(page, trained):
    open_experiment(page, trained)
    assert page.texts(LINES) == ["loss", "end loss", "accuracy", "validation loss",
                                 "validation accuracy"]
    assert shown(page) == ["loss", "validation_loss"]
    page.wait(lambda: page.curves_drawn(2), "two curves")
    page.click(ALL_DIGITS)
    for row in trained["runs"]:
        page.wait(lambda: [float(text) for text in legend(page, row["run"])] ==
                  [row["loss"], row["validation_loss"]], "all digits of the losses")
    assert page.text(".legend-head") == "last loss / validation loss"


def test_lines_are_chosen_and_the_choice_stands_in_the_address(page, trained):
    open_experiment(page, trained)
    choose(page, "end_loss")
    assert shown(page) == ["loss", "end_loss", "validation_loss"]
    choose(page, "loss")
    assert shown(page) == ["end_loss", "validation_loss"]
    assert "series=end_loss,validation_loss" in page.browser.current_url
    page.browser.refresh()
    page.wait(lambda: page.points() > 0, "points after a reload")
    assert shown(page) == ["end_loss", "validation_loss"]
    assert page.text(".legend-head") == "last end loss / validation loss"


def test_accuracies_have_an_axis_of_their_own(page, trained):
    open_experiment(page, trained)
    choose(page, "accuracy")
    assert shown(page) == ["accuracy", "validation_accuracy"]
    assert page.texts(".switch:not(.series) legend")[0] == "Accuracy"
    page.click(ALL_DIGITS)
    row = trained["runs"][1]
    page.wait(lambda: [float(text) for text in legend(page, 1)] == [row["accuracy"],
                                                                    row["validation_accuracy"]],
              "all digits of the accuracies")
    choose(page, "validation_accuracy")
    choose(page, "accuracy")  # the last one stays
    assert shown(page) == ["accuracy"]
    choose(page, "validation_loss")
    assert shown(page) == ["loss", "end_loss", "validation_loss"]


def test_the_table_of_runs_tells_why_one_stopped_and_its_best_epoch(page, trained):
    open_experiment(page, trained, "&digits=all")
    columns = page.texts(".runs thead th")
    assert {"end loss", "accuracy", "validation loss", "validation accuracy",
            "best epoch"} <= set(columns)
    ends = [row["stopped"] for row in trained["runs"]]
    assert ends == [None, "patience"]
    assert page.texts(".runs tbody td:first-of-type") == [
        "\u2713 done", f"\u2713 done, stopped by patience at epoch {trained['runs'][1]['epoch']}"]
    assert "2 runs of up to" in page.text(".headline .facts")
    row = trained["runs"][1]
    cells = page.texts(".runs tbody tr:nth-child(2) td")
    assert float(cells[7]) == row["validation_loss"]
    assert int(cells[9]) == row["best_epoch"] < row["epoch"]


def test_the_table_of_losses_has_a_column_for_each_line(page, trained):
    open_experiment(page, trained, "&digits=all")
    page.run("document.querySelector('.curves ~ details, section details').open = true")
    page.wait(lambda: len(page.texts("section details table thead th")) == 5, "four columns")
    heads = page.texts("section details table thead th")
    assert [head.split(" ", 1)[1] for head in heads[1:]] == ["loss", "validation loss"] * 2
    first = [float(text) for text in page.texts("section details table tbody tr:first-child td")]
    told = page.server.get(f"/experiments/{trained['id']}/epochs?to=1")["runs"]
    assert first == [run[name][0] for run in told for name in ("loss", "validation_loss")]


def test_a_live_run_shows_its_validation_loss(page):
    spec = test_series.regression(10 ** 6)
    experiment = page.server.post(spec)
    open_experiment(page, experiment)
    page.wait(lambda: page.texts(".runs tbody td")[6] != "", "a live validation loss")
    page.server.request("POST", f"/experiments/{experiment['id']}/cancel",
                        headers={"Content-Type": "application/json"})
    page.wait_for_end(1)


def test_a_run_of_one_series_has_no_lines_to_choose(page):
    open_experiment(page, page.server.train(specs.report(epochs=20)))
    assert page.run("return document.querySelector('.series').hidden")
    assert page.text(".legend-head") == "last loss"


def test_the_form_stops_early_and_records_more(page):
    page.open("/?new=")
    page.one("#json")
    page.run("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    page.run("document.getElementById('field-/training/record/0').click()")
    field = page.field("/training/stop/patience")
    field.send_keys("25")
    spec = page.wait(lambda: page.spec() if "stop" in page.spec()["training"] else None, "a stop")
    assert spec["training"]["stop"] == {"patience": 25}
    assert spec["training"]["record"] == ["end_loss"]
    page.run("document.getElementById('field-/training/record/0').click()")
    assert "record" not in page.spec()["training"]
    assert page.field("/training/stop/monitor").get_attribute("value") == ""


def test_thinning_keeps_the_extremes_of_every_series(page, trained):
    """Two series of a long curve, joined to few points and drawn in few steps."""
    open_experiment(page, trained)
    told = page.browser.execute_async_script("""
        const done = arguments[0];
        import("/chart/losses.js").then(({Losses}) => {
            const losses = new Losses(1, ["loss", "validation_loss"]);
            const n = 500000, epochs = [], loss = [], validation_loss = [];
            for (let i = 1; i <= n; i++) {
                epochs.push(i);
                loss.push(i === 123457 ? 9 : 1);
                validation_loss.push(i === 345679 ? 7 : i === 222223 ? 0.125 : 0.5);
            }
            losses.append(0, {epochs, loss, validation_loss});
            const {low, high, ys} = losses.picture({from: 1, to: n, nBuckets: 500,
                logEpoch: false, logLoss: false, shown: () => true,
                series: ["loss", "validation_loss"]});
            done(JSON.stringify({low, high, tops: ys.map((y) => Math.max(...y.map(Number))),
                                 n: losses.curves[0].n}));
        });""")
    told = json.loads(told)
    assert told["n"] < 250000
    assert (told["low"], told["high"], told["tops"]) == (0.125, 9, [9, 7])


def test_five_lines_stick_out_nowhere_at_360_pixels(page, trained):
    page.resize(360, 740)
    open_experiment(page, trained)
    assert page.overflow() == []
