/* Every kernel gives every run the bits of the plain reference, whatever stands in the other
 * lanes; and the one chosen is the right one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/core/reference.h"

enum { EPOCHS = 6, RANDOM_CASES = 60 };

/* Sixteen runs of a case: other rates, and from other starts. */
struct runs {
    struct training trainings[BLOCK_RUNS_MAX];
    double *starts[BLOCK_RUNS_MAX];
    double *ends[BLOCK_RUNS_MAX]; /* the reference's results */
    double losses[BLOCK_RUNS_MAX][EPOCHS];
    struct block_state states[BLOCK_RUNS_MAX];
};

static void runs_init(struct runs *runs, struct rng *rng, const struct reference_case *it)
{
    size_t bytes = network_n_parameters(&it->network) * sizeof(double);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        runs->trainings[i] = it->training;
        runs->trainings[i].learning_rate *= 1 + 0.1 * i;
        runs->starts[i] = reference_parameters(rng, &it->network, 1.0);
        runs->ends[i] = malloc(bytes);
        memcpy(runs->ends[i], runs->starts[i], bytes);
        runs->states[i] = reference_train(&it->network, it->dataset, &runs->trainings[i],
                                          runs->ends[i], runs->losses[i]);
    }
}

static void runs_clear(struct runs *runs)
{
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        free(runs->starts[i]);
        free(runs->ends[i]);
    }
}

/* Trains the first n runs on `kernel` (NULL: the chosen one) and compares. */
static void compare(const struct reference_case *it, const struct runs *runs, int n,
                    const struct kernel *kernel, const char *what)
{
    struct block_run block_runs[BLOCK_RUNS_MAX] = {{NULL, NULL}};
    for (int i = 0; i < n; i++) {
        block_runs[i] = (struct block_run){&runs->trainings[i], runs->starts[i]};
    }
    struct error error = ERROR_INIT;
    struct block *block = block_create_on(kernel, &it->network, it->dataset, block_runs, n, &error);
    if (!block) {
        fail_msg("%s: %s", what, error.text);
    }
    double losses[EPOCHS * BLOCK_RUNS_MAX];
    size_t n_parameters = network_n_parameters(&it->network);
    double *end = calloc(n_parameters, sizeof *end);
    block_train(block, INT64_MAX, EPOCHS, losses);
    for (int run = 0; run < n; run++) {
        struct block_state state = block_state(block, run);
        assert_int_equal(state.status, runs->states[run].status);
        assert_int_equal(state.epoch, runs->states[run].epoch);
        assert_int_equal(state.diverged_sample, runs->states[run].diverged_sample);
        for (int64_t e = 0; e < state.epoch; e++) {
            assert_same_double(losses[e * n + run], runs->losses[run][e], what);
        }
        block_parameters(block, run, end);
        assert_same_doubles(end, runs->ends[run], n_parameters, what);
    }
    free(end);
    block_destroy(block);
}

static int compare_all_kernels(const struct reference_case *it, const struct runs *runs)
{
    static const int sizes[] = {1, 2, 3, 4, 7, 8, 13, 16};
    const struct kernel *kernel;
    int n_compared = 0;
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        if (!kernel_runs_here(kernel) || !kernel_suits(kernel, &it->network, &it->training)) {
            continue;
        }
        char what[100];
        snprintf(what, sizeof what, "%s, %s, width %d", kernel->name,
                 kernel_processor_name(kernel->processor), kernel->width);
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            compare(it, runs, sizes[s], kernel, what);
        }
        n_compared++;
    }
    return n_compared;
}

static void all_kernels_equal_the_reference_on_random_cases(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 20);
    for (int i = 0; i < RANDOM_CASES; i++) {
        struct reference_case it;
        struct runs runs;
        reference_case_init(&it, &rng, EPOCHS);
        it.training.arithmetic = i % 3 == 0 ? ARITHMETIC_FAST : ARITHMETIC_EXACT;
        runs_init(&runs, &rng, &it);
        assert_true(compare_all_kernels(&it, &runs) >= 2);
        compare(&it, &runs, BLOCK_RUNS_MAX, NULL, "chosen kernel");
        runs_clear(&runs);
        reference_case_clear(&it);
    }
}

static void all_kernels_equal_the_reference_in_every_way_to_train(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 22);
    int n_of_loss[LOSS_COUNT] = {0}, n_of_optimizer[OPTIMIZER_COUNT] = {0};
    for (int i = 0; i < 3 * RANDOM_CASES; i++) {
        struct reference_case it;
        struct runs runs;
        reference_case_init(&it, &rng, EPOCHS);
        reference_case_vary(&it, &rng);
        n_of_loss[it.training.loss]++;
        n_of_optimizer[it.training.optimizer]++;
        runs_init(&runs, &rng, &it);
        assert_true(compare_all_kernels(&it, &runs) >= 2);
        compare(&it, &runs, BLOCK_RUNS_MAX, NULL, "chosen kernel");
        runs_clear(&runs);
        reference_case_clear(&it);
    }
    for (int i = 0; i < LOSS_COUNT; i++) {
        assert_true(n_of_loss[i] >= 10);
    }
    for (int i = 0; i < OPTIMIZER_COUNT; i++) {
        assert_true(n_of_optimizer[i] >= 10);
    }
}

