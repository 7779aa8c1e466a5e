/* What the losses compute: value and slope, over a vector of lanes.
 *
 * A template; include core/base/math/lanes.h before it. A new loss is a value of enum loss, its
 * name in loss.c and a case in loss_value; every kernel uses it. */
#ifndef CORE_MODEL_LOSS_LANES_H
#define CORE_MODEL_LOSS_LANES_H

#include "core/base/math/logarithm_lanes.h"
#include "core/model/activation_lanes.h"
#include "core/model/loss.h"

LANES_FN lanes loss_magnitude(lanes e)
{
    return lanes_from_bits(lanes_to_bits(e) & ~lanes_to_bits(lanes_set(-0.0)));
}

LANES_FN lanes loss_sign(lanes e)
{
    return lanes_choose_positive(e, lanes_set(1.0),
                                 lanes_choose_positive(-e, lanes_set(-1.0), lanes_set(0.0)));
}

/* Whether its descent is by the outputs' weighted sums, not by the outputs. */
LANES_FN int loss_is_by_sum(enum loss loss)
{
    return loss == LOSS_BINARY_CROSS_ENTROPY || loss == LOSS_CATEGORICAL_CROSS_ENTROPY;
}

/* The share of one output h in the loss, and in *out_descent minus its slope by h or, for the
 * cross-entropies, by the weighted sum. z: the weighted sum, of softmax the logarithm of h. */
LANES_FN lanes loss_value(enum loss loss, lanes target, lanes h, lanes z, lanes *out_descent)
{
    lanes e = target - h;
    lanes size = loss_magnitude(e);
    *out_descent = e;
    switch (loss) {
    case LOSS_MAE:
        *out_descent = loss_sign(e);
        return size;
    case LOSS_HUBER:
        *out_descent = lanes_choose_positive(lanes_set(1.0) - size, e, loss_sign(e));
        return lanes_choose_positive(lanes_set(1.0) - size, lanes_set(0.5) * e * e,
                                     size - lanes_set(0.5));
    case LOSS_BINARY_CROSS_ENTROPY: /* log(1 + e^z) - t z, written so that nothing cancels */
        return lanes_softplus(lanes_choose_positive(z, -z, z)) +
               lanes_choose_positive(z, (lanes_set(1.0) - target) * z, -target * z);
    case LOSS_CATEGORICAL_CROSS_ENTROPY: /* the targets add to 1; 0 times -inf is none */
        return lanes_choose_positive(target, -target * z, lanes_set(0.0));
    case LOSS_MSE:
    case LOSS_COUNT:
        break;
    }
    return e * e;
}

/* deltas, the descent by each softmax output h_j, become the descent by its weighted sum:
 * h_j (d_j - sum over k of d_k h_k). */
LANES_FN void loss_through_softmax(const int n, const lanes *outputs, const int stride,
                                   lanes *deltas)
{
    lanes sum = deltas[0] * outputs[0];
    for (int j = 1; j < n; j++) {
        sum += deltas[j * stride] * outputs[j * stride];
    }
    for (int j = 0; j < n; j++) {
        deltas[j * stride] = outputs[j * stride] * (deltas[j * stride] - sum);
    }
}

#endif
