/* The choice among the kernels. */
#include "core/train/kernel/kernel.h"

#include "core/train/batch/batch_space.h"
#include "core/train/kernel/tables.h"

static const struct kernel *const TABLES[] = {
    kernels_any_1,
    kernels_any_2,
    kernels_any_4_avx2,
    kernels_any_8_avx512,
    kernels_small_1,
    kernels_small_2,
    kernels_small_4_avx2,
    kernels_small_2_avx512,
    kernels_small_4_avx512,
    kernels_small_8_avx512,
    kernels_batch_2,
    kernels_batch_4_avx2,
    kernels_batch_8_avx512,
    kernels_fast_any_1,
    kernels_fast_any_1_fma,
    kernels_fast_any_4_fma,
    kernels_fast_any_8_avx512,
    kernels_fast_small_1_fma,
    kernels_fast_small_4_fma,
    kernels_fast_small_8_avx512,
    kernels_fast_batch_4_fma,
    kernels_fast_batch_8_avx512,
};
enum { N_TABLES = sizeof TABLES / sizeof TABLES[0] };

/* Eight lanes of a network of any size pay only while they fit the nearest cache with room to
 * spare. Measured on a Zen 4: 1.6 times as fast as four lanes at 9 parameters, equal at 105, 0.8
 * times at 4,417. */
enum { WIDE_VECTOR = 8, WIDE_VECTOR_BYTES_MAX = 8 * 1024 };

const struct kernel *kernel_at(int i)
{
    for (int t = 0; t < N_TABLES; t++) {
        for (const struct kernel *kernel = TABLES[t]; kernel->name; kernel++) {
            if (i-- == 0) {
                return kernel;
            }
        }
    }
    return NULL;
}

const struct kernel *kernel_reference(enum arithmetic arithmetic)
{
    return arithmetic == ARITHMETIC_FAST ? kernels_fast_any_1 : kernels_any_1;
}

const char *kernel_processor_name(enum kernel_processor processor)
{
    static const char *const names[] = {
        [KERNEL_ANY_PROCESSOR] = "any",
        [KERNEL_AVX2] = "avx2",
        [KERNEL_AVX2_FMA] = "avx2 and fma",
        [KERNEL_AVX512] = "avx512",
    };
    return names[processor];
}

int kernel_runs_here(const struct kernel *kernel)
{
    switch (kernel->processor) {
    case KERNEL_ANY_PROCESSOR:
        return 1;
#ifdef __x86_64__
    case KERNEL_AVX2:
        return __builtin_cpu_supports("avx2") != 0;
    case KERNEL_AVX2_FMA:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case KERNEL_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq");
#else
    case KERNEL_AVX2:
    case KERNEL_AVX2_FMA:
    case KERNEL_AVX512:
        break;
#endif
    }
    return 0;
}

int kernel_suits(const struct kernel *kernel, const struct network *network,
                 const struct training *training)
{
    if (kernel->arithmetic != training->arithmetic) {
        return 0;
    }
    int has_loop = training_is_plain(training) || (kernel->steps && training->batch_size == 1);
    return !kernel->shape || (training->loss == LOSS_MSE && has_loop &&
                              network_same(kernel->shape, network));
}

int kernel_lanes(const struct kernel *kernel, int n_runs)
{
    return (n_runs + kernel->width - 1) / kernel->width * kernel->width;
}

/* The branches of one lane at constant sizes (small_1.c) are foretold in a fixed order alone: there
 * 7.0 to 9.5 ns a sample against 10.3 at up to 10,000 samples, shuffled twice as many. */
static int is_worth_it(const struct kernel *kernel, const struct network *network,
                       const struct training *training)
{
    size_t bytes = network_n_parameters(network) * (size_t)kernel->width * sizeof(double);
    if (kernel->shape) {
        return kernel->width > 1 || training->order == ORDER_FIXED;
    }
    return kernel->width < WIDE_VECTOR || bytes <= WIDE_VECTOR_BYTES_MAX;
}

/* Of two whose vectors hold runs: constant sizes first, then fewer vectors, then narrower ones,
 * then for the newer processor. */
static int is_better(const struct kernel *a, const struct kernel *b, int n_runs)
{
    if (!a->shape != !b->shape) {
        return a->shape != NULL;
    }
    int n_vectors_a = kernel_lanes(a, n_runs) / a->width;
    int n_vectors_b = kernel_lanes(b, n_runs) / b->width;
    if (n_vectors_a != n_vectors_b) {
        return n_vectors_a < n_vectors_b;
    }
    return a->width != b->width ? a->width < b->width : a->processor > b->processor;
}

