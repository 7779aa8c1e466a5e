/* What the activations compute: value and slope, over a vector of lanes.
 *
 * A template; include core/base/math/lanes.h before it. A new activation is a value of enum
 * activation, its name in activation.c and a case in each of the two functions here; training,
 * prediction and every kernel use these. */
#ifndef CORE_MODEL_ACTIVATION_LANES_H
#define CORE_MODEL_ACTIVATION_LANES_H

#include "core/base/math/logarithm_lanes.h"
#include "core/base/math/normal_lanes.h"
#include "core/model/activation.h"

#define ACTIVATION_LEAK 0.01

/* A unit's output for its weighted sum z; of softmax, which takes a whole layer, see
 * activation_softmax. */
LANES_FN lanes activation_value(enum activation activation, lanes z)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return lanes_positive(z);
    case ACTIVATION_LEAKY_RELU:
        return lanes_choose_positive(z, z, lanes_set(ACTIVATION_LEAK) * z);
    case ACTIVATION_TANH:
        return lanes_tanh(z);
    case ACTIVATION_SIGMOID:
        return lanes_sigmoid(z);
    case ACTIVATION_ELU:
        return lanes_choose_positive(z, z,
                                     lanes_expm1(lanes_choose_positive(z, lanes_set(0.0), z)));
    case ACTIVATION_GELU:
        return z * lanes_normal_cdf(z);
    case ACTIVATION_SOFTPLUS:
        return lanes_softplus(z);
    case ACTIVATION_LINEAR:
    case ACTIVATION_SOFTMAX:
    case ACTIVATION_COUNT:
        break;
    }
    return z;
}

/* delta times the slope at the unit whose output is h and whose weighted sum is z. Only gelu looks
 * at z: the other slopes are functions of the output (h > 0 exactly where z > 0 for those with a
 * kink). Softmax's is not one unit's: see loss_lanes.h. */
LANES_FN lanes activation_slope(enum activation activation, lanes h, lanes z, lanes delta)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return lanes_if_positive(h, delta);
    case ACTIVATION_LEAKY_RELU:
        return lanes_choose_positive(h, delta, lanes_set(ACTIVATION_LEAK) * delta);
    case ACTIVATION_TANH:
        return delta * (lanes_set(1.0) - h * h);
    case ACTIVATION_SIGMOID:
        return delta * (h * (lanes_set(1.0) - h));
    case ACTIVATION_ELU:
        return lanes_choose_positive(h, delta, delta * (h + lanes_set(1.0)));
    case ACTIVATION_GELU:
        return delta * (lanes_normal_cdf(z) + z * lanes_normal_density(z));
    case ACTIVATION_SOFTPLUS: /* sigmoid(z) = 1 - e^-h */
        return delta * -lanes_expm1(-h);
    case ACTIVATION_LINEAR:
    case ACTIVATION_SOFTMAX:
    case ACTIVATION_COUNT:
        break;
    }
    return delta;
}

/* A layer of n units: values, the weighted sums, become the outputs; the unit j stands at
 * values[j * stride]. The largest sum is taken off first, so that nothing overflows. logs: NULL, or
 * where the outputs' logarithms go. */
LANES_FN void activation_softmax(const int n, const int stride, lanes *values, lanes *logs)
{
    lanes largest = values[0];
    for (int j = 1; j < n; j++) {
        largest = lanes_choose_positive(values[j * stride] - largest, values[j * stride], largest);
    }
    lanes sum = lanes_set(0.0);
    for (int j = 0; j < n; j++) {
        lanes z = values[j * stride] - largest;
        if (logs) {
            logs[j * stride] = z;
        }
        values[j * stride] = lanes_exp(z);
        sum += values[j * stride];
    }
    lanes log_sum = logs ? lanes_log(sum) : sum;
    for (int j = 0; j < n; j++) {
        values[j * stride] = values[j * stride] / sum;
        if (logs) {
            logs[j * stride] -= log_sum;
        }
    }
}

#endif
