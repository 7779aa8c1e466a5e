/* A checkpoint as the start of another training. */
#include "core/train/checkpoint/restart.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/train/checkpoint/checkpoint.h"

/* 0 if a run can start from what was read. */
static int check(const struct checkpoint *found, const struct training *training,
                 const double *parameters, size_t n, struct error *error)
{
    if (found->optimizer != training->optimizer) {
        return error_set(error, ERROR_INVALID, "checkpoint: it is of optimizer %s, expected %s",
                         optimizer_name(found->optimizer), optimizer_name(training->optimizer));
    }
    if (found->state.status == BLOCK_DIVERGED) {
        return error_set(error, ERROR_INVALID,
                         "checkpoint: its run diverged in epoch %lld, and it stands inside that "
                         "epoch",
                         (long long)found->state.diverged_epoch);
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(parameters[i])) {
            return error_set(error, ERROR_INVALID, "checkpoint: parameter %zu is not finite", i);
        }
    }
    return 0;
}

static struct checkpoint restarted(const struct checkpoint *found, const struct training *training,
                                   uint64_t n_samples)
{
    int is_drawn = training->order != ORDER_FIXED;
    struct checkpoint start = {
        .has_watch = 1,
        .watch = training_watch(training),
        .n_samples = n_samples,
        .order = training->order,
        .arithmetic = training->arithmetic,
        .order_seed = is_drawn ? training->order_seed : 0,
        .optimizer = training->optimizer,
    };
    if (is_drawn && found->order == training->order && found->order_seed == training->order_seed) {
        start.generator = found->generator;
    } else if (is_drawn) {
        rng_seed(&start.generator, training->order_seed);
    }
    return start;
}

void *checkpoint_restart(const struct network *network, const struct training *training,
                         uint64_t n_samples, const void *bytes, size_t n_bytes,
                         size_t *out_n_bytes, struct error *error)
{
    size_t n = network_n_parameters(network);
    struct checkpoint found, start;
    void *out = NULL;
    double *parameters = memory_array(n, sizeof *parameters, error);
    double *memory =
        memory_array(OPTIMIZER_SLOTS_MAX * n + OPTIMIZER_POWERS, sizeof *memory, error);
    if (!parameters || !memory ||
        checkpoint_read(network, bytes, n_bytes, &found, parameters, memory, error) != 0 ||
        check(&found, training, parameters, n, error) != 0) {
        goto out;
    }
    start = restarted(&found, training, n_samples);
    *out_n_bytes = checkpoint_bytes(network, start.order, start.optimizer);
    out = memory_array(*out_n_bytes, 1, error);
    if (out) {
        checkpoint_write(&start, network, parameters, memory, out);
    }
out:
    free(memory);
    free(parameters);
    return out;
}
