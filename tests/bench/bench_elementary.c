/* Times the vector functions beside the C library's.
 *
 * DESIGN. Slices of a millisecond of this thread's processor time, the two in turn, round after
 * round; what is told is the median over the rounds of the ratio within a round. */
#include <math.h>
#include <stdio.h>

#include "core/base/math/rng.h"
#include "tests/bench/figures.h"
#include "tests/bench/probe.h"
#include "tests/core/wide_elementary.h"

enum { VALUES = 1024, PASSES = 64 };

static const double SLICE_S = 0.00075;

struct function {
    const char *name;
    enum wide_function wide;
    double (*of_libm)(double);
    double must; /* times as fast; 0: any */
    double ratio[ROUNDS];
};

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static struct function functions[] = {
    {.name = "exp", .wide = WIDE_EXP, .of_libm = exp, .must = 5.0},
    {.name = "tanh", .wide = WIDE_TANH, .of_libm = tanh, .must = 5.0},
    {.name = "expm1", .wide = WIDE_EXPM1, .of_libm = expm1},
    {.name = "sigmoid", .wide = WIDE_SIGMOID, .of_libm = sigmoid},
    {.name = "log", .wide = WIDE_LOG, .of_libm = log},
    {.name = "log1p", .wide = WIDE_LOG1P, .of_libm = log1p},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static double inputs[VALUES], values[VALUES]; /* so few that both stay in the nearest cache */

/* The widest vectors that run here: what the kernels use. */
static wide_elementary_of *widest(int *out_width)
{
    *out_width = 2;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        *out_width = 8;
        return wide_elementary_8;
    }
    if (__builtin_cpu_supports("avx2")) {
        *out_width = 4;
        return wide_elementary_4;
    }
#endif
    return wide_elementary_2;
}

static double time_function(const struct function *function, wide_elementary_of *wide)
{
    double start = probe_clock_s(); /* takes as long as hundreds of values */
    long n = 0;
    do {
        for (int pass = 0; pass < PASSES; pass++) {
            if (wide != NULL)
                wide(function->wide, inputs, values, VALUES);
            else
                for (int i = 0; i < VALUES; i++)
                    values[i] = function->of_libm(inputs[i]);
        }
        n += PASSES;
    } while (probe_clock_s() - start < SLICE_S);
    return (probe_clock_s() - start) / (double)n;
}

static void print(const struct function *function)
{
    struct spread s = figures_spread(function->ratio, ROUNDS);
    printf("  %-22s %6.2f   %6.2f..%-6.2f %s\n", function->name, s.median, s.p10, s.p90,
           function->must == 0.0 ? "" : s.median >= function->must ? "met" : "NOT MET");
}

int main(void)
{
    struct rng rng;
    int width;
    wide_elementary_of *wide = widest(&width);
    rng_seed(&rng, 3);
    for (int i = 0; i < VALUES; i++)
        inputs[i] = 0.05 + 4.0 * rng_uniform(&rng);
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < FUNCTIONS; i++) {
            double libm = time_function(&functions[i], NULL);
            functions[i].ratio[r] = libm / time_function(&functions[i], wide);
        }
    printf("\n%s; %d rounds\nvectors of %d, times as fast an element as the C library; exp, tanh "
           "at least 5:\n", probe_processor(), ROUNDS, width);
    for (int i = 0; i < FUNCTIONS; i++)
        print(&functions[i]);
    return 0;
}
