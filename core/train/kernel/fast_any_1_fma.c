/* Fused kernel for any size, one lane, for processors with FMA; empty for other families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
#define LANES 1
#define LANES_FUSED
#define LANES_FMA
#define LANES_TARGET __attribute__((target("avx2,fma")))
#include "core/train/kernel/any_size.h"

const struct kernel kernels_fast_any_1_fma[] = {ANY_SIZE_KERNEL(KERNEL_AVX2_FMA), {.name = NULL}};
#else
const struct kernel kernels_fast_any_1_fma[] = {{.name = NULL}};
#endif
