/* The data sets known by name, as the core makes them. Their points are compared with NumPy's in
 * tests/outside/test_patterns.py. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/data/one_hot.h"
#include "core/data/pattern.h"
#include "tests/core/failing_memory.h"

static struct pattern pattern_of(enum pattern_kind kind)
{
    return (struct pattern){.kind = kind,
                            .n_samples = 31,
                            .seed = 5,
                            .noise = 0.125,
                            .factor = 0.5,
                            .n_classes = 3,
                            .sd = 0.5,
                            .slope = 2,
                            .intercept = 1};
}

static struct dataset *make(const struct pattern *pattern)
{
    struct error error = ERROR_INIT;
    struct dataset *made = pattern_make(pattern, &error);
    if (!made) {
        fail_msg("%s: %s", pattern_name(pattern->kind), error.text);
    }
    assert_int_equal(made->n_samples, pattern->n_samples);
    assert_int_equal(made->n_features, pattern_n_features(pattern));
    assert_int_equal(made->n_targets, pattern_n_targets(pattern));
    return made;
}

static void names_are_found_again(void **state)
{
    (void)state;
    for (int kind = 0; kind < PATTERN_COUNT; kind++) {
        assert_int_equal(pattern_find(pattern_name((enum pattern_kind)kind)), kind);
    }
    assert_int_equal(pattern_find("circle"), -1);
}

static void classes_have_equal_shares(void **state)
{
    (void)state;
    for (int kind = PATTERN_CIRCLES; kind <= PATTERN_GAUSSIANS; kind++) {
        struct pattern pattern = pattern_of((enum pattern_kind)kind);
        struct dataset *made = make(&pattern);
        size_t n_classes = pattern_n_classes(&pattern), n_of[3] = {0};
        for (size_t i = 0; i < made->n_samples; i++) {
            assert_true(made->targets[i] < (double)n_classes);
            n_of[(size_t)made->targets[i]]++;
        }
        for (size_t k = 0; k < n_classes; k++) {
            assert_in_range(n_of[k], 31 / n_classes, 31 / n_classes + 1);
        }
        assert_string_equal(made->names[0], "x1");
        assert_string_equal(made->names[1], "x2");
        assert_string_equal(made->names[2], "class");
        dataset_destroy(made);
    }
}

static void one_sample_is_enough(void **state)
{
    (void)state;
    for (int kind = 0; kind < PATTERN_COUNT; kind++) {
        struct pattern pattern = pattern_of((enum pattern_kind)kind);
        pattern.n_samples = 1;
        dataset_destroy(make(&pattern));
    }
}

static void another_seed_gives_other_data(void **state)
{
    (void)state;
    for (int kind = 0; kind < PATTERN_COUNT; kind++) {
        struct pattern pattern = pattern_of((enum pattern_kind)kind);
        struct dataset *a = make(&pattern), *b = make(&pattern);
        pattern.seed++;
        struct dataset *c = make(&pattern);
        size_t n_bytes = a->n_samples * a->n_features * sizeof *a->features;
        assert_memory_equal(a->features, b->features, n_bytes);
        assert_memory_not_equal(a->features, c->features, n_bytes);
        dataset_destroy(a);
        dataset_destroy(b);
        dataset_destroy(c);
    }
}

static uint64_t add_bits(uint64_t sum, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        sum = (sum ^ bits) * UINT64_C(0x100000001b3);
    }
    return sum;
}

/* Bits found with this code; they must never change, on any machine. */
static void bits_never_change(void **state)
{
    (void)state;
    static const uint64_t expected[PATTERN_COUNT] = {
        [PATTERN_XOR] = UINT64_C(0xf6f34ca33515025c),
        [PATTERN_CIRCLES] = UINT64_C(0x9ec7a1b23e1dbf7f),
        [PATTERN_SPIRALS] = UINT64_C(0xba5bfb5411e6f58f),
        [PATTERN_MOONS] = UINT64_C(0xe0a5538008b5dd84),
        [PATTERN_GAUSSIANS] = UINT64_C(0x82f35f99b264ae59),
        [PATTERN_SINE] = UINT64_C(0xeeab0da25c046d65),
        [PATTERN_LINEAR] = UINT64_C(0x10833198d6c2bce5)};
    for (int kind = 0; kind < PATTERN_COUNT; kind++) {
        struct pattern pattern = pattern_of((enum pattern_kind)kind);
        pattern.n_samples = 1000;
        struct dataset *made = make(&pattern);
        uint64_t sum = add_bits(0, made->features, made->n_samples * made->n_features);
        sum = add_bits(sum, made->targets, made->n_samples);
        if (sum != expected[kind]) {
            fail_msg("%s: got 0x%016" PRIx64 ", expected 0x%016" PRIx64, pattern_name(pattern.kind),
                     sum, expected[kind]);
        }
        dataset_destroy(made);
    }
}

static void one_hot_columns_are_named_after_their_classes(void **state)
{
    (void)state;
    static const char *const classes[] = {"setosa", "Iris virginica",
                                          "a_name_of_some_length_indeed"};
    struct dataset *dataset = dataset_create(2, 1, 1, NULL);
    memcpy(dataset->names[0], "width", sizeof "width");
    memcpy(dataset->names[1], "species", sizeof "species");
    dataset->targets[1] = 2;
    assert_int_equal(one_hot_targets(dataset, 3, classes, NULL), 0);
    static const char *const names[] = {"width", "species_setosa", "species_1", "species_2"};
    static const double targets[] = {1, 0, 0, 0, 0, 1};
    assert_int_equal(dataset->n_targets, 3);
    assert_memory_equal(dataset->targets, targets, sizeof targets);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(dataset->names[i], names[i]);
    }
    dataset_destroy(dataset);
}

static void too_many_classes_leave_the_data_set_alone(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    struct dataset *dataset = dataset_create(2, 1, 1, NULL);
    assert_int_equal(one_hot_targets(dataset, DATASET_COLUMNS_MAX, NULL, &error), -1);
    assert_int_equal(error.kind, ERROR_TOO_LARGE);
    assert_int_equal(dataset->n_targets, 1);
    dataset_destroy(dataset);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct pattern pattern = pattern_of(PATTERN_GAUSSIANS);
    pattern.one_hot = 1;
    memory_fail_from(0);
    dataset_destroy(make(&pattern));
    int n = memory_count();
    assert_in_range(n, 8, 12);
    for (int i = 1; i <= n; i++) {
        struct error error = ERROR_INIT;
        memory_fail_from(i);
        struct dataset *made = pattern_make(&pattern, &error);
        memory_fail_from(0);
        assert_null(made);
        assert_int_equal(error.kind, ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_again),
        cmocka_unit_test(classes_have_equal_shares),
        cmocka_unit_test(one_sample_is_enough),
        cmocka_unit_test(another_seed_gives_other_data),
        cmocka_unit_test(bits_never_change),
        cmocka_unit_test(one_hot_columns_are_named_after_their_classes),
        cmocka_unit_test(too_many_classes_leave_the_data_set_alone),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
