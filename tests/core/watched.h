/* Runs that record every series, and what these are by plain sums: for tests of both. */
#ifndef TESTS_CORE_WATCHED_H
#define TESTS_CORE_WATCHED_H

#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/core/reference.h"

enum { WATCHED_EPOCHS = 12 };

struct watched {
    struct network network;
    struct training base; /* of run 0; records everything */
    int n_runs;
    struct training trainings[BLOCK_RUNS_MAX]; /* of other rates; changed freely before a check */
    double *start;                             /* parameters */
    struct dataset *dataset, *validation;

    /* Filled by watched_learn, of runs that nothing stops: */
    int64_t epochs[BLOCK_RUNS_MAX]; /* finished, fewer than all if the run diverged */
    enum block_status ends[BLOCK_RUNS_MAX];
    double values[BLOCK_RUNS_MAX][WATCHED_EPOCHS][SERIES_COUNT];
    double *parameters[BLOCK_RUNS_MAX]; /* [WATCHED_EPOCHS][n_parameters], after each epoch */
};

/* A random case; and one of this network, by plain SGD on the squared error. The caller clears. */
void watched_init(struct watched *it, struct rng *rng, int n_runs, enum arithmetic arithmetic);
void watched_init_of(struct watched *it, struct rng *rng, const struct network *network,
                     enum arithmetic arithmetic, size_t batch_size);
void watched_clear(struct watched *it);

/* Trains every run alone, epoch by epoch, on the reference kernel, which records the printed loss
 * alone; the rest is computed from its parameters. Schedules must not look at the monitored
 * series. */
void watched_learn(struct watched *it);

/* A block of the runs members[n] on a kernel, NULL: the best one. */
struct block *watched_block(const struct watched *it, const struct kernel *kernel,
                            const int *members, int n);

/* Trains `block` of these members to the end, max_steps samples a call, from epoch `from` on, and
 * checks its records: those learnt up to until[run] epochs, NaN after them. */
void watched_train(const struct watched *it, struct block *block, const int *members, int n,
                   int64_t max_steps, int64_t from, const int64_t *until);

/* All of that: nothing stops, and all runs end as they were learnt to. */
void watched_check(const struct watched *it, const struct kernel *kernel, int64_t max_steps,
                   struct rng *rng);

#endif
