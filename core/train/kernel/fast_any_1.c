/* Fused kernel for any size, one lane, any processor: the reference all other fused ones equal. */
#define LANES 1
#define LANES_FUSED
#include "core/train/kernel/any_size.h"
#include "core/train/kernel/tables.h"

const struct kernel kernels_fast_any_1[] = {ANY_SIZE_KERNEL(KERNEL_ANY_PROCESSOR), {.name = NULL}};
