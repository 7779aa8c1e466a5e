/* What a block can't be made of, and running out of memory on the way. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "tests/core/failing_memory.h"
#include "tests/core/reference.h"

/* A sound block's parts, which each test spoils in one place. */
struct parts {
    struct network network;
    struct dataset *dataset;
    struct training trainings[2];
    double starts[2][9];
    struct block_run runs[2];
    int n_runs;
};

static void parts_init(struct parts *parts)
{
    *parts = (struct parts){.network = {.n_inputs = 2,
                                        .n_layers = 2,
                                        .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}},
                            .dataset = dataset_create(5, 2, 1, NULL),
                            .n_runs = 2};
    for (int i = 0; i < 2; i++) {
        parts->trainings[i] =
            (struct training){.learning_rate = 0.1 * (i + 1), .batch_size = 1, .epochs = 3};
        parts->runs[i] = (struct block_run){&parts->trainings[i], parts->starts[i]};
    }
}

/* Expects the refusal and frees. */
static void assert_refused(struct parts *parts, const char *text)
{
    struct error error = ERROR_INIT;
    assert_null(block_create(&parts->network, parts->dataset, parts->runs, parts->n_runs, &error));
    assert_int_equal(error.kind, ERROR_INVALID);
    assert_string_equal(error.text, text);
    dataset_destroy(parts->dataset);
}

static void sound_parts_make_a_block(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    struct block *block = block_create(&parts.network, parts.dataset, parts.runs, 2, NULL);
    assert_non_null(block);
    assert_int_equal(block_n_runs(block), 2);
    assert_int_equal(block_state(block, 1).status, BLOCK_RUNNING);
    assert_int_equal(block_state(block, 1).epoch, 0);
    block_destroy(block);
    block_destroy(NULL);
    dataset_destroy(parts.dataset);
}

static void refuses_too_few_or_too_many_runs(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.n_runs = 0;
    assert_refused(&parts, "block: got 0 runs, expected 1 to 16");
    parts_init(&parts);
    parts.n_runs = 17;
    assert_refused(&parts, "block: got 17 runs, expected 1 to 16");
}

static void refuses_networks_out_of_range(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.network.n_inputs = 0;
    assert_refused(&parts, "network: got 0 inputs, expected 1 to 4096");
    parts_init(&parts);
    parts.network.n_layers = 17;
    assert_refused(&parts, "network: got 17 layers, expected 1 to 16");
    parts_init(&parts);
    parts.network.layers[1].units = 4097;
    assert_refused(&parts, "layer 1: got 4097 units, expected 1 to 4096");
    parts_init(&parts);
    parts.network.layers[0].activation = ACTIVATION_COUNT;
    assert_refused(&parts, "layer 0: got activation 9, expected 0 to 8");
    parts_init(&parts);
    parts.network.layers[0].units = 4096;
    parts.network.layers[1].units = 4096;
    assert_refused(&parts, "network: got 16793600 parameters, expected at most 1048576");
}

static void refuses_data_of_another_shape(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.network.n_inputs = 3;
    assert_refused(&parts, "data set: got 2 features, expected 3, the network's inputs");
    parts_init(&parts);
    parts.network.layers[1].units = 2;
    assert_refused(&parts, "data set: got 1 targets, expected 2, the network's outputs");
    parts_init(&parts);
    parts.dataset->n_samples = 0;
    assert_refused(&parts, "data set: got 0 samples, expected 1 to 4294967295");
}

static void refuses_trainings_out_of_range(void **state)
{
    (void)state;
    static const double bad[] = {0, -1, INFINITY};
    static const char *const texts[] = {
        "learning_rate: got 0, expected a finite number above 0",
        "learning_rate: got -1, expected a finite number above 0",
        "learning_rate: got inf, expected a finite number above 0",
    };
    struct parts parts;
    for (int i = 0; i < 3; i++) {
        parts_init(&parts);
        parts.trainings[1].learning_rate = bad[i];
        assert_refused(&parts, texts[i]);
    }
    parts_init(&parts);
    parts.trainings[0].batch_size = 6;
    assert_refused(&parts, "batch_size: got 6, expected 1 to 5");
    parts_init(&parts);
    parts.trainings[0].batch_size = 0;
    assert_refused(&parts, "batch_size: got 0, expected 1 to 5");
    parts_init(&parts);
    parts.trainings[0].epochs = 0;
    assert_refused(&parts, "epochs: got 0, expected 1 or more");
    parts_init(&parts);
    parts.trainings[0].order = ORDER_COUNT;
    static const char out_of_range[] =
        "training: arithmetic, loss, gradient, optimizer, reduction or order is out of range";
    assert_refused(&parts, out_of_range);
    parts_init(&parts);
    parts.trainings[0].arithmetic = ARITHMETIC_COUNT;
    assert_refused(&parts, out_of_range);
}

