/* A block's runs to checkpoints and back. */
#include <string.h>

#include "core/train/block/block_inside.h"
#include "core/train/checkpoint.h"

static int is_shuffled(const struct block *block)
{
    return block->training.order == ORDER_SHUFFLE;
}

int block_at_epoch_end(const struct block *block)
{
    return block->position == 0 || block->n_running == 0;
}

size_t block_checkpoint_bytes(const struct block *block)
{
    return checkpoint_bytes(&block->network, is_shuffled(block), block->training.optimizer);
}

void block_save(const struct block *block, int run, void *out_bytes)
{
    struct checkpoint checkpoint = {
        .state = block_state(block, run),
        .n_samples = block->dataset->n_samples,
        .is_shuffled = is_shuffled(block),
        .arithmetic = block->training.arithmetic,
        .order_seed = is_shuffled(block) ? block->training.order_seed : 0,
        .optimizer = block->training.optimizer,
    };
    if (is_shuffled(block) && checkpoint.state.status != BLOCK_DIVERGED) {
        sample_order_save(&block->order, block->epoch, &checkpoint.generator);
    }
    double *parameters = block->lone.wide[PACK_PARAMETERS]; /* free between stretches, and flat */
    int lane = block_lane_of_run(block, run);
    block_parameters(block, run, parameters);
    if (block->memory && lane != BLOCK_NO_RUN) {
        pack_get_memory(&block->now, lane, block->memory);
    } else if (block->memory) {
        size_t n = optimizer_memory(block->training.optimizer, block->n_parameters);
        memset(block->memory, 0, n * sizeof *block->memory);
    }
    checkpoint_write(&checkpoint, &block->network, parameters, block->memory, out_bytes);
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
    if (out->n_samples != block->dataset->n_samples || out->is_shuffled != is_shuffled(block) ||
        (out->is_shuffled && out->order_seed != block->training.order_seed)) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint is of another number of samples or order", run);
    }
    if (out->arithmetic != block->training.arithmetic) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint is of %s arithmetic, expected %s", run,
                         training_arithmetic_name(out->arithmetic),
                         training_arithmetic_name(block->training.arithmetic));
    }
    if (out->state.epoch > block->training.epochs) {
        return error_set(error, ERROR_INVALID,
                         "run %d: the checkpoint is of epoch %lld, expected at most %lld", run,
                         (long long)out->state.epoch, (long long)block->training.epochs);
    }
    return 0;
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
        if (found.state.status == BLOCK_DIVERGED) {
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
    double *parameters = block->ended + (size_t)run * block->n_parameters;
    checkpoint_read(&block->network, bytes, n_bytes, &found, parameters, block->memory, NULL);
    block->states[run] = found.state;
    if (found.state.status != BLOCK_DIVERGED) {
        pack_set(&block->now, *lane, parameters, block->memory);
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
    if (n_running > 0 && running.is_shuffled) {
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
