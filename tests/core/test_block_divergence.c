/* Runs that diverge: where they end, what they keep, and that nobody else notices. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "core/train/kernel/kernel.h"
#include "tests/core/reference.h"

enum { EPOCHS = 40, SAMPLES = 12 };

static const struct network small = {
    .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_LEAKY_RELU}, {1, ACTIVATION_LINEAR}}};
static const struct network line = {
    .n_inputs = 1, .n_layers = 1, .layers = {{1, ACTIVATION_LINEAR}}};

/* Rates from harmless to hopeless, mixed so that lanes of every kind are neighbours. */
static const double rates[BLOCK_RUNS_MAX] = {0.01, 3,    0.02, 40,  0.3, 0.011, 1e5, 0.9,
                                             0.03, 0.31, 2,    0.4, 7,   0.012, 0.7, 1e30};

struct sweep {
    struct dataset *dataset;
    double *start;
    struct training trainings[BLOCK_RUNS_MAX];
    struct block_run runs[BLOCK_RUNS_MAX];
};

static void sweep_init(struct sweep *sweep, size_t batch_size, enum order order)
{
    struct rng rng;
    rng_seed(&rng, 41);
    sweep->dataset = reference_dataset(&rng, &small, SAMPLES);
    sweep->start = reference_parameters(&rng, &small, 1.0);
    for (int i = 0; i < BLOCK_RUNS_MAX; i++) {
        sweep->trainings[i] = (struct training){.learning_rate = rates[i],
                                                .batch_size = batch_size,
                                                .order = order,
                                                .order_seed = 6,
                                                .epochs = EPOCHS};
        sweep->runs[i] = (struct block_run){&sweep->trainings[i], sweep->start};
    }
}

static void sweep_clear(struct sweep *sweep)
{
    dataset_destroy(sweep->dataset);
    free(sweep->start);
}

static void check_against_reference(const struct sweep *sweep, const struct block *block,
                                    const double *losses, int64_t n_epochs, int *n_diverged)
{
    *n_diverged = 0;
    for (int run = 0; run < BLOCK_RUNS_MAX; run++) {
        double expected[EPOCHS], end[NETWORK_NAMES], parameters[NETWORK_NAMES];
        memcpy(parameters, sweep->start, sizeof parameters);
        struct block_state state = block_state(block, run);
        struct block_state wanted =
            reference_train(&small, sweep->dataset, &sweep->trainings[run], parameters, expected);
        assert_int_equal(state.status, wanted.status);
        assert_int_equal(state.epoch, wanted.epoch);
        assert_int_equal(state.diverged_epoch, wanted.diverged_epoch);
        assert_int_equal(state.diverged_sample, wanted.diverged_sample);
        for (int64_t e = 0; e < n_epochs; e++) {
            assert_same_double(losses[e * BLOCK_RUNS_MAX + run],
                               e < wanted.epoch ? expected[e] : NAN, "loss");
        }
        block_parameters(block, run, end);
        assert_same_doubles(end, parameters, NETWORK_NAMES, "last finite parameters");
        *n_diverged += state.status == BLOCK_DIVERGED;
    }
}

static void diverged_runs_end_alone_and_exactly(void **state)
{
    (void)state;
    static const size_t batch_sizes[] = {1, 5, SAMPLES};
    for (int i = 0; i < 6; i++) {
        struct sweep sweep;
        double losses[EPOCHS * BLOCK_RUNS_MAX];
        int n_diverged;
        sweep_init(&sweep, batch_sizes[i / 2], (enum order)(i % 2));
        struct block *block = block_create(&small, sweep.dataset, sweep.runs, BLOCK_RUNS_MAX, NULL);
        assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), EPOCHS);
        check_against_reference(&sweep, block, losses, EPOCHS, &n_diverged);
        assert_true(n_diverged >= 4 && n_diverged <= BLOCK_RUNS_MAX - 4);
        block_destroy(block);
        sweep_clear(&sweep);
    }
}

/* One sample a call: what diverges late is found among lanes that were packed anew. */
static void place_does_not_depend_on_the_cuts(void **state)
{
    (void)state;
    struct sweep sweep;
    double losses[EPOCHS * BLOCK_RUNS_MAX];
    int n_diverged;
    sweep_init(&sweep, 5, ORDER_SHUFFLE);
    struct block *block = block_create(&small, sweep.dataset, sweep.runs, BLOCK_RUNS_MAX, NULL);
    int64_t done = 0;
    for (int calls = 0; done < EPOCHS && calls < EPOCHS * SAMPLES; calls++) {
        done += block_train(block, 1, 1, losses + done * BLOCK_RUNS_MAX);
    }
    assert_int_equal(done, EPOCHS);
    check_against_reference(&sweep, block, losses, EPOCHS, &n_diverged);
    block_destroy(block);
    sweep_clear(&sweep);
}

