/* The timed trainings. */
#include "tests/bench/work.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/model/init.h"
#include "core/train/kernel/kernel.h"
#include "tests/bench/probe.h"

const struct work_spec work_specs[] = {
    {"one_run", "2-2-1", ACTIVATION_RELU, 1, 100, 1, ORDER_FIXED, 0},
    {"one_run_shuffled", "2-2-1", ACTIVATION_RELU, 1, 100, 1, ORDER_SHUFFLE, 0},
    {"one_run_4_samples", "2-2-1", ACTIVATION_RELU, 1, 4, 1, ORDER_FIXED, 0},
    {"4_runs", "2-2-1", ACTIVATION_RELU, 4, 100, 1, ORDER_FIXED, 0},
    {"8_runs", "2-2-1", ACTIVATION_RELU, 8, 100, 1, ORDER_FIXED, 0},
    {"16_runs", "2-2-1", ACTIVATION_RELU, 16, 100, 1, ORDER_FIXED, 0},
    {"16_runs_shuffled", "2-2-1", ACTIVATION_RELU, 16, 100, 1, ORDER_SHUFFLE, 0},
    {"16_runs_4_samples", "2-2-1", ACTIVATION_RELU, 16, 4, 1, ORDER_FIXED, 0},
    {"one_run_any_size", "2-2-1", ACTIVATION_RELU, 1, 100, 1, ORDER_FIXED, 1},
    {"16_runs_any_size", "2-2-1", ACTIVATION_RELU, 16, 100, 1, ORDER_FIXED, 1},
    {"one_run_batch_100", "2-2-1", ACTIVATION_RELU, 1, 100, 100, ORDER_FIXED, 0},
    {"one_run_tanh", "2-2-1", ACTIVATION_TANH, 1, 100, 1, ORDER_FIXED, 0},
    {"16_runs_tanh", "2-2-1", ACTIVATION_TANH, 16, 100, 1, ORDER_FIXED, 0},
    {"one_run_2881", "2-8-8-1", ACTIVATION_RELU, 1, 100, 1, ORDER_FIXED, 0},
    {"16_runs_2881", "2-8-8-1", ACTIVATION_RELU, 16, 100, 1, ORDER_FIXED, 0},
    {"16_runs_2881_any_size", "2-8-8-1", ACTIVATION_RELU, 16, 100, 1, ORDER_FIXED, 1},
    {"one_run_64_128_10", "64-128-10", ACTIVATION_RELU, 1, 100, 1, ORDER_FIXED, 0},
    {"4_runs_64_128_10", "64-128-10", ACTIVATION_RELU, 4, 100, 1, ORDER_FIXED, 0},
    {"one_run_64_128_10_batch_32", "64-128-10", ACTIVATION_RELU, 1, 100, 32, ORDER_FIXED, 0},
    {.key = NULL},
};

/* "2-8-8-1": inputs, hidden layers, a linear output. */
static struct network network_of(const struct work_spec *spec)
{
    char *at = (char *)spec->shape;
    struct network network = {.n_inputs = (int)strtol(at, &at, 10)};
    while (*at == '-') {
        struct layer *layer = &network.layers[network.n_layers++];
        layer->units = (int)strtol(at + 1, &at, 10);
        layer->activation = *at == '-' ? spec->hidden : ACTIVATION_LINEAR;
    }
    return network;
}

/* The report's kind of data; further columns are noise. */
static struct dataset *data_of(const struct network *network, size_t n_samples)
{
    size_t n_targets = (size_t)network_n_outputs(network);
    struct dataset *dataset = dataset_create(n_samples, (size_t)network->n_inputs, n_targets, NULL);
    struct rng rng;
    rng_seed(&rng, 134551);
    for (size_t i = 0; dataset && i < n_samples; i++) {
        double *features = dataset->features + i * dataset->n_features;
        double *targets = dataset->targets + i * n_targets;
        for (size_t k = 0; k < dataset->n_features; k++) {
            features[k] = k == 0   ? (double)rng_randint(&rng, 0, 4)
                          : k == 1 ? (double)rng_randint(&rng, 0, 15)
                                   : rng_uniform(&rng);
        }
        double noise = (double)rng_randint(&rng, 0, 5);
        for (size_t k = 0; k < n_targets; k++) {
            targets[k] = features[0] * features[0] + features[1] + noise;
        }
    }
    return dataset;
}

