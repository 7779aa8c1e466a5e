/* How activations and losses bend: their second derivatives, over a vector of lanes.
 *
 * A template; include core/base/math/lanes.h before it. A new activation or loss has a case here
 * beside those in activation_lanes.h and loss_lanes.h. At a kink both are those of the side that
 * the slope there is of. */
#ifndef CORE_MODEL_CURVATURE_LANES_H
#define CORE_MODEL_CURVATURE_LANES_H

#include "core/model/activation_lanes.h"
#include "core/model/loss_lanes.h"

/* The second derivative of a unit's output h by its weighted sum z; not of softmax, which takes a
 * whole layer. */
LANES_FN lanes activation_curvature(enum activation activation, lanes h, lanes z)
{
    const lanes zero = lanes_set(0.0), one = lanes_set(1.0), two = lanes_set(2.0);
    lanes slope;
    switch (activation) {
    case ACTIVATION_TANH:
        return -two * h * (one - h * h);
    case ACTIVATION_SIGMOID:
        return h * (one - h) * (one - two * h);
    case ACTIVATION_ELU:
        return lanes_choose_positive(h, zero, h + one);
    case ACTIVATION_GELU:
        return lanes_normal_density(z) * (two - z * z);
    case ACTIVATION_SOFTPLUS:
        slope = -lanes_expm1(-h);
        return slope * (one - slope);
    case ACTIVATION_LINEAR:
    case ACTIVATION_RELU:
    case ACTIVATION_LEAKY_RELU:
    case ACTIVATION_SOFTMAX:
    case ACTIVATION_COUNT:
        break;
    }
    return zero;
}

/* The second derivative of one output's share in the loss by that output, of half the squared
 * error: what loss_value calls the descent is minus the first. (Of the cross-entropies, whose
 * descent by the weighted sum is target - h, minus the descent's slope by h.) */
LANES_FN lanes loss_curvature(enum loss loss, lanes target, lanes h)
{
    const lanes zero = lanes_set(0.0), one = lanes_set(1.0);
    if (loss == LOSS_MAE) {
        return zero;
    }
    if (loss == LOSS_HUBER) {
        return lanes_choose_positive(one - loss_magnitude(target - h), one, zero);
    }
    return one;
}

#endif
