/* The memory in which a kernel trains whole batches: one run's parameters, padded, and what the
 * samples of a tile (a part of a batch) are on their way through the network.
 *
 * A bias is the weight of a last input that is always 1, which changes no bit: b * 1 = b. (It also
 * keeps the usual widths, powers of two, from crowding each other out of the cache: more padding
 * than to whole vectors was measured and pays nothing.) A row's padding is zeros; a tile's samples
 * are padded, too, with lanes that nobody reads. */
#ifndef CORE_TRAIN_BATCH_SPACE_H
#define CORE_TRAIN_BATCH_SPACE_H

#include <stddef.h>

#include "core/model/network.h"
#include "core/train/optimizer.h"

/* Most samples of a tile, a multiple of every width; and units whose gradient is summed, and then
 * applied while it is near. */
enum { BATCH_TILE = 64, BATCH_UNITS = 24 };

/* What an optimizer but the plain SGD works on, by parameter [n_parameters, padded]: the
 * parameters, the descent, and what it remembers. */
enum {
    FLAT_PARAMETERS,
    FLAT_DESCENT,
    FLAT_SLOTS,
    BATCH_FLAT_MAX = FLAT_SLOTS + OPTIMIZER_SLOTS_MAX
};

struct batch_layer {
    int n_inputs; /* without the 1 */
    int n_units;
    enum activation activation;
    size_t row;         /* inputs, the 1, and zeros up to whole vectors */
    double *parameters; /* [n_units][row]: weights, bias, zeros */
    double *gradients;  /* the same, of a batch in several tiles */
    double *rows;       /* [BATCH_TILE][row]: each sample's inputs, 1, zeros */
    double *inputs;     /* [row][samples]: the same by input */
    double *outputs;    /* [n_units, 1, zeros][samples]: the next layer's inputs */
    double *sums;       /* [n_units][samples]: see forward_lanes.h */
};

struct batch_space {
    int n_layers;
    struct batch_layer layers[NETWORK_LAYERS_MAX];
    double *near;         /* [BATCH_UNITS][longest row]: gradients of a batch in one tile */
    double *targets;      /* [n_outputs][samples] */
    double *deltas;       /* [widest][samples] */
    double *deltas_below; /* the same */
    double *losses;       /* [BATCH_TILE] */
    double *hits;         /* the same */
    double *flat[BATCH_FLAT_MAX];
};

/* Divides `memory`, of as many doubles as it returns; NULL: only counts them. A vector is of
 * `lanes` doubles; n_flat: how many of `flat` are wanted, the others become NULL. */
size_t batch_space_init(struct batch_space *space, const struct network *network, int lanes,
                        int n_flat, double *memory);

/* Values by parameter [network_n_parameters], to and from the padded rows. */
void batch_space_set_parameters(struct batch_space *space, const double *parameters);
void batch_space_get_parameters(const struct batch_space *space, double *parameters);
void batch_space_set_gradients(struct batch_space *space, const double *gradients);
void batch_space_get_gradients(const struct batch_space *space, double *gradients);

#endif