/* Flops of a sample's update, every addition and multiplication counted once: 33 for 2-2-1. */
static double flops_of(const struct network *network)
{
    double flops = 4.0 * network_n_outputs(network); /* error, square, sum, step */
    for (int l = 0; l < network->n_layers; l++) {
        double n_inputs = network_layer_inputs(network, l), n_units = network->layers[l].units;
        flops += 2 * n_inputs * n_units;                   /* forward */
        flops += l > 0 ? (2 * n_units - 1) * n_inputs : 0; /* deltas below */
        flops += 2 * n_inputs * n_units + n_units;         /* update */
    }
    return flops;
}

static const struct kernel *kernel_of(const struct work *work)
{
    const struct kernel *best = NULL, *kernel;
    for (int i = 0; work->spec->any_size && (kernel = kernel_at(i)); i++) {
        if (!kernel->shape && kernel_runs_here(kernel) &&
            (!best || kernel_lanes(kernel, work->spec->n_runs) / kernel->width <
                          kernel_lanes(best, work->spec->n_runs) / best->width)) {
            best = kernel;
        }
    }
    return best;
}

struct block *work_block(const struct work *work, const struct kernel *kernel)
{
    const struct work_spec *spec = work->spec;
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_run runs[BLOCK_RUNS_MAX];
    double *parameters = calloc(network_n_parameters(&work->network), sizeof *parameters);
    const struct init init = {.scheme = INIT_UNIFORM, .seed = 7, .low = -0.3, .high = 0.5};
    if (!parameters) {
        return NULL;
    }
    init_parameters(&init, &work->network, parameters);
    for (int i = 0; i < spec->n_runs; i++) {
        trainings[i] = (struct training){.gradient = GRADIENT_HALF,
                                         .learning_rate = 1e-5 * (1 + 0.1 * i),
                                         .batch_size = spec->batch_size,
                                         .order = spec->order,
                                         .order_seed = 3,
                                         .epochs = INT64_MAX};
        runs[i] = (struct block_run){&trainings[i], parameters};
    }
    struct error error = ERROR_INIT;
    struct block *block =
        block_create_on(kernel, &work->network, work->dataset, runs, spec->n_runs, &error);
    if (!block) {
        fprintf(stderr, "%s: %s\n", spec->key, error.text);
    }
    free(parameters);
    return block;
}

/* Steps that take about slice_s, whole epochs. */
static int64_t calibrate(struct work *work, double slice_s)
{
    int64_t n = (int64_t)work->spec->n_samples, epochs = 1;
    for (;;) {
        work->steps = epochs * n;
        double *losses =
            realloc(work->losses, (size_t)(epochs * work->spec->n_runs) * sizeof(double));
        if (!losses) {
            return -1;
        }
        work->losses = losses;
        double taken_s = work_slice(work) * (double)work->steps * work->spec->n_runs;
        if (taken_s > 0.7 * slice_s) {
            return 0;
        }
        epochs = taken_s < 0.1 * slice_s ? 4 * epochs : epochs + epochs / 2 + 1;
    }
}

int work_init(struct work *work, const struct work_spec *spec, double slice_s)
{
    *work = (struct work){.spec = spec, .network = network_of(spec)};
    work->flops = flops_of(&work->network);
    work->dataset = data_of(&work->network, spec->n_samples);
    work->block = work->dataset ? work_block(work, kernel_of(work)) : NULL;
    if (!work->block || calibrate(work, slice_s) != 0) {
        fprintf(stderr, "%s: out of memory\n", spec->key);
        return -1;
    }
    return 0;
}

void work_clear(struct work *work)
{
    block_destroy(work->block);
    dataset_destroy(work->dataset);
    free(work->losses);
}

double work_slice(struct work *work)
{
    double started = probe_clock_s();
    block_train(work->block, work->steps, INT64_MAX, work->losses);
    return (probe_clock_s() - started) / ((double)work->steps * work->spec->n_runs);
}
