/* Rows of numbers that are the same. */
#ifndef CORE_DATA_DISTINCT_H
#define CORE_DATA_DISTINCT_H

#include <stddef.h>

#include "core/base/error.h"

/* Numbers the different ones among rows [n_rows][width], finite, in the order they first come:
 * out_of [n_rows] is each row's number, out_first [n_rows] (*out_n of them are filled) the row
 * where it first comes. 0.0 and -0.0 are the same. 0, or -1 with ERROR_MEMORY. O(n_rows width). */
int distinct_rows(const double *rows, size_t n_rows, size_t width, size_t *out_of,
                  size_t *out_first, size_t *out_n, struct error *error);

#endif
