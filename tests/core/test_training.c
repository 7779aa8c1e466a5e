/* The words of activations, initial schemes and training: each found by its own name only. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/activation.h"
#include "core/model/init.h"
#include "core/train/training.h"

static void activations_are_found_by_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {"linear", "relu", "leaky_relu", "tanh",    "sigmoid",
                                        "elu",    "gelu", "softplus",   "softmax"};
    assert_int_equal(sizeof names / sizeof names[0], ACTIVATION_COUNT);
    for (int i = 0; i < ACTIVATION_COUNT; i++) {
        assert_string_equal(activation_name((enum activation)i), names[i]);
        assert_int_equal(activation_find(names[i]), i);
    }
    assert_int_equal(activation_find("ReLU"), -1);
    assert_int_equal(activation_find(""), -1);
}

static void init_schemes_are_found_by_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "explicit",     "zeros",         "constant",       "uniform",      "normal",
        "he_normal",    "he_uniform",    "glorot_normal",  "glorot_uniform", "lecun_normal",
        "lecun_uniform", "orthogonal",   "layers"};
    assert_int_equal(sizeof names / sizeof names[0], INIT_COUNT);
    for (int i = 0; i < INIT_COUNT; i++) {
        assert_string_equal(init_name((enum init_scheme)i), names[i]);
        assert_int_equal(init_find(names[i]), i);
    }
    assert_int_equal(init_find("zero"), -1);
}

static void training_words_are_found_by_their_names(void **state)
{
    (void)state;
    assert_string_equal(training_arithmetic_name(ARITHMETIC_EXACT), "exact");
    assert_string_equal(training_arithmetic_name(ARITHMETIC_FAST), "fast");
    assert_int_equal(training_arithmetic_find("exact"), ARITHMETIC_EXACT);
    assert_int_equal(training_arithmetic_find("fast"), ARITHMETIC_FAST);
    assert_int_equal(training_arithmetic_find("float"), -1);
    for (int i = 0; i < LOSS_COUNT; i++) {
        assert_int_equal(loss_find(loss_name((enum loss)i)), i);
    }
    assert_string_equal(loss_name(LOSS_MSE), "mse");
    assert_int_equal(loss_find("mse "), -1);
    assert_string_equal(training_gradient_name(GRADIENT_FULL), "full");
    assert_string_equal(training_gradient_name(GRADIENT_HALF), "half");
    assert_int_equal(training_gradient_find("half"), GRADIENT_HALF);
    assert_int_equal(training_gradient_find("full"), GRADIENT_FULL);
    assert_int_equal(training_gradient_find("none"), -1);
    for (int i = 0; i < OPTIMIZER_COUNT; i++) {
        assert_int_equal(optimizer_find(optimizer_name((enum optimizer)i)), i);
    }
    assert_string_equal(optimizer_name(OPTIMIZER_SGD), "sgd");
    assert_int_equal(optimizer_find("Adam"), -1);
    for (int i = 0; i < SCHEDULE_COUNT; i++) {
        assert_int_equal(schedule_find(schedule_name((enum schedule_kind)i)), i);
    }
    assert_int_equal(schedule_find(""), -1);
    assert_string_equal(training_reduction_name(REDUCTION_MEAN), "mean");
    assert_string_equal(training_reduction_name(REDUCTION_SUM), "sum");
    assert_int_equal(training_reduction_find("sum"), REDUCTION_SUM);
    assert_int_equal(training_reduction_find("mean"), REDUCTION_MEAN);
    assert_int_equal(training_reduction_find("max"), -1);
    assert_string_equal(training_order_name(ORDER_FIXED), "fixed");
    assert_string_equal(training_order_name(ORDER_SHUFFLE), "shuffle");
    assert_int_equal(training_order_find("shuffle"), ORDER_SHUFFLE);
    assert_int_equal(training_order_find("fixed"), ORDER_FIXED);
    assert_int_equal(training_order_find("with_replacement"), ORDER_WITH_REPLACEMENT);
    assert_int_equal(training_order_find("random"), -1);
}

static void schedules_begin_and_end_where_they_say(void **state)
{
    (void)state;
    struct schedule schedule = {.kind = SCHEDULE_RANGE_TEST, .final = 0.5};
    assert_true(schedule_rate(&schedule, 0.01, 0, 1) == 0.01);
    for (int64_t n = 2; n <= 4; n++) {
        assert_true(schedule_rate(&schedule, 0.01, 0, n) == 0.01);
        double last = schedule_rate(&schedule, 0.01, n - 1, n);
        assert_true(last > 0.5 * (1 - 1e-14) && last < 0.5 * (1 + 1e-14)); /* exp and log: 2 ulp */
    }
    schedule = (struct schedule){.kind = SCHEDULE_COSINE, .final = 0.25};
    assert_true(schedule_rate(&schedule, 1, 0, 4) == 1);
    assert_true(schedule_rate(&schedule, 1, 2, 4) == 0.625);
    schedule = (struct schedule){.kind = SCHEDULE_STEP, .every = 3, .factor = 0.5};
    assert_true(schedule_rate(&schedule, 1, 2, 9) == 1);
    assert_true(schedule_rate(&schedule, 1, 3, 9) == 0.5);
    assert_true(schedule_rate(&schedule, 1, 8, 9) == 0.25);
    schedule = (struct schedule){.kind = SCHEDULE_EXPONENTIAL, .factor = 0.5, .warmup_epochs = 3};
    assert_true(schedule_rate(&schedule, 1, 0, 9) == 0.25);
    assert_true(schedule_rate(&schedule, 1, 2, 9) == 0.75);
    assert_true(schedule_rate(&schedule, 1, 3, 9) == 1);
    assert_true(schedule_rate(&schedule, 1, 5, 9) == 0.25);
}