/* All kernels, the optimizers in turn; adamw with weight decay, and sgd with a clipped norm. */
static void compare_optimizers(const struct reference_case *plain, struct rng *rng)
{
    for (int i = 0; i < OPTIMIZER_COUNT; i++) {
        struct reference_case it = *plain;
        struct runs runs;
        it.training.optimizer = (enum optimizer)i;
        it.training.settings[SETTING_MOMENTUM] = 0.9;
        it.training.settings[SETTING_ALPHA] = 0.99;
        it.training.settings[SETTING_BETA1] = 0.9;
        it.training.settings[SETTING_BETA2] = 0.999;
        it.training.settings[SETTING_EPSILON] = 1e-8;
        it.training.settings[SETTING_WEIGHT_DECAY] = i == OPTIMIZER_ADAMW ? 0.01 : 0.0;
        it.training.settings[SETTING_CLIP_NORM] = i == OPTIMIZER_SGD ? 0.1 : 0.0;
        runs_init(&runs, rng, &it);
        assert_true(compare_all_kernels(&it, &runs) >= 2);
        compare(&it, &runs, BLOCK_RUNS_MAX, NULL, "chosen kernel");
        compare(&it, &runs, 1, NULL, "chosen kernel of a lone run");
        runs_clear(&runs);
    }
}

/* The constant-size kernels' own shapes, per sample, by every optimizer, and in batches. */
static void small_kernels_equal_the_reference(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 21);
    const struct kernel *kernel;
    int n_shapes = 0;
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        for (size_t batch_size = 1; kernel->shape && batch_size <= 9; batch_size += 4) {
            struct reference_case it = {.network = *kernel->shape};
            struct runs runs;
            it.dataset = reference_dataset(&rng, &it.network, 11);
            it.training = (struct training){.arithmetic = kernel->arithmetic,
                                            .learning_rate = 0.02,
                                            .batch_size = batch_size,
                                            .order = ORDER_SHUFFLE,
                                            .order_seed = 5,
                                            .epochs = EPOCHS};
            runs_init(&runs, &rng, &it);
            assert_true(compare_all_kernels(&it, &runs) >= 3);
            runs_clear(&runs);
            if (kernel->steps && batch_size == 1) {
                compare_optimizers(&it, &rng);
            }
            reference_case_clear(&it);
            n_shapes++;
        }
    }
    assert_true(n_shapes > 0);
}

static void wide_layers_equal_the_reference(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 22);
    struct reference_case it = {
        .network = {.n_inputs = 64,
                    .n_layers = 3,
                    .layers = {{67, ACTIVATION_TANH},
                               {34, ACTIVATION_RELU},
                               {10, ACTIVATION_SIGMOID}}},
        .training = {.learning_rate = 0.01, .batch_size = 4, .epochs = EPOCHS}};
    struct runs runs;
    it.dataset = reference_dataset(&rng, &it.network, 10);
    for (int i = 0; i < 4; i++) {
        it.training.arithmetic = (enum arithmetic)(i / 2);
        it.training.batch_size = i % 2 ? 1 : 4;
        runs_init(&runs, &rng, &it);
        compare_all_kernels(&it, &runs);
        runs_clear(&runs);
    }
    reference_case_clear(&it);
}

/* A batch of one goes another way through the kernels than batches of many. Here the same update
 * is made both ways: 1 sample, batch of 1; and the sample twice in a batch whose mean is taken. */
static void batch_of_one_is_the_per_sample_rule(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 23);
    for (int i = 0; i < 20; i++) {
        struct reference_case it;
        reference_case_init(&it, &rng, 1);
        dataset_destroy(it.dataset);
        it.dataset = reference_dataset(&rng, &it.network, 2);
        memcpy(it.dataset->features + it.dataset->n_features, it.dataset->features,
               it.dataset->n_features * sizeof(double));
        memcpy(it.dataset->targets + it.dataset->n_targets, it.dataset->targets,
               it.dataset->n_targets * sizeof(double));
        it.training.batch_size = 2;
        it.training.reduction = REDUCTION_MEAN;
        size_t n = network_n_parameters(&it.network);
        double losses[2], *twice = calloc(n, sizeof *twice), *once = calloc(n, sizeof *once);
        struct block_run run = {&it.training, it.parameters};
        struct block *block = block_create(&it.network, it.dataset, &run, 1, NULL);
        block_train(block, 2, 1, losses);
        block_parameters(block, 0, twice);
        block_destroy(block);

        it.training.batch_size = 1;
        it.dataset->n_samples = 1;
        block = block_create(&it.network, it.dataset, &run, 1, NULL);
        block_train(block, 1, 1, losses);
        block_parameters(block, 0, once);
        block_destroy(block);
        it.dataset->n_samples = 2;
        assert_same_doubles(twice, once, n, "half a step twice is a step, exactly");
        free(twice);
        free(once);
        reference_case_clear(&it);
    }
}

