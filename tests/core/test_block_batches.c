/* Kernels whose vectors hold samples give the bits of the plain reference at every size at which
 * they cut or pad, wherever calls are cut; and they are chosen where they pay. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/batch/batch_space.h"
#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/core/reference.h"

enum { EPOCHS = 3, RUNS = 3, DIVERGING = 1 };

/* Three runs of one case; the second one's rate lets it diverge in its first epoch. */
struct field {
    const struct network *network;
    struct dataset *dataset;
    struct training trainings[RUNS];
    struct block_run runs[RUNS];
    double *starts[RUNS];
    double *ends[RUNS]; /* the reference's results */
    double losses[RUNS][EPOCHS];
    struct block_state states[RUNS];
};

/* scale: of the start values; 0 makes them zeros of both signs. */
static void field_init(struct field *field, struct rng *rng, const struct network *network,
                       size_t n_samples, const struct training *training, double scale)
{
    size_t n = network_n_parameters(network);
    *field = (struct field){.network = network};
    field->dataset = reference_dataset(rng, network, n_samples);
    for (int i = 0; i < RUNS; i++) {
        field->trainings[i] = *training;
        field->trainings[i].learning_rate *= i == DIVERGING ? 1e200 : 1 + i;
        field->starts[i] = reference_parameters(rng, network, scale);
        field->ends[i] = malloc(n * sizeof(double));
        memcpy(field->ends[i], field->starts[i], n * sizeof(double));
        field->runs[i] = (struct block_run){&field->trainings[i], field->starts[i]};
        field->states[i] = reference_train(network, field->dataset, &field->trainings[i],
                                           field->ends[i], field->losses[i]);
    }
    assert_int_equal(field->states[DIVERGING].status, BLOCK_DIVERGED);
    assert_int_equal(field->states[0].status, BLOCK_DONE);
}

static void field_clear(struct field *field)
{
    dataset_destroy(field->dataset);
    for (int i = 0; i < RUNS; i++) {
        free(field->starts[i]);
        free(field->ends[i]);
    }
}

/* Trains the field on a kernel, in calls of max_steps samples, and compares everything. */
static void compare(const struct field *field, const struct kernel *kernel, int64_t max_steps)
{
    char what[100];
    double losses[EPOCHS * RUNS];
    size_t n = network_n_parameters(field->network);
    double *end = malloc(n * sizeof *end);
    snprintf(what, sizeof what, "%d-..., %zu samples, batches of %zu, %d a vector, calls of %lld",
             field->network->n_inputs, field->dataset->n_samples, field->trainings[0].batch_size,
             kernel->samples, (long long)max_steps);
    struct block *block =
        block_create_on(kernel, field->network, field->dataset, field->runs, RUNS, NULL);
    assert_non_null(block);
    for (int64_t done = 0; block_state(block, 0).status == BLOCK_RUNNING;) {
        done += block_train(block, max_steps, EPOCHS, losses + done * RUNS);
    }
    for (int run = 0; run < RUNS; run++) {
        struct block_state state = block_state(block, run);
        assert_int_equal(state.status, field->states[run].status);
        assert_int_equal(state.epoch, field->states[run].epoch);
        assert_int_equal(state.diverged_sample, field->states[run].diverged_sample);
        for (int64_t e = 0; e < state.epoch; e++) {
            assert_same_double(losses[e * RUNS + run], field->losses[run][e], what);
        }
        block_parameters(block, run, end);
        assert_same_doubles(end, field->ends[run], n, what);
    }
    block_destroy(block);
    free(end);
}

/* On all kernels of samples that can train it here; in whole epochs, and cut inside batches. */
static void compare_all(const struct network *network, size_t n_samples, size_t batch_size,
                        enum arithmetic arithmetic, double scale)
{
    struct rng rng;
    struct field field;
    const struct kernel *kernel;
    const struct training training = {.arithmetic = arithmetic,
                                      .learning_rate = 0.01,
                                      .batch_size = batch_size,
                                      .order = ORDER_SHUFFLE,
                                      .order_seed = 9,
                                      .epochs = EPOCHS};
    rng_seed(&rng, 51);
    field_init(&field, &rng, network, n_samples, &training, scale);
    for (int k = 0; (kernel = kernel_at(k)); k++) {
        if (kernel->samples > 0 && kernel_runs_here(kernel) &&
            kernel_suits(kernel, network, &training)) {
            compare(&field, kernel, INT64_MAX);
            compare(&field, kernel, 1 + (int64_t)batch_size / 3);
        }
    }
    field_clear(&field);
}

