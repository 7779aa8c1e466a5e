/* A long series in few points: buckets of equal length with their extremes. */
#include "server/api/thin.h"

#include <math.h>

size_t thin_begin(size_t b, size_t n, size_t n_buckets)
{
    return (size_t)((unsigned __int128)b * n / n_buckets);
}

struct thin_bucket thin_bucket(const double *values, size_t n)
{
    struct thin_bucket bucket = {values[n - 1], NAN, NAN};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            continue;
        bucket.min = isnan(bucket.min) || values[i] < bucket.min ? values[i] : bucket.min;
        bucket.max = isnan(bucket.max) || values[i] > bucket.max ? values[i] : bucket.max;
    }
    return bucket;
}
