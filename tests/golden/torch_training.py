"""What PyTorch makes of trainings that Descent can do too; run as a program it writes torch.json.

cases() lists them as specs (tables of rounded numbers, start values given), each with a name; train()
trains one in float64 and gives its printed losses and its parameters. The printed loss is a
notebook's: the mean over the samples, each scored before the update of its own batch.

    /usr/bin/python3 tests/golden/torch_training.py > tests/golden/torch.json
"""
import json
import math
import random

EPOCHS = 200
SAMPLES = 12

# Rates at which 200 epochs change much, and nothing grows without bound.
RATES = {"sgd": 0.01, "momentum": 0.002, "nesterov": 0.002, "adagrad": 0.05, "rmsprop": 0.002,
         "adam": 0.005, "adamw": 0.005}
DEFAULTS = {"momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.9},
            "adagrad": {"epsilon": 1e-10}, "rmsprop": {"alpha": 0.99, "epsilon": 1e-8},
            "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
            "adamw": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01}}

NETS = {"tanh": [(3, "tanh")], "elu, gelu": [(4, "elu"), (3, "gelu")],
        "softplus, sigmoid": [(3, "softplus"), (2, "sigmoid")],
        "relu, leaky_relu": [(5, "relu"), (4, "leaky_relu")]}
LOSSES = {"mse": (1, "linear"), "mae": (2, "linear"), "huber": (1, "linear"),
          "binary_cross_entropy": (1, "sigmoid"), "categorical_cross_entropy": (3, "softmax")}


def dataset(loss, n_targets, draw):
    rows = []
    for i in range(SAMPLES):
        x = [round(draw.uniform(-2, 2), 3), round(draw.uniform(-2, 2), 3)]
        if loss == "categorical_cross_entropy":
            y = [int(j == i % n_targets) for j in range(n_targets)]
        elif loss == "binary_cross_entropy":
            y = [int(x[0] * x[1] > 0)]
        else:
            y = [round(x[0] * x[1] + j, 3) for j in range(n_targets)]
        rows.append(x + y)
    return {"kind": "table", "n_targets": n_targets, "rows": rows}


def spec(net, loss, optimizer, batch_size, seed, **more):
    draw = random.Random(seed)
    n_targets, activation = LOSSES[loss]
    layers = NETS[net] + [(n_targets, activation)]
    weights, biases, n_inputs = [], [], 2
    for units, _ in layers:
        weights.append([[round(draw.uniform(-0.9, 0.9), 3) for _ in range(n_inputs)]
                        for _ in range(units)])
        biases.append([round(draw.uniform(-0.3, 0.3), 3) for _ in range(units)])
        n_inputs = units
    training = {"loss": loss, "optimizer": {"name": optimizer, "learning_rate": RATES[optimizer]},
                "batch_size": batch_size, "epochs": EPOCHS}
    for pointer, value in more.items():
        if pointer in ("schedule", "reduction", "stop"):
            training[pointer] = value
        else:
            training["optimizer"][pointer] = value
    return {"dataset": dataset(loss, n_targets, draw),
            "network": {"layers": [{"units": u, "activation": a} for u, a in layers],
                        "init": {"scheme": "explicit", "weights": weights, "biases": biases}},
            "training": training, "cache": False}


def cases():
    found, seed = {}, 0

    def add(name, *arguments, **more):
        nonlocal seed
        seed += 1
        found[name] = spec(*arguments, seed, **more)

    for optimizer in RATES:
        for net, loss in zip(list(NETS) * 2, list(LOSSES) * 2):
            for batch_size in (1, 5, SAMPLES):
                add(f"{optimizer}, {net}, {loss}, batches of {batch_size}", net, loss, optimizer,
                    batch_size)
    for optimizer in RATES:
        for name, more in {"weight_decay": {"weight_decay": 0.05}, "l1": {"l1": 0.01},
                           "clip_value": {"clip_value": 0.05}, "clip_norm": {"clip_norm": 0.1},
                           "everything": {"weight_decay": 0.02, "l1": 0.003, "clip_value": 0.2,
                                          "clip_norm": 0.3}}.items():
            add(f"{optimizer} with {name}", "tanh", "mse", optimizer, 5, **more)
    for kind, more in {"step": {"every": 30, "factor": 0.5}, "exponential": {"factor": 0.98},
                       "cosine": {"final": 0.0005}, "range_test": {"final": 0.03},
                       "constant": {"warmup_epochs": 20}}.items():
        for optimizer in ("sgd", "adam"):
            add(f"{optimizer}, schedule {kind}", "tanh", "mse", optimizer, 5,
                schedule={"kind": kind, **more})
    add("sum over a batch", "tanh", "mse", "momentum", 5, reduction="sum")
    for name, more in {"": {"patience": 1, "threshold": 0.01},
                       ", a least rate": {"patience": 0, "threshold": 0.03, "factor": 0.5,
                                          "min_learning_rate": 0.0001},
                       ", PyTorch's defaults": {}}.items():
        for optimizer in ("momentum", "rmsprop"):
            for monitor in ("loss", "end_loss"):
                add(f"{optimizer}, reduce_on_plateau of {monitor}{name}", "tanh", "mae", optimizer,
                    5, schedule={"kind": "reduce_on_plateau", **more}, stop={"monitor": monitor})
    return found


# --- PyTorch --------------------------------------------------------------------------------------


def activate(name, z):
    import torch
    f = torch.nn.functional
    return {"linear": lambda: z, "relu": lambda: f.relu(z), "leaky_relu": lambda: f.leaky_relu(z),
            "tanh": lambda: torch.tanh(z), "sigmoid": lambda: torch.sigmoid(z),
            "elu": lambda: f.elu(z), "gelu": lambda: f.gelu(z),
            # PyTorch's is z itself above the threshold; without one it is the definition.
            "softplus": lambda: f.softplus(z, threshold=1e9)}[name]()


