/* Start values: explicit, zeros, constant, or drawn from NumPy's legacy generator. */
#include "core/model/init.h"

#include <string.h>

#include "core/base/rng.h"

static const char *const NAMES[INIT_COUNT] = {
    [INIT_EXPLICIT] = "explicit", [INIT_ZEROS] = "zeros",   [INIT_CONSTANT] = "constant",
    [INIT_UNIFORM] = "uniform",   [INIT_NORMAL] = "normal",
};

const char *init_name(enum init_scheme scheme)
{
    return NAMES[scheme];
}

int init_find(const char *name)
{
    for (int i = 0; i < INIT_COUNT; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* The next weight; explicit values never come here. */
static double next_weight(const struct init *init, struct rng *rng)
{
    switch (init->scheme) {
    case INIT_CONSTANT:
        return init->weight;
    case INIT_UNIFORM:
        return init->low + (init->high - init->low) * rng_uniform(rng);
    case INIT_NORMAL:
        return init->mean + init->sd * rng_normal(rng);
    case INIT_EXPLICIT:
    case INIT_ZEROS:
    case INIT_COUNT:
        break;
    }
    return 0.0;
}

void init_parameters(const struct init *init, const struct network *network, double *parameters)
{
    if (init->scheme == INIT_EXPLICIT) {
        memcpy(parameters, init->values, network_n_parameters(network) * sizeof *parameters);
        return;
    }
    struct rng rng;
    rng_seed(&rng, init->seed);
    double bias = init->scheme == INIT_ZEROS ? 0.0 : init->bias;
    for (int l = 0; l < network->n_layers; l++) {
        size_t n_units = (size_t)network->layers[l].units;
        size_t n_weights = n_units * (size_t)network_layer_inputs(network, l);
        for (size_t i = 0; i < n_weights; i++) {
            *parameters++ = next_weight(init, &rng);
        }
        for (size_t i = 0; i < n_units; i++) {
            *parameters++ = bias;
        }
    }
}
