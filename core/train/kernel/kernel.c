/* The choice among the kernels. */
#include "core/train/kernel/kernel.h"

#include "core/train/kernel/tables.h"

static const struct kernel *const TABLES[] = {
    kernels_any_1,
    kernels_any_2,
    kernels_any_4_avx2,
    kernels_any_8_avx512,
    kernels_small_2,
    kernels_small_4_avx2,
    kernels_small_2_avx512,
    kernels_small_4_avx512,
    kernels_small_8_avx512,
    kernels_fast_any_1,
    kernels_fast_any_1_fma,
    kernels_fast_any_4_fma,
    kernels_fast_any_8_avx512,
    kernels_fast_small_1_fma,
    kernels_fast_small_4_fma,
    kernels_fast_small_8_avx512,
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

static int is_shape(const struct network *shape, const struct network *network)
{
    int is_same = shape->n_inputs == network->n_inputs && shape->n_layers == network->n_layers;
    for (int l = 0; is_same && l < shape->n_layers; l++) {
        is_same = shape->layers[l].units == network->layers[l].units &&
                  shape->layers[l].activation == network->layers[l].activation;
    }
    return is_same;
}

int kernel_suits(const struct kernel *kernel, const struct network *network,
                 const struct training *training)
{
    return kernel->arithmetic == training->arithmetic &&
           (!kernel->shape || is_shape(kernel->shape, network));
}

int kernel_lanes(const struct kernel *kernel, int n_runs)
{
    return (n_runs + kernel->width - 1) / kernel->width * kernel->width;
}

static int is_worth_it(const struct kernel *kernel, const struct network *network)
{
    size_t bytes = network_n_parameters(network) * (size_t)kernel->width * sizeof(double);
    return kernel->shape || kernel->width < WIDE_VECTOR || bytes <= WIDE_VECTOR_BYTES_MAX;
}

/* Constant sizes first, then fewer vectors, then narrower ones, then for the newer processor. */
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

const struct kernel *kernel_pick(const struct network *network, const struct training *training,
                                 int n_runs)
{
    const struct kernel *best = kernel_reference(training->arithmetic), *kernel;
    for (int i = 0; (kernel = kernel_at(i)); i++) {
        if (kernel_runs_here(kernel) && kernel_suits(kernel, network, training) &&
            is_worth_it(kernel, network) && is_better(kernel, best, n_runs)) {
            best = kernel;
        }
    }
    return best;
}

size_t kernel_offset(const struct kernel *kernel, size_t n_parameters, size_t parameter, int lane)
{
    size_t vector = (size_t)(lane / kernel->width), width = (size_t)kernel->width;
    return (vector * n_parameters + parameter) * width + (size_t)(lane % kernel->width);
}

size_t kernel_scratch(const struct kernel *kernel, const struct network *network)
{
    int n_widest = 0;
    for (int l = 0; l < network->n_layers; l++) {
        int n_units = network->layers[l].units;
        n_widest = n_units > n_widest ? n_units : n_widest;
    }
    return (network_scratch(network) + 2 * (size_t)n_widest) * (size_t)kernel->width;
}
