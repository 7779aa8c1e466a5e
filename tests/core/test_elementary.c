/* exp, tanh and sigmoid: how far from the truth, at the edges, and the same bits at every width;
 * and the positive part, which relu is. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/elementary.h"
#include "core/base/rng.h"
#include "tests/core/reference.h"
#include "tests/core/wide_elementary.h"

enum { POINTS = 2000000 };

/* Points where the functions do different things: near 0, ordinary, out to where they overflow. */
static double draw_point(struct rng *rng, int kind)
{
    double u = 2 * rng_uniform(rng) - 1;
    switch (kind % 5) {
    case 0:
        return u;
    case 1:
        return 3 * u;
    case 2:
        return 20 * u;
    case 3:
        return 760 * u;
    default:
        return ldexp(u, -(int)rng_randint(rng, 0, 60));
    }
}

#if LDBL_MANT_DIG > DBL_MANT_DIG
/* Distance in units of the last place a double at `expected` has. */
static double ulps(double got, long double expected)
{
    if (isinf(got) && fabsl(expected) > DBL_MAX) {
        return 0;
    }
    int exponent;
    frexpl(expected, &exponent);
    long double ulp = ldexpl(1, exponent - DBL_MANT_DIG);
    long double least = ldexpl(1, DBL_MIN_EXP - DBL_MANT_DIG);
    return (double)(fabsl(got - expected) / (ulp > least ? ulp : least));
}

static long double true_sigmoid(long double x)
{
    return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

static void errors_stay_below_two_units_in_the_last_place(void **state)
{
    (void)state;
    struct rng rng;
    double greatest[3] = {0, 0, 0}, at[3] = {0, 0, 0};
    rng_seed(&rng, 61);
    for (int i = 0; i < POINTS; i++) {
        double x = draw_point(&rng, i);
        double found[3] = {ulps(elementary_exp(x), expl(x)), ulps(elementary_tanh(x), tanhl(x)),
                           ulps(elementary_sigmoid(x), true_sigmoid(x))};
        for (int f = 0; f < 3; f++) {
            if (found[f] > greatest[f]) {
                greatest[f] = found[f];
                at[f] = x;
            }
        }
    }
    print_message("exp %.3f ulp at %g, tanh %.3f at %g, sigmoid %.3f at %g\n", greatest[0], at[0],
                  greatest[1], at[1], greatest[2], at[2]);
    /* The header's figures, of fifty times as many points. */
    assert_true(greatest[0] > 0.5 && greatest[0] <= 0.79);
    assert_true(greatest[1] > 0.5 && greatest[1] <= 1.96);
    assert_true(greatest[2] > 0.5 && greatest[2] <= 1.91);
}
#else
static void errors_stay_below_two_units_in_the_last_place(void **state)
{
    (void)state;
    skip(); /* long double is no truer than double here */
}
#endif

static void edges_are_exact(void **state)
{
    (void)state;
    const double tiny = 0x1p-1074;
    assert_same_double(elementary_exp(0.0), 1, "exp(0)");
    assert_same_double(elementary_exp(-0.0), 1, "exp(-0)");
    assert_same_double(elementary_exp(INFINITY), INFINITY, "exp(inf)");
    assert_same_double(elementary_exp(-INFINITY), 0, "exp(-inf)");
    assert_same_double(elementary_exp(709.8), INFINITY, "exp just too large");
    assert_true(isfinite(elementary_exp(709.78271289338397)));
    assert_same_double(elementary_exp(-745.0), tiny, "exp(-745), the least double");
    assert_same_double(elementary_exp(-746.0), 0, "exp(-746)");
    assert_same_double(elementary_exp(-1e308), 0, "exp(-1e308)");
    assert_same_double(elementary_exp(tiny), 1, "exp of the least double");
    assert_true(isnan(elementary_exp(NAN)));
    for (int sign = -1; sign <= 1; sign += 2) {
        assert_same_double(elementary_tanh(sign * 0.0), sign * 0.0, "tanh(+-0)");
        assert_same_double(elementary_tanh(sign * INFINITY), sign, "tanh(+-inf)");
        assert_same_double(elementary_tanh(sign * 1e308), sign, "tanh(+-1e308)");
        assert_same_double(elementary_tanh(sign * tiny), sign * tiny, "tanh of the least double");
        assert_same_double(elementary_tanh(sign * 1e-300), sign * 1e-300, "tanh(+-1e-300)");
    }
    assert_true(isnan(elementary_tanh(NAN)));
    assert_same_double(elementary_sigmoid(0.0), 0.5, "sigmoid(0)");
    assert_same_double(elementary_sigmoid(-0.0), 0.5, "sigmoid(-0)");
    assert_same_double(elementary_sigmoid(INFINITY), 1, "sigmoid(inf)");
    assert_same_double(elementary_sigmoid(-INFINITY), 0, "sigmoid(-inf)");
    assert_same_double(elementary_sigmoid(-745.0), tiny, "sigmoid(-745)");
    assert_true(isnan(elementary_sigmoid(NAN)));
}

/* Bits found with this code; they must never change, on any machine. */
static void bits_are_the_ones_promised(void **state)
{
    (void)state;
    static const double points[][4] = {
        /* x, exp, tanh, sigmoid */
        {0x1p+0, 0x1.5bf0a8b145769p+1, 0x1.85efab514f394p-1, 0x1.764d4f5d5a2bdp-1},
        {-0x1p+0, 0x1.78b56362cef38p-2, -0x1.85efab514f394p-1, 0x1.136561454ba86p-2},
        {0x1p-1, 0x1.a61298e1e069cp+0, 0x1.d9353d7568af3p-2, 0x1.3eb2fd4d34391p-1},
        {-0x1.999999999999ap-4, 0x1.cf46d99d52b3ap-1, -0x1.983d7795f413ap-4, 0x1.e66bdb1aca09p-2},
        {0x1.ap+1, 0x1.9ca53b781114bp+4, 0x1.fe76795d353ap-1, 0x1.ece37d7f30e3dp-1},
        {-0x1.fp+2, 0x1.c3aa91ff0d498p-12, -0x1.fffff38c76668p-1, 0x1.c378c95567439p-12},
        {0x1.e8p+4, 0x1.0063f4e687ba2p+44, 0x1p+0, 0x1.ffffffffffep-1},
        {0x1.4f8b588e368f1p-17, 0x1.0000a7c5e340ep+0, 0x1.4f8b588e06854p-17, 0x1.000053e2d6238p-1},
        {-0x1.8p-1, 0x1.e3b40ebefcd7ep-2, -0x1.45323e552f228p-1, 0x1.4885610b9b827p-2},
        {0x1.9p+6, 0x1.3494a9b171bf5p+144, 0x1p+0, 0x1p+0},
        {-0x1.5e2p+9, 0x1.af5fe9a485c8ep-1011, -0x1p+0, 0x1.af5fe9a485c8ep-1011},
        {-0x1.626p+9, 0x0.b3c15564d094ap-1022, -0x1p+0, 0x0.b3c15564d094ap-1022},
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        assert_same_double(elementary_exp(points[i][0]), points[i][1], "exp");
        assert_same_double(elementary_tanh(points[i][0]), points[i][2], "tanh");
        assert_same_double(elementary_sigmoid(points[i][0]), points[i][3], "sigmoid");
    }
}

static void tanh_is_odd_and_sigmoids_add_to_one(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 62);
    for (int i = 0; i < 100000; i++) {
        double x = draw_point(&rng, i);
        assert_same_double(elementary_tanh(-x), -elementary_tanh(x), "tanh(-x)");
        double sum = elementary_sigmoid(x) + elementary_sigmoid(-x);
        assert_true(fabs(sum - 1) <= 2 * DBL_EPSILON); /* two errors below 1 ulp of 1 each */
    }
}

