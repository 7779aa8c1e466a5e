/* The elementary functions and the positive part in vectors of 4, by what AVX-512 has. */
#ifdef __x86_64__
#define LANES 4
#define LANES_AVX512
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx512dq")))
#endif
#include "tests/core/wide_elementary.h"

#ifdef LANES
LANES_TARGET void wide_elementary_4_avx512(enum wide_function function, const double *from,
                                           double *to, size_t n)
{
    wide_elementary(function, from, to, n);
}
#else
void wide_elementary_4_avx512(enum wide_function function, const double *from, double *to,
                              size_t n)
{
    wide_elementary_2(function, from, to, n);
}
#endif
