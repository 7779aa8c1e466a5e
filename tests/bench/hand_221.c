/* The hand-written 2-2-1 kernel for one run, and the choice of the one for many. */
#include "tests/bench/hand_221.h"

#include <string.h>

/* Stands in a branch that gcc must not turn into a mask; a foretold branch takes no time, a mask
 * two cycles of the 33 that a sample takes. */
#ifdef __x86_64__
#define KEEP_BRANCH(value) __asm__("" : "+x"(value))
#else
#define KEEP_BRANCH(value) ((void)(value))
#endif

/* gcc would put neighbouring values in vectors, and spend longer moving them than it saves. */
#ifdef __clang__
#define SCALAR
#else
#define SCALAR __attribute__((optimize("no-tree-slp-vectorize")))
#endif

/* A unit that is off is left alone, which has the core's bits unless a parameter is -0.0. */
SCALAR void hand_221_one(const struct hand_task *task)
{
    double *p = task->parameters, step = task->steps[0];
    double w1 = p[0], w2 = p[1], w3 = p[2], w4 = p[3], w5 = p[6], w6 = p[7];
    double bias1 = p[4], bias2 = p[5], bias3 = p[8];
    for (size_t epoch = 0; epoch < task->n_epochs; epoch++) {
        const double *features = task->features;
        double total = 0;
        for (size_t i = 0; i < task->n_samples; i++, features += 2) {
            double x = features[0], z = features[1];
            double h = (w1 * x + w2 * z) + bias1, g = (w3 * x + w4 * z) + bias2;
            double from_h = 0, from_g = 0;
            if (h > 0) {
                from_h = w5 * h;
                KEEP_BRANCH(from_h);
            }
            if (g > 0) {
                from_g = w6 * g;
                KEEP_BRANCH(from_g);
            }
            double e = task->targets[i] - ((from_h + from_g) + bias3), c = step * e;
            total += e * e;
            bias3 += c;
            if (h > 0) {
                double c1 = c * w5;
                w5 += c * h;
                w1 += c1 * x;
                w2 += c1 * z;
                bias1 += c1;
                KEEP_BRANCH(w5);
            }
            if (g > 0) {
                double c2 = c * w6;
                w6 += c * g;
                w3 += c2 * x;
                w4 += c2 * z;
                bias2 += c2;
                KEEP_BRANCH(w6);
            }
        }
        task->losses[epoch] = total / (double)task->n_samples;
    }
    const double results[HAND_PARAMETERS] = {w1, w2, w3, w4, bias1, bias2, w5, w6, bias3};
    memcpy(p, results, sizeof results);
}

void (*hand_221_all(void))(const struct hand_task *task)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        return hand_221_all_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return hand_221_all_avx2;
    }
#endif
    return NULL;
}
