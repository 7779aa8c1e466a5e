/* Fused kernel for whole batches, four samples a vector, for processors with FMA; empty for other
 * families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
#define LANES 4
#define LANES_FUSED
#define LANES_FMA
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "core/train/batch/batch.h"

const struct kernel kernels_fast_batch_4_fma[] = {BATCH_KERNEL(KERNEL_AVX2_FMA), {.name = NULL}};
#else
const struct kernel kernels_fast_batch_4_fma[] = {{.name = NULL}};
#endif
