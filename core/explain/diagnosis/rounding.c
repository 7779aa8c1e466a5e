/* A bound of what rounding may do to a network's loss: a running error analysis.
 *
 * A sum of n products is off by at most n + 2 roundings of the sum of their sizes, and by what its
 * terms were off; an activation passes on 1.2 times that at most (gelu's slope is up to 1.13). */
#include "core/explain/diagnosis/rounding.h"

#include <float.h>
#include <math.h>

#define STEEPEST 1.2
#define CURVATURE 1.0 /* half of L's largest by an output's weighted sum, the squared error's */

/* Of an activation's own value: some round a 1, or the sum, on their way. */
static double own_error(enum activation activation, double sum, double value)
{
    int is_exact = activation <= ACTIVATION_LEAKY_RELU;
    return 4.0 * DBL_EPSILON * (fabs(value) + (is_exact ? 0.0 : fmin(fabs(sum), 1.0)));
}

/* One layer: inputs and their errors -> the errors of its sums and outputs. */
static void pass(const struct layer *layer, int n_inputs, const double *weights,
                 const double *inputs, const double *input_errors, const double *sums,
                 double *sum_errors, double *output_errors)
{
    const double *biases = weights + (size_t)layer->units * (size_t)n_inputs;
    const double *outputs = inputs + n_inputs;
    for (int j = 0; j < layer->units; j++, weights += n_inputs) {
        double size = fabs(biases[j]), brought = 0.0;
        for (int k = 0; k < n_inputs; k++) {
            size += fabs(weights[k] * inputs[k]);
            brought += fabs(weights[k]) * input_errors[k];
        }
        sum_errors[j] = brought + (n_inputs + 2) * DBL_EPSILON * size;
        output_errors[j] =
            STEEPEST * sum_errors[j] + own_error(layer->activation, sums[j], outputs[j]);
    }
}

/* L's slope by an output is at most this, and 0 of the cross-entropies, which are computed
 * from the sums. */
static double slope_by_output(const struct derivative *derivative, double loss)
{
    if (loss_activation(derivative->loss) != ACTIVATION_COUNT) {
        return 0.0;
    }
    return derivative->loss == LOSS_MSE ? 2.0 * sqrt(fabs(loss)) : 1.0;
}

double rounding_bound(struct derivative *derivative, const double *parameters,
                      const double *targets, double loss, double *errors)
{
    const struct network *network = derivative->network;
    double *passed = errors + derivative->n_units, bound = 4.0 * DBL_EPSILON * fabs(loss) + DBL_MIN;
    enum activation activation = network->layers[network->n_layers - 1].activation;
    size_t first = 0;
    for (int k = 0; k < network->n_inputs; k++) {
        errors[k] = passed[k] = 0.0;
    }
    for (int l = 0; l < network->n_layers; l++) {
        int n = network_layer_inputs(network, l);
        size_t next = first + (size_t)n;
        pass(&network->layers[l], n, parameters + network_weight(network, l, 0, 0),
             derivative->units + first, passed + first, derivative->sums + next, errors + next,
             passed + next);
        first = next;
    }
    derivative_backward(derivative, parameters, targets, derivative->scale / derivative->factor,
                        NULL);
    for (size_t j = first; j < derivative->n_units; j++) {
        bound += (fabs(derivative->deltas[j]) + CURVATURE * passed[j]) * passed[j];
        bound += slope_by_output(derivative, loss) * own_error(activation, derivative->sums[j],
                                                               derivative->units[j]);
    }
    return bound;
}
