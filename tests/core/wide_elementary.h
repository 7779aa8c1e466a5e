/* The elementary functions and the positive part over arrays, at a given vector width. A source that
 * defines LANES gets the definitions for that width: the file wide_elementary_WIDTH.c. */
#ifndef TESTS_CORE_WIDE_ELEMENTARY_H
#define TESTS_CORE_WIDE_ELEMENTARY_H

#include <stddef.h>

enum wide_function {
    WIDE_EXP,
    WIDE_EXPM1,
    WIDE_TANH,
    WIDE_SIGMOID,
    WIDE_LOG,
    WIDE_LOG1P,
    WIDE_SOFTPLUS,
    WIDE_NORMAL_CDF,
    WIDE_NORMAL_DENSITY,
    WIDE_POSITIVE
};

/* values[n] becomes the function's; n a multiple of 8. Width 4 needs AVX2, width 8 AVX-512. */
void wide_elementary_1(enum wide_function function, double *values, size_t n);
void wide_elementary_2(enum wide_function function, double *values, size_t n);
void wide_elementary_4(enum wide_function function, double *values, size_t n);
void wide_elementary_8(enum wide_function function, double *values, size_t n);

#ifdef LANES
#include "core/base/logarithm_lanes.h"
#include "core/base/normal_lanes.h"

LANES_FN lanes wide_value(enum wide_function function, lanes x)
{
    switch (function) {
    case WIDE_EXP:
        return lanes_exp(x);
    case WIDE_TANH:
        return lanes_tanh(x);
    case WIDE_SIGMOID:
        return lanes_sigmoid(x);
    case WIDE_EXPM1:
        return lanes_expm1(x);
    case WIDE_LOG:
        return lanes_log(x);
    case WIDE_LOG1P:
        return lanes_log1p(x);
    case WIDE_SOFTPLUS:
        return lanes_softplus(x);
    case WIDE_NORMAL_CDF:
        return lanes_normal_cdf(x);
    case WIDE_NORMAL_DENSITY:
        return lanes_normal_density(x);
    case WIDE_POSITIVE:
        break;
    }
    return lanes_positive(x);
}

LANES_FN void wide_elementary(enum wide_function function, double *values, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        lanes x;
        memcpy(&x, values + i, sizeof x);
        x = wide_value(function, x);
        memcpy(values + i, &x, sizeof x);
    }
}
#endif

#endif
