/* Kernel for any size, one lane, any processor: the reference all others equal. */
#define LANES 1
#include "core/train/kernel/any_size.h"
#include "core/train/kernel/tables.h"

const struct kernel kernels_any_1[] = {ANY_SIZE_KERNEL(KERNEL_ANY_PROCESSOR), {.name = NULL}};
