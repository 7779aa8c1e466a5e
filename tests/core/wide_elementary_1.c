/* The elementary functions and the positive part, one by one. */
#define LANES 1
#include "tests/core/wide_elementary.h"

void wide_elementary_1(enum wide_function function, double *values, size_t n)
{
    wide_elementary(function, values, n);
}
