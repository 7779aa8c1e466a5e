/* The elementary functions and the positive part in vectors of 4. */
#ifdef __x86_64__
#define LANES 4
#define LANES_TARGET __attribute__((target("avx2")))
#endif
#include "tests/core/wide_elementary.h"

#ifdef LANES
LANES_TARGET void wide_elementary_4(enum wide_function function, const double *from,
                                    double *to, size_t n)
{
    wide_elementary(function, from, to, n);
}
#else
void wide_elementary_4(enum wide_function function, const double *from, double *to, size_t n)
{
    wide_elementary_2(function, from, to, n);
}
#endif
