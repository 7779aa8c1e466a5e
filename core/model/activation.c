/* The activations' names. What they compute stands in activation_lanes.h. */
#include "core/model/activation.h"

#include <string.h>

static const char *const NAMES[ACTIVATION_COUNT] = {
    [ACTIVATION_LINEAR] = "linear",         [ACTIVATION_RELU] = "relu",
    [ACTIVATION_LEAKY_RELU] = "leaky_relu", [ACTIVATION_TANH] = "tanh",
    [ACTIVATION_SIGMOID] = "sigmoid",       [ACTIVATION_ELU] = "elu",
    [ACTIVATION_GELU] = "gelu",             [ACTIVATION_SOFTPLUS] = "softplus",
    [ACTIVATION_SOFTMAX] = "softmax",
};

const char *activation_name(enum activation activation)
{
    return NAMES[activation];
}

int activation_find(const char *name)
{
    for (int i = 0; i < ACTIVATION_COUNT; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}
