/* The elementary functions and the positive part over arrays, at a given vector width. A source
 * that defines LANES gets the definitions for that width: the file wide_elementary_WIDTH.c. */
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

/* to[n] becomes the function of from[n]; n a multiple of 8. */
typedef void wide_elementary_of(enum wide_function function, const double *from, double *to,
                                size_t n);

wide_elementary_of wide_elementary_1, wide_elementary_2;
wide_elementary_of wide_elementary_4;        /* needs AVX2 */
wide_elementary_of wide_elementary_2_avx512; /* these need AVX-512 */
wide_elementary_of wide_elementary_4_avx512;
wide_elementary_of wide_elementary_8;

#ifdef LANES
#include "core/base/math/logarithm_lanes.h"
#include "core/base/math/normal_lanes.h"

#define WIDE_CASE(name, function)                                                                  \
    case name:                                                                                     \
        for (size_t i = 0; i < n; i += LANES) {                                                    \
            lanes x;                                                                               \
            memcpy(&x, from + i, sizeof x);                                                        \
            x = function(x);                                                                       \
            memcpy(to + i, &x, sizeof x);                                                          \
        }                                                                                          \
        break

/* The choice stands outside the loop, so that the constants can stay in registers within it. */
LANES_FN void wide_elementary(enum wide_function function, const double *from, double *to, size_t n)
{
    switch (function) {
        WIDE_CASE(WIDE_EXP, lanes_exp);
        WIDE_CASE(WIDE_EXPM1, lanes_expm1);
        WIDE_CASE(WIDE_TANH, lanes_tanh);
        WIDE_CASE(WIDE_SIGMOID, lanes_sigmoid);
        WIDE_CASE(WIDE_LOG, lanes_log);
        WIDE_CASE(WIDE_LOG1P, lanes_log1p);
        WIDE_CASE(WIDE_SOFTPLUS, lanes_softplus);
        WIDE_CASE(WIDE_NORMAL_CDF, lanes_normal_cdf);
        WIDE_CASE(WIDE_NORMAL_DENSITY, lanes_normal_density);
        WIDE_CASE(WIDE_POSITIVE, lanes_positive);
    }
}

#define WIDE_DEFINE(name)                                                                          \
    LANES_TARGET void name(enum wide_function function, const double *from, double *to, size_t n)  \
    {                                                                                              \
        wide_elementary(function, from, to, n);                                                    \
    }
#else
/* A width that this processor family has not: that of two, which all have. */
#define WIDE_DEFINE(name)                                                                          \
    void name(enum wide_function function, const double *from, double *to, size_t n)               \
    {                                                                                              \
        wide_elementary_2(function, from, to, n);                                                  \
    }
#endif

#endif
