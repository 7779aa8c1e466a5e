/* The plain second training, and random cases for it. */
#include "tests/core/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/elementary.h"

static double value_of(enum activation activation, double z)
{
    if (activation == ACTIVATION_RELU) {
        return z > 0 ? z : 0.0;
    }
    if (activation == ACTIVATION_LEAKY_RELU) {
        return z > 0 ? z : 0.01 * z;
    }
    if (activation == ACTIVATION_TANH) {
        return elementary_tanh(z);
    }
    return activation == ACTIVATION_SIGMOID ? elementary_sigmoid(z) : z;
}

static double through_slope(enum activation activation, double z, double h, double delta)
{
    if (activation == ACTIVATION_RELU) {
        return z > 0 ? delta : 0.0;
    }
    if (activation == ACTIVATION_LEAKY_RELU) {
        return z > 0 ? delta : 0.01 * delta;
    }
    if (activation == ACTIVATION_TANH) {
        return delta * (1 - h * h);
    }
    return activation == ACTIVATION_SIGMOID ? delta * (h * (1 - h)) : delta;
}

/* sum + a * b, the product rounded by itself or fused by the C library. */
static double plus_product(enum arithmetic arithmetic, double sum, double a, double b)
{
    return arithmetic == ARITHMETIC_FAST ? fma(a, b, sum) : sum + a * b;
}

double reference_sample(const struct network *network, const double *parameters,
                        const struct reference_step *step, const double *base, double *sums)
{
    enum arithmetic arithmetic = step->arithmetic;
    static double z[NETWORK_LAYERS_MAX][NETWORK_UNITS_MAX],
        h[NETWORK_LAYERS_MAX][NETWORK_UNITS_MAX];
    static double delta[NETWORK_LAYERS_MAX][NETWORK_UNITS_MAX];
    int last = network->n_layers - 1;
    for (int l = 0; l <= last; l++) {
        const double *in = l == 0 ? step->features : h[l - 1];
        for (int j = 0; j < network->layers[l].units; j++) {
            double sum = parameters[network_weight(network, l, j, 0)] * in[0];
            for (int i = 1; i < network_layer_inputs(network, l); i++) {
                double weight = parameters[network_weight(network, l, j, i)];
                sum = plus_product(arithmetic, sum, weight, in[i]);
            }
            z[l][j] = sum + parameters[network_bias(network, l, j)];
            h[l][j] = value_of(network->layers[l].activation, z[l][j]);
        }
    }
    int n_outputs = network_n_outputs(network);
    double loss = 0;
    for (int j = 0; j < n_outputs; j++) {
        double e = step->targets[j] - h[last][j];
        loss = j == 0 ? e * e : loss + e * e;
        delta[last][j] =
            through_slope(network->layers[last].activation, z[last][j], h[last][j],
                          step->scale * e);
    }
    for (int l = last; sums && l >= 0; l--) {
        const double *in = l == 0 ? step->features : h[l - 1];
        for (int i = 0; l > 0 && i < network_layer_inputs(network, l); i++) {
            double sum = delta[l][0] * parameters[network_weight(network, l, 0, i)];
            for (int j = 1; j < network->layers[l].units; j++) {
                double weight = parameters[network_weight(network, l, j, i)];
                sum = plus_product(arithmetic, sum, delta[l][j], weight);
            }
            delta[l - 1][i] =
                through_slope(network->layers[l - 1].activation, z[l - 1][i], h[l - 1][i], sum);
        }
        for (int j = 0; j < network->layers[l].units; j++) {
            for (int i = 0; i < network_layer_inputs(network, l); i++) {
                size_t p = network_weight(network, l, j, i);
                sums[p] = base ? plus_product(arithmetic, base[p], delta[l][j], in[i])
                               : delta[l][j] * in[i];
            }
            size_t p = network_bias(network, l, j);
            sums[p] = base ? base[p] + delta[l][j] : delta[l][j];
        }
    }
    return loss / n_outputs;
}

static int all_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) {
            return 0;
        }
    }
    return 1;
}

/* The sample's scale in a batch of `n` samples. */
static double scale_of(const struct network *network, const struct training *training, size_t n)
{
    double s = training->learning_rate * (training->gradient == GRADIENT_FULL ? 2.0 : 1.0);
    s = s / network_n_outputs(network);
    return training->reduction == REDUCTION_MEAN ? s / (double)n : s;
}

/* One epoch; the row at which it diverged, or -1. */
static int64_t train_epoch(const struct network *network, const struct dataset *dataset,
                           const struct training *training, const uint32_t *order,
                           double *parameters, double *out_loss)
{
    size_t n = dataset->n_samples, n_parameters = network_n_parameters(network);
    int is_direct = training->batch_size == 1;
    double *sum = calloc(n_parameters, sizeof *sum), *next = calloc(n_parameters, sizeof *next);
    double total = 0;
    int64_t diverged = -1;
    for (size_t start = 0; start < n && diverged < 0; start += training->batch_size) {
        size_t end = start + training->batch_size < n ? start + training->batch_size : n;
        struct reference_step step = {.arithmetic = training->arithmetic,
                                      .scale = scale_of(network, training, end - start)};
        for (size_t k = start; k < end && diverged < 0; k++) {
            const double *base = is_direct ? parameters : k == start ? NULL : sum;
            step.features = dataset->features + order[k] * dataset->n_features;
            step.targets = dataset->targets + order[k] * dataset->n_targets;
            total += reference_sample(network, parameters, &step, base, sum);
            for (size_t p = 0; p < n_parameters; p++) {
                next[p] = is_direct ? sum[p] : parameters[p] + sum[p];
            }
            if (!isfinite(total) || (k + 1 == end && !all_finite(next, n_parameters))) {
                diverged = order[k];
            }
        }
        if (diverged < 0) {
            memcpy(parameters, next, n_parameters * sizeof *next);
        }
    }
    free(sum);
    free(next);
    *out_loss = total / (double)n;
    return diverged;
}

