/* Kernels for small sizes, one lane, any processor: for a run that is alone.
 *
 * With branches where a unit is on or off: one that is foretold takes no time, where a mask takes
 * two of the sample's 35 cycles, and nothing waits for a unit that is off. In a fixed order the
 * same samples come again, and they are foretold. No pairs of one run's values in a vector, as gcc
 * likes to make them: moving them in and out takes longer than it saves. */
#ifndef __clang__
#pragma GCC optimize("no-tree-slp-vectorize")
#endif
#define LANES 1
#define LANES_BRANCHES
#include "core/train/kernel/small_size.h"
#include "core/train/kernel/tables.h"

const struct kernel kernels_small_1[] = {SMALL_SIZE_KERNELS(KERNEL_ANY_PROCESSOR), {.name = NULL}};