def loss_of(name, z, target):
    """The mean over the samples; z: the outputs, of the cross-entropies before their activation."""
    import torch
    f = torch.nn.functional
    return {"mse": f.mse_loss, "mae": f.l1_loss, "huber": f.huber_loss,
            "binary_cross_entropy": f.binary_cross_entropy_with_logits,
            "categorical_cross_entropy": f.cross_entropy}[name](z, target)


def optimizer_of(training, parameters):
    import torch
    o = {**DEFAULTS.get(training["optimizer"]["name"], {}), **training["optimizer"]}
    rate, decay = o["learning_rate"], o.get("weight_decay", 0)
    betas = (o.get("beta1"), o.get("beta2"))
    make = {"sgd": lambda: torch.optim.SGD(parameters, rate, weight_decay=decay),
            "momentum": lambda: torch.optim.SGD(parameters, rate, o["momentum"],
                                                weight_decay=decay),
            "nesterov": lambda: torch.optim.SGD(parameters, rate, o["momentum"], nesterov=True,
                                                weight_decay=decay),
            "adagrad": lambda: torch.optim.Adagrad(parameters, rate, eps=o["epsilon"],
                                                   weight_decay=decay),
            "rmsprop": lambda: torch.optim.RMSprop(parameters, rate, o["alpha"], o["epsilon"],
                                                   decay),
            "adam": lambda: torch.optim.Adam(parameters, rate, betas, o["epsilon"], decay),
            "adamw": lambda: torch.optim.AdamW(parameters, rate, betas, o["epsilon"], decay)}
    return make[o["name"]]()


PLATEAU = {"factor": "factor", "patience": "patience", "threshold": "threshold",
           "min_learning_rate": "min_lr"}


def schedule_of(training, optimizer):
    from torch.optim import lr_scheduler as s
    schedule, rate = training.get("schedule"), training["optimizer"]["learning_rate"]
    if schedule is None:
        return None
    warmup, final = schedule.get("warmup_epochs", 0), schedule.get("final", 0)
    return {"step": lambda: s.StepLR(optimizer, schedule["every"], schedule["factor"]),
            "exponential": lambda: s.ExponentialLR(optimizer, schedule["factor"]),
            "cosine": lambda: s.CosineAnnealingLR(optimizer, EPOCHS, final),
            "range_test": lambda: s.LambdaLR(
                optimizer, lambda e: (final / rate) ** (e / (EPOCHS - 1))),
            "reduce_on_plateau": lambda: s.ReduceLROnPlateau(
                optimizer, **{theirs: schedule[ours] for ours, theirs in PLATEAU.items()
                              if ours in schedule}),
            "constant": lambda: s.LambdaLR(
                optimizer, lambda e: min(1, (e + 1) / (warmup + 1)))}[schedule["kind"]]()


def train(spec):
    """Printed losses of all epochs, and the final weights and biases by layer."""
    import torch
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    training, layers = spec["training"], spec["network"]["layers"]
    n_targets = spec["dataset"]["n_targets"]
    rows = torch.tensor(spec["dataset"]["rows"], dtype=torch.float64)
    x, y = rows[:, :-n_targets], rows[:, -n_targets:]
    init = spec["network"]["init"]
    weights = [torch.tensor(w, requires_grad=True) for w in init["weights"]]
    biases = [torch.tensor(b, requires_grad=True) for b in init["biases"]]
    parameters = weights + biases
    optimizer = optimizer_of(training, parameters)
    schedule, options = schedule_of(training, optimizer), training["optimizer"]
    is_cross = training["loss"].endswith("cross_entropy")

    def loss_on(h, target):
        for l, (w, b) in enumerate(zip(weights, biases)):
            h = h @ w.T + b
            if not (is_cross and l == len(weights) - 1):
                h = activate(layers[l]["activation"], h)
        return loss_of(training["loss"], h, target)

    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for start in range(0, SAMPLES, training["batch_size"]):
            part = slice(start, start + training["batch_size"])
            target = y[part]
            loss = loss_on(x[part], target)
            total += loss.item() * len(target)
            if training.get("reduction") == "sum":
                loss = loss * len(target)
            if "l1" in options:
                loss = loss + options["l1"] * sum(p.abs().sum() for p in parameters)
            optimizer.zero_grad()
            loss.backward()
            if "clip_value" in options:
                torch.nn.utils.clip_grad_value_(parameters, options["clip_value"])
            if "clip_norm" in options:
                torch.nn.utils.clip_grad_norm_(parameters, options["clip_norm"])
            optimizer.step()
        losses.append(total / SAMPLES)
        if schedule is not None and training["schedule"]["kind"] == "reduce_on_plateau":
            of_weights = training["stop"]["monitor"] == "end_loss"
            schedule.step(loss_on(x, y).item() if of_weights else losses[-1])
        elif schedule is not None:
            schedule.step()
    return {"losses": losses, "weights": [w.tolist() for w in weights],
            "biases": [b.tolist() for b in biases]}


def main():
    import torch
    lines = []
    for name, case in cases().items():
        result = train(case)
        assert all(map(math.isfinite, result["losses"])), name
        # Every tenth epoch is enough to see where two trainings part.
        lines.append(json.dumps({"name": name, "losses": result["losses"][9::10],
                                 "weights": result["weights"], "biases": result["biases"]}))
    print(json.dumps({"torch": torch.__version__})[:-1] + ', "cases": [\n' + ",\n".join(lines) +
          "\n]}")


if __name__ == "__main__":
    main()
