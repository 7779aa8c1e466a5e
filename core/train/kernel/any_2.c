/* Kernel for any size, two lanes, any processor. */
#define LANES 2
#include "core/train/kernel/any_size.h"
#include "core/train/kernel/tables.h"

const struct kernel kernels_any_2[] = {ANY_SIZE_KERNEL(KERNEL_ANY_PROCESSOR), {.name = NULL}};
