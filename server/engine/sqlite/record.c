/* A record, and a set of series, in the columns of a row. */
#include "server/engine/sqlite/store.h"

#include <endian.h>
#include <math.h>
#include <string.h>

void record_bind(struct query *query, const struct engine_record *record, unsigned series,
                 unsigned char bytes[RECORD_BYTES_MAX])
{
    uint64_t bits = htole64((uint64_t)record->epoch);
    size_t n = sizeof bits;
    memcpy(bytes, &bits, sizeof bits);
    for (int s = 0; s < SERIES_COUNT; s++) {
        if ((series >> s & 1) == 0)
            continue;
        memcpy(&bits, &record->values[s], sizeof bits);
        bits = htole64(bits);
        memcpy(bytes + n, &bits, sizeof bits);
        n += sizeof bits;
    }
    query_bind_bytes(query, bytes, record->epoch > 0 ? n : 0);
}

struct engine_record record_read(struct query *query, int column, unsigned series)
{
    struct engine_record record = {0};
    size_t n_bytes = 0, n = sizeof(uint64_t);
    const unsigned char *bytes = query_bytes(query, column, &n_bytes);
    uint64_t bits;
    for (int s = 0; s < SERIES_COUNT; s++)
        record.values[s] = NAN;
    if (n_bytes == 0)
        return record;
    if (n_bytes != (1 + (size_t)series_n(series)) * n) {
        if (!query->failed)
            query->failed = connection_damaged(query->connection, "a record of the wrong length",
                                               query->error);
        return record;
    }
    memcpy(&bits, bytes, sizeof bits);
    record.epoch = (int64_t)le64toh(bits);
    for (int s = 0; s < SERIES_COUNT; s++) {
        if ((series >> s & 1) == 0)
            continue;
        memcpy(&bits, bytes + n, sizeof bits);
        bits = le64toh(bits);
        memcpy(&record.values[s], &bits, sizeof bits);
        n += sizeof bits;
    }
    return record;
}

unsigned record_read_series(struct query *query, int column)
{
    int64_t series = query_integer(query, column);
    series = series == 0 ? 1 << SERIES_LOSS : series; /* NULL */
    if (series > 0 && series < 1 << SERIES_COUNT && (series >> SERIES_LOSS & 1) == 1)
        return (unsigned)series;
    if (!query->failed)
        query->failed = connection_damaged(query->connection, "an unknown series", query->error);
    return 1u << SERIES_LOSS;
}
