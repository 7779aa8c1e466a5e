/* Lists of numbers, and tails of distributions, against mpmath with 60 digits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/statistics.h"

/* Relative: far tails are exponentials of some hundreds, whose own rounding is 1e-13 of them. */
#define TOLERANCE 1e-12

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= TOLERANCE * fabs(expected))) {
        fail_msg("got %.17g, expected %.17g", got, expected);
    }
}

static void mean_variance_and_quantiles_are_numpys(void **state)
{
    (void)state;
    double values[] = {3, -1, 4, 1.5, 9};
    assert_near(statistics_mean(values, 5), 3.3);
    assert_near(statistics_variance(values, 5), 10.96); /* np.var */
    statistics_sort(values, 5);
    assert_near(statistics_quantile(values, 5, 0.1), 0.0); /* np.quantile */
    assert_near(statistics_quantile(values, 5, 0.5), 3);
    assert_near(statistics_quantile(values, 5, 0.9), 7.0);
    assert_near(statistics_quantile(values, 5, 1.0), 9);
    assert_near(statistics_quantile(values, 1, 0.7), -1);
    assert_true(isnan(statistics_mean(values, 0)) && isnan(statistics_variance(values, 0)));
    assert_true(isnan(statistics_quantile(values, 0, 0.5)));
}

static void variance_of_large_numbers_keeps_its_digits(void **state)
{
    (void)state;
    double values[4] = {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4};
    assert_near(statistics_variance(values, 4), 1.25);
}

static void f_tails_have_twelve_digits(void **state)
{
    (void)state;
    static const double cases[][4] = {
        {430.3875, 2, 97, 5.8499144604144916545e-49},   {1, 1, 1, 0.5},
        {2.5, 3, 20, 0.088843751937689211504},          {0.01, 5, 7, 0.99995455681501684609},
        {913.957, 55, 195, 3.7590269107626802604e-209}, {1.0625, 15, 84, 0.40306054929781996231},
        {5.414, 37, 54603, 2.9822157014392031205e-24},  {1e-12, 1, 3, 0.99999926489480610444},
        {3.84, 1, 100000, 0.050046294870878289846},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_near(statistics_f_tail(cases[i][0], cases[i][1], cases[i][2]), cases[i][3]);
    }
    assert_true(statistics_f_tail(200, 40, 1000) == 0.0); /* 1.9e-444 */
    assert_true(statistics_f_tail(INFINITY, 2, 3) == 0.0 && statistics_f_tail(0, 2, 3) == 1.0);
    assert_true(isnan(statistics_f_tail(NAN, 2, 3)));
}

static void t_tails_have_twelve_digits(void **state)
{
    (void)state;
    assert_near(statistics_t_tails(2.1, 5), 0.089753249884598756934);
    assert_near(statistics_t_tails(-0.25, 1), 0.84404173924526134908);
    assert_near(statistics_t_tails(30, 100), 8.3803325586882921694e-52);
    assert_near(statistics_t_tails(1e-8, 3), 0.99999999264894806104);
    assert_near(statistics_t_tails(1.98, 99), 0.050479475974652313334);
    assert_true(statistics_t_tails(0, 4) == 1.0);
}

static void binomial_tails_have_twelve_digits(void **state)
{
    (void)state;
    assert_near(statistics_binomial_tail(952, 1000, 0.5), 2.5158395454634418879e-219);
    assert_near(statistics_binomial_tail(3, 7, 0.25), 0.24359130859375);
    assert_near(statistics_binomial_tail(649, 687, 0.301), 2.1084613845144681599e-282);
    assert_near(statistics_binomial_tail(1, 1, 0.75), 0.75);
    assert_near(statistics_binomial_tail(50, 100, 0.5), 0.53979461869358938075);
    assert_true(statistics_binomial_tail(0, 3, 0.5) == 1 && statistics_binomial_tail(4, 3, 1) == 0);
}

static void a_sign_test_counts_both_sides(void **state)
{
    (void)state;
    assert_near(statistics_sign_test(952, 48), 2 * 2.5158395454634418879e-219);
    assert_near(statistics_sign_test(0, 5), 2.0 / 32);
    assert_near(statistics_sign_test(4, 1), 12.0 / 32);
    for (int64_t n = 0; n < 200; n++) { /* one half of all outcomes, exactly */
        assert_true(statistics_sign_test(n, n) == 1.0 && statistics_sign_test(n + 1, n) == 1.0 &&
                    statistics_sign_test(n, n + 1) == 1.0 && statistics_sign_test(n, n + 2) < 1.0);
    }
}

/* scipy.stats.binomtest(7, 30).proportion_ci(method="wilson") */
static void wilsons_interval_stays_within_0_and_1(void **state)
{
    (void)state;
    double low, high;
    statistics_wilson(7, 30, &low, &high);
    assert_near(low, 0.11792388144489496);
    assert_near(high, 0.40928326158122164);
    statistics_wilson(0, 206, &low, &high);
    assert_true(low == 0.0 && high > 0.018 && high < 0.019);
    statistics_wilson(30, 30, &low, &high);
    assert_true(high == 1.0 && low > 0.88 && low < 0.89);
    statistics_wilson(0, 0, &low, &high);
    assert_true(low == 0.0 && high == 1.0);
}

/* Bits found with this code; they must never change, on any machine. */
static void bits_never_change(void **state)
{
    (void)state;
    uint64_t sum = 0;
    for (int i = 1; i < 3000; i++) {
        double values[2] = {statistics_f_tail(i / 97.0, 1 + i % 7, 3 + i % 101),
                            statistics_binomial_tail(i % 40, 40 + i % 101, i / 3000.0)};
        uint64_t bits[2];
        memcpy(bits, values, sizeof bits);
        sum = (sum ^ bits[0]) * UINT64_C(0x100000001b3);
        sum = (sum ^ bits[1]) * UINT64_C(0x100000001b3);
    }
    assert_int_equal(sum, UINT64_C(0x421dea78efdfaed3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_variance_and_quantiles_are_numpys),
        cmocka_unit_test(variance_of_large_numbers_keeps_its_digits),
        cmocka_unit_test(f_tails_have_twelve_digits),
        cmocka_unit_test(t_tails_have_twelve_digits),
        cmocka_unit_test(binomial_tails_have_twelve_digits),
        cmocka_unit_test(a_sign_test_counts_both_sides),
        cmocka_unit_test(wilsons_interval_stays_within_0_and_1),
        cmocka_unit_test(bits_never_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
