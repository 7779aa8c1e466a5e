/* What the files of the derivatives share: one layer's place in the arrays. Others see derivative.h
 * alone. */
#ifndef CORE_EXPLAIN_DERIVATIVE_INSIDE_H
#define CORE_EXPLAIN_DERIVATIVE_INSIDE_H

#include "core/explain/derivative.h"

struct place {
    const struct layer *layer;
    size_t weights; /* [units][n_inputs] */
    size_t biases;  /* [units] */
    size_t inputs;  /* its inputs' first unit */
    size_t outputs; /* its own */
    int n_inputs;
};

static inline struct place place_first(const struct derivative *it)
{
    const struct layer *layer = &it->network->layers[0];
    int n = it->network->n_inputs;
    return (struct place){layer, 0, (size_t)layer->units * (size_t)n, 0, (size_t)n, n};
}

static inline struct place place_above(const struct place *below)
{
    const struct layer *layer = below->layer + 1;
    int n = below->layer->units;
    size_t weights = below->biases + (size_t)n;
    return (struct place){layer,          weights, weights + (size_t)layer->units * (size_t)n,
                          below->outputs, below->outputs + (size_t)n, n};
}

static inline struct place place_below(const struct derivative *it, const struct place *above)
{
    const struct layer *layer = above->layer - 1;
    int n = network_layer_inputs(it->network, (int)(layer - it->network->layers));
    size_t biases = above->weights - (size_t)layer->units;
    return (struct place){layer, biases - (size_t)layer->units * (size_t)n, biases,
                          above->inputs - (size_t)n, above->inputs, n};
}

static inline int place_is_last(const struct derivative *it, const struct place *place)
{
    return place->layer == &it->network->layers[it->network->n_layers - 1];
}

static inline struct place place_last(const struct derivative *it)
{
    struct place place = place_first(it);
    while (!place_is_last(it, &place)) {
        place = place_above(&place);
    }
    return place;
}

#endif
