/* Kernels for small sizes, two lanes, for processors with AVX-512: its 32 registers hold what
 * others spill. Empty for other families. */
#include "core/train/kernel/tables.h"

#ifdef __x86_64__
#define LANES 2
#define LANES_AVX512
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx512dq")))
#include "core/train/kernel/small_size.h"

const struct kernel kernels_small_2_avx512[] = {SMALL_SIZE_KERNELS(KERNEL_AVX512), {.name = NULL}};
#else
const struct kernel kernels_small_2_avx512[] = {{.name = NULL}};
#endif
