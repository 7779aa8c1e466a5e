/* Doubles that must have the same bits. Apart from reference.h, so that a program without cmocka, as
 * tests/bits/fingerprint.c, can have the reference. */
#ifndef TESTS_CORE_SAME_H
#define TESTS_CORE_SAME_H

#include <stddef.h>

/* Fails the test, naming `what`, unless both have the same bits (any NaN equals any NaN). */
void assert_same_double(double got, double expected, const char *what);
void assert_same_doubles(const double *got, const double *expected, size_t n, const char *what);

#endif
