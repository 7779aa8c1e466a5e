/* Start values for a network's parameters. */
#ifndef CORE_MODEL_INIT_H
#define CORE_MODEL_INIT_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/model/network.h"

enum init_scheme {
    INIT_EXPLICIT, /* copies `values` */
    INIT_ZEROS,
    INIT_CONSTANT, /* weights = weight, biases = bias */
    INIT_UNIFORM,  /* weights uniform in [low, high), biases = bias */
    INIT_NORMAL,   /* weights normal(mean, sd), biases = bias */
    INIT_COUNT
};

struct init {
    enum init_scheme scheme;
    uint32_t seed;         /* uniform, normal: one legacy NumPy stream, weights in block order */
    double weight;         /* constant */
    double bias;           /* constant, uniform, normal */
    double low, high;      /* uniform; low <= high */
    double mean, sd;       /* normal; sd >= 0 */
    const double *values;  /* explicit: [network_n_parameters], borrowed */
};

const char *init_name(enum init_scheme scheme); /* "explicit", "zeros", "constant", ... */
int init_find(const char *name);                /* scheme or -1 */

/* Fills parameters[network_n_parameters]. A pure function of its arguments. Uniform draws are
 * low + (high - low) * rand(), normal draws mean + sd * randn(), as NumPy's own. */
void init_parameters(const struct init *init, const struct network *network, double *parameters);

#endif
