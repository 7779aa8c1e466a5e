/* A pack: the training state of several runs, in the layout of the kernel that trains them.
 *
 * Of a run: its parameters, the gradient summed so far in the batch under way, and the loss summed
 * so far in the epoch under way. A lane that never held a run is parked: all zero, and trained with a
 * step of zero. */
#ifndef CORE_TRAIN_PACK_H
#define CORE_TRAIN_PACK_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/train/kernel/kernel.h"

struct pack {
    const struct kernel *kernel;
    int lanes; /* present ones, a multiple of kernel->width */
    size_t n_parameters;
    double *parameters; /* per parameter and lane, see kernel.h */
    double *gradients;  /* the same; NULL when no batch has more than one sample */
    double *totals;     /* [lanes] */
};

/* Room for up to lanes_max lanes, all parked. -1 with ERROR_MEMORY, and then nothing to clear. */
int pack_init(struct pack *pack, const struct kernel *kernel, int lanes_max, size_t n_parameters,
              int has_gradients, struct error *error);
void pack_clear(struct pack *pack); /* also one that is all zero */

/* Takes another kernel, at most lanes_max lanes of it, all parked. */
void pack_reshape(struct pack *pack, const struct kernel *kernel, int lanes);

/* Makes `to`, of the same room, an exact copy. in_batch: 0 if no batch is under way; then the
 * gradients, which pack_start_batch can make, are not copied. */
void pack_copy(struct pack *to, const struct pack *from, int in_batch);

/* Makes a run's gradient what it is before a batch's first sample. */
void pack_start_batch(struct pack *pack, int lane);

/* Copies one run, between packs of any kernels. */
void pack_copy_run(struct pack *to, int to_lane, const struct pack *from, int from_lane);

/* A run at the beginning of an epoch, from its parameters [n_parameters]; and those back. */
void pack_set(struct pack *pack, int lane, const double *parameters);
void pack_get(const struct pack *pack, int lane, double *out_parameters);

void pack_park(struct pack *pack, int lane);

#endif
