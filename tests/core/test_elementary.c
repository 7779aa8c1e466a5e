/* The elementary functions: how far from the truth, at the edges, and the same bits at every width;
 * and the positive part, which relu is. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/elementary.h"
#include "core/base/math/rng.h"
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

static long double true_softplus(long double x)
{
    return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x)));
}

static long double true_normal_cdf(long double x)
{
    return erfcl(-x / sqrtl(2)) / 2;
}

static long double true_normal_density(long double x)
{
    return expl(-x * x / 2) / sqrtl(2 * acosl(-1));
}

static double any(double x)
{
    return x;
}

static double not_positive(double x)
{
    return -fabs(x);
}

/* Every size of number, and those around 1 out to the same distances as around 0. */
static double positive(double x)
{
    return fabs(x) < 1e-3 ? 1 + x : fabs(x) > 100 ? exp2(x) : fabs(x);
}

static double up_to_one(double x)
{
    return fabs(x) > 1 ? 1 / fabs(x) : fabs(x);
}

/* Beyond 38 the normal tail is subnormal. */
static double of_normal_size(double x)
{
    return fabs(x) > 20 ? x / 20 : x;
}

static void errors_stay_below_what_the_header_says(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double (*function)(double);
        long double (*truth)(long double);
        double (*domain)(double);
        double limit; /* the header's, found on fifty times as many points */
    } checks[] = {
        {"exp", elementary_exp, expl, any, 0.79},
        {"expm1", elementary_expm1, expm1l, not_positive, 1.02},
        {"tanh", elementary_tanh, tanhl, any, 1.96},
        {"sigmoid", elementary_sigmoid, true_sigmoid, any, 1.91},
        {"log", elementary_log, logl, positive, 0.87},
        {"log1p", elementary_log1p, log1pl, up_to_one, 1.24},
        {"softplus", elementary_softplus, true_softplus, any, 1.98},
        {"normal_cdf", elementary_normal_cdf, true_normal_cdf, of_normal_size, 4.64},
        {"normal_density", elementary_normal_density, true_normal_density, of_normal_size, 2.85},
    };
    struct rng rng;
    for (size_t f = 0; f < sizeof checks / sizeof checks[0]; f++) {
        double greatest = 0, at = 0;
        rng_seed(&rng, 61);
        for (int i = 0; i < POINTS; i++) {
            double x = checks[f].domain(draw_point(&rng, i));
            double found = ulps(checks[f].function(x), checks[f].truth(x));
            if (found > greatest) {
                greatest = found;
                at = x;
            }
        }
        print_message("%s %.3f ulp at %.17g\n", checks[f].name, greatest, at);
        assert_true(greatest > 0.5 && greatest <= checks[f].limit);
    }
}
#else
static void errors_stay_below_what_the_header_says(void **state)
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
    assert_same_double(elementary_expm1(0.0), 0, "expm1(0)");
    assert_same_double(elementary_expm1(-INFINITY), -1, "expm1(-inf)");
    assert_same_double(elementary_expm1(-1e-300), -1e-300, "expm1(-1e-300)");
    assert_true(isnan(elementary_expm1(NAN)));
    assert_same_double(elementary_log(1.0), 0, "log(1)");
    assert_same_double(elementary_log(0.0), -INFINITY, "log(0)");
    assert_same_double(elementary_log(-0.0), -INFINITY, "log(-0)");
    assert_same_double(elementary_log(INFINITY), INFINITY, "log(inf)");
    assert_same_double(elementary_log(tiny), -1074 * 0x1.62e42fefa39efp-1, "log of the least double");
    assert_true(isnan(elementary_log(-1.0)) && isnan(elementary_log(-INFINITY)) &&
                isnan(elementary_log(-tiny)) && isnan(elementary_log(NAN)));
    assert_same_double(elementary_log1p(tiny), tiny, "log1p of the least double");
    assert_same_double(elementary_log1p(1.0), 0x1.62e42fefa39efp-1, "log1p(1)");
    assert_same_double(elementary_softplus(INFINITY), INFINITY, "softplus(inf)");
    assert_same_double(elementary_softplus(-INFINITY), 0, "softplus(-inf)");
    assert_true(isnan(elementary_softplus(NAN)));
    assert_same_double(elementary_normal_cdf(0.0), 0.5, "normal_cdf(0)");
    assert_same_double(elementary_normal_cdf(INFINITY), 1, "normal_cdf(inf)");
    assert_same_double(elementary_normal_cdf(-INFINITY), 0, "normal_cdf(-inf)");
    assert_true(isnan(elementary_normal_cdf(NAN)) && isnan(elementary_normal_density(NAN)));
    assert_same_double(elementary_normal_density(INFINITY), 0, "normal_density(inf)");
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