static void refuses_runs_that_differ_in_more_than_the_optimizers_numbers(void **state)
{
    (void)state;
    static const char alike[] =
        "run 1: only the optimizer's numbers, the schedule and the stop may differ between the "
        "runs of a block";
    struct parts parts;
    parts_init(&parts);
    parts.trainings[1].order_seed = 1;
    assert_refused(&parts, alike);
    parts_init(&parts);
    parts.trainings[1].arithmetic = ARITHMETIC_FAST;
    assert_refused(&parts, alike);
    parts_init(&parts);
    parts.trainings[1].epochs = 4;
    assert_refused(&parts, alike);
}

static void refuses_losses_that_do_not_fit_the_outputs(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.trainings[0].loss = parts.trainings[1].loss = LOSS_BINARY_CROSS_ENTROPY;
    assert_refused(&parts, "binary_cross_entropy: the last layer is linear, expected sigmoid");
    parts_init(&parts);
    parts.trainings[0].loss = parts.trainings[1].loss = LOSS_CATEGORICAL_CROSS_ENTROPY;
    assert_refused(&parts, "categorical_cross_entropy: the last layer is linear, expected softmax");
    parts_init(&parts);
    parts.network.layers[0].activation = ACTIVATION_SOFTMAX;
    assert_refused(&parts, "layer 0: softmax is for the last layer");
}

static void refuses_settings_and_schedules_out_of_range(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.trainings[1].settings[SETTING_MOMENTUM] = -0.1;
    assert_refused(&parts, "momentum: got -0.1, expected a finite number from 0 on");
    parts_init(&parts);
    parts.trainings[1].schedule.kind = SCHEDULE_STEP;
    assert_refused(&parts, "schedule: one of its numbers is out of range");
}

static void refuses_start_values_that_are_not_finite(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.starts[1][8] = NAN;
    assert_refused(&parts, "run 1: parameter 8 is not a finite number");
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.trainings[0].batch_size = parts.trainings[1].batch_size = 2;
    parts.trainings[0].order = parts.trainings[1].order = ORDER_SHUFFLE;
    memory_fail_from(0);
    block_destroy(block_create(&parts.network, parts.dataset, parts.runs, 2, NULL));
    int n_allocations = memory_count();
    assert_true(n_allocations > 10);
    for (int n = 1; n <= n_allocations; n++) {
        struct error error = ERROR_INIT;
        memory_fail_from(n);
        struct block *block = block_create(&parts.network, parts.dataset, parts.runs, 2, &error);
        memory_fail_from(0);
        assert_null(block); /* and nothing leaks: AddressSanitizer watches */
        assert_int_equal(error.kind, ERROR_MEMORY);
    }
    dataset_destroy(parts.dataset);
}

static void training_saving_and_loading_allocate_nothing(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts);
    parts.trainings[1].learning_rate = 1e300; /* diverges, is replayed and packed anew */
    parts.dataset->features[0] = 1;
    parts.dataset->targets[0] = 5;
    struct block *block = block_create(&parts.network, parts.dataset, parts.runs, 2, NULL);
    unsigned char bytes[2][4096];
    double losses[6];
    memory_fail_from(0);
    block_train(block, INT64_MAX, 2, losses);
    size_t n = block_checkpoint_bytes(block);
    assert_true(n <= sizeof bytes[0]);
    block_save(block, 0, bytes[0]);
    block_save(block, 1, bytes[1]);
    const void *checkpoints[] = {bytes[0], bytes[1]};
    const size_t sizes[] = {n, n};
    assert_int_equal(block_load(block, checkpoints, sizes, NULL), 0);
    assert_int_equal(memory_count(), 0);
    block_destroy(block);
    dataset_destroy(parts.dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_parts_make_a_block),
        cmocka_unit_test(refuses_too_few_or_too_many_runs),
        cmocka_unit_test(refuses_networks_out_of_range),
        cmocka_unit_test(refuses_data_of_another_shape),
        cmocka_unit_test(refuses_trainings_out_of_range),
        cmocka_unit_test(refuses_runs_that_differ_in_more_than_the_optimizers_numbers),
        cmocka_unit_test(refuses_losses_that_do_not_fit_the_outputs),
        cmocka_unit_test(refuses_settings_and_schedules_out_of_range),
        cmocka_unit_test(refuses_start_values_that_are_not_finite),
        cmocka_unit_test(every_failing_allocation_is_reported),
        cmocka_unit_test(training_saving_and_loading_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
