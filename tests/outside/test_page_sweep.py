"""What a sweep shows, the labs, and the answers, on the page."""
import re

import pytest

from test_page import browser, page  # noqa: F401  (fixtures)

RATE = "/training/optimizer/learning_rate"
SPEC = {"preset": "lr_0.0004",
        "network": {"init": {"scheme": "uniform", "named": None, "low": -1, "high": 1, "bias": 0}},
        "training": {"epochs": 50},
        "sweep": {RATE: [1e-4, 1e-3, 1e-2], "/network/init/seed": {"from": 1, "to": 20}}}


def test_a_sweep_is_summed_up_and_two_settings_compared(page):
    experiment = page.server.train(SPEC)
    told = page.server.get(f"/experiments/{experiment['id']}/sweep?compare=0,2")
    page.open(f"/?experiment={experiment['id']}")
    page.wait(lambda: page.one(".analysis table").is_displayed(), "the analysis")
    text = page.one(".analysis").text
    assert told["best"]["text"] in text and told["boundary"]["text"] in text
    rows = [row.text.split() for row in page.all(".analysis tbody tr")]
    assert [row[:2] for row in rows] == [["0.0001", "20"], ["0.001", "20"], ["0.01", "20"]]
    assert len(page.all(".bands .dot")) == 3
    assert page.texts(".bands text")[0].startswith("median loss")
    assert "four of five starts" in page.text(".figure .note")
    page.all(".compare select")[1].send_keys("0.01")
    page.one(".compare button").click()
    sentence = told["compared"]["text"]
    assert "learning_rate 0.0001 ended" in sentence and "than learning_rate 0.01;" in sentence
    page.wait(lambda: sentence in page.one(".compare").text, "the comparison")


@pytest.mark.parametrize("rates", [
    [1e-5, 1e-4, 1e-3], [0.0123, 0.0124, 0.0129], [2e-7, 0.0003, 0.004]])
def test_values_below_a_narrow_figure_stand_apart_and_inside(page, rates):
    experiment = page.server.train({**SPEC, "sweep": {RATE: rates}})
    page.resize(360, 740)
    page.open(f"/?experiment={experiment['id']}")
    page.wait(lambda: page.all(".bands .number.middle"), "the figure")
    figure, boxes = page.run("""
        const box = (node) => (({left, right}) => [left, right])(node.getBoundingClientRect());
        return [box(document.querySelector(".bands")),
                [...document.querySelectorAll(".bands .number.middle")].map(box)];""")
    boxes.sort()
    assert len(boxes) > 1
    edges = [figure[0], *(edge for box in boxes for edge in box), figure[1]]
    assert edges == sorted(edges)


def test_what_a_sweep_asks_for_next_is_started_from_there(page):
    experiment = page.server.train(SPEC)["id"]
    told = page.server.get(f"/experiments/{experiment}/sweep")["verdicts"]
    labels = [action["label"] for verdict in told for action in verdict["actions"]]
    page.open(f"/?experiment={experiment}")
    page.wait(lambda: page.one(".analysis table").is_displayed(), "the analysis")
    assert page.texts(".analysis .actions button:not(.quiet)") == [
        label[0].upper() + label[1:] for label in labels]
    page.click(".analysis .actions button")
    made = page.wait(lambda: (lambda id: id if id != experiment else None)(page.experiment()),
                     "another experiment")
    assert page.server.get(f"/experiments/{made}")["forked_from"]["experiment"] == experiment


def test_a_sweep_of_one_axis_needs_no_starts(page):
    experiment = page.server.train({**SPEC, "sweep": {RATE: [1e-4, 1e-3]}})
    page.open(f"/?experiment={experiment['id']}")
    page.wait(lambda: page.all(".analysis tbody tr"), "the analysis")
    assert not page.all(".compare")
    heads = page.texts(".analysis thead th")
    assert heads[:2] == ["learning rate", "loss"] and "90 %" not in heads


def test_a_grid_of_rates_and_epochs_is_drawn_over_their_product(page):
    """0.001 x 10 epochs and 0.0001 x 100 have come equally far, and so stand at one place."""
    grid = {RATE: [1e-5, 1e-4, 1e-3], "/training/epochs": [10, 100]}
    experiment = page.server.train({**SPEC, "sweep": grid})
    page.open(f"/?experiment={experiment['id']}")
    page.wait(lambda: page.all(".bands .dot"), "the figure")
    label = page.one(".bands").get_attribute("aria-label")
    assert label.startswith("loss by learning rate × epochs;")
    places = [float(dot.get_attribute("cx")) for dot in page.all(".bands .dot")]
    assert len(places) == 6 and places == sorted(places)
    assert len({round(place) for place in places}) == 4
    assert "equally far" in page.text(".analysis .figure .note")


def test_one_run_has_no_analysis(page):
    experiment = page.server.train({**SPEC, "sweep": {}})
    page.open(f"/?experiment={experiment['id']}")
    page.wait(lambda: page.all(".metrics table"), "the metrics")
    assert not page.all(".analysis table")


def test_the_question_is_answered_when_it_is_opened(page):
    experiment = page.server.train({"preset": "all_zero"})
    answer = page.server.get("/presets/all_zero/answer")
    page.open(f"/?experiment={experiment['id']}")
    assert page.one(".question summary").text == answer["question"]
    assert not page.all(".answer p")
    page.click(".question summary")
    page.wait(lambda: page.texts(".answer p") == answer["answer"], "the answer")


def test_a_lab_starts_its_runs_and_checks_their_numbers(page):
    labs = page.server.get("/labs")["labs"]
    page.open("/?labs")
    assert [title.text for title in page.all(".labs h2")] == [
        f"{lab['number']}. {lab['title']}" for lab in labs]
    page.click("#lab-twins button")
    marks = page.wait(lambda: (lambda found: found if all(found) else None)(
        page.texts("#lab-twins .mark")), "the marks", 60)
    assert len(marks) == len(labs[2]["show"])
    assert all(mark.startswith("\u2713 holds") for mark in marks), marks
    assert not any(re.search(r"\d{7}", mark) for mark in marks), marks
    page.click("#lab-twins .parts a")
    page.wait(lambda: page.all(".story, .legend-head"), "the experiment")


def test_a_yes_or_no_that_holds_is_not_written_beside_its_claim(page):
    """"(false) A tenth of the rate would have kept them alive", of units that are not dead then."""
    lab = next(lab for lab in page.server.get("/labs")["labs"] if lab["name"] == "death")
    assert False in [claim.get("is") for claim in lab["show"]]
    page.open("/?labs")
    page.click("#lab-death button")
    marks = page.wait(lambda: (lambda found: found if all(found) else None)(
        page.texts("#lab-death .mark")), "the marks", 60)
    assert len(marks) == len(lab["show"])
    assert not [mark for mark in marks if "true" in mark or "false" in mark], marks


def test_a_part_of_a_lab_can_be_edited(page):
    page.open("/?labs")
    page.click("#lab-width .parts a")
    page.wait(lambda: page.all("form"), "the form")
    assert "16" in page.browser.execute_script("return document.querySelector('main').innerHTML")
