/* What the files of the block share. Others see block.h alone.
 *
 * DESIGN. Running runs stand in the lanes of `now`. Training goes stretch by stretch; before each,
 * `kept` becomes a copy of `now`. A kernel only reports, per lane, that something in a stretch was
 * not finite. Then that run alone is replayed from `kept` in the one-lane pack `lone`, sample by
 * sample, to the first such sample: so the place found does not depend on how stretches or calls
 * were cut, and the kernels need no branch for it. Its last finite parameters go to `ended`, its
 * lane is given up, and when the runs left fit fewer lanes they are packed anew.
 *
 * Where the end of an epoch matters (another series than the printed loss, a stop, a plateau)
 * stretches end there, and an epoch goes on with the samples to be scored: its positions are those
 * of the training, then those of each scored part (block_score.c). The records of the epoch under
 * way stand in `row`. A block of printed losses alone knows nothing of all that. */
#ifndef CORE_TRAIN_BLOCK_BLOCK_INSIDE_H
#define CORE_TRAIN_BLOCK_BLOCK_INSIDE_H

#include "core/train/block/block.h"
#include "core/train/block/pack.h"
#include "core/train/sample_order.h"

enum { BLOCK_NO_RUN = -1, BLOCK_PARTS_MAX = 2 };

/* Samples that are scored at an epoch's end, and the series this makes. */
struct block_part {
    const struct dataset *dataset;
    enum series loss, accuracy;
};

struct block {
    struct network network;
    const struct dataset *dataset; /* borrowed */
    struct training training;      /* of run 0; see training_in_lockstep */
    size_t n_parameters;
    const struct kernel *forced; /* NULL: the best one for the runs that are left */

    int n_runs;
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_state states[BLOCK_RUNS_MAX]; /* BLOCK_RUNNING until a run diverged or stopped */
    double *ended;          /* [n_runs][n_parameters, then optimizer_memory]: of such runs, and else
                               room */
    struct rng *generators; /* [n_runs]: of runs that stopped; NULL if the order is fixed */

    struct sample_order order;
    int64_t epoch;   /* finished epochs of the running runs */
    size_t position; /* samples of the present epoch that were seen: trained on, then scored */

    int n_series;
    enum series series[SERIES_COUNT]; /* ascending */
    int is_by_epoch;                  /* whether something is done at every epoch's end */
    int is_watchful;                  /* whether a run's monitored series is looked at */
    int n_parts;
    struct block_part parts[BLOCK_PARTS_MAX];
    size_t epoch_steps; /* samples an epoch trains on and scores */
    double *scores;     /* [n_parts][2][lanes]: sums of losses, and of the samples told right */
    double *row;        /* [n_series][n_runs] of the epoch under way */
    struct training_watch watches[BLOCK_RUNS_MAX];

    int n_running;
    int run_of_lane[KERNEL_LANES_MAX]; /* or BLOCK_NO_RUN */
    struct pack now, kept, lone;
    int has_schedule;     /* whether a run's paces change from epoch to epoch */
    double *paces;        /* [epochs touched by a stretch, or 1][PACE_COUNT][lanes], see kernel.h */
    double *settings;     /* [SETTING_COUNT][lanes] */
    double *check;        /* [lanes] */
    double *losses;       /* [epochs that end in a stretch][lanes] */
    double *scratch;      /* the kernels' */
    size_t stretch_steps; /* longest stretch, in samples */
};

/* One call of block_train, and where the stretch under way began. */
struct block_call {
    int64_t first_epoch; /* at the call's beginning */
    int64_t last_epoch;  /* to stop at */
    int64_t steps_left;
    double *records; /* the caller's */
    int64_t epoch;   /* at the stretch's beginning */
    size_t position;
    size_t n_steps;   /* of the stretch */
    int64_t furthest; /* epochs finished by a run that ended in this call */
};

/* -1 with ERROR_INVALID if a block can't be made of these. */
int block_check(const struct block_parts *parts, struct error *error);

/* The kernel for n running runs: the forced one, or the best. */
const struct kernel *block_kernel_for(const struct block *block, int n);

/* After `now` and run_of_lane were filled: counts the running runs and sets their settings. */
void block_lanes_filled(struct block *block);

/* Sets the paces of n epochs from `epoch` on. */
void block_set_paces(struct block *block, int64_t epoch, size_t n_epochs);

/* One run's paces in an epoch. */
void block_pace(const struct block *block, int run, int64_t epoch, double out_pace[PACE_COUNT]);

int block_lane_of_run(const struct block *block, int run); /* or BLOCK_NO_RUN */

/* A run's parameters, and behind them what its optimizer remembers, wherever it is. */
double *block_ended(const struct block *block, int run);

/* Gives up the lane of a run whose state and what is `ended` of it are set; and afterwards moves
 * those that are left to fewer lanes, if a kernel does with fewer. */
void block_leave(struct block *block, struct block_call *call, int lane);
void block_repack(struct block *block);

/* Which series are recorded, and of which samples; once the trainings are set. */
void block_plan_series(struct block *block, const struct dataset *validation);

/* Scores some samples, the training of the epoch under way being over; the last of them finishes
 * it. */
void block_score(struct block *block, struct block_call *call);

/* Begins to score, or finishes the epoch if there is nothing to. */
void block_end_training(struct block *block, struct block_call *call);

/* Ends the run in `lane`, at an epoch's end. */
void block_end_stopped(struct block *block, struct block_call *call, int lane,
                       enum stopped stopped);

#endif