static void runs_that_are_left_move_together(void **state)
{
    (void)state;
    struct sweep sweep;
    sweep_init(&sweep, 1, ORDER_FIXED);
    for (int i = 1; i < BLOCK_RUNS_MAX; i++) {
        sweep.trainings[i].learning_rate = i == 9 ? 0.01 : 1e9;
    }
    double losses[EPOCHS * BLOCK_RUNS_MAX];
    struct block *block = block_create(&small, sweep.dataset, sweep.runs, BLOCK_RUNS_MAX, NULL);
    block_train(block, INT64_MAX, EPOCHS / 2, losses);
    assert_ptr_equal(block_kernel(block), kernel_pick(&small, &sweep.trainings[0], 2));
    int64_t half = EPOCHS / 2;
    assert_int_equal(block_train(block, INT64_MAX, EPOCHS, losses + half * BLOCK_RUNS_MAX), half);
    int n_diverged;
    check_against_reference(&sweep, block, losses, EPOCHS, &n_diverged);
    assert_int_equal(n_diverged, BLOCK_RUNS_MAX - 2);
    block_destroy(block);
    sweep_clear(&sweep);
}

static void epochs_count_to_the_last_survivors_end(void **state)
{
    (void)state;
    struct sweep sweep;
    double losses[EPOCHS * 2];
    sweep_init(&sweep, 1, ORDER_FIXED);
    sweep.trainings[0].learning_rate = 1e9;
    sweep.trainings[1].learning_rate = 0.3;
    struct block *block = block_create(&small, sweep.dataset, sweep.runs, 2, NULL);
    int64_t done = block_train(block, INT64_MAX, INT64_MAX, losses);
    struct block_state first = block_state(block, 0), second = block_state(block, 1);
    assert_int_equal(first.status, BLOCK_DIVERGED);
    assert_int_equal(second.status, BLOCK_DIVERGED);
    assert_true(second.epoch > first.epoch);
    assert_int_equal(done, second.epoch);
    assert_true(block_at_epoch_end(block));
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), 0);
    block_destroy(block);
    sweep_clear(&sweep);
}

/* Errors that double every epoch overflow after some 500 of them, inside a long stretch; first_cuts
 * calls of a sample each go before it. */
static void check_late_divergence(size_t batch_size, int first_cuts)
{
    enum { LATE = 2000 };
    static const double late_rates[] = {0.1, 1.1, 1.2};
    struct dataset *dataset = dataset_create(3, 1, 1, NULL);
    for (int i = 0; i < 3; i++) {
        dataset->features[i] = 1;
        dataset->targets[i] = 1 + i;
    }
    struct training trainings[3];
    const double zeros[2] = {0, 0};
    double expected[LATE], *losses = calloc(LATE * 3, sizeof *losses);
    struct block_run runs[3];
    for (int i = 0; i < 3; i++) {
        trainings[i] = (struct training){.gradient = GRADIENT_HALF,
                                         .learning_rate = late_rates[i],
                                         .batch_size = batch_size,
                                         .reduction = REDUCTION_SUM,
                                         .order = ORDER_SHUFFLE,
                                         .epochs = LATE};
        runs[i] = (struct block_run){&trainings[i], zeros};
    }
    struct block *block = block_create(&line, dataset, runs, 3, NULL);
    for (int i = 0; i < first_cuts; i++) {
        assert_int_equal(block_train(block, 1, 1, losses), 0);
    }
    assert_int_equal(block_train(block, INT64_MAX, INT64_MAX, losses), LATE);
    for (int i = 0; i < 3; i++) {
        double parameters[2] = {0, 0}, end[2];
        struct block_state found = block_state(block, i);
        struct block_state wanted =
            reference_train(&line, dataset, &trainings[i], parameters, expected);
        assert_int_equal(found.status, i == 0 ? BLOCK_DONE : BLOCK_DIVERGED);
        assert_true(found.epoch > 200);
        assert_int_equal(found.epoch, wanted.epoch);
        assert_int_equal(found.diverged_sample, wanted.diverged_sample);
        for (int e = 0; e < LATE; e++) {
            assert_same_double(losses[e * 3 + i], e < wanted.epoch ? expected[e] : NAN, "loss");
        }
        block_parameters(block, i, end);
        assert_same_doubles(end, parameters, 2, "parameters");
    }
    free(losses);
    block_destroy(block);
    dataset_destroy(dataset);
}

static void late_divergence_is_placed_exactly(void **state)
{
    (void)state;
    check_late_divergence(1, 0);
}