/* The best of those whose vectors hold runs. */
static const struct kernel *pick_for_runs(const struct network *network,
                                          const struct training *training, int n_runs)
{
    const struct kernel *best = kernel_reference(training->arithmetic), *kernel;
    for (int i = 0; (kernel = kernel_at(i)); i++) {
        if (kernel->samples == 0 && kernel_runs_here(kernel) &&
            kernel_suits(kernel, network, training) &&
            is_worth_it(kernel, network, training) && is_better(kernel, best, n_runs)) {
            best = kernel;
        }
    }
    return best;
}

/* The best of those whose vectors hold samples: the widest that a batch fills. Four lanes don't
 * cost more than two, however few are used. NULL if there is none. */
static const struct kernel *pick_for_samples(const struct training *training)
{
    const struct kernel *best = NULL, *kernel;
    for (int i = 0; (kernel = kernel_at(i)); i++) {
        int is_filled = kernel->samples <= 4 || (size_t)kernel->samples <= training->batch_size;
        if (kernel->samples > 0 && is_filled && kernel->arithmetic == training->arithmetic &&
            kernel_runs_here(kernel) && (!best || kernel->samples > best->samples)) {
            best = kernel;
        }
    }
    return best;
}

/* 1 if vectors of samples are quicker than n_vectors vectors of n_runs runs.
 *
 * Measured on a Zen 4, time of a full vector of four runs against that of four runs by samples:
 *   parameters     105    212    676   2,632   9,610   68,874
 *   batch of 32   0.45   0.98   1.33    1.66    2.23     2.22
 *   batch of 8    0.37   0.86   1.19    1.42    1.78     1.86
 *   batch of 4    0.29   0.67   0.96    1.13    1.19     1.41
 *   batch of 2    0.18   0.45   0.66    0.71    0.84     1.07
 * and of a run alone, which then leaves lanes empty: 1.8, 4.0, 5.0 at a batch of 32, 0.7, 1.1, 1.7
 * at one of 2. So the line goes as parameters x batch_size^2 / runs^2, batches beyond 8 all alike.
 * Batches of one are a kind of their own: a run alone gains from about 2,500 parameters on (1.3 at
 * 9,610), two from 100,000 on, and four only when they don't fit the caches together. */
static int is_for_samples(const struct network *network, const struct training *training,
                          int n_runs, int n_vectors)
{
    double in_vector = (double)n_runs / n_vectors;
    double size = training->batch_size < 8 ? (double)training->batch_size : 8.0;
    double line = training->batch_size == 1 && n_runs > 1 ? 32768 : 2500;
    return (double)network_n_parameters(network) * size * size >= line * in_vector * in_vector;
}

const struct kernel *kernel_pick(const struct network *network, const struct training *training,
                                 int n_runs)
{
    const struct kernel *for_runs = pick_for_runs(network, training, n_runs);
    const struct kernel *for_samples = pick_for_samples(training);
    int n_vectors = kernel_lanes(for_runs, n_runs) / for_runs->width;
    int is_better_so = for_samples && is_for_samples(network, training, n_runs, n_vectors);
    return is_better_so ? for_samples : for_runs;
}

size_t kernel_offset(const struct kernel *kernel, size_t n_parameters, size_t parameter, int lane)
{
    size_t vector = (size_t)(lane / kernel->width), width = (size_t)kernel->width;
    return (vector * n_parameters + parameter) * width + (size_t)(lane % kernel->width);
}

size_t kernel_scratch(const struct kernel *kernel, const struct network *network,
                      const struct training *training)
{
    if (kernel->samples > 0) {
        struct batch_space space;
        int n_flat = training_is_plain(training)
                         ? 0
                         : FLAT_SLOTS + optimizer_slots(training->optimizer);
        return batch_space_init(&space, network, kernel->samples, n_flat, NULL);
    }
    int n_widest = 0;
    for (int l = 0; l < network->n_layers; l++) {
        int n_units = network->layers[l].units;
        n_widest = n_units > n_widest ? n_units : n_widest;
    }
    return 2 * (network_scratch(network) + (size_t)n_widest) * (size_t)kernel->width;
}
