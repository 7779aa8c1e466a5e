/* What the files of the block share. Others see block.h alone.
 *
 * DESIGN. Running runs stand in the lanes of `now`. Training goes stretch by stretch; before each,
 * `kept` becomes a copy of `now`. A kernel only reports, per lane, that something in a stretch was
 * not finite. Then that run alone is replayed from `kept` in the one-lane pack `lone`, sample by
 * sample, to the first such sample: so the place found does not depend on how stretches or calls
 * were cut, and the kernels need no branch for it. Its last finite parameters go to `ended`, its
 * lane is given up, and when the runs left fit fewer lanes they are packed anew. */
#ifndef CORE_TRAIN_BLOCK_BLOCK_INSIDE_H
#define CORE_TRAIN_BLOCK_BLOCK_INSIDE_H

#include "core/train/block/block.h"
#include "core/train/block/pack.h"
#include "core/train/sample_order.h"

enum { BLOCK_NO_RUN = -1 };

struct block {
    struct network network;
    const struct dataset *dataset; /* borrowed */
    struct training training;      /* of run 0; see training_in_lockstep */
    size_t n_parameters;
    const struct kernel *forced; /* NULL: the best one for the runs that are left */

    int n_runs;
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_state states[BLOCK_RUNS_MAX]; /* epoch is kept for diverged runs only */
    double *ended;                             /* [n_runs][n_parameters], of diverged runs */

    struct sample_order order;
    int64_t epoch;   /* finished epochs of the running runs */
    size_t position; /* samples of the present epoch that were seen */

    int n_running;
    int run_of_lane[KERNEL_LANES_MAX]; /* or BLOCK_NO_RUN */
    struct pack now, kept, lone;
    int has_schedule;     /* whether a run's paces change from epoch to epoch */
    double *paces;        /* [epochs touched by a stretch, or 1][PACE_COUNT][lanes], see kernel.h */
    double *settings;     /* [SETTING_COUNT][lanes] */
    double *memory;       /* [optimizer_memory] of a run, between stretches; or NULL */
    double *check;        /* [lanes] */
    double *losses;       /* [epochs that end in a stretch][lanes] */
    double *scratch;      /* the kernels' */
    size_t stretch_steps; /* longest stretch, in samples */
};

/* -1 with ERROR_INVALID if a block can't be made of these. */
int block_check(const struct network *network, const struct dataset *dataset,
                const struct block_run *runs, int n_runs, struct error *error);

/* The kernel for n running runs: the forced one, or the best. */
const struct kernel *block_kernel_for(const struct block *block, int n);

/* After `now` and run_of_lane were filled: counts the running runs and sets their settings. */
void block_lanes_filled(struct block *block);

/* Sets the paces of n epochs from `epoch` on. */
void block_set_paces(struct block *block, int64_t epoch, size_t n_epochs);

/* One run's paces in an epoch. */
void block_pace(const struct block *block, int run, int64_t epoch, double out_pace[PACE_COUNT]);

int block_lane_of_run(const struct block *block, int run); /* or BLOCK_NO_RUN */

#endif
