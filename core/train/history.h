/* The bounded history of a run's series: how much of it is kept, and how the rest is summed up.
 *
 * The first history_keep() epochs are kept one by one. Those after them are told by an envelope:
 * buckets with the lowest, the highest and the last loss of some epochs in a row, so that no spike
 * is lost. Epochs behind the exact ones are counted by their `offset`, from 0; offsets stand in
 * cells of `stride` epochs, and the stride is the smallest power of two, HISTORY_STRIDE_MIN at
 * least, with which all offsets so far fill at most HISTORY_BUCKETS cells. So it doubles when they
 * are full, and two cells become one.
 *
 * A bucket never reaches over the end of a cell. It may be a part of one (what is committed ends
 * anywhere); gathered, the buckets are a function of the losses alone, however they were cut.
 *
 * A run that records several series has a row of buckets where this says one: a bucket for each
 * series, of the same epochs. */
#ifndef CORE_TRAIN_HISTORY_H
#define CORE_TRAIN_HISTORY_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_RUN_EPOCHS = 1 << 20,        /* kept one by one, of a run at most */
    HISTORY_EXPERIMENT_EPOCHS = 1 << 24, /* of all runs of an experiment together */
    HISTORY_BUCKETS = 8192,              /* at least half of them are in use once all have been */
    HISTORY_STRIDE_MIN = 16,
    HISTORY_CHECKPOINTS = 64,      /* of a run, kept to replay from */
    HISTORY_REPLAY_EPOCHS = 100000 /* recorded in one replay */
};

/* All checkpoints kept of an experiment's runs have at most about so many bytes. */
#define HISTORY_CHECKPOINT_BYTES ((int64_t)1 << 26)

/* How many epochs of each of n_runs runs that record n_series numbers an epoch are kept one by one:
 * so many numbers of a run, or of all of them, as there would be epochs of one series. */
int64_t history_keep(int n_runs, int n_series);

/* The stride once `n` epochs have been finished behind the exact ones. */
int64_t history_stride(int64_t n);

/* The offset behind the last of the cell that the epoch of this offset goes to. */
int64_t history_cell_end(int64_t offset);

/* How far apart the kept checkpoints of a run stand once `epoch` epochs are finished, when each of
 * n_runs runs has checkpoints of n_bytes: a power of two with which there are at most
 * HISTORY_CHECKPOINTS of them, fewer if their bytes would be too many; 0: none is to be kept. */
int64_t history_spacing(int64_t epoch, int n_runs, size_t n_bytes);

struct history_bucket {
    int64_t n;        /* epochs, 1 or more */
    int64_t lowest;   /* the first epoch (from 1) with the lowest loss; 0: no loss was finite */
    double min, max;  /* of the finite losses; NaN if there is none */
    double last;
};

/* Sums up n >= 1 losses of the epochs first.., which stand `apart` doubles from each other. */
struct history_bucket history_sum(const double *losses, size_t n, size_t apart, int64_t first);

/* Sums up two that follow each other. */
struct history_bucket history_merge(const struct history_bucket *a, const struct history_bucket *b);

/* Sums up a row of buckets and the one that follows it, row[n_series], next[n_series], in row. */
void history_add(struct history_bucket *row, const struct history_bucket *next, int n_series);

/* Merges, in place, n rows of buckets that follow each other from `offset` on,
 * buckets[n][n_series], so that those in one cell of `stride` become one (a larger one stays as it
 * is). Returns how many rows are left. */
size_t history_gather(struct history_bucket *buckets, size_t n, int n_series, int64_t offset,
                      int64_t stride);

#endif
