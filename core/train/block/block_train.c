/* The training of a block: stretch by stretch, with the exact place of every divergence. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/train/block/block_inside.h"

/* a * b - c for a >= 0 and b, c > 0, at most INT64_MAX. */
static int64_t product_less(int64_t a, int64_t b, int64_t c)
{
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product - c;
}

/* As many of the next `steps` samples as end with a batch, if a batch ends among them: a batch that
 * is cut is slower. */
static int64_t to_batch_end(const struct block *block, int64_t steps)
{
    int64_t n = (int64_t)block->dataset->n_samples, size = (int64_t)block->training.batch_size;
    int64_t end = ((int64_t)block->position + steps) % (int64_t)block->epoch_steps;
    int64_t surplus = end < n ? end % size : 0;
    return surplus < steps ? steps - surplus : steps;
}

/* Samples this call is to see: whole epochs if one can be finished, else whole batches. */
static int64_t steps_of_call(const struct block *block, int64_t max_steps, int64_t last_epoch)
{
    int64_t n = (int64_t)block->epoch_steps, seen = (int64_t)block->position;
    int64_t all = product_less(last_epoch - block->epoch, n, seen);
    int64_t to_epoch_end = n - seen;
    if (max_steps >= to_epoch_end) {
        max_steps -= (max_steps - to_epoch_end) % n;
    }
    if (max_steps < 1) {
        max_steps = 1;
    }
    return to_batch_end(block, max_steps < all ? max_steps : all);
}

/* The next stretch ends where the call does, at its longest, or where the orders known end or, if
 * it matters, the epoch does. */
static void plan_stretch(struct block *block, struct block_call *call)
{
    int64_t n = (int64_t)block->dataset->n_samples;
    call->epoch = block->epoch;
    call->position = block->position;
    sample_order_seek(&block->order, block->epoch);
    int64_t ahead = block->is_by_epoch ? 1 : sample_order_ahead(&block->order, block->epoch);
    int64_t steps = product_less(ahead, n, (int64_t)block->position);
    steps = steps < call->steps_left ? steps : call->steps_left;
    steps = steps < (int64_t)block->stretch_steps ? steps : (int64_t)block->stretch_steps;
    steps = to_batch_end(block, steps);
    call->n_steps = (size_t)steps;
    call->steps_left -= steps;
    if (block->has_schedule) {
        block_set_paces(block, block->epoch,
                        (block->position + call->n_steps - 1) / (size_t)n + 1);
    }
}

/* A task for `pack` at the given place; the caller sets paces, settings, losses and check. */
static struct kernel_task task_at(const struct block *block, struct pack *pack, int64_t epoch,
                                  size_t position, size_t n_steps)
{
    struct kernel_task task = {.network = &block->network,
                               .loss = block->training.loss,
                               .optimizer = block->training.optimizer,
                               .features = block->dataset->features,
                               .targets = block->dataset->targets,
                               .n_samples = block->dataset->n_samples,
                               .batch_size = block->training.batch_size,
                               .position = position,
                               .n_steps = n_steps,
                               .order = sample_order_rows(&block->order, epoch),
                               .order_stride = sample_order_stride(&block->order),
                               .lanes = pack->lanes,
                               .parameters = pack->wide[PACK_PARAMETERS],
                               .gradients = pack->wide[PACK_GRADIENTS],
                               .totals = pack->narrow[PACK_TOTALS],
                               .has_penalty = training_has_penalty(&block->training),
                               .has_clip = training_has_clip(&block->training),
                               .scratch = block->scratch};
    for (int k = 0; k < OPTIMIZER_SLOTS_MAX; k++) {
        task.slots[k] = pack->wide[PACK_SLOTS + k];
    }
    for (int k = 0; k < OPTIMIZER_POWERS; k++) {
        task.powers[k] = pack->narrow[PACK_POWERS + k];
    }
    return task;
}

