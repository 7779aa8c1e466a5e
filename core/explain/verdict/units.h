/* The states of the hidden units on the data: what their weighted sums say, sample by sample. */
#ifndef CORE_EXPLAIN_VERDICT_UNITS_H
#define CORE_EXPLAIN_VERDICT_UNITS_H

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/explain/derivative.h"
#include "core/model/network.h"

enum unit_state {
    UNIT_DEAD,      /* relu: no weighted sum above 0 */
    UNIT_ON,        /* relu, leaky_relu: all above 0 */
    UNIT_OFF,       /* leaky_relu: none above 0 */
    UNIT_LINEAR,    /* linear */
    UNIT_BENDING,   /* relu, leaky_relu: some above 0, some not */
    UNIT_SATURATED, /* the others: no slope above UNIT_SLOPE_MIN */
    UNIT_SMOOTH     /* the others */
};

#define UNIT_SLOPE_MIN 1e-3

struct unit {
    int layer, index; /* hidden layer, and its place in it, both from 0 */
    enum unit_state state;
    double z_min, z_max; /* least and greatest weighted sum over the samples */
    double slope;        /* greatest size of the activation's slope */
    double on;           /* share of the samples with a weighted sum above 0 */
};

/* What a network does on the data. */
struct survey {
    void *memory;       /* owned: of all arrays, and for the pass */
    int n_units;        /* hidden ones, layer after layer */
    struct unit *units; /* [n_units] */
    double loss;        /* the mean of L */
    double *low, *high; /* [n_outputs] least and greatest output */
    double *mean;       /* [n_outputs] */
    double spread;      /* largest difference of an output between two samples */
};

int units_count(const struct network *network);

/* Room for surveys of derivative's network. -1 with ERROR_MEMORY, and then nothing to clear. */
int survey_init(struct survey *survey, const struct derivative *derivative, struct error *error);
void survey_clear(struct survey *survey); /* also one that is all zero */

/* One forward pass over the data, by the same derivative; may be taken again and again. */
void survey_take(struct survey *survey, const struct derivative *derivative,
                 const double *parameters, const struct dataset *dataset);

/* Units of a layer in a state; and of all layers. */
int survey_count_in(const struct survey *survey, int layer, enum unit_state state);
int survey_count(const struct survey *survey, enum unit_state state);

/* Whether no unit changes sides on the data, so that the output is affine in the inputs (of relu
 * and leaky_relu; linear layers too, but not they alone). */
int survey_is_affine(const struct survey *survey);

/* The last hidden layer whose units are all dead, or -1. */
int survey_dead_layer(const struct survey *survey, const struct network *network);

#endif
