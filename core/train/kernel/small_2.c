/* Kernels for small sizes, two lanes, any processor. A lone run trains here too, in one of the
 * lanes: without branches it is quicker than a plain double. */
#define LANES 2
#include "core/train/kernel/small_size.h"
#include "core/train/kernel/tables.h"

const struct kernel kernels_small_2[] = {SMALL_SIZE_KERNELS(KERNEL_ANY_PROCESSOR), {.name = NULL}};
