/* Sine and cosine in turns: how far from the truth, exact where they can be, and the same bits
 * everywhere. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/rng.h"
#include "core/base/math/turn.h"
#include "tests/core/reference.h"

enum { POINTS = 2000000 };

#if LDBL_MANT_DIG > DBL_MANT_DIG
static const long double PI = 3.14159265358979323846264338327950288L;

/* Distance in units of the last place a double at `expected` has. */
static double ulps(double got, long double expected)
{
    int exponent;
    frexpl(expected, &exponent);
    return (double)(fabsl(got - expected) / ldexpl(1, exponent - DBL_MANT_DIG));
}

/* The quarter nearest to t is taken off first: near its zeros, 2 pi t as a long double is not
 * near enough to the truth. */
static long double true_sine(double t, int shift)
{
    long double nearest = floorl(4.0L * t + 0.5L), f = 2 * PI * (t - nearest / 4);
    switch (((int64_t)nearest + shift) & 3) {
    case 0:
        return sinl(f);
    case 1:
        return cosl(f);
    case 2:
        return -sinl(f);
    default:
        return -cosl(f);
    }
}

static void errors_stay_below_a_unit_in_the_last_place(void **state)
{
    (void)state;
    struct rng rng;
    double greatest[2] = {0, 0};
    rng_seed(&rng, 62);
    for (int i = 0; i < POINTS; i++) {
        double t = (i % 2 ? 4 : 0.25) * (2 * rng_uniform(&rng) - 1);
        t = i % 5 ? t : ldexp(t, -(int)rng_randint(&rng, 0, 60));
        double found[2] = {ulps(turn_sin(t), true_sine(t, 0)), ulps(turn_cos(t), true_sine(t, 1))};
        for (int f = 0; f < 2; f++) {
            greatest[f] = found[f] > greatest[f] ? found[f] : greatest[f];
        }
    }
    print_message("sine %.3f ulp, cosine %.3f ulp\n", greatest[0], greatest[1]);
    /* The header's figures, of fifty times as many points. */
    assert_true(greatest[0] > 0.5 && greatest[0] <= 0.81);
    assert_true(greatest[1] > 0.5 && greatest[1] <= 0.81);
}
#else
static void errors_stay_below_a_unit_in_the_last_place(void **state)
{
    (void)state;
    skip(); /* long double is no truer than double here */
}
#endif

static void quarters_are_exact(void **state)
{
    (void)state;
    static const double sines[4] = {0, 1, 0, -1}, cosines[4] = {1, 0, -1, 0};
    for (int quarter = -8; quarter <= 8; quarter++) {
        assert_true(turn_sin(0.25 * quarter) == sines[quarter & 3]);
        assert_true(turn_cos(0.25 * quarter) == cosines[quarter & 3]);
    }
    assert_true(turn_sin(0x1p50 - 0.25) == -1);
}

static void angles_too_large_give_nan(void **state)
{
    (void)state;
    const double angles[] = {0x1p50, -0x1p50, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof angles / sizeof angles[0]; i++) {
        assert_true(isnan(turn_sin(angles[i])));
        assert_true(isnan(turn_cos(angles[i])));
    }
}

/* Bits found with this code; they must never change, on any machine. */
static void bits_never_change(void **state)
{
    (void)state;
    uint64_t sum = 0;
    for (int i = -5000; i < 5000; i++) {
        double values[2] = {turn_sin(i / 1237.0), turn_cos(i / 1237.0)};
        uint64_t bits[2];
        memcpy(bits, values, sizeof bits);
        sum = (sum ^ bits[0]) * UINT64_C(0x100000001b3);
        sum = (sum ^ bits[1]) * UINT64_C(0x100000001b3);
    }
    assert_int_equal(sum, UINT64_C(0xde988301742a595b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_below_a_unit_in_the_last_place),
        cmocka_unit_test(quarters_are_exact),
        cmocka_unit_test(angles_too_large_give_nan),
        cmocka_unit_test(bits_never_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
