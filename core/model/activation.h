/* The activation functions a layer may have. */
#ifndef CORE_MODEL_ACTIVATION_H
#define CORE_MODEL_ACTIVATION_H

/* Values are stored nowhere; names are the contract (see activation_name). */
enum activation {
    ACTIVATION_LINEAR,
    ACTIVATION_RELU,       /* z > 0 ? z : 0; slope 0 at 0; NaN gives 0, as in the notebook */
    ACTIVATION_LEAKY_RELU, /* z > 0 ? z : 0.01 z */
    ACTIVATION_TANH,
    ACTIVATION_SIGMOID,  /* 1 / (1 + e^-z) */
    ACTIVATION_ELU,      /* z > 0 ? z : e^z - 1 */
    ACTIVATION_GELU,     /* z (1 + erf(z / sqrt 2)) / 2 */
    ACTIVATION_SOFTPLUS, /* log(1 + e^z); PyTorch's is z itself above 20 */
    ACTIVATION_SOFTMAX,  /* e^z_j / (sum over the layer's k of e^z_k); of an output layer only */
    ACTIVATION_COUNT
};

/* "linear", "relu", "leaky_relu", "tanh", "sigmoid", "elu", "gelu", "softplus", "softmax". */
const char *activation_name(enum activation activation);

/* The activation of that name, or -1. */
int activation_find(const char *name);

#endif
