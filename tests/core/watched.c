/* Runs that record every series, and what these are by plain sums. */
#include "tests/core/watched.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Validation samples with features of their own, and targets as the others have. */
static struct dataset *validation_of(struct rng *rng, const struct network *network,
                                     const struct dataset *dataset)
{
    size_t n = (size_t)rng_randint(rng, 1, 80), n_targets = dataset->n_targets;
    struct dataset *made = reference_dataset(rng, network, n);
    for (size_t i = 0; i < n; i++) {
        size_t row = (size_t)rng_randint(rng, 0, (int64_t)dataset->n_samples);
        memcpy(made->targets + i * n_targets, dataset->targets + row * n_targets,
               n_targets * sizeof *made->targets);
    }
    return made;
}

/* Gives the runs rates of their own; run 2 diverges. */
static void fill(struct watched *it, struct rng *rng)
{
    it->base.epochs = WATCHED_EPOCHS;
    it->base.record = 1u << SERIES_END_LOSS | 1u << SERIES_ACCURACY;
    it->validation = validation_of(rng, &it->network, it->dataset);
    for (int run = 0; run < it->n_runs; run++) {
        it->trainings[run] = it->base;
        it->trainings[run].learning_rate *= run == 2 ? 1e60 : 1 + 0.2 * run;
    }
}

void watched_init(struct watched *it, struct rng *rng, int n_runs, enum arithmetic arithmetic)
{
    struct reference_case made;
    reference_case_init(&made, rng, WATCHED_EPOCHS);
    reference_case_vary(&made, rng);
    *it = (struct watched){.network = made.network,
                           .base = made.training,
                           .n_runs = n_runs,
                           .start = made.parameters,
                           .dataset = made.dataset};
    it->base.arithmetic = arithmetic;
    it->base.order = (enum order)rng_randint(rng, 0, ORDER_COUNT);
    fill(it, rng);
}

void watched_init_of(struct watched *it, struct rng *rng, const struct network *network,
                     enum arithmetic arithmetic, size_t batch_size)
{
    *it = (struct watched){.network = *network, .n_runs = BLOCK_RUNS_MAX};
    it->base = (struct training){
        .arithmetic = arithmetic, .learning_rate = 0.01, .batch_size = batch_size};
    it->start = reference_parameters(rng, network, 1.0);
    it->dataset = reference_dataset(rng, network, 17);
    fill(it, rng);
}

void watched_clear(struct watched *it)
{
    for (int run = 0; run < it->n_runs; run++) {
        free(it->parameters[run]);
    }
    dataset_destroy(it->dataset);
    dataset_destroy(it->validation);
    free(it->start);
}

static void learn_run(struct watched *it, int run)
{
    size_t n = network_n_parameters(&it->network);
    struct training training = it->trainings[run];
    training.record = 0;
    const struct block_run alone = {&training, it->start};
    const struct kernel *kernel = kernel_reference(training.arithmetic);
    struct block *block =
        block_create_on(kernel, &it->network, it->dataset, &alone, 1, NULL);
    assert_non_null(block);
    it->parameters[run] = calloc(WATCHED_EPOCHS * n, sizeof(double));
    for (int64_t e = 0; e < WATCHED_EPOCHS; e++) {
        double *parameters = it->parameters[run] + (size_t)e * n, *values = it->values[run][e];
        if (block_train(block, INT64_MAX, 1, &values[SERIES_LOSS]) == 0) {
            for (int i = 0; i < SERIES_COUNT; i++) {
                values[i] = NAN;
            }
            continue;
        }
        block_parameters(block, 0, parameters);
        values[SERIES_END_LOSS] = reference_score(&it->network, it->dataset, &training, parameters,
                                                  &values[SERIES_ACCURACY]);
        values[SERIES_VALIDATION_LOSS] =
            reference_score(&it->network, it->validation, &training, parameters,
                            &values[SERIES_VALIDATION_ACCURACY]);
    }
    it->epochs[run] = block_state(block, 0).epoch;
    it->ends[run] = block_state(block, 0).status;
    block_destroy(block);
}

void watched_learn(struct watched *it)
{
    for (int run = 0; run < it->n_runs; run++) {
        learn_run(it, run);
    }
}

struct block *watched_block(const struct watched *it, const struct kernel *kernel,
                            const int *members, int n)
{
    struct block_run runs[BLOCK_RUNS_MAX];
    for (int i = 0; i < n; i++) {
        runs[i] = (struct block_run){&it->trainings[members[i]], it->start};
    }
    const struct block_parts parts = {.network = &it->network,
                                      .dataset = it->dataset,
                                      .validation = it->validation,
                                      .runs = runs,
                                      .n_runs = n,
                                      .kernel = kernel};
    struct error error = ERROR_INIT;
    struct block *block = block_create_of(&parts, &error);
    if (!block) {
        fail_msg("%s", error.text);
    }
    return block;
}

static int is_running(const struct block *block)
{
    for (int i = 0; i < block_n_runs(block); i++) {
        if (block_state(block, i).status == BLOCK_RUNNING) {
            return 1;
        }
    }
    return 0;
}

static void check_records(const struct watched *it, const int *members, int n, int64_t epoch,
                          const int64_t *until, const double *records)
{
    enum series series[SERIES_COUNT];
    int n_series = training_series(&it->trainings[0], 1, series);
    for (int k = 0; k < n_series; k++) {
        for (int i = 0; i < n; i++) {
            int run = members[i];
            double expected = epoch < until[run] ? it->values[run][epoch][series[k]] : NAN;
            assert_same_double(records[k * n + i], expected, series_name(series[k]));
        }
    }
}

void watched_train(const struct watched *it, struct block *block, const int *members, int n,
                   int64_t max_steps, int64_t from, const int64_t *until)
{
    int n_records = block_n_series(block) * n;
    double *records = calloc((size_t)(WATCHED_EPOCHS * n_records), sizeof *records);
    int64_t done = from, last = 0;
    for (int i = 0; i < n; i++) {
        last = until[members[i]] > last ? until[members[i]] : last;
    }
    for (int calls = 0; is_running(block); calls++) {
        assert_true(calls < 100000);
        done += block_train(block, max_steps, 1 + calls % 3, records + done * n_records);
        assert_true(done <= WATCHED_EPOCHS);
    }
    assert_int_equal(done, last > from ? last : from);
    for (int64_t e = from; e < done; e++) {
        check_records(it, members, n, e, until, records + e * n_records);
    }
    free(records);
}

void watched_check(const struct watched *it, const struct kernel *kernel, int64_t max_steps,
                   struct rng *rng)
{
    int members[BLOCK_RUNS_MAX];
    int first = (int)rng_randint(rng, 0, it->n_runs);
    for (int i = 0; i < it->n_runs; i++) {
        members[i] = (first + i) % it->n_runs;
    }
    struct block *block = watched_block(it, kernel, members, it->n_runs);
    watched_train(it, block, members, it->n_runs, max_steps, 0, it->epochs);
    for (int i = 0; i < it->n_runs; i++) {
        struct block_state state = block_state(block, i);
        assert_int_equal(state.status, it->ends[members[i]]);
        assert_int_equal(state.epoch, it->epochs[members[i]]);
        assert_int_equal(state.stopped, STOPPED_NOT);
    }
    block_destroy(block);
}
