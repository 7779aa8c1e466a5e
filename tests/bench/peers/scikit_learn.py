"""scikit-learn's MLPRegressor: plain stochastic gradient descent, no momentum, no penalty."""
import warnings

import problem
import numpy as np
import sklearn
from sklearn.neural_network import MLPRegressor

warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)
given = problem.given()
n_outputs = given.sizes[-1]
targets = given.targets if n_outputs > 1 else given.targets.ravel()
# Its step is not divided by the number of outputs; its printed loss is halved.
model = MLPRegressor(hidden_layer_sizes=given.sizes[1:-1], activation="relu", solver="sgd", alpha=0,
                     batch_size=given.batch_size, learning_rate_init=given.rate / n_outputs,
                     momentum=0, nesterovs_momentum=False, shuffle=False, warm_start=True, tol=0,
                     n_iter_no_change=10**9)
model.partial_fit(given.features, targets)  # makes what the start values are put into
model.coefs_ = [np.ascontiguousarray(weights.T) for weights, _ in given.layers]
model.intercepts_ = [biases.copy() for _, biases in given.layers]


def train(n_epochs):
    model.max_iter = n_epochs
    model.fit(given.features, targets)
    return 2 * float(model.loss_)


problem.serve(f"scikit-learn {sklearn.__version__}, {problem.blas()}", train)
