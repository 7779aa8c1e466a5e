/* Kernel for whole batches, two samples a vector, any processor. */
#define LANES 2
#include "core/train/batch/batch.h"
#include "core/train/kernel/tables.h"

const struct kernel kernels_batch_2[] = {BATCH_KERNEL(KERNEL_ANY_PROCESSOR), {.name = NULL}};
