/* What a run's next epoch starts from: for those who then go through it step by step. */
#ifndef CORE_TRAIN_BLOCK_BLOCK_NEXT_H
#define CORE_TRAIN_BLOCK_BLOCK_NEXT_H

#include <stdint.h>

#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"

struct block_next {
    int64_t epoch;            /* 1-based */
    double pace[PACE_COUNT];  /* see kernel.h */
    const uint32_t *rows;     /* see block_next_rows */
};

/* Of a run that is running, at an epoch's end. Fills parameters [n_parameters] and memory
 * [optimizer_memory] as they are now. */
void block_next(struct block *block, int run, struct block_next *out, double *parameters,
                double *memory);

/* The samples of the next epoch, [n_samples] in the order of the visit, of a block at an epoch's
 * end. Valid until that epoch's last update. */
const uint32_t *block_next_rows(struct block *block);

/* The learning rate of a run's next epoch; of a run that has ended, of the one that would come. */
double block_next_rate(const struct block *block, int run);

#endif
