/* Prints a fingerprint of the core's numbers: one line a case, the same for every compiler, option,
 * processor and kernel. tests/bits/compare checks that. */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/elementary.h"
#include "core/data/pattern.h"
#include "core/data/scaling.h"
#include "core/model/init.h"
#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/core/reference.h"

enum { CASES = 48, VARIED = 80, WATCHED = 40, EPOCHS = 20, POINTS = 200000 };

/* FNV-1a over the bits; all NaN count as one. */
static uint64_t add_doubles(uint64_t sum, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits = isnan(values[i]) ? 1 : bits;
        for (int k = 0; k < 8; k++) {
            sum = (sum ^ (bits >> (8 * k) & 0xff)) * UINT64_C(0x100000001b3);
        }
    }
    return sum;
}

static uint64_t add_integer(uint64_t sum, int64_t value)
{
    double exact = (double)value;
    return add_doubles(sum, &exact, 1);
}

/* All records, final parameters and states of sixteen runs of the case on one kernel. */
static uint64_t of_kernel(const struct reference_case *it, const struct kernel *kernel)
{
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_run runs[BLOCK_RUNS_MAX];
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        trainings[i] = it->training;
        trainings[i].learning_rate *= i == 5 ? 1e60 : 1 + 0.25 * i;
        runs[i] = (struct block_run){&trainings[i], it->parameters};
    }
    const struct block_parts parts = {.network = &it->network,
                                      .dataset = it->dataset,
                                      .validation = it->training.record ? it->dataset : NULL,
                                      .runs = runs,
                                      .n_runs = BLOCK_RUNS_MAX,
                                      .kernel = kernel};
    struct block *block = block_create_of(&parts, NULL);
    size_t n = network_n_parameters(&it->network);
    size_t n_records = (size_t)block_n_series(block) * BLOCK_RUNS_MAX;
    double *records = calloc(EPOCHS * n_records, sizeof *records);
    double *parameters = calloc(n, sizeof *parameters);
    int64_t n_epochs = block_train(block, INT64_MAX, INT64_MAX, records);
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    sum = add_doubles(sum, records, (size_t)n_epochs * n_records);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        struct block_state state = block_state(block, i);
        block_parameters(block, i, parameters);
        sum = add_doubles(sum, parameters, n);
        sum = add_integer(sum, state.status);
        sum = add_integer(sum, state.epoch);
        sum = add_integer(sum, state.diverged_sample);
    }
    free(records);
    free(parameters);
    block_destroy(block);
    return sum;
}

/* One case by one arithmetic; 0, or 1 if the kernels differ. */
static int print_case(int i, const struct reference_case *it)
{
    const char *arithmetic = it->training.arithmetic == ARITHMETIC_FAST ? " fast" : "";
    uint64_t first = 0;
    const struct kernel *kernel;
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        if (!kernel_runs_here(kernel) || !kernel_suits(kernel, &it->network, &it->training)) {
            continue;
        }
        uint64_t sum = of_kernel(it, kernel);
        first = kernel == kernel_reference(it->training.arithmetic) ? sum : first;
        if (sum != first) {
            printf("case %d%s: %s, width %d differs\n", i, arithmetic, kernel->name, kernel->width);
            return 1;
        }
    }
    printf("case %d%s: %016" PRIx64 "\n", i, arithmetic, first);
    return 0;
}

static void print_elementary(struct rng *rng)
{
    static double (*const functions[])(double) = {
        elementary_exp,      elementary_tanh,       elementary_sigmoid,
        elementary_log,      elementary_softplus,   elementary_normal_cdf,
        elementary_expm1,    elementary_normal_density, elementary_log1p};
    enum { N = sizeof functions / sizeof functions[0] };
    uint64_t sums[N] = {0};
    for (int i = 0; i < POINTS; i++) {
        double u = 2 * rng_uniform(rng) - 1;
        double x = ldexp(u, (int)rng_randint(rng, -30, 11));
        for (int f = 0; f < N; f++) {
            double at = functions[f] == elementary_expm1   ? -fabs(x)
                        : functions[f] == elementary_log1p ? fabs(u)
                                                           : x;
            double value = functions[f](at);
            sums[f] = add_doubles(sums[f], &value, 1);
        }
    }
    printf("elementary");
    for (int f = 0; f < N; f++) {
        printf(" %016" PRIx64, sums[f]);
    }
    printf("\n");
}

