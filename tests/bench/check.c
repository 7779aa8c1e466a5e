/* The kernels' bits against the reference kernel's, and against plain Python's. */
#include "tests/bench/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/kernel/kernel.h"
#include "tests/bench/bare.h"
#include "tests/bench/floats.h"
#include "tests/bench/probe.h"
#include "tests/core/golden_report.h"

enum { EPOCHS = FLOATS_EPOCHS };

/* The loss that the report's smallest rate reaches after a million epochs, from the notebook. */
static const double MILLION_LOSS = 3.31278621466;
static const char *const MILLION_NAME = "lr_1e-7";

/* What some epochs of a block's runs come to. */
struct results {
    size_t n_losses, n_parameters; /* of all runs */
    double *losses;                /* [EPOCHS][series][runs] */
    double *parameters;            /* [runs][parameters], in the same array */
};

static int results_init(struct results *results, const struct work *work)
{
    size_t n_runs = (size_t)work_block_runs(work);
    results->n_losses = EPOCHS * (size_t)work_n_series(work) * n_runs;
    results->n_parameters = n_runs * network_n_parameters(&work->network);
    results->losses = calloc(results->n_losses + results->n_parameters, sizeof(double));
    results->parameters = results->losses + results->n_losses;
    return results->losses ? 0 : -1;
}

/* On a kernel; -1 without memory. */
static int train_on_kernel(const struct work *work, const struct kernel *kernel,
                           struct results *results)
{
    struct block *block = work_block(work, 0, kernel);
    if (!block || results_init(results, work) != 0) {
        block_destroy(block);
        return -1;
    }
    block_train(block, INT64_MAX, EPOCHS, results->losses);
    size_t n = network_n_parameters(&work->network);
    for (int run = 0; run < work_block_runs(work); run++) {
        block_parameters(block, run, results->parameters + (size_t)run * n);
    }
    block_destroy(block);
    return 0;
}

/* As a work that has no block is trained. */
static int train_bare(const struct work *work, struct results *results)
{
    if (results_init(results, work) != 0) {
        return -1;
    }
    bare_train(work->bare, EPOCHS, results->losses);
    size_t n = network_n_parameters(&work->network);
    for (int run = 0; run < work->spec->n_runs; run++) {
        bare_parameters(work->bare, run, results->parameters + (size_t)run * n);
    }
    return 0;
}

static int is_same(const struct results *a, const struct results *b, int has_losses)
{
    return (!has_losses || memcmp(a->losses, b->losses, a->n_losses * sizeof(double)) == 0) &&
           memcmp(a->parameters, b->parameters, a->n_parameters * sizeof(double)) == 0;
}

/* FNV-1a over the bytes of the doubles, little-endian. */
static uint64_t fingerprint(const double *values, size_t n)
{
    uint64_t h = 0xcbf29ce484222325, bits;
    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, &values[i], sizeof bits);
        for (int byte = 0; byte < 8; byte++, bits >>= 8) {
            h = (h ^ (bits & 0xff)) * 0x100000001b3;
        }
    }
    return h;
}

/* 1 if the first run is plain Python's; 0 if Python did not train this work; -1 if it differs. */
static int check_floats(const struct work *work, const struct results *results)
{
    const struct floats *floats = floats_of_python;
    size_t n_runs = (size_t)work_block_runs(work);
    while (floats->key && strcmp(floats->key, work->spec->key) != 0) {
        floats++;
    }
    if (!floats->key) {
        return 0;
    }
    for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
        if (results->losses[epoch * n_runs] != floats->losses[epoch]) {
            fprintf(stderr, "%s: epoch %zu: loss %.17g, plain Python has %.17g; nothing is timed\n",
                    work->spec->key, epoch + 1, results->losses[epoch * n_runs],
                    floats->losses[epoch]);
            return -1;
        }
    }
    size_t n = network_n_parameters(&work->network);
    if (results->parameters[0] != floats->first ||
        fingerprint(results->parameters, n) != floats->fingerprint) {
        fprintf(stderr, "%s: parameters are not plain Python's; nothing is timed\n",
                work->spec->key);
        return -1;
    }
    return 1;
}

/* Every kernel that could train the work; how many, or -1. */
static int check_kernels(const struct work *work, const struct results *expected)
{
    const struct training training = work_training(work, 0);
    const struct kernel *kernel;
    int n_compared = 0;
    for (int i = 0; (kernel = kernel_at(i)); i++) {
        struct results found = {.losses = NULL};
        if (!kernel_runs_here(kernel) || !kernel_suits(kernel, &work->network, &training)) {
            continue;
        }
        if (train_on_kernel(work, kernel, &found) != 0 || !is_same(&found, expected, 1)) {
            fprintf(stderr, "%s: kernel %s, %s, width %d has other bits; nothing is timed\n",
                    work->spec->key, kernel->name, kernel_processor_name(kernel->processor),
                    kernel->width);
            n_compared = -1;
        }
        free(found.losses);
        if (n_compared++ < 0) {
            return -1;
        }
    }
    return n_compared;
}

