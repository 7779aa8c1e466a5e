/* The words of activations, initial schemes and training: each found by its own name only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
    assert_int_equal(training_order_find("random"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_are_found_by_their_names),
        cmocka_unit_test(init_schemes_are_found_by_their_names),
        cmocka_unit_test(training_words_are_found_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
