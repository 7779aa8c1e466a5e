/* The kernels' bits against the one-lane kernel's, and against plain Python's. */
#include "tests/bench/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/kernel/kernel.h"
#include "tests/bench/probe.h"
#include "tests/core/golden_report.h"

enum { EPOCHS = 7 };

/* The loss that the report's smallest rate reaches after a million epochs, from the notebook. */
static const double MILLION_LOSS = 3.31278621466;
static const char *const MILLION_NAME = "lr_1e-7";

/* Losses [EPOCHS][n_runs] and final parameters [n_runs][n_parameters] of a work on a kernel, in
 * one array the caller frees; NULL without memory. */
static double *results_of(const struct work *work, const struct kernel *kernel, size_t *out_n)
{
    struct block *block = work_block(work, kernel);
    size_t n_runs = (size_t)work->spec->n_runs, n = network_n_parameters(&work->network);
    *out_n = n_runs * (EPOCHS + n);
    double *results = calloc(*out_n, sizeof *results);
    if (block && results) {
        block_train(block, INT64_MAX, EPOCHS, results);
        for (size_t run = 0; run < n_runs; run++) {
            block_parameters(block, (int)run, results + n_runs * EPOCHS + run * n);
        }
    }
    block_destroy(block);
    return results;
}

/* Trainings compared, or -1. */
static int check_work(const struct work_spec *spec)
{
    struct work work;
    size_t n;
    int n_compared = 0;
    if (work_init(&work, spec, 0) != 0) {
        return -1;
    }
    const struct kernel *kernel;
    double *expected = results_of(&work, kernel_at(0), &n);
    for (int i = 1; n_compared >= 0 && (kernel = kernel_at(i)); i++) {
        if (!kernel_runs_here(kernel) || !kernel_suits(kernel, &work.network)) {
            continue;
        }
        double *found = results_of(&work, kernel, &n);
        n_compared++;
        if (!expected || !found || memcmp(found, expected, n * sizeof *found) != 0) {
            fprintf(stderr, "%s: kernel %s, %s, width %d has other bits; nothing is timed\n",
                    spec->key, kernel->name, kernel_processor_name(kernel->processor),
                    kernel->width);
            n_compared = -1;
        }
        free(found);
    }
    free(expected);
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
