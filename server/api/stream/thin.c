/* A long series in few points: where its buckets of equal length begin. */
#include "server/api/stream/thin.h"

size_t thin_begin(size_t b, size_t n, size_t n_buckets)
{
    return (size_t)((unsigned __int128)b * n / n_buckets);
}