/* What the first batch summed up, cut, must not come back when a later stretch is replayed. */
static void late_divergence_in_batches_that_were_cut_is_placed_exactly(void **state)
{
    (void)state;
    check_late_divergence(2, 2);
}

/* y = w x + b on one feature, from w = 0, b = 0, one sample at a time. */
static struct block *train_line(const double *x, const double *y, size_t n_samples,
                                struct training training, struct dataset **out_dataset,
                                double *losses)
{
    static const double zeros[2] = {0, 0};
    *out_dataset = dataset_create(n_samples, 1, 1, NULL);
    memcpy((*out_dataset)->features, x, n_samples * sizeof *x);
    memcpy((*out_dataset)->targets, y, n_samples * sizeof *y);
    struct block_run run = {&training, zeros};
    struct block *block = block_create(&line, *out_dataset, &run, 1, NULL);
    assert_non_null(block);
    block_train(block, INT64_MAX, INT64_MAX, losses);
    return block;
}

static void loss_that_overflows_is_named_though_parameters_stay_finite(void **state)
{
    (void)state;
    const double x[] = {0, 0, 0}, y[] = {1, 1e200, 1};
    struct training training = {
        .gradient = GRADIENT_HALF, .learning_rate = 1e-300, .batch_size = 1, .epochs = 3};
    struct dataset *dataset;
    double losses[3], end[2];
    struct block *block = train_line(x, y, 3, training, &dataset, losses);
    struct block_state found = block_state(block, 0);
    assert_int_equal(found.status, BLOCK_DIVERGED);
    assert_int_equal(found.epoch, 0);
    assert_int_equal(found.diverged_epoch, 1);
    assert_int_equal(found.diverged_sample, 1);
    block_parameters(block, 0, end);
    assert_same_double(end[1], 1e-300, "bias after the first sample, before the second's update");
    block_destroy(block);
    dataset_destroy(dataset);
}

static void parameter_that_overflows_is_named_though_the_loss_is_finite(void **state)
{
    (void)state;
    const double x[] = {1, 1e160, 1}, y[] = {0, 1e150, 0};
    struct training training = {.gradient = GRADIENT_HALF,
                                .learning_rate = 1,
                                .batch_size = 3,
                                .reduction = REDUCTION_SUM,
                                .epochs = 3};
    struct dataset *dataset;
    double losses[3], end[2];
    struct block *block = train_line(x, y, 3, training, &dataset, losses);
    struct block_state found = block_state(block, 0);
    assert_int_equal(found.status, BLOCK_DIVERGED);
    assert_int_equal(found.diverged_epoch, 1);
    assert_int_equal(found.diverged_sample, 2); /* where its batch was applied */
    block_parameters(block, 0, end);
    assert_same_double(end[0], 0, "weight before the batch");
    assert_same_double(end[1], 0, "bias before the batch");
    block_destroy(block);
    dataset_destroy(dataset);
}

/* inf - inf in a hidden unit: `u if u > 0 else 0.0` makes 0 of NaN, so nothing diverged. */
static void relu_of_nan_is_zero_as_in_the_notebook(void **state)
{
    (void)state;
    const struct network network = {
        .n_inputs = 2, .n_layers = 2, .layers = {{1, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    struct dataset *dataset = dataset_create(1, 2, 1, NULL);
    dataset->features[0] = dataset->features[1] = DBL_MAX;
    dataset->targets[0] = 1;
    const double start[] = {2, -2, 0, 1, 0}; /* inf - inf */
    struct training training = {.learning_rate = 1, .batch_size = 1, .epochs = 5};
    struct block_run run = {&training, start};
    struct block *block = block_create(&network, dataset, &run, 1, NULL);
    double losses[5];
    assert_int_equal(block_train(block, INT64_MAX, 2, losses), 2);
    assert_same_double(losses[0], 1, "the relu gave 0");
    assert_int_equal(block_state(block, 0).status, BLOCK_RUNNING);
    block_destroy(block);
    dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diverged_runs_end_alone_and_exactly),
        cmocka_unit_test(place_does_not_depend_on_the_cuts),
        cmocka_unit_test(runs_that_are_left_move_together),
        cmocka_unit_test(late_divergence_is_placed_exactly),
        cmocka_unit_test(late_divergence_in_batches_that_were_cut_is_placed_exactly),
        cmocka_unit_test(epochs_count_to_the_last_survivors_end),
        cmocka_unit_test(loss_that_overflows_is_named_though_parameters_stay_finite),
        cmocka_unit_test(parameter_that_overflows_is_named_though_the_loss_is_finite),
        cmocka_unit_test(relu_of_nan_is_zero_as_in_the_notebook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
