"""Every lab sheet, run as a student would: its numbers show what the sheet says they must."""
import service

import pytest

LABS = 12


def at(value, pointer):
    """The value at an RFC 6901 pointer; code=NAME is the member of a list with that code."""
    for step in pointer.split("/")[1:]:
        if step.startswith("code="):
            value = next((one for one in value or [] if one["code"] == step[5:]), None)
        elif isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = (value or {}).get(step)
    return value


def holds(claim, found, answer):
    if "equals" in claim:
        return found is not None and found == at(answer, claim["equals"])
    if "below" in claim:
        return found is not None and found < claim["below"]
    if "above" in claim:
        return found is not None and found > claim["above"]
    if type(claim["is"]) in (int, float) and type(found) in (int, float):
        return abs(found - claim["is"]) <= claim.get("within", 0) * abs(claim["is"])
    return found == claim["is"]


@pytest.fixture(scope="module")
def labs(server):
    return server.get("/labs")["labs"]


def look(server, path, claim):
    """What was found, and whether it is as claimed: a run's verdicts may not be complete yet."""
    def found():
        answer = server.get(path)
        value = at(answer, claim["at"])
        is_whole = not claim["at"].startswith("/verdicts") or answer["verdicts"]["state"] == "full"
        return (value, True) if holds(claim, value, answer) else is_whole and (value, False)

    return service.wait_until(found, 60 * server.slowness, f"the verdicts of {path}")


def test_there_are_twelve_with_a_hypothesis_and_claims(server, labs):
    assert [lab["number"] for lab in labs] == list(range(1, LABS + 1))
    parts = [part["name"] for lab in labs for part in lab["parts"]]
    assert len(set(parts)) == len(parts)
    for lab in labs:
        assert lab["title"] and lab["do"] and lab["hypothesis"].endswith(".")
        assert len(lab["show"]) >= 3, lab["name"]
        assert {claim["part"] for claim in lab["show"]} <= {part["name"] for part in lab["parts"]}
        assert server.get(f"/labs/{lab['name']}") == lab


@pytest.mark.parametrize("number", range(1, LABS + 1))
def test_the_numbers_show_what_they_must(server, labs, number):
    lab = labs[number - 1]
    ids = {part["name"]: server.train({"preset": part["name"]}, seconds=120)["id"]
           for part in lab["parts"]}
    for claim in lab["show"]:
        path = f"/experiments/{ids[claim['part']]}/{claim['get']}"
        found, is_right = look(server, path, claim)
        assert is_right, (claim, found)


def test_an_unknown_lab_is_refused(server):
    reply = server.request("GET", "/labs/nonsense")
    assert reply.status_code == 404 and "GET /api/v1/labs" in reply.json()["detail"]