static void batches_around_whole_vectors_and_tiles_equal_the_reference(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 7, 8, 9, 17, 31, 33, BATCH_TILE, BATCH_TILE + 1, 130, 150};
    const struct network network = {
        .n_inputs = 5,
        .n_layers = 3,
        .layers = {{9, ACTIVATION_TANH}, {6, ACTIVATION_SIGMOID}, {3, ACTIVATION_LEAKY_RELU}}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        compare_all(&network, 150, sizes[i], ARITHMETIC_EXACT, 0.5);
        compare_all(&network, 150, sizes[i], ARITHMETIC_FAST, 0.5);
    }
}

static void layers_around_whole_vectors_and_rows_equal_the_reference(void **state)
{
    (void)state;
    for (int n = 1; n <= 34; n++) {
        const struct network network = {
            .n_inputs = n,
            .n_layers = 3,
            .layers = {{35 - n, ACTIVATION_RELU}, {n, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
        compare_all(&network, 21, 10, ARITHMETIC_EXACT, 0.5);
    }
}

/* Sums longer than a stretch of steps, and rows of a length that is padded against crowding. */
static void long_sums_equal_the_reference(void **state)
{
    (void)state;
    static const int n_inputs[] = {63, 64, 255, 256, 257, 520};
    for (size_t i = 0; i < sizeof n_inputs / sizeof n_inputs[0]; i++) {
        const struct network network = {.n_inputs = n_inputs[i],
                                        .n_layers = 2,
                                        .layers = {{27, ACTIVATION_TANH}, {10, ACTIVATION_LINEAR}}};
        compare_all(&network, 40, 33, ARITHMETIC_EXACT, 0.5);
        compare_all(&network, 40, 33, ARITHMETIC_FAST, 0.5);
    }
}

/* Where everything is zero, all that is left of a sum's order is the sign of its zero. */
static void signs_of_zeros_equal_the_reference(void **state)
{
    (void)state;
    const struct network network = {
        .n_inputs = 3,
        .n_layers = 3,
        .layers = {{9, ACTIVATION_LINEAR}, {8, ACTIVATION_LINEAR}, {2, ACTIVATION_LINEAR}}};
    compare_all(&network, 12, 1, ARITHMETIC_EXACT, 0.0);
    compare_all(&network, 12, 2, ARITHMETIC_EXACT, 0.0);
    compare_all(&network, 12, 5, ARITHMETIC_EXACT, 0.0);
    compare_all(&network, 12, 5, ARITHMETIC_FAST, 0.0);
}

static int is_chosen(const struct network *network, size_t batch_size, int n_runs)
{
    const struct training training = {.batch_size = batch_size};
    return kernel_pick(network, &training, n_runs)->samples > 0;
}

static void samples_are_chosen_for_wide_networks_and_lone_runs(void **state)
{
    (void)state;
    const struct network report = {
        .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    const struct network small = {
        .n_inputs = 8, .n_layers = 2, .layers = {{16, ACTIVATION_RELU}, {4, ACTIVATION_LINEAR}}};
    const struct network wide = {
        .n_inputs = 64, .n_layers = 2, .layers = {{128, ACTIVATION_RELU}, {10, ACTIVATION_LINEAR}}};
    for (int n_runs = 1; n_runs <= BLOCK_RUNS_MAX; n_runs++) {
        assert_false(is_chosen(&report, 100, n_runs));
        assert_true(is_chosen(&wide, 32, n_runs));
        assert_int_equal(is_chosen(&wide, 1, n_runs), n_runs == 1);
    }
    assert_true(is_chosen(&small, 32, 1));
    assert_false(is_chosen(&small, 32, 4));
    assert_false(is_chosen(&small, 32, 16));
    assert_false(is_chosen(&small, 1, 1));
}

static void wide_networks_share_a_block_only_in_lanes(void **state)
{
    (void)state;
    const struct training each_sample = {.batch_size = 1}, batches = {.batch_size = 32};
    struct network network = {
        .n_inputs = 64, .n_layers = 2, .layers = {{64, ACTIVATION_RELU}, {10, ACTIVATION_LINEAR}}};
    assert_int_equal(block_runs_best(&network, &each_sample), BLOCK_RUNS_MAX);
    assert_int_equal(block_runs_best(&network, &batches), BLOCK_RUNS_MAX);
    network.n_inputs = 512;
    int n_runs = block_runs_best(&network, &each_sample);
    assert_int_equal(n_runs, kernel_pick(&network, &each_sample, 4)->width);
    assert_in_range(n_runs, 2, 4);
    assert_int_equal(block_runs_best(&network, &batches), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_around_whole_vectors_and_tiles_equal_the_reference),
        cmocka_unit_test(layers_around_whole_vectors_and_rows_equal_the_reference),
        cmocka_unit_test(long_sums_equal_the_reference),
        cmocka_unit_test(signs_of_zeros_equal_the_reference),
        cmocka_unit_test(wide_networks_share_a_block_only_in_lanes),
        cmocka_unit_test(samples_are_chosen_for_wide_networks_and_lone_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
