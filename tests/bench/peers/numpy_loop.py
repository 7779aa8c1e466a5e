"""NumPy as a notebook uses it: matrix times vector for single samples, products of matrices for
batches."""
import problem
import numpy as np

given = problem.given()
n_outputs = given.sizes[-1]


def train_samples():
    """An epoch of single samples."""
    step, total = given.rate / n_outputs, 0.0
    for x, y in zip(given.features, given.targets):
        outputs = [x]
        for weights, biases in given.layers:
            z = weights @ outputs[-1] + biases
            outputs.append(z if weights is given.layers[-1][0] else np.maximum(z, 0.0))
        e = y - outputs[-1]
        total += e @ e / n_outputs
        delta = step * e
        for (weights, biases), inputs in zip(reversed(given.layers), reversed(outputs[:-1])):
            below = (weights.T @ delta) * (inputs > 0)
            weights += np.outer(delta, inputs)
            biases += delta
            delta = below
    return total


def train_batches():
    """An epoch of batches."""
    total = 0.0
    for batch in given.batches():
        outputs = [given.features[batch]]
        for weights, biases in given.layers:
            z = outputs[-1] @ weights.T + biases
            outputs.append(z if weights is given.layers[-1][0] else np.maximum(z, 0.0))
        e = given.targets[batch] - outputs[-1]
        total += (e * e).sum() / n_outputs
        delta = given.rate / n_outputs / len(e) * e
        for l in range(len(given.layers) - 1, -1, -1):
            weights, biases = given.layers[l]
            if l > 0:
                below = (delta @ weights) * (outputs[l] > 0)
            weights += delta.T @ outputs[l]
            biases += delta.sum(axis=0)
            if l > 0:
                delta = below
    return total


def train(n_epochs):
    for _ in range(n_epochs):
        total = train_samples() if given.batch_size == 1 else train_batches()
    return float(total) / len(given.features)


problem.serve(f"NumPy {np.__version__}, {problem.blas()}", train)
