/* A walk: one epoch of a run, batch by batch, with the training core's own bits.
 *
 * It starts where a block stands at an epoch's end and trains on with the reference kernel, so that
 * every update can be looked at; the block's results are the same bits. A walk goes on past a
 * parameter that is not finite: that is what a diverging run's step is like. */
#ifndef CORE_EXPLAIN_STEP_WALK_H
#define CORE_EXPLAIN_STEP_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/model/network.h"
#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "core/train/training.h"

struct walk {
    const struct network *network; /* borrowed, as the next two */
    const struct dataset *dataset;
    const struct training *training;
    size_t n_parameters;
    int64_t epoch;           /* 1-based */
    double pace[PACE_COUNT]; /* of the epoch */
    uint32_t *rows;          /* [n_samples]: the sample of `dataset` at each position */
    size_t position;         /* samples of the epoch that were seen: whole batches */
    size_t n_batch;          /* samples of the last batch, which ends at `position` */
    double *start;           /* [n_parameters]: at the epoch's beginning */
    double *before, *memory_before; /* before the last batch */
    double *parameters;             /* [n_parameters]: now */
    double *memory;                 /* [optimizer_memory]: now */
    double *gradients, *scratch;    /* the kernel's */
    double *lanes;                  /* three numbers of its: see walk.c */
};

/* The epoch that the block's run 0 would train next; the block must be at an epoch's end, the run
 * running, and may go afterwards. -1 with ERROR_MEMORY, and then nothing to clear. */
int walk_init(struct walk *walk, const struct network *network, const struct dataset *dataset,
              const struct training *training, struct block *block, struct error *error);
void walk_clear(struct walk *walk); /* also one that is all zero */

/* Samples of the batch that comes next; 0 at the epoch's end. */
size_t walk_next_batch(const struct walk *walk);

/* Trains the next batch, of which there must be one. */
void walk_batch(struct walk *walk);

/* Trains every batch that ends at `position` or before it. */
void walk_to(struct walk *walk, size_t position);

/* What an output's e_j is multiplied with in the gradient of what the last batch minimised, which
 * is its samples' mean or sum (see core/explain/derivative.h for a sample's own `scale`). */
double walk_scale(const struct walk *walk, double scale);

/* Whether the loss and all parameters were finite after every batch so far: a run diverges in the
 * first one after which they were not. */
int walk_is_finite(const struct walk *walk);

/* The printed loss of the epoch, after its last batch; NaN before. */
double walk_printed_loss(const struct walk *walk);

#endif
