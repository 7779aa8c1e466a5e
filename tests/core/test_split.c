/* Splitting and standardising: who is in which part, and what features become. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/data/scaling.h"
#include "core/data/split.h"
#include "tests/core/failing_memory.h"

/* One feature `values` and a target that counts the samples. */
static struct dataset *dataset_of(const double *values, size_t n)
{
    struct dataset *dataset = dataset_create(n, 1, 1, NULL);
    memcpy(dataset->names[0], "width", sizeof "width");
    for (size_t i = 0; i < n; i++) {
        dataset->features[i] = values[i];
        dataset->targets[i] = (double)i;
    }
    return dataset;
}

static void sizes_are_rounded_and_train_has_the_rest(void **state)
{
    (void)state;
    static const struct {
        double validation, test;
        size_t n, sizes[PART_COUNT];
    } cases[] = {
        {0.15, 0.15, 100, {70, 15, 15}}, {0.15, 0.15, 10, {6, 2, 2}}, {0, 0, 7, {7, 0, 0}},
        {0.2, 0, 7, {6, 1, 0}},          {0.5, 0.5, 3, {0, 2, 1}},    {1, 1, 5, {0, 5, 0}},
        {0.1, 0.1, 4, {4, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct split split = {cases[i].validation, cases[i].test, 0};
        size_t sizes[PART_COUNT];
        split_sizes(&split, cases[i].n, sizes);
        assert_memory_equal(sizes, cases[i].sizes, sizeof sizes);
    }
}

/* np.random.seed(3); np.random.permutation(10) gives 5 4 1 2 9 6 7 0 3 8 */
static void parts_follow_numpys_permutation(void **state)
{
    (void)state;
    const struct split split = {0.2, 0.3, 3};
    static const unsigned char expected[10] = {
        [5] = 0, [4] = 0, [1] = 0, [2] = 0, [9] = 0, [6] = 1, [7] = 1, [0] = 2, [3] = 2, [8] = 2};
    unsigned char *parts = split_assign(&split, 10, NULL);
    assert_memory_equal(parts, expected, 10);
    free(parts);
}

static void a_part_keeps_the_order_of_its_samples(void **state)
{
    (void)state;
    static const double values[] = {5, 6, 7, 8};
    static const unsigned char parts[] = {PART_TEST, PART_TRAIN, PART_TEST, PART_VALIDATION};
    struct dataset *whole = dataset_of(values, 4);
    struct dataset *test = split_take(whole, parts, PART_TEST, NULL);
    assert_int_equal(test->n_samples, 2);
    assert_true(test->features[0] == 5 && test->features[1] == 7);
    assert_true(test->targets[0] == 0 && test->targets[1] == 2);
    assert_string_equal(test->names[0], "width");
    assert_true(dataset_row(test, 0) == 0 && dataset_row(test, 1) == 2);
    assert_true(dataset_row(whole, 3) == 3);
    dataset_destroy(test);
    dataset_destroy(whole);
}

static void scaling_is_fitted_on_the_train_part_alone(void **state)
{
    (void)state;
    static const double values[] = {1000, 1, 3, -1000};
    static const unsigned char parts[] = {PART_TEST, PART_TRAIN, PART_TRAIN, PART_VALIDATION};
    struct dataset *dataset = dataset_of(values, 4);
    struct scaling *scaling = scaling_fit(dataset, SCALING_FEATURES, parts, NULL);
    assert_true(scaling->mean[0] == 2 && scaling->sd[0] == 1);
    scaling_apply(scaling, dataset->features, 4);
    static const double expected[] = {998, -1, 1, -1002};
    assert_memory_equal(dataset->features, expected, sizeof expected);
    scaling_destroy(scaling);
    dataset_destroy(dataset);
}

/* Its sum over its number is not 0.1, so only a comparison finds that it is constant. */
static void a_feature_that_never_changes_becomes_zero(void **state)
{
    (void)state;
    static const double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct dataset *dataset = dataset_of(values, 10);
    struct scaling *scaling = scaling_fit(dataset, SCALING_FEATURES, NULL, NULL);
    assert_true(scaling->mean[0] == 0.1 && scaling->sd[0] == 1);
    scaling_apply(scaling, dataset->features, 10);
    for (int i = 0; i < 10; i++) {
        assert_true(dataset->features[i] == 0);
    }
    scaling_destroy(scaling);
    dataset_destroy(dataset);
}

static void values_beyond_scaling_are_refused_by_name(void **state)
{
    (void)state;
    static const double too_large[] = {1e308, 1e308, -1e308}, too_close[] = {0, 5e-324, 1e10};
    static const unsigned char parts[] = {PART_TRAIN, PART_TRAIN, PART_TEST};
    const double *const cases[] = {too_large, too_close};
    for (int i = 0; i < 2; i++) {
        struct error error = ERROR_INIT;
        struct dataset *dataset = dataset_of(cases[i], 3);
        assert_null(scaling_fit(dataset, SCALING_FEATURES, i == 0 ? NULL : parts, &error));
        assert_int_equal(error.kind, ERROR_INVALID);
        assert_non_null(strstr(error.text, "width"));
        dataset_destroy(dataset);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const double values[] = {1, 2, 3};
    const struct split split = {0.5, 0, 3};
    struct dataset *dataset = dataset_of(values, 3);
    unsigned char *parts = split_assign(&split, 3, NULL);
    for (int i = 1; i <= 3; i++) {
        struct error error = ERROR_INIT;
        memory_fail_from(i);
        assert_true(i > 2 || split_assign(&split, 3, &error) == NULL);
        memory_fail_from(i);
        assert_null(split_take(dataset, parts, PART_TRAIN, &error));
        memory_fail_from(i);
        assert_null(scaling_fit(dataset, SCALING_FEATURES, parts, &error));
        memory_fail_from(0);
        assert_int_equal(error.kind, ERROR_MEMORY);
    }
    for (int i = 4; i <= 5; i++) {
        memory_fail_from(i);
        assert_null(split_take(dataset, parts, PART_TRAIN, NULL));
        memory_fail_from(0);
    }
    free(parts);
    dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_rounded_and_train_has_the_rest),
        cmocka_unit_test(parts_follow_numpys_permutation),
        cmocka_unit_test(a_part_keeps_the_order_of_its_samples),
        cmocka_unit_test(scaling_is_fitted_on_the_train_part_alone),
        cmocka_unit_test(a_feature_that_never_changes_becomes_zero),
        cmocka_unit_test(values_beyond_scaling_are_refused_by_name),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
