/* A long series in few points: where its buckets of equal length begin. */
#ifndef SERVER_API_STREAM_THIN_H
#define SERVER_API_STREAM_THIN_H

#include <stddef.h>
#include <stdint.h>

/* Bucket b of `n_buckets` over n values holds the values thin_begin(b) .. thin_begin(b + 1) - 1;
 * n >= n_buckets. */
size_t thin_begin(size_t b, size_t n, size_t n_buckets);

#endif