static void newer_functions_have_the_bits_promised(void **state)
{
    (void)state;
    static const struct {
        double x, expm1, log, log1p, softplus, normal_cdf, normal_density; /* expm1 of -x */
    } points[] = {
        {0x1p+0, -0x1.43a54e4e98864p-1, 0x0p+0, 0x1.62e42fefa39efp-1,
         0x1.5031eafefb049p+0, 0x1.44ed0bb7cb20bp-3, 0x1.ef8e58e331738p-3},
        {0x1p-1, -0x1.92e9a0720d3ecp-2, -0x1.62e42fefa39efp-1, 0x1.9f323ecbf984cp-2,
         0x1.f2ba37edae032p-1, 0x1.3bf143b9aa712p-2, 0x1.6883d022086adp-2},
        {0x1.999999999999ap-4, -0x1.85c933156a62cp-4, -0x1.26bb1bbb55515p+1, 0x1.8663f793c46c7p-4,
         0x1.7d218f1c8904fp-1, 0x1.d7375f15b2f1cp-2, 0x1.967aba85e91dep-2},
        {0x1.ap+1, -0x1.ec25c97ade6fdp-1, 0x1.2dbc55768deb3p+0, 0x1.12b3cb6479947p-2,
         0x1.a4de8a27a5a21p+1, 0x1.2e86fd7d03406p-11, 0x1.09f38e18a2821p-9},
        {0x1.fp+2, -0x1.ffc78aadc01e5p-1, 0x1.061acc9140e62p+1, 0x1.f11814fd90d6dp-4,
         0x1.f0070e46b3003p+2, 0x1.4b13ea9a9f5c3p-48, 0x1.45e8308d25d84p-45},
        {0x1.4f8b588e368f1p-17, -0x1.4f8aea9acf2c9p-17, -0x1.7069e2aa2aa5bp+3, 0x1.4f8aea9ae7316p-17,
         0x1.62e4d7b56b62ep-1, 0x1.fffef4463cf4ap-2, 0x1.9884533cebaaap-2},
        {0x1.68f5c28f5c28fp+0, -0x1.82ffa6cea2c66p-1, 0x1.5fd5fabe64084p-2, 0x1.1273728339b03p-1,
         0x1.a0e1e9ddd24f7p+0, 0x1.44b074099f705p-4, 0x1.2e5d1894a01d7p-3},
        {0x1.3p+5, -0x1p+0, 0x1.d19c6c5c341a8p+1, 0x1.a995162661705p-6,
         0x1.3p+5, 0x0.00000037b23b8p-1022, 0x0.00000845eb885p-1022},
        {0x0.0000000004p-1022, -0x0.0000000004p-1022, -0x1.6f5e359f105f9p+9, 0x0.0000000004p-1022,
         0x1.62e42fefa39efp-1, 0x1p-1, 0x1.9884533d43651p-2},
        {0x1.5ep+9, -0x1p+0, 0x1.a344e6741ebabp+2, 0x1.7639647640a9fp-10,
         0x1.5ep+9, 0x0p+0, 0x0p+0},
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        double x = points[i].x;
        assert_same_double(elementary_expm1(-x), points[i].expm1, "expm1");
        assert_same_double(elementary_log(x), points[i].log, "log");
        assert_same_double(elementary_log1p(x > 1 ? 1 / x : x), points[i].log1p, "log1p");
        assert_same_double(elementary_softplus(x), points[i].softplus, "softplus");
        assert_same_double(elementary_normal_cdf(-x), points[i].normal_cdf, "normal_cdf");
        assert_same_double(elementary_normal_density(x), points[i].normal_density, "density");
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

/* Points of every kind: the edges, results that are subnormal or just too large, what lies beside a
 * multiple of ln 2 / 2, where exp rounds x / ln 2 up or down, and points of every size. */
static void fill_points(struct rng *rng, double *points, int n)
{
    static const double edges[] = {0.0,     -0.0,   INFINITY, -INFINITY,  NAN,   709.8,  -745.0,
                                   -745.13, -746.0, 710.0,    0x1p-1074,  1e308, -1e308, 1.0,
                                   40.0,    -40.0,  -50.0,    -0x1p-1074, 39.0,  0x1p-1022};
    int n_edges = sizeof edges / sizeof edges[0];
    for (int i = 0; i < n; i++) {
        double u = rng_uniform(rng);
        points[i] = i < n_edges   ? edges[i]
                    : i % 8 == 3 ? ldexp(2 * u - 1, (int)rng_randint(rng, 10, 1025))
                    : i % 8 == 5 ? -745.2 + 40 * u
                    : i % 8 == 6 ? 709.78 + 0.01 * u
                    : i % 8 == 7 ? (double)rng_randint(rng, -2160, 2161) * 0x1.62e42fefa39efp-2
                                 : draw_point(rng, i);
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
    static double points[N], of_expm1[N], wide[N];
    static double (*const single[])(double) = {
        [WIDE_EXP] = elementary_exp,
        [WIDE_EXPM1] = elementary_expm1,
        [WIDE_TANH] = elementary_tanh,
        [WIDE_SIGMOID] = elementary_sigmoid,
        [WIDE_LOG] = elementary_log,
        [WIDE_LOG1P] = elementary_log1p,
        [WIDE_SOFTPLUS] = elementary_softplus,
        [WIDE_NORMAL_CDF] = elementary_normal_cdf,
        [WIDE_NORMAL_DENSITY] = elementary_normal_density,
        [WIDE_POSITIVE] = positive_part,
    };
    wide_elementary_of *widths[6] = {wide_elementary_1, wide_elementary_2};
    int n_widths = 2;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        widths[n_widths++] = wide_elementary_4;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        widths[n_widths++] = wide_elementary_2_avx512;
        widths[n_widths++] = wide_elementary_4_avx512;
        widths[n_widths++] = wide_elementary_8;
    }
#endif
    struct rng rng;
    rng_seed(&rng, 63);
    fill_points(&rng, points, N);
    for (int i = 0; i < N; i++) {
        of_expm1[i] = not_positive(points[i]); /* it is promised no other */
    }
    for (int w = 0; w < n_widths; w++) {
        for (int f = WIDE_EXP; f <= WIDE_POSITIVE; f++) {
            const double *from = f == WIDE_EXPM1 ? of_expm1 : points;
            widths[w]((enum wide_function)f, from, wide, N);
            for (int i = 0; i < N; i++) {
                assert_same_double(wide[i], single[f](from[i]), "a lane");
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_below_what_the_header_says),
        cmocka_unit_test(edges_are_exact),
        cmocka_unit_test(bits_are_the_ones_promised),
        cmocka_unit_test(newer_functions_have_the_bits_promised),
        cmocka_unit_test(tanh_is_odd_and_sigmoids_add_to_one),
        cmocka_unit_test(every_width_gives_the_bits_of_one_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
