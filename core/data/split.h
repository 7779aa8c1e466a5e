/* Samples to learn from, to watch with, and to judge with: train, validation, test. */
#ifndef CORE_DATA_SPLIT_H
#define CORE_DATA_SPLIT_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"

enum part { PART_TRAIN, PART_VALIDATION, PART_TEST, PART_COUNT };

const char *part_name(enum part part); /* "train", "validation", "test" */

struct split {
    double validation, test; /* shares, >= 0, together at most 1; the rest is for training */
    uint32_t seed;
};

/* How many of n samples are in each part: n times its share, rounded to the nearest whole number,
 * halves up; train has the rest. */
void split_sizes(const struct split *split, size_t n, size_t out_sizes[PART_COUNT]);

/* Which part (enum part) each of n samples is in: the first sizes[train] of
 * np.random.permutation(n) after np.random.seed(seed) are for training, the next for validation,
 * the last for the test. [n], the caller frees it; NULL with ERROR_MEMORY. n <= UINT32_MAX. */
unsigned char *split_assign(const struct split *split, size_t n, struct error *error);

/* The samples of one part, in the order they have in `whole`; parts[n_samples] as above. The
 * caller owns it; NULL with ERROR_MEMORY. */
struct dataset *split_take(const struct dataset *whole, const unsigned char *parts, enum part part,
                           struct error *error);

#endif
