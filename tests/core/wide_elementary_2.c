/* The elementary functions and the positive part in vectors of 2. */
#define LANES 2
#include "tests/core/wide_elementary.h"

void wide_elementary_2(enum wide_function function, const double *from, double *to, size_t n)
{
    wide_elementary(function, from, to, n);
}
