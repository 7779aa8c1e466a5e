/* What a run's next epoch starts from. */
#include "core/train/block/block_next.h"

#include <assert.h>

#include "core/train/block/block_inside.h"

void block_next(struct block *block, int run, struct block_next *out, double *parameters,
                double *memory)
{
    int lane = block_lane_of_run(block, run);
    assert(lane != BLOCK_NO_RUN);
    out->epoch = block->epoch + 1;
    out->rows = block_next_rows(block);
    block_pace(block, run, block->epoch, out->pace);
    pack_get(&block->now, lane, parameters);
    pack_get_memory(&block->now, lane, memory);
}

const uint32_t *block_next_rows(struct block *block)
{
    assert(block_at_epoch_end(block));
    sample_order_seek(&block->order, block->epoch);
    return sample_order_rows(&block->order, block->epoch);
}

double block_next_rate(const struct block *block, int run)
{
    double pace[PACE_COUNT];
    block_pace(block, run, block_state(block, run).epoch, pace);
    return pace[PACE_RATE];
}
