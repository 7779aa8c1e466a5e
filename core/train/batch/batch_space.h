/* The memory in which a kernel trains whole batches: one run's parameters, padded, and what the
 * samples of a tile (a part of a batch) are on their way through the network.
 *
 * A bias is the weight of a last input that is always 1, which changes no bit: b * 1 = b. Rows are
 * padded with zeros to whole vectors, and to a length at which rows don't crowd each other out of
 * the cache; a tile's samples to whole vectors, whose surplus lanes nobody reads. */
#ifndef CORE_TRAIN_BATCH_SPACE_H
#define CORE_TRAIN_BATCH_SPACE_H

#include <stddef.h>

#include "core/model/network.h"

enum { BATCH_TILE = 64 }; /* most samples of a tile, a multiple of every width */

struct batch_layer {
    int n_inputs; /* without the 1 */
    int n_units;
    int n_padded; /* inputs, the 1, and zeros up to whole vectors */
    enum activation activation;
    size_t row;         /* doubles from one row to the next */
    double *parameters; /* [n_units][row]: weights, bias, zeros */
    double *gradients;  /* the same */
    double *rows;       /* [BATCH_TILE][row]: each sample's inputs, 1, zeros */
    double *inputs;     /* [n_padded][samples]: the same by input */
    double *outputs;    /* [n_units, padded][samples]: the next layer's inputs */
};

struct batch_space {
    int n_layers;
    struct batch_layer layers[NETWORK_LAYERS_MAX];
    double *targets;      /* [n_outputs][samples] */
    double *deltas;       /* [widest][samples] */
    double *deltas_below; /* the same */
    double *losses;       /* [BATCH_TILE] */
};

/* Divides `memory`, of as many doubles as it returns; NULL: only counts them. A vector is of
 * `lanes` doubles. */
size_t batch_space_init(struct batch_space *space, const struct network *network, int lanes,
                        double *memory);

/* Values by parameter [network_n_parameters], to and from the padded rows. */
void batch_space_set_parameters(struct batch_space *space, const double *parameters);
void batch_space_get_parameters(const struct batch_space *space, double *parameters);
/* NULL: none is summed up yet. */
void batch_space_set_gradients(struct batch_space *space, const double *gradients);
void batch_space_get_gradients(const struct batch_space *space, double *gradients);

#endif
