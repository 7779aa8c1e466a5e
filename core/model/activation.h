/* The activation functions a layer may have. */
#ifndef CORE_MODEL_ACTIVATION_H
#define CORE_MODEL_ACTIVATION_H

/* Values are stored nowhere; names are the contract (see activation_name). */
enum activation {
    ACTIVATION_LINEAR,
    ACTIVATION_RELU,       /* z > 0 ? z : 0; slope 0 at 0; NaN gives 0, as in the notebook */
    ACTIVATION_LEAKY_RELU, /* z > 0 ? z : 0.01 z */
    ACTIVATION_TANH,
    ACTIVATION_SIGMOID,
    ACTIVATION_COUNT
};

/* "linear", "relu", "leaky_relu", "tanh", "sigmoid". */
const char *activation_name(enum activation activation);

/* The activation of that name, or -1. */
int activation_find(const char *name);

#endif
