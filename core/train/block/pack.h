/* A pack: the training state of several runs, in the layout of the kernel that trains them.
 *
 * Of a run: its parameters, the gradient summed so far in the batch under way, what the optimizer
 * remembers, and the loss summed so far in the epoch under way. A lane that never held a run is
 * parked: all zero, and trained with a step of zero. */
#ifndef CORE_TRAIN_BLOCK_PACK_H
#define CORE_TRAIN_BLOCK_PACK_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/train/kernel/kernel.h"

/* What a pack has room for. */
struct pack_room {
    int lanes;
    size_t n_parameters;
    int has_gradients; /* unless every sample changes the parameters by itself */
    enum optimizer optimizer;
};

/* Values per parameter and lane, see kernel.h; the last two are what the optimizer remembers. */
enum pack_wide { PACK_PARAMETERS, PACK_GRADIENTS, PACK_SLOTS, PACK_WIDE = PACK_SLOTS + 2 };

/* Values per lane; the last two are the powers of the optimizer's betas. */
enum pack_narrow { PACK_TOTALS, PACK_POWERS, PACK_NARROW = PACK_POWERS + 2 };

struct pack {
    const struct kernel *kernel;
    int lanes; /* present ones, a multiple of kernel->width */
    size_t n_parameters;
    enum optimizer optimizer;
    double *wide[PACK_WIDE];     /* per parameter and lane; NULL: nothing to keep */
    double *narrow[PACK_NARROW]; /* [lanes]; likewise */
};

/* All lanes parked. -1 with ERROR_MEMORY, and then nothing to clear. */
int pack_init(struct pack *pack, const struct kernel *kernel, const struct pack_room *room,
              struct error *error);
void pack_clear(struct pack *pack); /* also one that is all zero */

/* Takes another kernel, at most as many lanes of it as there is room for, all parked. */
void pack_reshape(struct pack *pack, const struct kernel *kernel, int lanes);

/* Makes `to`, of the same room, an exact copy. in_batch: 0 if no batch is under way; then the
 * gradients, which pack_start_batch can make, are not copied. */
void pack_copy(struct pack *to, const struct pack *from, int in_batch);

/* Makes a run's gradient what it is before a batch's first sample. */
void pack_start_batch(struct pack *pack, int lane);

/* Copies one run, between packs of any kernels. */
void pack_copy_run(struct pack *to, int to_lane, const struct pack *from, int from_lane);

/* A run at the beginning of an epoch, from its parameters [n_parameters] and what its optimizer
 * remembers [optimizer_memory], or NULL before its first update; and those back. */
void pack_set(struct pack *pack, int lane, const double *parameters, const double *memory);
void pack_get(const struct pack *pack, int lane, double *out_parameters);
void pack_get_memory(const struct pack *pack, int lane, double *out_memory);

void pack_park(struct pack *pack, int lane);

#endif
