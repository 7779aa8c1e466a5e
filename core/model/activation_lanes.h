/* What the activations compute: value and slope, over a vector of lanes.
 *
 * A template; include core/base/lanes.h before it. A new activation is a value of enum activation,
 * its name in activation.c and a case in each of the two functions here; training, prediction and
 * every kernel use these. */
#ifndef CORE_MODEL_ACTIVATION_LANES_H
#define CORE_MODEL_ACTIVATION_LANES_H

#include "core/base/elementary_lanes.h"
#include "core/model/activation.h"

#define ACTIVATION_LEAK 0.01

/* A unit's output for its weighted sum z. */
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
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT:
        break;
    }
    return z;
}

/* delta times the slope at the unit's output h. All slopes here are functions of the output:
 * h > 0 exactly where z > 0 for the two with a kink. */
LANES_FN lanes activation_slope(enum activation activation, lanes h, lanes delta)
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
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT:
        break;
    }
    return delta;
}

#endif
