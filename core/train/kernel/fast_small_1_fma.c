/* Fused kernels for small sizes, one lane, for processors with FMA; empty for other families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
/* Branches and no pairs, as in small_1.c. */
#ifndef __clang__
#pragma GCC optimize("no-tree-slp-vectorize")
#endif
#define LANES 1
#define LANES_BRANCHES
#define LANES_FUSED
#define LANES_FMA
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "core/train/kernel/small_size.h"

const struct kernel kernels_fast_small_1_fma[] = {SMALL_SIZE_KERNELS(KERNEL_AVX2_FMA),
                                                  {.name = NULL}};
#else
const struct kernel kernels_fast_small_1_fma[] = {{.name = NULL}};
#endif
