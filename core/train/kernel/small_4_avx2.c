/* Kernels for small sizes, four lanes, for processors with AVX2; empty for other families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
#define LANES 4
#define LANES_TARGET __attribute__((target("avx2")))
#include "core/train/kernel/small_size.h"

const struct kernel kernels_small_4_avx2[] = {SMALL_SIZE_KERNELS(KERNEL_AVX2), {.name = NULL}};
#else
const struct kernel kernels_small_4_avx2[] = {{.name = NULL}};
#endif
