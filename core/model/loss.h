/* The losses a network may be trained with. What they compute stands in loss_lanes.h. */
#ifndef CORE_MODEL_LOSS_H
#define CORE_MODEL_LOSS_H

#include "core/model/activation.h"

/* Loss of a sample, from its targets t_j and outputs h_j; e_j = t_j - h_j. Names and formulas as in
 * PyTorch and Keras. */
enum loss {
    LOSS_MSE,                       /* mean over j of e_j^2 */
    LOSS_MAE,                       /* mean of |e_j|; slope 0 at e_j = 0 */
    LOSS_HUBER,                     /* mean of e_j^2 / 2 where |e_j| < 1, else of |e_j| - 1/2 */
    LOSS_BINARY_CROSS_ENTROPY,      /* mean of -t_j log h_j - (1 - t_j) log(1 - h_j) */
    LOSS_CATEGORICAL_CROSS_ENTROPY, /* sum over j of -t_j log h_j */
    LOSS_COUNT
};

/* "mse", "mae", "huber", "binary_cross_entropy", "categorical_cross_entropy"; and back, or -1. */
const char *loss_name(enum loss loss);
int loss_find(const char *name);

/* Whether its sum over the outputs is divided by their number. */
int loss_is_mean(enum loss loss);

/* The activation its outputs must have, or ACTIVATION_COUNT: any. The two cross-entropies are
 * computed from the weighted sums, so that no logarithm of 0 is ever taken. */
enum activation loss_activation(enum loss loss);

#endif