struct block_state reference_train(const struct network *network, const struct dataset *dataset,
                                   const struct training *training, double *parameters,
                                   double *losses)
{
    struct block_state state = {.status = BLOCK_DONE};
    uint32_t *order = calloc(dataset->n_samples, sizeof *order);
    struct rng rng;
    rng_seed(&rng, training->order_seed);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        order[i] = (uint32_t)i;
    }
    for (int64_t e = 0; e < training->epochs; e++) {
        if (training->order == ORDER_SHUFFLE) {
            rng_permutation(&rng, order, dataset->n_samples);
        }
        int64_t row = train_epoch(network, dataset, training, order, parameters, &losses[e]);
        if (row >= 0) {
            state = (struct block_state){BLOCK_DIVERGED, e, e + 1, row};
            break;
        }
        state.epoch = e + 1;
    }
    free(order);
    return state;
}

/* In [-scale, scale), or now and then a zero of either sign, which must keep it. */
static double draw_value(struct rng *rng, double scale)
{
    int64_t kind = rng_randint(rng, 0, 16);
    double value = scale * (2 * rng_uniform(rng) - 1);
    return kind == 0 ? 0.0 : kind == 1 ? -0.0 : value;
}

double *reference_parameters(struct rng *rng, const struct network *network, double scale)
{
    size_t n = network_n_parameters(network);
    double *parameters = calloc(n, sizeof *parameters);
    for (size_t p = 0; p < n; p++) {
        parameters[p] = draw_value(rng, scale);
    }
    return parameters;
}

struct dataset *reference_dataset(struct rng *rng, const struct network *network, size_t n_samples)
{
    size_t n_targets = (size_t)network_n_outputs(network);
    struct dataset *dataset = dataset_create(n_samples, (size_t)network->n_inputs, n_targets, NULL);
    if (!dataset) {
        abort();
    }
    for (size_t i = 0; i < n_samples * dataset->n_features; i++) {
        dataset->features[i] = draw_value(rng, 2);
    }
    for (size_t i = 0; i < n_samples * n_targets; i++) {
        dataset->targets[i] = draw_value(rng, 3);
    }
    return dataset;
}

static int draw(struct rng *rng, int from, int to)
{
    return (int)rng_randint(rng, from, (int64_t)to + 1);
}

void reference_case_init(struct reference_case *it, struct rng *rng, int64_t epochs)
{
    /* One draw a statement: the order of evaluation within one is the compiler's. */
    *it = (struct reference_case){.training = {.epochs = epochs}};
    it->network.n_inputs = draw(rng, 1, 5);
    it->network.n_layers = draw(rng, 1, 4);
    for (int l = 0; l < it->network.n_layers; l++) {
        int is_last = l == it->network.n_layers - 1;
        it->network.layers[l].units = draw(rng, 1, is_last ? 5 : REFERENCE_UNITS_MAX);
        it->network.layers[l].activation = (enum activation)draw(rng, 0, ACTIVATION_COUNT - 1);
    }
    size_t n_samples = (size_t)draw(rng, 1, 40);
    size_t batch_size = draw(rng, 0, 1) ? 1 : (size_t)draw(rng, 1, (int)n_samples);
    it->dataset = reference_dataset(rng, &it->network, n_samples);
    it->parameters = reference_parameters(rng, &it->network, 1.0);
    it->training.gradient = (enum gradient)draw(rng, 0, GRADIENT_COUNT - 1);
    it->training.reduction = (enum reduction)draw(rng, 0, REDUCTION_COUNT - 1);
    it->training.order = (enum order)draw(rng, 0, ORDER_COUNT - 1);
    it->training.order_seed = (uint32_t)rng_randint(rng, 0, UINT32_MAX);
    it->training.learning_rate = 0.02 + 0.1 * rng_uniform(rng);
    it->training.batch_size = batch_size;
}

void reference_case_clear(struct reference_case *it)
{
    dataset_destroy(it->dataset);
    free(it->parameters);
}

void assert_same_double(double got, double expected, const char *what)
{
    int both_nan = isnan(got) && isnan(expected);
    if (!both_nan && memcmp(&got, &expected, sizeof got) != 0) {
        fail_msg("%s: got %a (%.17g), expected %a (%.17g)", what, got, got, expected, expected);
    }
}

void assert_same_doubles(const double *got, const double *expected, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        int both_nan = isnan(got[i]) && isnan(expected[i]);
        if (!both_nan && memcmp(&got[i], &expected[i], sizeof got[i]) != 0) {
            fail_msg("%s, entry %zu of %zu: got %a, expected %a", what, i, n, got[i], expected[i]);
        }
    }
}
