"""One stream for several experiments: what comes, how it resumes, what is refused."""
import random

import specs
from sse import assert_gapless, ranges_of


def by_experiment(events):
    found = {}
    for event in events:
        if event.name in ("epochs", "state"):
            found.setdefault(event.data["experiment"], []).append(event)
    return found


def assert_whole(events, ids, epochs):
    """Every experiment's epochs without gap or repetition, and its end last."""
    found = by_experiment(events)
    assert sorted(found) == sorted(ids)
    for experiment in ids:
        assert_gapless(ranges_of(found[experiment]), epochs)
        assert found[experiment][-1].data == {"experiment": experiment, "state": "done",
                                               "states": {"done": 1}}


def test_several_experiments_share_a_stream(server):
    ids = [server.post(specs.report(rate, epochs=3000))["id"] for rate in (1e-3, 1e-4, 1e-5)]
    with server.stream_of_several(ids) as stream:
        assert_whole(list(stream), ids, 3000)


def test_several_experiments_resume_where_each_was(server):
    ids = [server.train(specs.report(rate, epochs=3000))["id"] for rate in (1e-3, 1e-4, 1e-5)]
    generator, events, last_id, connections = random.Random(7), [], None, 0
    while connections < 200:
        stream = server.stream_of_several(ids, "&points=all", last_id)
        connections += 1
        if stream.status == 204:
            break
        new, ended = stream.read_until_cut(generator.randrange(17000, 60000))
        stream.close()
        events += new
        last_id = next((e.id for e in reversed(events) if e.id is not None), None)
        if ended:
            break
    assert connections > 3
    assert_whole(events, ids, 3000)
    assert server.stream_of_several(ids, "&points=all", last_id).status == 204


def test_an_id_of_other_experiments_resets(server):
    one = server.train(specs.report(epochs=5))["id"]
    other = server.train(specs.report(epochs=5))["id"]
    with server.stream_of_several([one, other], "", "3") as stream:
        events = list(stream)
    assert events[0].name == "reset"
    assert_whole(events[1:], [one, other], 5)


def test_lists_that_are_none_are_refused(server):
    known = server.train(specs.report(epochs=1))["id"]
    for query in ("", "?experiments=", "?experiments=" + ",".join([known] * 17)):
        assert server.request("GET", f"/events{query}").status_code == 400, query
    assert server.request("GET", f"/events?experiments={known},nosuch").status_code == 404
