/* A run's checkpoint as bytes: the same on every machine, checked when read.
 *
 * Version 1, of an optimizer without memory (plain SGD), all numbers little-endian, doubles as the
 * bits of IEEE 754:
 *   4 bytes   "DSCK"
 *   u32       the version
 *   u32       n_inputs, then n_layers, then for each layer its units and 12 bytes of its
 *             activation's name, padded with zeros
 *   u64       n_samples of the data set
 *   u32       1 if the order is shuffled, plus 2 if the arithmetic is fast; then the order's seed
 *             (0 if it is not shuffled)
 *   u32       status: 0 running, 1 done, 2 diverged
 *   i64       epoch, then diverged_epoch, then diverged_sample (see struct block_state)
 *   u64       n_parameters, then that many doubles in the network's order
 *   if shuffled, the generator before the next epoch's permutation: 624 u32 of key, i32 position,
 *             i32 has_normal, a double (zeros in a diverged run's)
 *   u64       FNV-1a (64 bits) of everything before
 * Version 2 has more after the version, 12 bytes of the optimizer's name, padded with zeros; and
 * after the parameters what the optimizer remembers, optimizer_memory doubles (zeros in a
 * diverged run's). */
#ifndef CORE_TRAIN_CHECKPOINT_H
#define CORE_TRAIN_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/model/network.h"
#include "core/train/block/block.h"

/* Everything in a checkpoint but the network and the parameters. */
struct checkpoint {
    struct block_state state;
    uint64_t n_samples;
    int is_shuffled;
    enum arithmetic arithmetic;
    uint32_t order_seed;
    struct rng generator;
    enum optimizer optimizer;
};

size_t checkpoint_bytes(const struct network *network, int is_shuffled, enum optimizer optimizer);

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
