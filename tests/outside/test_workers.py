"""One worker or two: the same numbers, whatever is trained side by side, in turn, gone on with."""

MOONS = {"kind": "moons", "samples": 60, "noise": 0.2, "seed": 4,
         "split": {"train": 0.7, "validation": 0.3}, "standardize": True}
BLOBS = {"kind": "gaussians", "samples": 60, "classes": 3, "seed": 2, "standardize": True}
ADAM = {"name": "adam", "learning_rate": 0.02}


def net(*layers):
    return {"layers": [{"units": units, "activation": activation} for units, activation in layers],
            "init": {"scheme": "glorot_uniform", "seed": 3}}


def spec(optimizer, network=None, dataset=MOONS, **training):
    return {"dataset": dataset, "network": network or net((5, "tanh"), (1, "sigmoid")),
            "training": {"epochs": 40, "loss": "binary_cross_entropy", "batch_size": 8,
                         "record": ["end_loss", "accuracy"], "optimizer": optimizer, **training},
            "cache": False}


def optimizer(name, rate, **settings):
    return {"name": name, "learning_rate": rate, **settings}


PLATEAU = {"kind": "reduce_on_plateau", "factor": 0.5, "patience": 2, "threshold": 0.01}
SPECS = {
    "sgd, reshuffled": spec(optimizer("sgd", 0.1, clip_norm=1.0), order="shuffle", seed=5),
    "momentum, drawn": spec(optimizer("momentum", 0.02), order="with_replacement", seed=6),
    "nesterov, cosine": spec(optimizer("nesterov", 0.02), net((6, "elu"), (1, "sigmoid")),
                             schedule={"kind": "cosine", "warmup_epochs": 3}),
    "adagrad, gelu, l1": spec(optimizer("adagrad", 0.05, l1=1e-4), net((4, "gelu"), (1, "linear")),
                              loss="huber", record=["end_loss"]),
    "rmsprop, plateau": spec(optimizer("rmsprop", 0.05), schedule=PLATEAU, epochs=120),
    "adam, patience": spec(ADAM, net((8, "softplus"), (1, "sigmoid")), order="shuffle", epochs=300,
                           stop={"patience": 3, "min_delta": 1e-3}),
    "adamw, target": spec(optimizer("adamw", 0.05), net((8, "leaky_relu"), (1, "sigmoid")),
                          epochs=300, stop={"target": 0.2, "monitor": "loss"}),
    "softmax, three classes": spec(ADAM, net((6, "relu"), (6, "sigmoid"), (3, "softmax")), BLOBS,
                                   loss="categorical_cross_entropy"),
    "fast arithmetic": spec(ADAM, arithmetic="fast", batch_size=42),
    "a step at a time, mae": spec(optimizer("sgd", 0.01), net((3, "relu"), (1, "linear")),
                                  loss="mae", record=["end_loss"], batch_size=1,
                                  schedule={"kind": "step", "every": 10, "factor": 0.5}),
    "twenty rates": {**spec(optimizer("sgd", 0.1), net((5, "relu"), (1, "linear")), loss="mse",
                            record=["end_loss"], order="shuffle"),
                     "sweep": {"/training/optimizer/learning_rate": {
                         "from": 0.001, "to": 100, "steps": 20, "scale": "log"}}},
    "seven optimizers": {**spec(ADAM), "sweep": {"/training/optimizer/name": [
        "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]}},
}


def numbers(server, experiment):
    """All that was recorded of every run, as text: each epoch's series and the last parameters."""
    runs = f"/experiments/{experiment['id']}/runs"
    return [(run["state"], run.get("stopped"), run["epoch"],
             server.text(f"{runs}/{run['run']}/epochs?format=csv"),
             server.text(f"{runs}/{run['run']}/parameters")) for run in experiment["runs"]]


def train_all(server):
    """Everything posted at once, then a run of each gone on with, and one with its rate changed."""
    posted = {name: server.post(it) for name, it in SPECS.items()}
    ended = {name: server.wait(it["id"]) for name, it in posted.items()}
    forks = {}
    for name, it in ended.items():
        if it["runs"][0]["state"] == "done" and it["runs"][0].get("stopped") is None:
            fork = {"experiment": it["id"], "run": 0, "at": "end"}
            forks[f"{name}, gone on"] = server.post({"fork": fork})
    first = {"experiment": ended["sgd, reshuffled"]["id"], "run": 0, "at": "start"}
    forks["another rate"] = server.post({"fork": first, "changes": {
        "/training/optimizer/learning_rate": 0.03}})
    ended.update({name: server.wait(it["id"]) for name, it in forks.items()})
    return {name: numbers(server, it) for name, it in ended.items()}


def test_one_worker_and_two_give_the_same_bits(fresh_server):
    one, two = (train_all(fresh_server(workers)) for workers in (1, 2))
    assert one.keys() == two.keys() and len(one) >= len(SPECS) + 8
    for name, runs in one.items():
        assert runs == two[name], name
    assert len(one["twenty rates"]) == 20
    assert "diverged" in {state for state, *_ in one["twenty rates"]}
    assert one["adam, patience"][0][1] == "patience" and one["adamw, target"][0][1] == "target"
    losses = {text for runs in one.values() for _, _, _, text, _ in runs}
    assert len(losses) > 40  # of more than 45 trainings: they are different ones
