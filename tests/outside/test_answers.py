"""The answers to the report's questions: sentences with the numbers of runs, trained when asked."""
import re

import pytest


@pytest.fixture(scope="module")
def presets(server):
    return [preset for group in server.get("/presets")["groups"] for preset in group["presets"]]


@pytest.fixture(scope="module")
def answers(server, presets):
    return {preset["name"]: server.get(f"/presets/{preset['name']}/answer")
            for preset in presets if "question" in preset}


def test_every_experiment_of_the_report_has_a_question_and_an_answer(presets, answers):
    assert {preset["name"] for preset in presets if "saw" in preset} == set(answers)
    for preset in presets:
        if "question" in preset:
            answer = answers[preset["name"]]
            assert answer["question"] == preset["question"]
            assert len(answer["answer"]) >= 2, (preset["name"], answer["answer"])


def test_sentences_are_whole(answers):
    for name, answer in answers.items():
        for sentence in answer["answer"]:
            assert re.fullmatch(r"[A-Zbw0-9].*[.?)]", sentence, re.S), (name, sentence)
            assert not re.search(r"[{}]|nan|inf\b|null", sentence), (name, sentence)


def test_the_numbers_are_those_of_the_preset_itself(server, answers):
    for name in ("lr_0.025", "all_zero", "w_0.5_bias_1", "random_target"):
        run = server.train({"preset": name})["runs"][0]
        told = answers[name]["run"]
        assert (told["loss"], told["first_loss"]) == (run["loss"], run["first_loss"]), name
        assert told["named"] == run["named"], name
    bias = f"{answers['all_zero']['run']['named']['bias3']:.5g}"
    assert any(bias in sentence for sentence in answers["all_zero"]["answer"])


def test_other_runs_are_trained_to_compare_with(server, answers):
    spec = {"preset": "lr_1e-4", "training": {"epochs": 4000}}
    loss = server.train(spec)["runs"][0]["loss"]
    assert answers["lr_1e-4"]["also"]["longer"]["run"]["loss"] == loss
    assert f"{loss:.5g}" in answers["lr_1e-4"]["answer"][-1]


@pytest.mark.parametrize("name, words", [
    ("lr_0.025", ["output 0 for all 100 samples", "the learning rate was the reason"]),
    ("all_zero", ["multiplied by another weight", "balance point"]),
    ("w_0.5_bias_1", ["copies of each other"]),
    ("w_alternating", ["Neither ReLU bends inside your data"]),
    ("bias_100", ["same answer, 12.335, for every input"]),
    ("lr_1e-7", ["still improving"]),
    ("random_target", ["just finding the average"]),
    ("lr_1e-6", ["does not fit"]),
])
def test_the_answer_says_what_happened(answers, name, words):
    text = " ".join(answers[name]["answer"])
    for word in words:
        assert word in text, text


def test_of_a_sweep_the_lowest_run_is_told(answers):
    told = answers["learning_rates"]
    assert told["lowest"] == min((one["run"] for one in told["runs"]), key=lambda run: run["loss"])


def test_what_follows_from_a_verdict_is_not_said_again(answers):
    verdicts = answers["all_zero"]["verdicts"]["verdicts"]
    implied = [verdict["text"] for verdict in verdicts if "implied_by" in verdict]
    assert len(implied) >= 2
    assert not set(implied) & set(answers["all_zero"]["answer"])


def test_what_is_true_of_most_runs_answers_no_question(answers):
    asides = {verdict["text"] for answer in answers.values() if "verdicts" in answer
              for verdict in answer["verdicts"]["verdicts"] if verdict.get("aside")}
    assert len(asides) >= 10
    assert not asides & {text for answer in answers.values() for text in answer["answer"]}


def test_asking_stores_nothing_and_is_quick_again(server, answers):
    before = server.get("/experiments")
    assert server.get("/presets/lr_0.025/answer") == answers["lr_0.025"]
    assert server.get("/experiments") == before


@pytest.mark.parametrize("name, words", [
    ("nonsense", "nonsense"), ("xor", "xor"), ("lab_1", "GET /api/v1/presets")])
def test_what_has_no_question_has_no_answer(server, name, words):
    reply = server.request("GET", f"/presets/{name}/answer")
    assert reply.status_code == 404
    assert words in reply.json()["detail"]
