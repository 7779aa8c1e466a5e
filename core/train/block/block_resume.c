/* A block's runs to checkpoints and back. */
#include <string.h>

#include "core/train/block/block_inside.h"
#include "core/train/checkpoint/checkpoint.h"

int block_at_epoch_end(const struct block *block)
{
    return block->position == 0 || block->n_running == 0;
}

size_t block_checkpoint_bytes(const struct block *block)
{
    return checkpoint_bytes(&block->network, block->training.order, block->training.optimizer);
}

void block_save(const struct block *block, int run, void *out_bytes)
{
    int is_drawn = block->training.order != ORDER_FIXED, lane = block_lane_of_run(block, run);
    struct checkpoint checkpoint = {
        .state = block_state(block, run),
        .has_watch = 1,
        .watch = block->watches[run],
        .n_samples = block->dataset->n_samples,
        .order = block->training.order,
        .arithmetic = block->training.arithmetic,
        .order_seed = is_drawn ? block->training.order_seed : 0,
        .optimizer = block->training.optimizer,
    };
    double *ended = block_ended(block, run), *memory = ended + block->n_parameters;
    if (lane != BLOCK_NO_RUN) {
        pack_get(&block->now, lane, ended);
        pack_get_memory(&block->now, lane, memory);
    }
    if (is_drawn && lane != BLOCK_NO_RUN) {
        sample_order_save(&block->order, block->epoch, &checkpoint.generator);
    } else if (is_drawn && checkpoint.state.status != BLOCK_DIVERGED) {
        checkpoint.generator = block->generators[run];
    }
    checkpoint_write(&checkpoint, &block->network, ended, memory, out_bytes);
}

/* Reads one and checks that this block can go on from it. */
static int read_one(const struct block *block, int run, const void *bytes, size_t n_bytes,
                    struct checkpoint *out, struct error *error)
{
    struct error inner = ERROR_INIT;
    if (checkpoint_read(&block->network, bytes, n_bytes, out, NULL, NULL, &inner) != 0) {
        return error_set(error, inner.kind, "run %d: %s", run, inner.text);
    }
    if (out->optimizer != block->training.optimizer) {
        return error_set(error, ERROR_INVALID, "run %d: the checkpoint is of optimizer %s", run,
                         optimizer_name(out->optimizer));
    }
    if (out->n_samples != block->dataset->n_samples || out->order != block->training.order ||
        (out->order != ORDER_FIXED && out->order_seed != block->training.order_seed)) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint is of another number of samples or order", run);
    }
    if (out->arithmetic != block->training.arithmetic) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint is of %s arithmetic, expected %s", run,
                         training_arithmetic_name(out->arithmetic),
                         training_arithmetic_name(block->training.arithmetic));
    }
    if (!out->has_watch && training_is_watchful(&block->trainings[run]) && out->state.epoch > 0) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint does not tell what was monitored", run);
    }
    if (out->state.epoch > block->training.epochs) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint is of epoch %lld, expected at most %lld", run,
                         (long long)out->state.epoch, (long long)block->training.epochs);
    }
    return 0;
}

/* Whether it has no lane any more. */
static int has_ended(const struct block_state *state)
{
    return state->status == BLOCK_DIVERGED || state->stopped != STOPPED_NOT;
}

/* Reads all without keeping any. *out_running: one of those still running, if *out_n > 0. */
static int check_all(const struct block *block, const void *const *checkpoints, const size_t *bytes,
                     int *out_n, struct checkpoint *out_running, struct error *error)
{
    struct checkpoint found;
    *out_n = 0;
    for (int run = 0; run < block->n_runs; run++) {
        if (read_one(block, run, checkpoints[run], bytes[run], &found, error) != 0) {
            return -1;
        }
        if (has_ended(&found.state)) {
            continue;
        }
        if (*out_n > 0 && found.state.epoch != out_running->state.epoch) {
            return error_set(error, ERROR_INVALID,
                             "run %d: the checkpoint is of epoch %lld, expected %lld as the others",
                             run, (long long)found.state.epoch,
                             (long long)out_running->state.epoch);
        }
        *out_running = found;
        *out_n += 1;
    }
    return 0;
}

/* Puts one run where its checkpoint, known to be sound, says; `lane` if it is running. */
static void place_one(struct block *block, int run, int *lane, const void *bytes, size_t n_bytes)
{
    struct checkpoint found;
    double *ended = block_ended(block, run), *memory = ended + block->n_parameters;
    checkpoint_read(&block->network, bytes, n_bytes, &found, ended, memory, NULL);
    block->states[run] = (struct block_state){.status = BLOCK_RUNNING};
    block->watches[run] = training_watch(&block->trainings[run]);
    if (found.has_watch && training_is_watchful(&block->trainings[run])) {
        block->watches[run] = found.watch;
    }
    if (has_ended(&found.state)) {
        block->states[run] = found.state;
        if (found.order != ORDER_FIXED) {
            block->generators[run] = found.generator;
        }
    } else {
        pack_set(&block->now, *lane, ended, memory);
        block->run_of_lane[(*lane)++] = run;
    }
}

int block_load(struct block *block, const void *const *checkpoints, const size_t *bytes,
               struct error *error)
{
    int n_running, n_placed = 0;
    struct checkpoint running = {.n_samples = 0};
    if (check_all(block, checkpoints, bytes, &n_running, &running, error) != 0) {
        return -1;
    }
    const struct kernel *kernel = block_kernel_for(block, n_running > 0 ? n_running : 1);
    pack_reshape(&block->now, kernel, kernel_lanes(kernel, n_running > 0 ? n_running : 1));
    for (int run = 0; run < block->n_runs; run++) {
        place_one(block, run, &n_placed, checkpoints[run], bytes[run]);
    }
    for (int lane = n_placed; lane < block->now.lanes; lane++) {
        block->run_of_lane[lane] = BLOCK_NO_RUN;
    }
    block->position = 0;
    block->epoch = running.state.epoch;
    if (n_running > 0 && running.order != ORDER_FIXED) {
        sample_order_load(&block->order, block->epoch, &running.generator);
    }
    block_lanes_filled(block);
    return 0;
}

int block_read_checkpoint(const struct network *network, const void *bytes, size_t n_bytes,
                          struct block_state *out_state, double *out_parameters,
                          struct error *error)
{
    struct checkpoint found;
    if (checkpoint_read(network, bytes, n_bytes, &found, out_parameters, NULL, error) != 0) {
        return -1;
    }
    *out_state = found.state;
    return 0;
}