/* Every data set known by name, standardised. */
static void print_patterns(void)
{
    for (int kind = 0; kind < PATTERN_COUNT; kind++) {
        const struct pattern pattern = {.kind = (enum pattern_kind)kind,
                                        .n_samples = 5000,
                                        .seed = 3,
                                        .noise = 0.1,
                                        .factor = 0.5,
                                        .n_classes = 5,
                                        .sd = 0.7,
                                        .slope = -3,
                                        .intercept = 0.1};
        struct dataset *made = pattern_make(&pattern, NULL);
        struct scaling *scaling = scaling_fit(made, SCALING_FEATURES, NULL, NULL);
        uint64_t sum = add_doubles(0, made->targets, made->n_samples);
        scaling_apply(scaling, made->features, made->n_samples);
        sum = add_doubles(sum, made->features, made->n_samples * made->n_features);
        printf("%s %016" PRIx64 "\n", pattern_name(pattern.kind), sum);
        scaling_destroy(scaling);
        dataset_destroy(made);
    }
}

/* The start values of every scheme whose bits are ours. */
static void print_starts(void)
{
    static const struct network network = {
        .n_inputs = 40, .n_layers = 2, .layers = {{30, ACTIVATION_RELU}, {50, ACTIVATION_LINEAR}}};
    double parameters[30 * 41 + 50 * 31];
    for (int scheme = INIT_HE_NORMAL; scheme <= INIT_ORTHOGONAL; scheme++) {
        const struct init init = {.scheme = (enum init_scheme)scheme, .seed = 7, .gain = 1.5};
        init_parameters(&init, &network, parameters);
        uint64_t sum = add_doubles(0, parameters, sizeof parameters / sizeof parameters[0]);
        printf("%s %016" PRIx64 "\n", init_name(init.scheme), sum);
    }
}

/* The i-th of the small sizes, from the kernels of two lanes; NULL past the last. */
static const struct network *small_size(int i)
{
    const struct kernel *kernel;
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        int is_first = kernel->processor == KERNEL_ANY_PROCESSOR && kernel->width == 2;
        if (kernel->shape && is_first && i-- == 0) {
            return kernel->shape;
        }
    }
    return NULL;
}

/* Every series, a rate that is reduced, samples drawn with replacement, and some runs stopped. */
static void watch(struct reference_case *it, int i)
{
    struct training *training = &it->training;
    training->arithmetic = i % 4 == 0 ? ARITHMETIC_FAST : ARITHMETIC_EXACT;
    training->record = 1u << SERIES_END_LOSS | 1u << SERIES_ACCURACY;
    training->monitor = i % 3 == 0 ? SERIES_LOSS : SERIES_END_LOSS;
    training->stop.patience = i % 2 ? 2 : 0;
    if (i % 5 < 2) {
        training->schedule = (struct schedule){.kind = SCHEDULE_REDUCE_ON_PLATEAU,
                                               .factor = 0.5,
                                               .patience = 1,
                                               .threshold = 0.01};
    }
    if (i % 5 == 1 || i % 5 == 3) {
        training->order = ORDER_WITH_REPLACEMENT;
    }
}

int main(void)
{
    struct rng rng;
    int status = 0;
    rng_seed(&rng, 2024);
    print_elementary(&rng);
    print_patterns();
    print_starts();
    for (int i = 0; i < CASES; i++) {
        struct reference_case it;
        reference_case_init(&it, &rng, EPOCHS);
        const struct network *small = small_size(i / 2);
        if (small) { /* twice each: sample by sample, and in batches */
            dataset_destroy(it.dataset);
            free(it.parameters);
            it.network = *small;
            it.dataset = reference_dataset(&rng, &it.network, 17);
            it.parameters = reference_parameters(&rng, &it.network, 1.0);
            it.training.batch_size = i % 2 == 0 ? 1 : 5;
        }
        status |= print_case(i, &it);
        it.training.arithmetic = ARITHMETIC_FAST;
        status |= print_case(i, &it);
        reference_case_clear(&it);
    }
    for (int i = CASES; i < CASES + VARIED; i++) { /* any loss, optimizer, limit and schedule */
        struct reference_case it;
        reference_case_init(&it, &rng, EPOCHS);
        reference_case_vary(&it, &rng);
        it.training.arithmetic = i % 4 == 0 ? ARITHMETIC_FAST : ARITHMETIC_EXACT;
        status |= print_case(i, &it);
        reference_case_clear(&it);
    }
    for (int i = CASES + VARIED; i < CASES + VARIED + WATCHED; i++) {
        struct reference_case it;
        reference_case_init(&it, &rng, EPOCHS);
        reference_case_vary(&it, &rng);
        watch(&it, i);
        status |= print_case(i, &it);
        reference_case_clear(&it);
    }
    return status;
}
