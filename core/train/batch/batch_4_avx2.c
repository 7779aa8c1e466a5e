/* Kernel for whole batches, four samples a vector, for processors with AVX2; empty for other
 * families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
#define LANES 4
#define LANES_TARGET __attribute__((target("avx2")))
#include "core/train/batch/batch.h"

const struct kernel kernels_batch_4_avx2[] = {BATCH_KERNEL(KERNEL_AVX2), {.name = NULL}};
#else
const struct kernel kernels_batch_4_avx2[] = {{.name = NULL}};
#endif
