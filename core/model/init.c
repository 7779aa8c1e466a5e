/* Start values: explicit, zeros, constant, or drawn from NumPy's legacy generator. */
#include "core/model/init.h"

#include <math.h>
#include <string.h>

#include "core/base/math/rng.h"

static const char *const NAMES[INIT_COUNT] = {
    [INIT_EXPLICIT] = "explicit",
    [INIT_ZEROS] = "zeros",
    [INIT_CONSTANT] = "constant",
    [INIT_UNIFORM] = "uniform",
    [INIT_NORMAL] = "normal",
    [INIT_HE_NORMAL] = "he_normal",
    [INIT_HE_UNIFORM] = "he_uniform",
    [INIT_GLOROT_NORMAL] = "glorot_normal",
    [INIT_GLOROT_UNIFORM] = "glorot_uniform",
    [INIT_LECUN_NORMAL] = "lecun_normal",
    [INIT_LECUN_UNIFORM] = "lecun_uniform",
    [INIT_ORTHOGONAL] = "orthogonal",
    [INIT_LAYERS] = "layers",
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

/* --- drawing ------------------------------------------------------------------------------- */

/* How the weights of a layer are drawn. */
struct draw {
    enum { DRAW_NONE, DRAW_UNIFORM, DRAW_NORMAL, DRAW_NORMAL_FIXED } kind;
    double from, by; /* every weight: from + by * (0, rand() or randn()) */
};

static struct draw draw_between(double low, double high)
{
    return (struct draw){DRAW_UNIFORM, low, high - low};
}

static struct draw draw_within(double bound)
{
    return draw_between(-bound, bound);
}

static struct draw draw_for(const struct init *init, double n_inputs, double n_units)
{
    switch (init->scheme) {
    case INIT_CONSTANT:
        return (struct draw){DRAW_NONE, init->weight, 0.0};
    case INIT_UNIFORM:
        return draw_between(init->low, init->high);
    case INIT_NORMAL:
        return (struct draw){DRAW_NORMAL, init->mean, init->sd};
    case INIT_HE_NORMAL:
        return (struct draw){DRAW_NORMAL_FIXED, 0.0, sqrt(2.0 / n_inputs)};
    case INIT_HE_UNIFORM:
        return draw_within(sqrt(6.0 / n_inputs));
    case INIT_GLOROT_NORMAL:
        return (struct draw){DRAW_NORMAL_FIXED, 0.0, sqrt(2.0 / (n_inputs + n_units))};
    case INIT_GLOROT_UNIFORM:
        return draw_within(sqrt(6.0 / (n_inputs + n_units)));
    case INIT_LECUN_NORMAL:
        return (struct draw){DRAW_NORMAL_FIXED, 0.0, sqrt(1.0 / n_inputs)};
    case INIT_LECUN_UNIFORM:
        return draw_within(sqrt(3.0 / n_inputs));
    case INIT_ORTHOGONAL:
        return (struct draw){DRAW_NORMAL_FIXED, 0.0, 1.0};
    case INIT_EXPLICIT:
    case INIT_ZEROS:
    case INIT_LAYERS:
    case INIT_COUNT:
        break;
    }
    return (struct draw){DRAW_NONE, 0.0, 0.0};
}

static double next_weight(const struct draw *draw, struct rng *rng)
{
    switch (draw->kind) {
    case DRAW_UNIFORM:
        return draw->from + draw->by * rng_uniform(rng);
    case DRAW_NORMAL:
        return draw->from + draw->by * rng_normal(rng);
    case DRAW_NORMAL_FIXED:
        return draw->from + draw->by * rng_normal_fixed(rng);
    case DRAW_NONE:
        break;
    }
    return draw->from;
}

/* --- orthogonal ---------------------------------------------------------------------------- */

double init_orthogonal_work(const struct network *network, int layer)
{
    double n_inputs = network_layer_inputs(network, layer), n_units = network->layers[layer].units;
    return n_inputs * n_units * (n_inputs < n_units ? n_inputs : n_units);
}

/* Vectors of a matrix: `n` of length `size`, a step of `stride` between one's numbers and of `gap`
 * between neighbours. */
struct vectors {
    double *values;
    size_t n, size, stride, gap;
};

static double *component(const struct vectors *vectors, size_t vector, size_t i)
{
    return &vectors->values[vector * vectors->gap + i * vectors->stride];
}

static double product(const struct vectors *vectors, size_t a, size_t b)
{
    double sum = 0.0;
    for (size_t i = 0; i < vectors->size; i++) {
        sum += *component(vectors, a, i) * *component(vectors, b, i);
    }
    return sum;
}

/* Takes from vector k what the earlier ones, which are orthonormal, have of it. */
static void subtract_earlier(const struct vectors *vectors, size_t k)
{
    for (size_t earlier = 0; earlier < k; earlier++) {
        double share = product(vectors, k, earlier);
        for (size_t i = 0; i < vectors->size; i++) {
            *component(vectors, k, i) -= share * *component(vectors, earlier, i);
        }
    }
}

/* Modified Gram-Schmidt, each vector twice, which makes it orthogonal to the last bits (Giraud,
 * Langou, Rozloznik & van den Eshof 2005). The result is the Q of a QR decomposition whose R has a
 * positive diagonal. */
static void make_orthonormal(const struct vectors *vectors)
{
    for (size_t k = 0; k < vectors->n; k++) {
        subtract_earlier(vectors, k);
        subtract_earlier(vectors, k);
        double length = sqrt(product(vectors, k, k));
        for (size_t i = 0; i < vectors->size && length > 0.0; i++) {
            *component(vectors, k, i) /= length;
        }
    }
}

/* weights [n_units][n_inputs], drawn. */
static void make_orthogonal(double *weights, size_t n_units, size_t n_inputs, double gain)
{
    const struct vectors rows = {weights, n_units, n_inputs, 1, n_inputs};
    const struct vectors columns = {weights, n_inputs, n_units, n_inputs, 1};
    make_orthonormal(n_units <= n_inputs ? &rows : &columns);
    for (size_t i = 0; i < n_units * n_inputs; i++) {
        weights[i] *= gain;
    }
}

/* --- all layers ---------------------------------------------------------------------------- */

/* Fills a layer's weights and biases; returns the place behind them. */
static double *fill_layer(const struct init *init, size_t n_inputs, size_t n_units, struct rng *rng,
                          double *parameters)
{
    const struct draw draw = draw_for(init, (double)n_inputs, (double)n_units);
    double *biases = parameters + n_units * n_inputs;
    for (double *weight = parameters; weight < biases; weight++) {
        *weight = next_weight(&draw, rng);
    }
    if (init->scheme == INIT_ORTHOGONAL) {
        make_orthogonal(parameters, n_units, n_inputs, init->gain);
    }
    for (size_t i = 0; i < n_units; i++) {
        biases[i] = init->scheme == INIT_ZEROS ? 0.0 : init->bias;
    }
    return biases + n_units;
}

void init_parameters(const struct init *init, const struct network *network, double *parameters)
{
    if (init->scheme == INIT_EXPLICIT) {
        memcpy(parameters, init->values, network_n_parameters(network) * sizeof *parameters);
        return;
    }
    struct rng rng;
    rng_seed(&rng, init->seed);
    for (int l = 0; l < network->n_layers; l++) {
        const struct init *own = init->scheme == INIT_LAYERS ? &init->layers[l] : init;
        parameters = fill_layer(own, (size_t)network_layer_inputs(network, l),
                                (size_t)network->layers[l].units, &rng, parameters);
    }
}
