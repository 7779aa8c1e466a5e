/* The loss to expect on new data. */
#include "core/explain/risk.h"

#include <math.h>

/* What no network takes off: of the cross-entropies it is in the loss of the expected targets. */
static double noise_of(const struct population *population, enum loss loss)
{
    double sum = 0.0;
    if (loss == LOSS_BINARY_CROSS_ENTROPY || loss == LOSS_CATEGORICAL_CROSS_ENTROPY) {
        return 0.0;
    }
    if (loss != LOSS_MSE) {
        return NAN;
    }
    for (size_t j = 0; j < population->n_outputs; j++) {
        sum += population->noise[j] / (double)population->n_outputs;
    }
    return sum;
}

double risk_exact(struct derivative *it, const struct population *population,
                  const double *parameters)
{
    if (!population || population->n_points == 0) {
        return NAN;
    }
    double risk = noise_of(population, it->loss);
    for (size_t i = 0; i < population->n_points; i++) {
        risk += population->weights[i] *
                derivative_forward(it, parameters, population->points + i * population->n_inputs,
                                   population->means + i * population->n_outputs);
    }
    return risk;
}