/* Where the caller wants the losses of the stretch's epochs, if there are no other series. */
static double *losses_of_stretch(const struct block *block, const struct block_call *call)
{
    return call->records + (call->epoch - call->first_epoch) * block->n_runs;
}

/* 1 if lane i holds run i, and nothing else is recorded: then a kernel writes what the caller wants
 * to have. */
static int writes_for_caller(const struct block *block)
{
    return !block->is_by_epoch && block->now.lanes == block->n_runs &&
           block->n_running == block->n_runs;
}

static void train_stretch(struct block *block, const struct block_call *call)
{
    struct pack *now = &block->now;
    struct kernel_task task = task_at(block, now, call->epoch, call->position, call->n_steps);
    task.paces = block->paces;
    task.paces_stride = block->has_schedule ? (size_t)(PACE_COUNT * now->lanes) : 0;
    task.settings = block->settings;
    task.losses = writes_for_caller(block) ? losses_of_stretch(block, call) : block->losses;
    task.check = block->check;
    now->kernel->train(&task);
    size_t seen = call->position + call->n_steps, n = block->dataset->n_samples;
    block->epoch = block->is_by_epoch ? call->epoch : call->epoch + (int64_t)(seen / n);
    block->position = block->is_by_epoch ? seen : seen % n;
}

/* Puts losses [epochs][lanes] where their runs stand in to[epochs][n_runs], NaN for the others. */
static void copy_by_run(const struct block *block, const double *from, size_t n_epochs, double *to)
{
    int n_runs = block->n_runs, lanes = block->now.lanes;
    for (size_t i = 0; i < n_epochs * (size_t)n_runs; i++) {
        to[i] = NAN;
    }
    for (; n_epochs > 0; n_epochs--, to += n_runs, from += lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            if (block->run_of_lane[lane] != BLOCK_NO_RUN) {
                to[block->run_of_lane[lane]] = from[lane];
            }
        }
    }
}

/* Keeps the losses of the epochs whose training the stretch ended: for the caller, who may have
 * them already, or until the epoch is finished. */
static void keep_losses(const struct block *block, const struct block_call *call)
{
    if (block->is_by_epoch) {
        for (int i = 0; i < block->n_series * block->n_runs; i++) {
            block->row[i] = NAN;
        }
        copy_by_run(block, block->losses, block->position == block->dataset->n_samples, block->row);
    } else if (!writes_for_caller(block)) {
        copy_by_run(block, block->losses, (size_t)(block->epoch - call->epoch),
                    losses_of_stretch(block, call));
    }
}

/* Replays the stretch for the run in `lane` alone, to the sample at which it diverged. Sets the
 * run's state and its parameters in `ended`. */
static void find_divergence(struct block *block, const struct block_call *call, int lane)
{
    struct pack *lone = &block->lone;
    int run = block->run_of_lane[lane];
    double *before = block_ended(block, run);
    size_t n = block->dataset->n_samples, position = call->position;
    int64_t epoch = call->epoch;
    _Alignas(64) double pace[PACE_COUNT], check = 0.0, loss;
    pack_copy_run(lone, 0, &block->kept, lane);
    if (position % block->training.batch_size == 0) {
        pack_start_batch(lone, 0);
    }
    pack_get(lone, 0, before);
    for (size_t step = 0; step < call->n_steps; step++) {
        if (position % block->training.batch_size == 0) {
            pack_get(lone, 0, before);
        }
        struct kernel_task task = task_at(block, lone, epoch, position, 1);
        block_pace(block, run, epoch, pace);
        task.paces = pace;
        task.settings = block->trainings[run].settings;
        task.losses = &loss;
        task.check = &check;
        lone->kernel->train(&task);
        if (isnan(check)) {
            break;
        }
        position++;
        epoch += position == n;
        position %= n;
    }
    assert(isnan(check)); /* the kernels' bits are the same */
    block->states[run] = (struct block_state){
        .status = BLOCK_DIVERGED,
        .epoch = epoch,
        .diverged_epoch = epoch + 1,
        .diverged_sample = sample_order_rows(&block->order, epoch)[position],
        .diverged_position = (int64_t)position,
    };
}

