/* The tables of kernels, one from each file that is compiled for a width and a processor. Each ends
 * with a row without a name. */
#ifndef CORE_TRAIN_KERNEL_TABLES_H
#define CORE_TRAIN_KERNEL_TABLES_H

#include "core/train/kernel/kernel.h"

extern const struct kernel kernels_any_1[];
extern const struct kernel kernels_any_2[];
extern const struct kernel kernels_any_4_avx2[];
extern const struct kernel kernels_any_8_avx512[];
extern const struct kernel kernels_small_1[];
extern const struct kernel kernels_small_2[];
extern const struct kernel kernels_small_4_avx2[];
extern const struct kernel kernels_small_2_avx512[];
extern const struct kernel kernels_small_4_avx512[];
extern const struct kernel kernels_small_8_avx512[];
extern const struct kernel kernels_batch_2[];
extern const struct kernel kernels_batch_4_avx2[];
extern const struct kernel kernels_batch_8_avx512[];
extern const struct kernel kernels_fast_any_1[];
extern const struct kernel kernels_fast_any_1_fma[];
extern const struct kernel kernels_fast_any_4_fma[];
extern const struct kernel kernels_fast_any_8_avx512[];
extern const struct kernel kernels_fast_small_1_fma[];
extern const struct kernel kernels_fast_small_4_fma[];
extern const struct kernel kernels_fast_small_8_avx512[];
extern const struct kernel kernels_fast_batch_4_fma[];
extern const struct kernel kernels_fast_batch_8_avx512[];

#endif
