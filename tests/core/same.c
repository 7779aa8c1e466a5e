/* Tells doubles apart by their bits. */
#include "tests/core/same.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void assert_same_double(double got, double expected, const char *what)
{
    int both_nan = isnan(got) && isnan(expected);
    if (!both_nan && memcmp(&got, &expected, sizeof got) != 0) {
        fail_msg("%s: got %a (%.17g), expected %a (%.17g)", what, got, got, expected, expected);
    }
}

void assert_same_doubles(const double *got, const double *expected, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        int both_nan = isnan(got[i]) && isnan(expected[i]);
        if (!both_nan && memcmp(&got[i], &expected[i], sizeof got[i]) != 0) {
            fail_msg("%s, entry %zu of %zu: got %a, expected %a", what, i, n, got[i], expected[i]);
        }
    }
}
