/* The end of a block's epoch: its parameters scored, its records written, runs stopped.
 *
 * A score is a sum over samples in a row, so it can be cut anywhere, as training can. */
#include <math.h>
#include <string.h>

#include "core/train/block/block_inside.h"

/* --- what there is to score ---------------------------------------------------------------- */

static int series_place(const struct block *block, enum series series)
{
    for (int i = 0; i < block->n_series; i++) {
        if (block->series[i] == series) {
            return i;
        }
    }
    return -1;
}

static void add_part(struct block *block, const struct dataset *dataset, enum series loss,
                     enum series accuracy)
{
    if (series_place(block, loss) >= 0 || series_place(block, accuracy) >= 0) {
        block->parts[block->n_parts++] = (struct block_part){dataset, loss, accuracy};
        block->epoch_steps += dataset->n_samples;
    }
}

void block_plan_series(struct block *block, const struct dataset *validation)
{
    block->n_series = training_series(&block->training, validation != NULL, block->series);
    block->epoch_steps = block->dataset->n_samples;
    block->is_by_epoch = block->n_series > 1 || block->is_watchful;
    add_part(block, block->dataset, SERIES_END_LOSS, SERIES_ACCURACY);
    add_part(block, validation, SERIES_VALIDATION_LOSS, SERIES_VALIDATION_ACCURACY);
}

/* --- the end of an epoch ------------------------------------------------------------------- */

/* Writes one series of the row, from values by lane. */
static void write_series(struct block *block, enum series series, const double *sums,
                         double n_samples)
{
    int place = series_place(block, series);
    for (int lane = 0; place >= 0 && lane < block->now.lanes; lane++) {
        int run = block->run_of_lane[lane];
        if (run != BLOCK_NO_RUN) {
            block->row[place * block->n_runs + run] = sums[lane] / n_samples;
        }
    }
}

static double *scores_of(const struct block *block, int part)
{
    return block->scores + (size_t)part * 2 * (size_t)block->now.lanes;
}

/* Looks at every run's monitored series, and stops those that are to stop. */
static void look(struct block *block, struct block_call *call)
{
    int n_running = block->n_running;
    const double *monitored =
        block->row + series_place(block, block->training.monitor) * block->n_runs;
    for (int lane = 0; lane < block->now.lanes; lane++) {
        int run = block->run_of_lane[lane];
        if (run == BLOCK_NO_RUN || !training_is_watchful(&block->trainings[run])) {
            continue;
        }
        enum stopped stopped = training_look(&block->trainings[run], &block->watches[run],
                                             block->epoch - 1, monitored[run]);
        if (stopped != STOPPED_NOT) {
            block_end_stopped(block, call, lane, stopped);
            n_running--;
        }
    }
    if (n_running < block->n_running) {
        block_repack(block);
    }
}

static void finish_epoch(struct block *block, struct block_call *call)
{
    size_t n_records = (size_t)block->n_series * (size_t)block->n_runs;
    for (int i = 0; i < block->n_parts; i++) {
        const struct block_part *part = &block->parts[i];
        const double *scores = scores_of(block, i);
        double n_samples = (double)part->dataset->n_samples;
        write_series(block, part->loss, scores, n_samples);
        write_series(block, part->accuracy, scores + block->now.lanes, n_samples);
    }
    memcpy(call->records + (size_t)(block->epoch - call->first_epoch) * n_records, block->row,
           n_records * sizeof *block->row);
    block->epoch++;
    block->position = 0;
    if (block->is_watchful) {
        look(block, call);
    }
}

void block_end_training(struct block *block, struct block_call *call)
{
    size_t n_scores = (size_t)block->n_parts * 2 * (size_t)block->now.lanes;
    memset(block->scores, 0, n_scores * sizeof *block->scores);
    if (block->n_parts == 0) {
        finish_epoch(block, call);
    }
}

void block_score(struct block *block, struct block_call *call)
{
    size_t at = block->position - block->dataset->n_samples;
    int part = 0;
    while (at >= block->parts[part].dataset->n_samples) {
        at -= block->parts[part++].dataset->n_samples;
    }
    const struct dataset *dataset = block->parts[part].dataset;
    size_t n_steps = dataset->n_samples - at;
    n_steps = (int64_t)n_steps < call->steps_left ? n_steps : (size_t)call->steps_left;
    double *scores = scores_of(block, part);
    const struct kernel_score_task task = {
        .network = &block->network,
        .loss = block->training.loss,
        .features = dataset->features + at * dataset->n_features,
        .targets = dataset->targets + at * dataset->n_targets,
        .n_samples = n_steps,
        .lanes = block->now.lanes,
        .parameters = block->now.wide[PACK_PARAMETERS],
        .scratch = block->scratch,
        .totals = scores,
        .right = scores + block->now.lanes,
    };
    block->now.kernel->score(&task);
    block->position += n_steps;
    call->steps_left -= (int64_t)n_steps;
    if (block->position == block->epoch_steps) {
        finish_epoch(block, call);
    }
}

/* --- runs that stop ------------------------------------------------------------------------ */

void block_end_stopped(struct block *block, struct block_call *call, int lane,
                       enum stopped stopped)
{
    int run = block->run_of_lane[lane];
    double *ended = block_ended(block, run);
    pack_get(&block->now, lane, ended);
    pack_get_memory(&block->now, lane, ended + block->n_parameters);
    if (block->training.order != ORDER_FIXED) {
        sample_order_save(&block->order, block->epoch, &block->generators[run]);
    }
    block->states[run] =
        (struct block_state){.status = BLOCK_DONE, .stopped = stopped, .epoch = block->epoch};
    block_leave(block, call, lane);
}

void block_stop(struct block *block, int run)
{
    struct block_call call = {.epoch = block->epoch};
    int lane = block_lane_of_run(block, run);
    if (lane != BLOCK_NO_RUN && block_state(block, run).status == BLOCK_RUNNING) {
        block_end_stopped(block, &call, lane, STOPPED_TIME);
        block_repack(block);
    }
}