/* Points of every kind, the edges among them. */
static void fill_points(struct rng *rng, double *points, int n)
{
    static const double edges[] = {0.0,     -0.0,   INFINITY, -INFINITY, NAN,   709.8,  -745.0,
                                   -745.13, -746.0, 710.0,    0x1p-1074, 1e308, -1e308, 1.0};
    int n_edges = sizeof edges / sizeof edges[0];
    for (int i = 0; i < n; i++) {
        points[i] = i < n_edges ? edges[i] : draw_point(rng, i);
    }
}

static double positive_part(double z)
{
    return z > 0 ? z : 0.0;
}

static void every_width_gives_the_bits_of_one_lane(void **state)
{
    (void)state;
    enum { N = 8 * 10000 };
    static double points[N], wide[N];
    static double (*const single[])(double) = {elementary_exp, elementary_tanh, elementary_sigmoid,
                                               positive_part};
    void (*widths[4])(enum wide_function, double *, size_t) = {wide_elementary_1,
                                                               wide_elementary_2};
    int n_widths = 2;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        widths[n_widths++] = wide_elementary_4;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        widths[n_widths++] = wide_elementary_8;
    }
#endif
    struct rng rng;
    rng_seed(&rng, 63);
    fill_points(&rng, points, N);
    for (int w = 0; w < n_widths; w++) {
        for (int f = WIDE_EXP; f <= WIDE_POSITIVE; f++) {
            memcpy(wide, points, sizeof wide);
            widths[w]((enum wide_function)f, wide, N);
            for (int i = 0; i < N; i++) {
                assert_same_double(wide[i], single[f](points[i]), "a lane");
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_below_two_units_in_the_last_place),
        cmocka_unit_test(edges_are_exact),
        cmocka_unit_test(bits_are_the_ones_promised),
        cmocka_unit_test(tanh_is_odd_and_sigmoids_add_to_one),
        cmocka_unit_test(every_width_gives_the_bits_of_one_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