/* Ends the run in `lane`, whose losses from its last epoch on don't count. */
static void end_diverged(struct block *block, struct block_call *call, int lane)
{
    int run = block->run_of_lane[lane];
    size_t n_memory = optimizer_memory(block->training.optimizer, block->n_parameters);
    find_divergence(block, call, lane);
    memset(block_ended(block, run) + block->n_parameters, 0, n_memory * sizeof(double));
    if (block->is_by_epoch) {
        block->row[run] = NAN;
    }
    for (int64_t e = block->states[run].epoch; e < block->epoch; e++) {
        call->records[(e - call->first_epoch) * block->n_runs + run] = NAN;
    }
    block_leave(block, call, lane);
}

void block_leave(struct block *block, struct block_call *call, int lane)
{
    int64_t epoch = block->states[block->run_of_lane[lane]].epoch;
    call->furthest = epoch > call->furthest ? epoch : call->furthest;
    block->run_of_lane[lane] = BLOCK_NO_RUN; /* what the lane holds from now on nobody reads */
}

void block_repack(struct block *block)
{
    block_lanes_filled(block);
    if (block->n_running == 0) {
        return;
    }
    const struct kernel *kernel = block_kernel_for(block, block->n_running);
    int lanes = kernel_lanes(kernel, block->n_running), n_moved = 0;
    if (lanes >= block->now.lanes) {
        return;
    }
    pack_reshape(&block->kept, kernel, lanes);
    for (int lane = 0; lane < block->now.lanes; lane++) {
        if (block->run_of_lane[lane] != BLOCK_NO_RUN) {
            pack_copy_run(&block->kept, n_moved, &block->now, lane);
            block->run_of_lane[n_moved++] = block->run_of_lane[lane];
        }
    }
    for (int lane = n_moved; lane < lanes; lane++) {
        block->run_of_lane[lane] = BLOCK_NO_RUN;
    }
    struct pack swap = block->now;
    block->now = block->kept;
    block->kept = swap;
    block_lanes_filled(block);
}

/* Ends every run that diverged in the stretch. */
static void settle(struct block *block, struct block_call *call)
{
    int n_running = block->n_running;
    for (int lane = 0; lane < block->now.lanes; lane++) {
        if (block->run_of_lane[lane] != BLOCK_NO_RUN && isnan(block->check[lane])) {
            end_diverged(block, call, lane);
            n_running--;
        }
    }
    if (n_running < block->n_running) {
        block_repack(block);
    }
}

/* Trains for a stretch. */
static void go_on(struct block *block, struct block_call *call)
{
    plan_stretch(block, call);
    pack_copy(&block->kept, &block->now, call->position % block->training.batch_size != 0);
    train_stretch(block, call);
    keep_losses(block, call);
    settle(block, call);
    if (block->is_by_epoch && block->position == block->dataset->n_samples &&
        block->n_running > 0) {
        block_end_training(block, call);
    }
}

int64_t block_train(struct block *block, int64_t max_steps, int64_t max_epochs, double *records)
{
    int64_t left = block->training.epochs - block->epoch;
    if (max_epochs <= 0 || left <= 0 || block->n_running == 0) {
        return 0;
    }
    struct block_call call = {
        .first_epoch = block->epoch, .records = records, .furthest = block->epoch};
    call.last_epoch = block->epoch + (max_epochs < left ? max_epochs : left);
    call.steps_left = steps_of_call(block, max_steps, call.last_epoch);
    while (call.steps_left > 0 && block->n_running > 0) {
        if (block->position < block->dataset->n_samples) {
            go_on(block, &call);
        } else {
            block_score(block, &call);
        }
    }
    return (block->n_running > 0 ? block->epoch : call.furthest) - call.first_epoch;
}
