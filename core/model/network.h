/* A dense feed-forward network: its shape, and where each parameter stands in one flat block.
 *
 * Parameters of layer l (0-based), one after the other for l = 0, 1, ...:
 *   weights [units][inputs], row by row, then biases [units]. */
#ifndef CORE_MODEL_NETWORK_H
#define CORE_MODEL_NETWORK_H

#include <stddef.h>

#include "core/model/activation.h"

enum { NETWORK_LAYERS_MAX = 16, NETWORK_UNITS_MAX = 4096, NETWORK_PARAMETERS_MAX = 1 << 20 };

struct layer {
    int units; /* 1..NETWORK_UNITS_MAX */
    enum activation activation;
};

struct network {
    int n_inputs; /* 1..NETWORK_UNITS_MAX */
    int n_layers; /* 1..NETWORK_LAYERS_MAX, the last one is the output */
    struct layer layers[NETWORK_LAYERS_MAX];
};

/* Whether both have the same inputs, units and activations. */
int network_same(const struct network *a, const struct network *b);

int network_layer_inputs(const struct network *network, int layer);
int network_n_outputs(const struct network *network);
size_t network_n_parameters(const struct network *network);

/* Offsets into the flat block. */
size_t network_weight(const struct network *network, int layer, int unit, int input);
size_t network_bias(const struct network *network, int layer, int unit);

/* 1 if the parameters have the notebook's names w1..w6, bias1..bias3: two inputs, a layer of two
 * units and one output. */
int network_is_named(const struct network *network);

/* Number of names (9 for a named network, else 0), the i-th name in the order w1..w6,
 * bias1..bias3, and the offset of its parameter. w1, w2, bias1 feed the first hidden unit,
 * w3, w4, bias2 the second, w5, w6, bias3 the output. */
enum { NETWORK_NAMES = 9 };
const char *network_name(int i);
size_t network_named_offset(const struct network *network, int i);

/* Doubles of scratch that network_predict needs. */
size_t network_scratch(const struct network *network);

/* Outputs [n_outputs] for one sample inputs[n_inputs], in the exact order of the training core:
 * sum of products by ascending input, then the bias. scratch: network_scratch doubles, where the
 * inputs and then all units' outputs are left, layer by layer. */
void network_predict(const struct network *network, const double *parameters,
                     const double *inputs, double *scratch, double *outputs);

#endif
