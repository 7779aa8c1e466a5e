"""What happened, on the page: the headline in words, the proof, the floors, what to try."""
import json

import pytest

import specs
from service import JSON_TYPE
from test_page import browser, page  # noqa: F401  (fixtures)


@pytest.fixture(scope="module")
def dead(server):
    return server.explained(server.train({**specs.golden("lr_0.025"), "name": "dead"})["id"])["id"]


@pytest.fixture(scope="module")
def rates(server):
    spec = {**specs.sweep([0.025, 0.001, 1e-6, 1e-7]), "name": "rates"}
    return server.explained(server.post(spec)["id"])["id"]


def open_explained(page, experiment):
    page.open(f"/?experiment={experiment}")
    page.wait(lambda: page.texts(".verdict h3"), "the verdicts")


def test_the_verdicts_of_a_run_stand_in_words_with_their_sign(page, dead):
    open_explained(page, dead)
    told = page.server.get(f"/experiments/{dead}/runs/0")["verdicts"]["verdicts"]
    assert page.texts(".verdict .says") == [verdict["text"] for verdict in told]
    assert page.texts(".verdict h3")[0] == "collapsed to constant"
    assert page.text(".verdict .severity") == "\u25a0 In the way"
    assert "Certain: a theorem" in page.text(".verdict .note")
    assert page.text(".headlines") == "" or not page.one(".headlines").is_displayed()


def test_the_evidence_is_folded_and_has_every_number(page, dead):
    open_explained(page, dead)
    assert not page.one(".verdict dl.evidence").is_displayed()
    page.click(".verdict summary")
    assert page.one(".verdict dl.evidence").is_displayed()
    told = page.server.get(f"/experiments/{dead}/runs/0")["verdicts"]["verdicts"][0]["evidence"]
    names = page.texts(".verdict:first-child > details > dl > div > dt")
    assert names == [name.replace("_", " ") for name in told]


def test_units_count_from_one_in_the_evidence_as_in_the_words(page, dead):
    open_explained(page, dead)
    page.run("document.querySelectorAll('.verdict details').forEach((one) => { one.open = true; })")
    verdict, = [one for one in page.all(".verdict")
                if one.get_attribute("data-code") == "DEAD_UNITS"]
    said, *lines = verdict.text.split("Evidence\n")
    assert "Hidden units 1 and 2 output 0" in said
    lines = lines[0].split("\n")
    told = dict(zip(lines, lines[1:]))
    assert told["units"] == "1, 2" and told["sample"].isdigit()
    assert [after for name, after in zip(lines, lines[1:]) if name == "unit"] == ["1", "2"]


def test_facts_that_hold_for_most_runs_are_folded_below_the_others(page, dead):
    open_explained(page, dead)
    assert page.texts(".asides > summary") == ["3 more facts"]
    codes = [fact.get_attribute("data-code") for fact in page.all(".asides .verdict")]
    assert codes == ["BALANCE_DRIFT", "LR_WINDOW", "GRADIENT_CHECK"]
    assert not any(fact.is_displayed() for fact in page.all(".asides .verdict"))
    page.click(".asides > summary")
    assert "agrees with differences of the loss" in page.all(".asides .says")[2].text
    assert page.one(".verdicts > .verdict").get_attribute("data-code") == "COLLAPSED_TO_CONSTANT"


def test_evidence_within_evidence_has_room_on_a_phone(page, dead):
    page.resize(360, 740)
    open_explained(page, dead)
    page.run("document.querySelectorAll('.verdict details').forEach((one) => { one.open = true; })")
    widths = page.run("return [...document.querySelectorAll('.nested dt, .nested dd')]"
                      ".map((cell) => cell.clientWidth)")
    assert len(widths) > 20 and min(widths) > 100
    assert page.run("return document.documentElement.scrollWidth") <= 360


def test_floors_are_lines_of_the_chart_and_can_be_taken_away(page, dead):
    open_explained(page, dead)
    levels = page.wait(lambda: page.one(".chart").get_attribute("data-levels"), "the floors")
    assert levels.split("; ")[:2] == ["best constant 33.40", "linear regression 3.394"]
    assert "no function can go below 0.9722" in levels
    page.run("[...document.querySelectorAll('.check')]"
             ".find((label) => label.textContent === 'Floors').querySelector('input').click()")
    page.wait(lambda: page.one(".chart").get_attribute("data-levels") == "", "no floors")
    assert "floors=off" in page.browser.current_url
    listed = page.text(".floors")
    for line in page.server.get(f"/experiments/{dead}/runs/0")["floors"]["lines"]:
        assert line["text"] in listed and line["formula"] in listed


def test_runs_with_one_headline_stand_together_and_each_has_its_proof(page, rates):
    open_explained(page, rates)
    lines = page.texts(".headlines > li")
    assert len(lines) == 3, lines
    assert "The network gives the same answer" in lines[0]
    assert "0.000001" in lines[2] and "0.0000001" in lines[2]
    assert "With learning rate 0.000001: " in lines[2]
    assert page.texts(".verdict h3")[0] == "collapsed to constant"
    page.click(".headlines > li:nth-child(3) .which-runs button")
    page.wait(lambda: page.texts(".verdict h3")[0] == "undertrained", "the other run's verdicts")


def test_an_action_starts_what_it_says(page, dead):
    open_explained(page, dead)
    button = page.one(".verdict .actions button")
    assert button.text == "Again with a learning rate of 0.0025"
    page.click(".verdict .actions button")
    made = page.wait(lambda: (lambda id: id if id != dead else None)(page.experiment()),
                     "another experiment")
    spec = page.server.get(f"/experiments/{made}")["spec"]
    assert spec["training"]["optimizer"]["learning_rate"] == 0.0025
    assert spec["network"]["init"] == page.server.get(f"/experiments/{dead}")["spec"]["network"][
        "init"]
    page.wait_for_end(1)


def test_an_action_can_be_changed_first(page, dead):
    open_explained(page, dead)
    beside = page.run("return [...document.querySelectorAll('.verdict .pair')].map((pair) =>"
                      "pair.children[0].offsetTop === pair.children[1].offsetTop)")
    assert len(beside) > 3 and all(beside)
    page.click(".verdict .actions .quiet")
    page.one(".form")
    assert page.spec()["training"]["optimizer"]["learning_rate"] == 0.0025


def test_a_live_run_says_what_its_weights_prove(page):
    spec = {**specs.golden("lr_0.025"), "name": "long"}
    spec["training"] = {**spec["training"], "epochs": 100000000}
    experiment = page.server.post(spec)["id"]
    try:
        page.open(f"/?experiment={experiment}")
        page.wait(lambda: "best constant" in
                  (page.one(".chart").get_attribute("data-levels") or ""), "the floors", 30)
        page.wait(lambda: "collapsed to constant" in page.texts(".verdict h3"), "a verdict", 30)
        assert "While it trains" in page.text(".explain > .note")
    finally:
        page.server.request("POST", f"/experiments/{experiment}/cancel", data=json.dumps({}),
                            headers=JSON_TYPE)
