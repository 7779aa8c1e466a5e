/* The elementary functions and the positive part, one by one. */
#define LANES 1
#include "tests/core/wide_elementary.h"

void wide_elementary_1(enum wide_function function, const double *from, double *to, size_t n)
{
    wide_elementary(function, from, to, n);
}
