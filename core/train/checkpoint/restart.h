/* A restart: a checkpoint as the start of another training, whose epochs count anew. */
#ifndef CORE_TRAIN_CHECKPOINT_RESTART_H
#define CORE_TRAIN_CHECKPOINT_RESTART_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/network.h"
#include "core/train/training.h"

/* A checkpoint of `training` on n_samples samples before its first epoch, with the parameters of
 * bytes[n_bytes] and what their optimizer remembers. So where nothing but epochs is changed, the
 * losses are, bit for bit, those that would have come next. Everything may be other than it was but
 * the network and the optimizer's name: its numbers, loss, batches, arithmetic, the data. The
 * generator of the sample orders goes on where the order is of the same kind and seed; else it
 * starts from the training's seed. Schedules and stops count from the first epoch.
 *
 * malloc'ed, for block_load. NULL with ERROR_INVALID when the bytes are no checkpoint of this
 * network and optimizer, when its run had diverged (it stands inside an epoch) or when a parameter
 * is not finite; or ERROR_MEMORY. */
void *checkpoint_restart(const struct network *network, const struct training *training,
                         uint64_t n_samples, const void *bytes, size_t n_bytes,
                         size_t *out_n_bytes, struct error *error);

#endif