static void assert_rates(const struct schedule *schedule, double rate, const double *losses,
                         const double *expected, int n)
{
    struct plateau plateau = schedule_start(rate);
    for (int e = 0; e < n; e++) {
        schedule_look(schedule, &plateau, e, losses[e]);
        assert_true(plateau.rate == expected[e]);
    }
}

/* The rates of PyTorch 1.13.0's ReduceLROnPlateau after each of these values. */
static void plateaus_reduce_as_pytorchs(void **state)
{
    (void)state;
    struct schedule schedule = {.kind = SCHEDULE_REDUCE_ON_PLATEAU,
                                .factor = 0.1,
                                .patience = 1,
                                .threshold = 0.5};
    static const double losses[] = {4,    3,   1.9, 1.9, 0.95, NAN, INFINITY, 0.94,
                                    0.94, 0.2, 0.2, 0.2, 0.2,  0.2, 0.2,      0.2};
    static const double rates[] = {1e-6, 1e-6, 1e-6, 1e-6, 1e-7, 1e-7, 1e-8, 1e-8,
                                   1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8, 1e-8};
    assert_rates(&schedule, 1e-6, losses, rates, 16);
    schedule = (struct schedule){.kind = SCHEDULE_REDUCE_ON_PLATEAU,
                                 .factor = 0.5,
                                 .min_learning_rate = 0.3};
    static const double same[] = {1, 1, 1, 1, 1}, least[] = {1, 0.5, 0.3, 0.3, 0.3};
    assert_rates(&schedule, 1, same, least, 5);
    schedule.warmup_epochs = 2; /* not looked at */
    static const double later[] = {1, 1, 1, 0.5, 0.3};
    assert_rates(&schedule, 1, same, later, 5);
    assert_true(schedule_rate(&schedule, 0.3, 0, 9) == 0.3 / 3);
    assert_true(schedule_rate(&schedule, 0.3, 2, 9) == 0.3);
}

static void only_numbers_and_stops_may_differ_in_lockstep(void **state)
{
    (void)state;
    struct training a = {.optimizer = OPTIMIZER_ADAM, .epochs = 3}, b = a;
    b.learning_rate = 2;
    b.settings[SETTING_BETA1] = 0.5;
    b.schedule.kind = SCHEDULE_COSINE;
    b.stop = (struct stop){.has_target = 1, .target = 3, .patience = 4, .min_delta = 1};
    assert_true(training_in_lockstep(&a, &b));
    b.record = 1u << SERIES_END_LOSS;
    assert_false(training_in_lockstep(&a, &b));
    b.record = 0;
    b.monitor = SERIES_END_LOSS;
    assert_false(training_in_lockstep(&a, &b));
    for (int i = SETTING_WEIGHT_DECAY; i < SETTING_COUNT; i++) { /* penalties and limits */
        b = a;
        b.settings[i] = 1;
        assert_false(training_in_lockstep(&a, &b));
        a.settings[i] = 2;
        assert_true(training_in_lockstep(&a, &b));
        a.settings[i] = 0;
    }
    b = a;
    b.optimizer = OPTIMIZER_ADAMW;
    assert_false(training_in_lockstep(&a, &b));
    b = a;
    b.loss = LOSS_MAE;
    assert_false(training_in_lockstep(&a, &b));
}

static void every_name_fits_a_checkpoint(void **state)
{
    (void)state;
    enum { BYTES = 12 };
    for (int i = 0; i < ACTIVATION_COUNT; i++) {
        assert_true(strlen(activation_name((enum activation)i)) <= BYTES);
    }
    for (int i = 0; i < OPTIMIZER_COUNT; i++) {
        assert_true(strlen(optimizer_name((enum optimizer)i)) <= BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_are_found_by_their_names),
        cmocka_unit_test(init_schemes_are_found_by_their_names),
        cmocka_unit_test(training_words_are_found_by_their_names),
        cmocka_unit_test(schedules_begin_and_end_where_they_say),
        cmocka_unit_test(plateaus_reduce_as_pytorchs),
        cmocka_unit_test(only_numbers_and_stops_may_differ_in_lockstep),
        cmocka_unit_test(every_name_fits_a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
