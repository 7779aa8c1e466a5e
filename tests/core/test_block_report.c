/* The founding report's experiments, to the last bit: as single runs and side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/model/network.h"
#include "core/train/block/block.h"
#include "tests/core/golden_report.h"
#include "tests/core/reference.h"

static const struct network network = {
    .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};

static struct dataset *golden_dataset(int has_random_target)
{
    struct dataset *dataset = dataset_create(GOLDEN_SAMPLES, 2, 1, NULL);
    assert_non_null(dataset);
    for (size_t i = 0; i < GOLDEN_SAMPLES; i++) {
        const double *row = has_random_target ? golden_random_rows[i] : golden_rows[i];
        dataset->features[2 * i] = row[0];
        dataset->features[2 * i + 1] = row[1];
        dataset->targets[i] = row[2];
    }
    return dataset;
}

static struct training golden_training(const struct golden_experiment *golden)
{
    return (struct training){.gradient = GRADIENT_HALF,
                             .learning_rate = golden->learning_rate,
                             .batch_size = 1,
                             .epochs = GOLDEN_LAST_EPOCH};
}

static void to_block_order(const double named[NETWORK_NAMES], double parameters[NETWORK_NAMES])
{
    for (int i = 0; i < NETWORK_NAMES; i++) {
        parameters[network_named_offset(&network, i)] = named[i];
    }
}

/* losses: of all epochs, one experiment every n_runs. */
static void assert_is_golden(const struct golden_experiment *golden, const struct block *block,
                             int run, const double *losses)
{
    int n_runs = block_n_runs(block);
    for (int i = 0; i < GOLDEN_EPOCHS; i++) {
        assert_same_double(losses[(golden_epochs[i] - 1) * n_runs + run], golden->losses[i],
                           golden->name);
    }
    double parameters[NETWORK_NAMES], expected[NETWORK_NAMES], prediction, scratch[5];
    to_block_order(golden->final, expected);
    block_parameters(block, run, parameters);
    assert_same_doubles(parameters, expected, NETWORK_NAMES, golden->name);
    assert_int_equal(network_scratch(&network), 5);
    network_predict(&network, parameters, golden_query, scratch, &prediction);
    assert_same_double(prediction, golden->prediction, golden->name);
    assert_int_equal(block_state(block, run).status, BLOCK_DONE);
    assert_int_equal(block_state(block, run).epoch, GOLDEN_LAST_EPOCH);
}

static void single_runs_give_the_reports_numbers(void **state)
{
    (void)state;
    double *losses = calloc(GOLDEN_LAST_EPOCH, sizeof *losses);
    for (int i = 0; i < GOLDEN_EXPERIMENTS; i++) {
        const struct golden_experiment *golden = &golden_experiments[i];
        struct dataset *dataset = golden_dataset(golden->has_random_target);
        struct training training = golden_training(golden);
        double start[NETWORK_NAMES];
        to_block_order(golden->start, start);
        struct block_run run = {&training, start};
        struct block *block = block_create(&network, dataset, &run, 1, NULL);
        assert_non_null(block);
        assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), GOLDEN_LAST_EPOCH);
        assert_is_golden(golden, block, 0, losses);
        block_destroy(block);
        dataset_destroy(dataset);
    }
    free(losses);
}

/* All that share the data, in blocks of `size`. */
static void check_side_by_side(int size)
{
    struct dataset *dataset = golden_dataset(0);
    double *losses = calloc(GOLDEN_LAST_EPOCH * (size_t)size, sizeof *losses);
    struct training trainings[BLOCK_RUNS_MAX];
    double starts[BLOCK_RUNS_MAX][NETWORK_NAMES];
    const struct golden_experiment *golden[BLOCK_RUNS_MAX];
    struct block_run runs[BLOCK_RUNS_MAX];
    for (int i = 0, n = 0; n < size; i = (i + 1) % GOLDEN_EXPERIMENTS) {
        if (golden_experiments[i].has_random_target) {
            continue;
        }
        golden[n] = &golden_experiments[i];
        trainings[n] = golden_training(golden[n]);
        to_block_order(golden[n]->start, starts[n]);
        runs[n] = (struct block_run){&trainings[n], starts[n]};
        n++;
    }
    struct block *block = block_create(&network, dataset, runs, size, NULL);
    assert_non_null(block);
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), GOLDEN_LAST_EPOCH);
    for (int run = 0; run < size; run++) {
        assert_is_golden(golden[run], block, run, losses);
    }
    block_destroy(block);
    dataset_destroy(dataset);
    free(losses);
}

static void blocks_of_any_size_give_the_same(void **state)
{
    (void)state;
    for (int size = 1; size <= BLOCK_RUNS_MAX; size++) {
        check_side_by_side(size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_runs_give_the_reports_numbers),
        cmocka_unit_test(blocks_of_any_size_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
