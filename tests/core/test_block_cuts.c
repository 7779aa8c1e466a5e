/* How calls of block_train are cut never changes a result; and what a call promises. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "tests/core/reference.h"

enum { EPOCHS = 9, RANDOM_CASES = 60 };

static const struct network small = {
    .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};

static struct block *block_of(const struct reference_case *it, int n_runs,
                              struct training trainings[BLOCK_RUNS_MAX])
{
    struct block_run runs[BLOCK_RUNS_MAX] = {{NULL, NULL}};
    for (int i = 0; i < n_runs; i++) {
        trainings[i] = it->training;
        trainings[i].learning_rate *= i % 5 == 2 ? 1e100 : 1 + 0.3 * i;
        runs[i] = (struct block_run){&trainings[i], it->parameters};
    }
    struct error error = ERROR_INIT;
    struct block *block = block_create(&it->network, it->dataset, runs, n_runs, &error);
    if (!block) {
        fail_msg("%s", error.text);
    }
    return block;
}

static int is_running(const struct block *block)
{
    for (int run = 0; run < block_n_runs(block); run++) {
        if (block_state(block, run).status == BLOCK_RUNNING) {
            return 1;
        }
    }
    return 0;
}

/* Trains to the end in calls of random budgets; losses [EPOCHS][n_runs], NaN where none. */
static void train_in_pieces(struct block *block, struct rng *rng, int max_steps, double *losses)
{
    int64_t done = 0;
    int n_runs = block_n_runs(block);
    for (int i = 0; i < EPOCHS * n_runs; i++) {
        losses[i] = NAN;
    }
    for (int calls = 0; is_running(block); calls++) {
        assert_true(calls < 100000);
        int64_t steps = rng_randint(rng, -1, max_steps + 1);
        int64_t epochs = rng_randint(rng, 1, EPOCHS + 3);
        done += block_train(block, steps, epochs, losses + done * n_runs);
        assert_true(done <= EPOCHS);
    }
}

static void assert_same_ends(const struct block *a, const struct block *b, size_t n_parameters)
{
    double *of_a = calloc(n_parameters, sizeof *of_a), *of_b = calloc(n_parameters, sizeof *of_b);
    for (int run = 0; run < block_n_runs(a); run++) {
        struct block_state x = block_state(a, run), y = block_state(b, run);
        assert_int_equal(x.status, y.status);
        assert_int_equal(x.epoch, y.epoch);
        assert_int_equal(x.diverged_epoch, y.diverged_epoch);
        assert_int_equal(x.diverged_sample, y.diverged_sample);
        block_parameters(a, run, of_a);
        block_parameters(b, run, of_b);
        assert_same_doubles(of_a, of_b, n_parameters, "parameters");
    }
    free(of_a);
    free(of_b);
}

static void cutting_calls_anywhere_changes_nothing(void **state)
{
    (void)state;
    struct rng rng;
    int n_diverged = 0;
    rng_seed(&rng, 31);
    for (int i = 0; i < RANDOM_CASES; i++) {
        struct reference_case it;
        struct training trainings[BLOCK_RUNS_MAX];
        double whole[EPOCHS * BLOCK_RUNS_MAX], pieces[EPOCHS * BLOCK_RUNS_MAX];
        reference_case_init(&it, &rng, EPOCHS);
        int n_runs = 1 + i % BLOCK_RUNS_MAX;
        struct block *a = block_of(&it, n_runs, trainings), *b = block_of(&it, n_runs, trainings);
        for (int k = 0; k < EPOCHS * n_runs; k++) {
            whole[k] = NAN;
        }
        block_train(a, INT64_MAX, INT64_MAX, whole);
        assert_false(is_running(a));
        train_in_pieces(b, &rng, 1 + i % 100, pieces);
        assert_same_doubles(pieces, whole, (size_t)(EPOCHS * n_runs), "losses");
        assert_same_ends(a, b, network_n_parameters(&it.network));
        n_diverged += n_runs > 2 && block_state(a, 2).status == BLOCK_DIVERGED;
        block_destroy(a);
        block_destroy(b);
        reference_case_clear(&it);
    }
    assert_true(n_diverged > 3 && n_diverged < RANDOM_CASES - 3); /* both kinds were seen */
}

static struct reference_case case_of_samples(size_t n_samples, size_t batch_size, int64_t epochs)
{
    struct rng rng;
    rng_seed(&rng, 32);
    struct reference_case it = {.network = small};
    it.dataset = reference_dataset(&rng, &small, n_samples);
    it.parameters = reference_parameters(&rng, &small, 1.0);
    it.training = (struct training){.learning_rate = 0.01,
                                    .batch_size = batch_size,
                                    .reduction = REDUCTION_MEAN,
                                    .epochs = epochs};
    return it;
}

