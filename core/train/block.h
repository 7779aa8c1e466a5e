/* A block: up to BLOCK_RUNS_MAX runs of one shape, one data set and one sample order, trained in
 * lockstep, one run per vector lane. A run's losses and parameters never depend on how many runs
 * share the block, on which kernel the processor chose, or on how the calls are cut.
 *
 * Arithmetic (the notebook's, unfused, in this order): z = (sum of weight*input by ascending
 * input) + bias; error e = target - output; total += e*e; step s = learning_rate * factor;
 * c = s * e; deltas from the OLD parameters; parameter += c * input. See block.c for batches and
 * several outputs. */
#ifndef CORE_TRAIN_BLOCK_H
#define CORE_TRAIN_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/model/network.h"
#include "core/train/training.h"

enum { BLOCK_RUNS_MAX = 16 };

/* One run's part in a block. */
struct block_run {
    const struct training *training; /* only learning_rate may differ between the runs */
    const double *parameters;        /* start values [network_n_parameters] */
};

enum block_status { BLOCK_RUNNING, BLOCK_DONE, BLOCK_DIVERGED };

/* Where a run stands. */
struct block_state {
    enum block_status status;
    int64_t epoch;            /* finished epochs with a finite loss */
    int64_t diverged_epoch;   /* 1-based; the epoch in which a loss or parameter became non-finite */
    int64_t diverged_sample;  /* 0-based row of the data set at which it was first seen */
};

struct block;

/* Takes copies of everything but `dataset`, which it borrows until destroyed and whose shape must
 * match. NULL with ERROR_MEMORY or ERROR_INVALID. One thread at a time may use a block. */
struct block *block_create(const struct network *network, const struct dataset *dataset,
                           const struct block_run *runs, int n_runs, struct error *error);
void block_destroy(struct block *block);

int block_n_runs(const struct block *block);

/* Trains until about `max_steps` samples have been seen (at least one batch; a call may end in
 * the middle of an epoch), `max_epochs` epochs have been finished, or no run is left. Writes the
 * printed loss of every epoch finished in this call to losses[epoch][n_runs]; NaN for a run that
 * had ended before. Returns the number of epochs finished. */
int64_t block_train(struct block *block, int64_t max_steps, int64_t max_epochs, double *losses);

struct block_state block_state(const struct block *block, int run);

/* Present parameters of a run, [network_n_parameters]; of a diverged run the last ones that were
 * all finite. Only between epochs are they those of a whole number of epochs. */
void block_parameters(const struct block *block, int run, double *out_parameters);

/* A run's checkpoint: everything needed to go on bit-identically, in a little-endian form that
 * does not depend on the block's company. Only valid at an epoch's end (block_at_epoch_end). */
int block_at_epoch_end(const struct block *block);
size_t block_checkpoint_bytes(const struct block *block);
void block_save(const struct block *block, int run, void *out_bytes);

/* Puts all runs of a fresh block where their checkpoints were: checkpoints[n_runs], all of the
 * same epoch. ERROR_INVALID when one is not a checkpoint of this shape. */
int block_load(struct block *block, const void *const *checkpoints, const size_t *bytes,
               struct error *error);

/* Reads a checkpoint without a block: its epoch and its parameters (NULL: not wanted). -1 with
 * ERROR_INVALID when it is damaged or of another shape. */
int block_read_checkpoint(const struct network *network, const void *bytes, size_t n_bytes,
                          struct block_state *out_state, double *out_parameters,
                          struct error *error);

#endif
