/* Start values for a network's parameters. */
#ifndef CORE_MODEL_INIT_H
#define CORE_MODEL_INIT_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/model/network.h"

/* Weights of a layer with n inputs and m units. Biases are `bias` (explicit: copied; zeros: 0). */
enum init_scheme {
    INIT_EXPLICIT, /* copies `values` */
    INIT_ZEROS,
    INIT_CONSTANT,       /* weight */
    INIT_UNIFORM,        /* uniform in [low, high) */
    INIT_NORMAL,         /* normal(mean, sd) */
    INIT_HE_NORMAL,      /* normal, sd sqrt(2 / n) (He, Zhang, Ren & Sun 2015, eq. 10) */
    INIT_HE_UNIFORM,     /* uniform in [-b, b), b = sqrt(6 / n) */
    INIT_GLOROT_NORMAL,  /* normal, sd sqrt(2 / (n + m)) (Glorot & Bengio 2010, eq. 12) */
    INIT_GLOROT_UNIFORM, /* uniform in [-b, b), b = sqrt(6 / (n + m)) (eq. 16) */
    INIT_LECUN_NORMAL,   /* normal, sd sqrt(1 / n) (LeCun, Bottou, Orr & Mueller 1998, eq. 16) */
    INIT_LECUN_UNIFORM,  /* uniform in [-b, b), b = sqrt(3 / n) */
    INIT_ORTHOGONAL,     /* gain x a matrix with orthonormal rows or columns, whichever are fewer
                            (Saxe, McClelland & Ganguli 2014): Gram-Schmidt on normal draws */
    INIT_LAYERS,         /* each layer by a scheme of its own */
    INIT_COUNT
};

struct init {
    enum init_scheme scheme;
    uint32_t seed; /* one legacy NumPy stream for all layers, weights in block order */
    double weight;
    double bias;
    double low, high; /* low <= high */
    double mean, sd;  /* sd >= 0 */
    double gain;
    const double *values;      /* explicit: [network_n_parameters], borrowed */
    const struct init *layers; /* layers: [n_layers], borrowed; not explicit or layers again, and
                                  their seeds are not used */
};

const char *init_name(enum init_scheme scheme); /* "explicit", "zeros", "constant", ... */
int init_find(const char *name);                /* scheme or -1 */

/* An orthogonal layer takes about 4 x this much work: inputs x units x the smaller of both. */
#define INIT_ORTHOGONAL_WORK_MAX (1 << 24)
double init_orthogonal_work(const struct network *network, int layer);

/* Fills parameters[network_n_parameters]. A pure function of its arguments. Uniform draws are
 * low + (high - low) * rand(), normal draws mean + sd * randn(), as NumPy's own; the schemes named
 * after people, and orthogonal, draw normals with the same bits on every machine
 * (rng_normal_fixed). */
void init_parameters(const struct init *init, const struct network *network, double *parameters);

#endif