static void call_ends_at_an_epochs_end_if_it_can(void **state)
{
    (void)state;
    struct reference_case it = case_of_samples(10, 1, EPOCHS);
    struct training trainings[BLOCK_RUNS_MAX];
    double losses[EPOCHS];
    struct block *block = block_of(&it, 1, trainings);
    assert_true(block_at_epoch_end(block));
    assert_int_equal(block_train(block, 29, EPOCHS, losses), 2); /* not 2.9 */
    assert_true(block_at_epoch_end(block));
    assert_int_equal(block_train(block, 7, EPOCHS, losses), 0);
    assert_false(block_at_epoch_end(block));
    assert_int_equal(block_state(block, 0).epoch, 2);
    assert_int_equal(block_train(block, 3, EPOCHS, losses), 1);
    assert_true(block_at_epoch_end(block));
    assert_int_equal(block_train(block, 7, EPOCHS, losses), 0);
    assert_int_equal(block_train(block, 14, EPOCHS, losses), 2);
    assert_true(block_at_epoch_end(block));
    block_destroy(block);
    reference_case_clear(&it);
}

static void call_finishes_no_more_epochs_than_asked(void **state)
{
    (void)state;
    struct reference_case it = case_of_samples(3, 2, EPOCHS);
    struct training trainings[BLOCK_RUNS_MAX];
    double losses[EPOCHS + 1];
    struct block *block = block_of(&it, 1, trainings);
    for (int i = 0; i <= EPOCHS; i++) {
        losses[i] = -1;
    }
    assert_int_equal(block_train(block, INT64_MAX, 0, losses), 0);
    assert_int_equal(block_train(block, INT64_MAX, -3, losses), 0);
    assert_int_equal(block_train(block, INT64_MAX, 4, losses), 4);
    assert_true(losses[3] >= 0);
    assert_true(losses[4] == -1);
    assert_int_equal(block_state(block, 0).epoch, 4);
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), EPOCHS - 4);
    assert_true(losses[EPOCHS - 4] == -1);
    assert_int_equal(block_state(block, 0).status, BLOCK_DONE);
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), 0);
    block_destroy(block);
    reference_case_clear(&it);
}

static void call_sees_at_least_one_sample(void **state)
{
    (void)state;
    struct reference_case it = case_of_samples(2, 2, 1);
    struct training trainings[BLOCK_RUNS_MAX];
    double loss;
    struct block *block = block_of(&it, 1, trainings);
    assert_int_equal(block_train(block, INT64_MIN, 1, &loss), 0);
    assert_int_equal(block_train(block, 0, 1, &loss), 1);
    block_destroy(block);
    reference_case_clear(&it);
}

static void epochs_beyond_counting_can_be_asked_for(void **state)
{
    (void)state;
    struct reference_case it = case_of_samples(1000, 1, INT64_MAX);
    struct training trainings[BLOCK_RUNS_MAX];
    double losses[3];
    struct block *block = block_of(&it, 1, trainings);
    assert_int_equal(block_train(block, 3500, INT64_MAX, losses), 3);
    assert_int_equal(block_state(block, 0).status, BLOCK_RUNNING);
    block_destroy(block);
    reference_case_clear(&it);
}

/* An epoch longer than the longest stretch, and many epochs in one. */
static void long_and_short_epochs_equal_the_reference(void **state)
{
    (void)state;
    static const struct {
        size_t n_samples, batch_size;
        int64_t epochs;
        enum order order;
    } shapes[] = {{10007, 1, 3, ORDER_SHUFFLE}, {9001, 100, 2, ORDER_FIXED},
                  {1, 1, 9000, ORDER_SHUFFLE},  {4, 3, 5000, ORDER_SHUFFLE},
                  {4095, 1, 3, ORDER_SHUFFLE},  {4096, 64, 3, ORDER_FIXED}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct reference_case it =
            case_of_samples(shapes[i].n_samples, shapes[i].batch_size, shapes[i].epochs);
        struct training trainings[BLOCK_RUNS_MAX];
        it.training.order = shapes[i].order;
        size_t n_epochs = (size_t)shapes[i].epochs;
        double *losses = calloc(n_epochs, sizeof *losses);
        double *expected = calloc(n_epochs, sizeof *expected);
        struct block *block = block_of(&it, 1, trainings);
        assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), shapes[i].epochs);
        reference_train(&it.network, it.dataset, &it.training, it.parameters, expected);
        assert_same_doubles(losses, expected, n_epochs, "losses");
        double end[NETWORK_NAMES];
        block_parameters(block, 0, end);
        assert_same_doubles(end, it.parameters, NETWORK_NAMES, "parameters");
        block_destroy(block);
        free(losses);
        free(expected);
        reference_case_clear(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_calls_anywhere_changes_nothing),
        cmocka_unit_test(call_ends_at_an_epochs_end_if_it_can),
        cmocka_unit_test(call_finishes_no_more_epochs_than_asked),
        cmocka_unit_test(call_sees_at_least_one_sample),
        cmocka_unit_test(epochs_beyond_counting_can_be_asked_for),
        cmocka_unit_test(long_and_short_epochs_equal_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