/* Else the fast kernels might as well not be fused: the bits of most trainings differ. */
static void fast_arithmetic_has_other_bits(void **state)
{
    (void)state;
    struct rng rng;
    int n_other = 0;
    rng_seed(&rng, 24);
    for (int i = 0; i < 100; i++) {
        struct reference_case it;
        double losses[ARITHMETIC_COUNT][EPOCHS];
        reference_case_init(&it, &rng, EPOCHS);
        for (int arithmetic = 0; arithmetic < ARITHMETIC_COUNT; arithmetic++) {
            struct block_run run = {&it.training, it.parameters};
            it.training.arithmetic = (enum arithmetic)arithmetic;
            struct block *block = block_create(&it.network, it.dataset, &run, 1, NULL);
            assert_int_equal(block_kernel(block)->arithmetic, arithmetic);
            block_train(block, INT64_MAX, EPOCHS, losses[arithmetic]);
            block_destroy(block);
        }
        n_other += memcmp(losses[0], losses[1], sizeof losses[0]) != 0;
        reference_case_clear(&it);
    }
    assert_in_range(n_other, 40, 100);
}

/* Branches are foretold only where the same samples come again. */
static void lone_run_has_branches_in_a_fixed_order_alone(void **state)
{
    (void)state;
    const struct network usual = {
        .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    struct training training = {.learning_rate = 0.01, .batch_size = 1, .epochs = 1};
    assert_int_equal(kernel_pick(&usual, &training, 1)->width, 1);
    assert_non_null(kernel_pick(&usual, &training, 1)->shape);
    assert_true(kernel_pick(&usual, &training, 2)->width > 1);
    training.order = ORDER_SHUFFLE;
    assert_true(kernel_pick(&usual, &training, 1)->width > 1);
    assert_non_null(kernel_pick(&usual, &training, 1)->shape);
}

static void every_optimizer_of_a_lone_run_has_constant_sizes(void **state)
{
    (void)state;
    const struct kernel *kernel;
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        for (int i = 0; kernel->shape && kernel->steps && kernel_runs_here(kernel) &&
                        i < OPTIMIZER_COUNT; i++) {
            struct training training = {.arithmetic = kernel->arithmetic,
                                        .optimizer = (enum optimizer)i,
                                        .learning_rate = 0.01,
                                        .batch_size = 1,
                                        .epochs = 1};
            assert_non_null(kernel_pick(kernel->shape, &training, 1)->shape);
        }
    }
}

static void chosen_kernel_has_few_vectors_and_constant_sizes(void **state)
{
    (void)state;
    const struct network usual = {
        .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    const struct network other = {.n_inputs = 3, .n_layers = 1, .layers = {{1, ACTIVATION_LINEAR}}};
    struct training each_sample = {.learning_rate = 0.01, .batch_size = 1, .epochs = 1};
    for (int n = 1; n <= KERNEL_LANES_MAX; n++) {
        const struct kernel *kernel = kernel_pick(&usual, &each_sample, n);
        assert_true(kernel_runs_here(kernel) && kernel_suits(kernel, &usual, &each_sample));
        assert_non_null(kernel->shape);
        assert_true(kernel_lanes(kernel, n) >= n);
        assert_true(kernel_lanes(kernel, n) <= KERNEL_LANES_MAX);
        kernel = kernel_pick(&other, &each_sample, n);
        assert_null(kernel->shape);
        assert_true(kernel_lanes(kernel, n) >= n);
    }
    assert_int_equal(kernel_pick(&other, &each_sample, 1)->width, 1);
    assert_ptr_equal(kernel_at(0), kernel_reference(ARITHMETIC_EXACT));
    for (int arithmetic = 0; arithmetic < ARITHMETIC_COUNT; arithmetic++) {
        const struct kernel *reference = kernel_reference((enum arithmetic)arithmetic);
        assert_int_equal(reference->arithmetic, arithmetic);
        assert_int_equal(reference->processor, KERNEL_ANY_PROCESSOR);
        assert_int_equal(reference->width, 1);
        assert_null(reference->shape);
        each_sample.arithmetic = (enum arithmetic)arithmetic;
        assert_int_equal(kernel_pick(&usual, &each_sample, 16)->arithmetic, arithmetic);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kernels_equal_the_reference_on_random_cases),
        cmocka_unit_test(all_kernels_equal_the_reference_in_every_way_to_train),
        cmocka_unit_test(small_kernels_equal_the_reference),
        cmocka_unit_test(wide_layers_equal_the_reference),
        cmocka_unit_test(batch_of_one_is_the_per_sample_rule),
        cmocka_unit_test(fast_arithmetic_has_other_bits),
        cmocka_unit_test(lone_run_has_branches_in_a_fixed_order_alone),
        cmocka_unit_test(every_optimizer_of_a_lone_run_has_constant_sizes),
        cmocka_unit_test(chosen_kernel_has_few_vectors_and_constant_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
