/* The timed trainings. */
#include "tests/bench/work.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/math/rng.h"
#include "core/model/init.h"
#include "core/train/kernel/kernel.h"
#include "tests/bench/bare.h"
#include "tests/bench/probe.h"

/* Losses are recorded in a buffer of the size that the server's jobs have. */
enum { LOSSES = 131072 };

#define FIXED ORDER_FIXED
#define SHUFFLE ORDER_SHUFFLE
#define EXACT ARITHMETIC_EXACT
#define FAST ARITHMETIC_FAST
#define RELU ACTIVATION_RELU
#define TANH ACTIVATION_TANH

/* In data.py the data and start values are made once more, in floats.py some are trained. */
const struct work_spec work_specs[] = {
    {"one_run", "2-2-1", RELU, 1, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"one_run_shuffled", "2-2-1", RELU, 1, 100, 1, SHUFFLE, WORK_PICKED, EXACT},
    {"one_run_4_samples", "2-2-1", RELU, 1, 4, 1, FIXED, WORK_PICKED, EXACT},
    {"one_run_fast", "2-2-1", RELU, 1, 100, 1, FIXED, WORK_PICKED, FAST},
    {"one_run_any_size", "2-2-1", RELU, 1, 100, 1, FIXED, WORK_ANY_SIZE, EXACT},
    {"one_run_by_hand", "2-2-1", RELU, 1, 100, 1, FIXED, WORK_HAND, EXACT},
    {"4_runs", "2-2-1", RELU, 4, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"8_runs", "2-2-1", RELU, 8, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"16_runs", "2-2-1", RELU, 16, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"16_runs_any_size", "2-2-1", RELU, 16, 100, 1, FIXED, WORK_ANY_SIZE, EXACT},
    {"16_runs_by_hand", "2-2-1", RELU, 16, 100, 1, FIXED, WORK_HAND, EXACT},
    {"256_runs", "2-2-1", RELU, 256, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"256_runs_shuffled", "2-2-1", RELU, 256, 100, 1, SHUFFLE, WORK_PICKED, EXACT},
    {"256_runs_4_samples", "2-2-1", RELU, 256, 4, 1, FIXED, WORK_PICKED, EXACT},
    {"256_runs_fast", "2-2-1", RELU, 256, 100, 1, FIXED, WORK_PICKED, FAST},
    {"256_runs_fast_shuffled", "2-2-1", RELU, 256, 100, 1, SHUFFLE, WORK_PICKED, FAST},
    {"one_run_silent", "2-2-1", RELU, 1, 100, 1, FIXED, WORK_SILENT, EXACT},
    {"one_run_4_samples_silent", "2-2-1", RELU, 1, 4, 1, FIXED, WORK_SILENT, EXACT},
    {"16_runs_4_samples", "2-2-1", RELU, 16, 4, 1, FIXED, WORK_PICKED, EXACT},
    {"16_runs_silent", "2-2-1", RELU, 16, 100, 1, FIXED, WORK_SILENT, EXACT},
    {"16_runs_4_samples_silent", "2-2-1", RELU, 16, 4, 1, FIXED, WORK_SILENT, EXACT},
    {"one_run_batch_100", "2-2-1", RELU, 1, 100, 100, FIXED, WORK_PICKED, EXACT},
    {"one_run_tanh", "2-2-1", TANH, 1, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"16_runs_tanh", "2-2-1", TANH, 16, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"one_run_2881", "2-8-8-1", RELU, 1, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"16_runs_2881", "2-8-8-1", RELU, 16, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"16_runs_2881_any_size", "2-8-8-1", RELU, 16, 100, 1, FIXED, WORK_ANY_SIZE, EXACT},
    {"one_run_2881_batch_32", "2-8-8-1", RELU, 1, 100, 32, FIXED, WORK_PICKED, EXACT},
    {"16_runs_2881_batch_32", "2-8-8-1", RELU, 16, 100, 32, FIXED, WORK_PICKED, EXACT},
    {"one_run_64_128_10", "64-128-10", RELU, 1, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"4_runs_64_128_10", "64-128-10", RELU, 4, 100, 1, FIXED, WORK_PICKED, EXACT},
    {"one_run_64_128_10_batch_32", "64-128-10", RELU, 1, 100, 32, FIXED, WORK_PICKED, EXACT},
    {"one_run_64_128_10_batch_32_fast", "64-128-10", RELU, 1, 100, 32, FIXED, WORK_PICKED, FAST},
    {"4_runs_64_128_10_batch_32", "64-128-10", RELU, 4, 100, 32, FIXED, WORK_PICKED, EXACT},
    {"one_run_784_128_10_batch_128", "784-128-10", RELU, 1, 128, 128, FIXED, WORK_PICKED, EXACT},
    {"one_run_4_samples_end_loss", "2-2-1", RELU, 1, 4, 1, FIXED, WORK_END_LOSS, EXACT},
    {"one_run_end_loss", "2-2-1", RELU, 1, 100, 1, FIXED, WORK_END_LOSS, EXACT},
    {"16_runs_end_loss", "2-2-1", RELU, 16, 100, 1, FIXED, WORK_END_LOSS, EXACT},
    {"one_run_2881_end_loss", "2-8-8-1", RELU, 1, 100, 1, FIXED, WORK_END_LOSS, EXACT},
    {"16_runs_2881_end_loss", "2-8-8-1", RELU, 16, 100, 1, FIXED, WORK_END_LOSS, EXACT},
    {"one_run_64_128_10_end_loss", "64-128-10", RELU, 1, 100, 1, FIXED, WORK_END_LOSS, EXACT},
    {"one_run_64_128_10_batch_32_end_loss", "64-128-10", RELU, 1, 100, 32, FIXED, WORK_END_LOSS,
     EXACT},
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

static double *start_of(const struct network *network)
{
    double *parameters = calloc(network_n_parameters(network), sizeof *parameters);
    struct init init = {.scheme = INIT_UNIFORM, .seed = 7, .low = -0.3, .high = 0.5};
    if (network->n_inputs > 2) {
        init.low = -0.05;
        init.high = 0.05;
    }
    if (parameters) {
        init_parameters(&init, network, parameters);
    }
    return parameters;
}

/* Flops of a sample's update, every addition and multiplication counted once: 33 for 2-2-1. */
double work_flops(const struct network *network)
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

struct training work_training(const struct work *work, int run)
{
    const struct work_spec *spec = work->spec;
    return (struct training){.arithmetic = spec->arithmetic,
                             .gradient = GRADIENT_HALF,
                             .learning_rate = 1e-5 * (1 + 0.1 * (run % BLOCK_RUNS_MAX)),
                             .batch_size = spec->batch_size,
                             .order = spec->order,
                             .order_seed = 3,
                             .epochs = INT64_MAX,
                             .record = spec->way == WORK_END_LOSS ? 1u << SERIES_END_LOSS : 0};
}

int work_n_series(const struct work *work)
{
    enum series series[SERIES_COUNT];
    const struct training training = work_training(work, 0);
    return training_series(&training, 0, series);
}

int work_block_runs(const struct work *work)
{
    return work->spec->n_runs < BLOCK_RUNS_MAX ? work->spec->n_runs : BLOCK_RUNS_MAX;
}

/* The kernel of the fewest vectors that knows no size; NULL when any will do. */
static const struct kernel *forced_kernel(const struct work *work)
{
    const struct kernel *best = NULL, *kernel;
    const struct training training = work_training(work, 0);
    int n = work_block_runs(work);
    for (int i = 0; work->spec->way == WORK_ANY_SIZE && (kernel = kernel_at(i)); i++) {
        if (!kernel->shape && kernel_runs_here(kernel) &&
            kernel_suits(kernel, &work->network, &training) &&
            (!best ||
             kernel_lanes(kernel, n) / kernel->width < kernel_lanes(best, n) / best->width)) {
            best = kernel;
        }
    }
    return best;
}

struct block *work_block(const struct work *work, int first, const struct kernel *kernel)
{
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_run runs[BLOCK_RUNS_MAX];
    int n_runs = work_block_runs(work);
    for (int i = 0; i < n_runs; i++) {
        trainings[i] = work_training(work, first + i);
        runs[i] = (struct block_run){&trainings[i], work->parameters};
    }
    struct error error = ERROR_INIT;
    struct block *block =
        block_create_on(kernel, &work->network, work->dataset, runs, n_runs, &error);
    if (!block) {
        fprintf(stderr, "%s: %s\n", work->spec->key, error.text);
    }
    return block;
}

void work_train(struct work *work, int64_t epochs, double *losses)
{
    if (work->bare) {
        bare_train(work->bare, epochs, losses);
    }
    for (int i = 0; i < work->n_blocks; i++) {
        block_train(work->blocks[i], INT64_MAX, epochs, losses);
    }
}

/* Epochs of a block whose losses fit the buffer: it is filled again and again. */
static int64_t epochs_at_once(const struct work *work)
{
    return LOSSES / (work_block_runs(work) * work_n_series(work));
}

double work_slice(struct work *work)
{
    double started = probe_clock_s(), n_runs = work->spec->n_runs;
    for (int64_t left = work->epochs, n; left > 0; left -= n) {
        n = left < epochs_at_once(work) ? left : epochs_at_once(work);
        work_train(work, n, work->losses);
    }
    return (probe_clock_s() - started) /
           ((double)work->epochs * (double)work->spec->n_samples * n_runs);
}

/* Epochs that take about slice_s. */
static void calibrate(struct work *work, double slice_s)
{
    for (work->epochs = 1;;) {
        double taken_s = work_slice(work) * (double)work->epochs * (double)work->spec->n_samples *
                         work->spec->n_runs;
        if (taken_s > 0.7 * slice_s) {
            return;
        }
        work->epochs =
            taken_s < 0.1 * slice_s ? 4 * work->epochs : work->epochs + work->epochs / 2 + 1;
    }
}

/* What trains it. 0, 1 if there is nothing here, or -1. */
static int equip(struct work *work)
{
    int is_there = 1, way = work->spec->way;
    if (way == WORK_HAND || way == WORK_SILENT) {
        work->bare = bare_create(work, &is_there);
        return work->bare ? 0 : is_there ? -1 : 1;
    }
    int n_runs = work_block_runs(work);
    for (int first = 0; first < work->spec->n_runs; first += n_runs) {
        struct block *block = work_block(work, first, forced_kernel(work));
        if (!block) {
            return -1;
        }
        work->blocks[work->n_blocks++] = block;
    }
    return 0;
}

int work_init(struct work *work, const struct work_spec *spec, double slice_s)
{
    *work = (struct work){.spec = spec, .network = network_of(spec)};
    work->flops = work_flops(&work->network);
    work->dataset = data_of(&work->network, spec->n_samples);
    work->parameters = start_of(&work->network);
    work->losses = calloc(LOSSES, sizeof *work->losses);
    int status = work->dataset && work->parameters && work->losses ? equip(work) : -1;
    if (status == 0 && slice_s > 0) {
        calibrate(work, slice_s);
    }
    if (status != 0) {
        work_clear(work);
    }
    if (status < 0) {
        fprintf(stderr, "%s: out of memory\n", spec->key);
    }
    return status;
}

void work_clear(struct work *work)
{
    for (int i = 0; i < work->n_blocks; i++) {
        block_destroy(work->blocks[i]);
    }
    bare_destroy(work->bare);
    dataset_destroy(work->dataset);
    free(work->parameters);
    free(work->losses);
    *work = (struct work){.spec = NULL};
}

void work_kernel_name(const struct work *work, char *out, size_t size)
{
    if (work->spec->way == WORK_HAND) {
        snprintf(out, size, "by hand");
        return;
    }
    const struct training training = work_training(work, 0);
    const struct kernel *kernel = work->n_blocks > 0
                                      ? block_kernel(work->blocks[0])
                                      : kernel_pick(&work->network, &training, work->spec->n_runs);
    snprintf(out, size, "%s x%d", kernel->name, kernel->width);
}
