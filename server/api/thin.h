/* A long series in few points: buckets of equal length with their extremes, so that no spike is
 * lost. */
#ifndef SERVER_API_THIN_H
#define SERVER_API_THIN_H

#include <stddef.h>
#include <stdint.h>

/* Bucket b of `n_buckets` over n values holds the values thin_begin(b) .. thin_begin(b + 1) - 1;
 * n >= n_buckets. */
size_t thin_begin(size_t b, size_t n, size_t n_buckets);

struct thin_bucket {
    double last, min, max; /* min and max over the finite values; NaN if there is none */
};
struct thin_bucket thin_bucket(const double *values, size_t n);

#endif
