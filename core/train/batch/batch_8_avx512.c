/* Kernel for whole batches, eight samples a vector, for processors with AVX-512; empty for other
 * families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
#define LANES 8
#define LANES_AVX512
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx512dq")))
#include "core/train/batch/batch.h"

const struct kernel kernels_batch_8_avx512[] = {BATCH_KERNEL(KERNEL_AVX512), {.name = NULL}};
#else
const struct kernel kernels_batch_8_avx512[] = {{.name = NULL}};
#endif
