/* A run's checkpoint as bytes: the same on every machine, checked when read.
 *
 * Version 3, all numbers little-endian, doubles as the bits of IEEE 754:
 *   4 bytes   "DSCK"
 *   u32       the version
 *   12 bytes  the optimizer's name, padded with zeros
 *   u32       n_inputs, then n_layers, then for each layer its units and 12 bytes of its
 *             activation's name, padded with zeros
 *   u64       n_samples of the data set
 *   u32       1 if the order is shuffled, 4 if it is drawn with replacement, plus 2 if the
 *             arithmetic is fast; then the order's seed (0 of a fixed order)
 *   u32       status: 0 running, 1 done, 2 diverged
 *   i64       epoch, then diverged_epoch, then diverged_sample (see struct block_state)
 *   u64       n_parameters, then that many doubles in the network's order
 *   doubles   what the optimizer remembers, optimizer_memory of them (zeros in a diverged run's)
 *   of an order that is not fixed, the generator before the next epoch's draws: 624 u32 of key, i32
 *             position, i32 has_normal, a double (zeros in a diverged run's)
 *   u32       stopped: 0 not, 1 target, 2 patience, 3 time
 *   double    the stop's best value of the monitored series (struct training_watch), i64 waited;
 *             double the plateau's best, i64 waited, double rate
 *   u64       FNV-1a (64 bits) of everything before
 * Versions 1 and 2, still read, have nothing from `stopped` to the sum, and no order with
 * replacement; version 1, of a plain SGD, has no name and no memory of an optimizer. */
#ifndef CORE_TRAIN_CHECKPOINT_CHECKPOINT_H
#define CORE_TRAIN_CHECKPOINT_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/math/rng.h"
#include "core/model/network.h"
#include "core/train/block/block.h"

/* Everything in a checkpoint but the network and the parameters. */
struct checkpoint {
    struct block_state state;
    int has_watch; /* written: 1; 0: of an older version, `watch` is all zero */
    struct training_watch watch;
    uint64_t n_samples;
    enum order order;
    enum arithmetic arithmetic;
    uint32_t order_seed;
    struct rng generator;
    enum optimizer optimizer;
};

/* Of those that are written. */
size_t checkpoint_bytes(const struct network *network, enum order order, enum optimizer optimizer);

/* Writes checkpoint_bytes bytes. memory: [optimizer_memory]. */
void checkpoint_write(const struct checkpoint *checkpoint, const struct network *network,
                      const double *parameters, const double *memory, void *out_bytes);

/* The network and the optimizer that it is of; nothing behind these is looked at. -1 with
 * ERROR_INVALID when the bytes do not begin like a checkpoint of these versions. */
int checkpoint_read_head(const void *bytes, size_t n_bytes, struct network *out_network,
                         enum optimizer *out_optimizer, struct error *error);

/* parameters: [n_parameters], memory: [optimizer_memory]; NULL: not wanted. -1 with ERROR_INVALID
 * when the bytes are no checkpoint of these versions, damaged, or of another network; then *out is
 * undefined. */
int checkpoint_read(const struct network *network, const void *bytes, size_t n_bytes,
                    struct checkpoint *out, double *out_parameters, double *out_memory,
                    struct error *error);

#endif
