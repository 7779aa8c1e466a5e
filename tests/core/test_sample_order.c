/* Sample orders: NumPy's draws one after the other, whatever the windows, and from a saved
 * generator on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/sample_order.h"

enum { EPOCHS = 30 };

static const size_t sizes[] = {1, 2, 5, 100, 1365, 2048, 4095, 4096, 5000};
enum { N_SIZES = sizeof sizes / sizeof sizes[0] };

static void init(struct sample_order *order, enum order kind, uint32_t seed, size_t n_samples)
{
    const struct training training = {.order = kind, .order_seed = seed};
    assert_int_equal(sample_order_init(order, &training, n_samples, NULL), 0);
}

/* The orders of EPOCHS epochs, one after the other; the caller frees them. */
static uint32_t *orders(enum order kind, uint32_t seed, size_t n_samples)
{
    struct rng rng;
    uint32_t *rows = calloc(EPOCHS * n_samples, sizeof *rows);
    rng_seed(&rng, seed);
    for (size_t e = 0; kind == ORDER_SHUFFLE && e < EPOCHS; e++) {
        rng_permutation(&rng, rows + e * n_samples, n_samples);
    }
    for (size_t i = 0; kind == ORDER_WITH_REPLACEMENT && i < EPOCHS * n_samples; i++) {
        rows[i] = (uint32_t)rng_randint(&rng, 0, (int64_t)n_samples);
    }
    return rows;
}

static void assert_rows(const struct sample_order *order, int64_t epoch, const uint32_t *all)
{
    size_t n = order->n_samples;
    const uint32_t *rows = sample_order_rows(order, epoch);
    for (int64_t e = 0; e < sample_order_ahead(order, epoch) && epoch + e < EPOCHS; e++) {
        assert_memory_equal(rows + (size_t)e * sample_order_stride(order),
                            all + (size_t)(epoch + e) * n, n * sizeof *rows);
    }
}

static void fixed_order_is_ascending_in_every_epoch(void **state)
{
    (void)state;
    struct sample_order order;
    init(&order, ORDER_FIXED, 0, 100);
    for (int64_t e = 0; e < 1000000000; e = 10 * e + 1) {
        sample_order_seek(&order, e);
        const uint32_t *rows = sample_order_rows(&order, e);
        for (uint32_t i = 0; i < 100; i++) {
            assert_int_equal(rows[i], i);
        }
    }
    assert_int_equal(sample_order_stride(&order), 0);
    sample_order_clear(&order);
}

static void assert_in_turn(enum order kind, size_t n_samples)
{
    struct sample_order order;
    uint32_t *all = orders(kind, 7, n_samples);
    init(&order, kind, 7, n_samples);
    for (int64_t e = 0; e < EPOCHS; e++) {
        sample_order_seek(&order, e);
        assert_true(sample_order_ahead(&order, e) >= 1);
        assert_rows(&order, e, all);
    }
    sample_order_clear(&order);
    free(all);
}

static void epochs_use_the_draws_one_after_the_other(void **state)
{
    (void)state;
    for (int i = 0; i < N_SIZES; i++) {
        assert_in_turn(ORDER_SHUFFLE, sizes[i]);
        assert_in_turn(ORDER_WITH_REPLACEMENT, sizes[i]);
    }
}

/* Into an order of another seed, so that only the generator can tell. */
static void assert_goes_on(enum order kind, size_t n_samples)
{
    struct sample_order order, other;
    struct rng generator;
    uint32_t *all = orders(kind, 8, n_samples);
    init(&order, kind, 8, n_samples);
    init(&other, kind, 9, n_samples);
    for (int64_t e = 0; e < EPOCHS; e += 3) {
        sample_order_save(&order, e, &generator);
        sample_order_load(&other, e, &generator);
        assert_rows(&other, e, all);
        sample_order_seek(&order, e + 2);
    }
    sample_order_clear(&order);
    sample_order_clear(&other);
    free(all);
}

static void saved_generator_goes_on_where_it_was(void **state)
{
    (void)state;
    for (int i = 0; i < N_SIZES; i++) {
        assert_goes_on(ORDER_SHUFFLE, sizes[i]);
        assert_goes_on(ORDER_WITH_REPLACEMENT, sizes[i]);
    }
}

/* np.random.RandomState(3).randint(0, 5, size=5), twice. */
static void draws_with_replacement_are_numpys(void **state)
{
    (void)state;
    static const uint32_t expected[] = {2, 0, 1, 3, 0, 0, 0, 3, 2, 3};
    struct sample_order order;
    init(&order, ORDER_WITH_REPLACEMENT, 3, 5);
    assert_memory_equal(sample_order_rows(&order, 0), expected, 5 * sizeof *expected);
    assert_memory_equal(sample_order_rows(&order, 1), expected + 5, 5 * sizeof *expected);
    sample_order_clear(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_order_is_ascending_in_every_epoch),
        cmocka_unit_test(epochs_use_the_draws_one_after_the_other),
        cmocka_unit_test(saved_generator_goes_on_where_it_was),
        cmocka_unit_test(draws_with_replacement_are_numpys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