static int check_bare(const struct work *work, const struct results *expected)
{
    struct results found = {.losses = NULL};
    int result = 1;
    if (train_bare(work, &found) != 0 || !is_same(&found, expected, work->spec->way == WORK_HAND)) {
        fprintf(stderr, "%s: without a block it has other bits; nothing is timed\n",
                work->spec->key);
        result = -1;
    }
    free(found.losses);
    return result;
}

/* Trainings compared, or -1. */
static int check_work(const struct work_spec *spec)
{
    struct work work;
    struct results expected = {.losses = NULL};
    int status = work_init(&work, spec, 0), n_compared = -1;
    if (status != 0) {
        return status > 0 ? 0 : -1;
    }
    if (train_on_kernel(&work, kernel_reference(spec->arithmetic), &expected) == 0) {
        int n_floats = check_floats(&work, &expected);
        int n = n_floats < 0 ? -1
                : work.bare  ? check_bare(&work, &expected)
                             : check_kernels(&work, &expected);
        n_compared = n < 0 ? -1 : n + n_floats;
    }
    free(expected.losses);
    work_clear(&work);
    return n_compared;
}

/* 1 if the block's losses and parameters after 1000 epochs are the report's. */
static int is_golden(const struct golden_experiment *golden, const struct network *network,
                     struct block *block)
{
    static double losses[GOLDEN_LAST_EPOCH];
    double parameters[NETWORK_NAMES];
    block_train(block, INT64_MAX, GOLDEN_LAST_EPOCH, losses);
    block_parameters(block, 0, parameters);
    int is_same = 1;
    for (int i = 0; i < GOLDEN_EPOCHS; i++) {
        is_same &= losses[golden_epochs[i] - 1] == golden->losses[i];
    }
    for (int i = 0; i < NETWORK_NAMES; i++) {
        is_same &= parameters[network_named_offset(network, i)] == golden->final[i];
    }
    return is_same;
}

/* Trains on to a million epochs; processor seconds of these. */
static double train_on(struct block *block, double *out_loss)
{
    enum { CHUNK = 1000 };
    static double losses[CHUNK];
    double started = probe_clock_s();
    int64_t n = 0;
    while (block_state(block, 0).status == BLOCK_RUNNING) {
        n = block_train(block, INT64_MAX, CHUNK, losses);
    }
    *out_loss = losses[n - 1];
    return probe_clock_s() - started;
}

static struct dataset *golden_dataset(const struct golden_experiment *golden)
{
    struct dataset *dataset = dataset_create(GOLDEN_SAMPLES, 2, 1, NULL);
    for (size_t i = 0; dataset && i < GOLDEN_SAMPLES; i++) {
        const double *row = golden->has_random_target ? golden_random_rows[i] : golden_rows[i];
        memcpy(dataset->features + 2 * i, row, 2 * sizeof *row);
        dataset->targets[i] = row[2];
    }
    return dataset;
}

static int check_golden(const struct golden_experiment *golden, double *out_s, double *out_loss)
{
    const struct network network = {
        .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    int is_million = strcmp(golden->name, MILLION_NAME) == 0;
    struct training training = {.gradient = GRADIENT_HALF,
                                .learning_rate = golden->learning_rate,
                                .batch_size = 1,
                                .epochs = is_million ? 1000000 : GOLDEN_LAST_EPOCH};
    double start[NETWORK_NAMES];
    struct block_run run = {&training, start};
    struct dataset *dataset = golden_dataset(golden);
    if (!dataset) {
        return -1;
    }
    for (int i = 0; i < NETWORK_NAMES; i++) {
        start[network_named_offset(&network, i)] = golden->start[i];
    }
    struct block *block = block_create(&network, dataset, &run, 1, NULL);
    int is_right = block && is_golden(golden, &network, block);
    if (is_right && is_million) {
        *out_s = train_on(block, out_loss) * (1e6 / (1e6 - GOLDEN_LAST_EPOCH));
        is_right = fabs(*out_loss / MILLION_LOSS - 1) < 1e-11; /* of as many digits */
    }
    if (!is_right) {
        fprintf(stderr, "%s: not the report's numbers; nothing is timed\n", golden->name);
    }
    block_destroy(block);
    dataset_destroy(dataset);
    return is_right ? 0 : -1;
}

int check_all(double *out_s, double *out_loss)
{
    int n_compared = 0;
    for (int i = 0; i < GOLDEN_EXPERIMENTS; i++) {
        if (check_golden(&golden_experiments[i], out_s, out_loss) < 0) {
            return -1;
        }
        n_compared++;
    }
    for (const struct work_spec *spec = work_specs; spec->key; spec++) {
        int n = check_work(spec);
        if (n < 0) {
            return -1;
        }
        n_compared += n;
    }
    return n_compared;
}
