"""PyTorch as its tutorials use it: nn.Sequential, MSELoss, optim.SGD; doubles, one thread."""
import problem  # sets the number of threads, so it comes first
import torch

torch.set_num_threads(1)
given = problem.given()
modules = []
for weights, biases in given.layers:
    linear = torch.nn.Linear(weights.shape[1], weights.shape[0], dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(weights))
        linear.bias.copy_(torch.from_numpy(biases))
    modules += [linear, torch.nn.ReLU()]
model = torch.nn.Sequential(*modules[:-1])
measure = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5 * given.rate)  # its slope is 2 e, not e
features, targets = torch.from_numpy(given.features), torch.from_numpy(given.targets)
batches = [(features[batch], targets[batch]) for batch in given.batches()]


def train(n_epochs):
    for _ in range(n_epochs):
        total = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = measure(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
    return total / len(features)


build = torch.__config__.show().replace(",", " ").split()
blas = next((word for word in build if word.startswith("BLAS_INFO=")), "BLAS unknown")
problem.serve(f"PyTorch {torch.__version__}, {blas}, {problem.blas()}", train)
