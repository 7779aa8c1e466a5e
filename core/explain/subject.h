/* What is explained: one run, how it was trained and where it stands. */
#ifndef CORE_EXPLAIN_SUBJECT_H
#define CORE_EXPLAIN_SUBJECT_H

#include <stdint.h>

#include "core/data/dataset.h"
#include "core/data/population.h"
#include "core/model/network.h"
#include "core/train/block/block.h"
#include "core/train/training.h"

/* All borrowed. */
struct subject {
    const struct network *network;
    const struct dataset *dataset; /* what is trained on */
    const struct dataset *validation; /* what is kept from it to look at; NULL: nothing */
    const struct training *training;
    const double *start;           /* [n_parameters] */
    const void *begin;             /* [begin_bytes] of a run that goes on from another's state: its
                                      checkpoint before the first epoch, which has more than the
                                      start (core/train/checkpoint/restart.h); else NULL */
    size_t begin_bytes;
    const double *parameters;      /* [n_parameters], after `state.epoch` whole epochs; of a
                                      diverged run the last finite ones */
    struct block_state state;
    double printed_loss;           /* of epoch state.epoch; NaN before the first */
    const struct population *population; /* NULL: nothing is known */
    const char *no_replay;         /* static: why it is not to be trained again; NULL: it may be */
    int (*stop)(void *context);    /* asked every few milliseconds: 1 gives up; NULL: never */
    void *context;
};

#endif
