/* Shape arithmetic of a network, and its prediction for one sample. */
#include "core/model/network.h"

#include <assert.h>
#include <string.h>

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/forward_lanes.h"

int network_same(const struct network *a, const struct network *b)
{
    int is_same = a->n_inputs == b->n_inputs && a->n_layers == b->n_layers;
    for (int l = 0; is_same && l < a->n_layers; l++) {
        is_same = a->layers[l].units == b->layers[l].units &&
                  a->layers[l].activation == b->layers[l].activation;
    }
    return is_same;
}

int network_layer_inputs(const struct network *network, int layer)
{
    return layer == 0 ? network->n_inputs : network->layers[layer - 1].units;
}

int network_n_outputs(const struct network *network)
{
    return network->layers[network->n_layers - 1].units;
}

static size_t layer_n_parameters(const struct network *network, int layer)
{
    size_t n_inputs = (size_t)network_layer_inputs(network, layer);
    return (size_t)network->layers[layer].units * (n_inputs + 1);
}

/* Parameters of the layers before `layer`. */
static size_t layer_start(const struct network *network, int layer)
{
    size_t n = 0;
    for (int l = 0; l < layer; l++) {
        n += layer_n_parameters(network, l);
    }
    return n;
}

size_t network_n_parameters(const struct network *network)
{
    return layer_start(network, network->n_layers);
}

size_t network_weight(const struct network *network, int layer, int unit, int input)
{
    size_t n_inputs = (size_t)network_layer_inputs(network, layer);
    return layer_start(network, layer) + (size_t)unit * n_inputs + (size_t)input;
}

size_t network_bias(const struct network *network, int layer, int unit)
{
    return network_weight(network, layer, network->layers[layer].units, 0) + (size_t)unit;
}

int network_is_named(const struct network *network)
{
    return network->n_inputs == 2 && network->n_layers == 2 && network->layers[0].units == 2 &&
           network->layers[1].units == 1;
}

/* The notebook's names and where each stands: input -1 is the bias. */
static const struct {
    const char *name;
    int layer, unit, input;
} NAMED[NETWORK_NAMES] = {
    {"w1", 0, 0, 0},     {"w2", 0, 0, 1},     {"w3", 0, 1, 0},
    {"w4", 0, 1, 1},     {"w5", 1, 0, 0},     {"w6", 1, 0, 1},
    {"bias1", 0, 0, -1}, {"bias2", 0, 1, -1}, {"bias3", 1, 0, -1},
};

const char *network_name(int i)
{
    return NAMED[i].name;
}

size_t network_named_offset(const struct network *network, int i)
{
    assert(network_is_named(network));
    if (NAMED[i].input < 0) {
        return network_bias(network, NAMED[i].layer, NAMED[i].unit);
    }
    return network_weight(network, NAMED[i].layer, NAMED[i].unit, NAMED[i].input);
}

size_t network_scratch(const struct network *network)
{
    size_t n = (size_t)network->n_inputs;
    for (int l = 0; l < network->n_layers; l++) {
        n += (size_t)network->layers[l].units;
    }
    return n;
}

void network_predict(const struct network *network, const double *parameters,
                     const double *inputs, double *scratch, double *outputs)
{
    memcpy(scratch, inputs, (size_t)network->n_inputs * sizeof *scratch);
    const double *last = forward(network, parameters, scratch, NULL);
    memcpy(outputs, last, (size_t)network_n_outputs(network) * sizeof *outputs);
}
