/* The envelope of a run: entries of buckets in the log, merged when there are many.
 *
 * DESIGN. Every chunk adds an entry, so both their number and that of their buckets grows with
 * time. Past a limit the entries but for the newest few become one, which covers all of them and
 * takes the last one's place and number: whoever has read up to there has missed nothing. That is
 * seldom: after another hundreds of chunks, or thousands of buckets. Its `since` is the number of
 * the first of them, so that a reader in between learns that what it has read is in there again.
 *
 * An entry's n is below 0: minus its epochs. Its bytes are 40 a bucket and series, little-endian:
 * n, lowest, min, max, last. */
#include "server/engine/sqlite/store.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* More entries than ENTRIES_MAX, or buckets than BUCKETS_MAX, are merged but for the newest. What
 * is left is well below both, so that merging stays seldom. */
enum {
    ENTRIES_MAX = 256,
    BUCKETS_MAX = 2 * HISTORY_BUCKETS,
    ENTRIES_NEW = 4
};

_Static_assert((int)ENTRY_FIELDS_MAX >= (int)ENGINE_ENTRY_NUMBERS_MAX,
               "an entry's records must fit where its buckets do");
_Static_assert(HISTORY_BUCKETS + ENTRIES_NEW * ENGINE_CHUNK_BUCKETS_MAX < BUCKETS_MAX,
               "merging must leave room");

/* --- bytes --------------------------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* *out_epochs: minus the epochs of all buckets, as the row says it. */
static size_t pack(struct engine *engine, const struct history_bucket *buckets, size_t n,
                   int n_series, int64_t *out_epochs)
{
    uint64_t *at = engine->packed;
    *out_epochs = 0;
    for (size_t b = 0; b < n; b++)
        *out_epochs -= buckets[b * (size_t)n_series].n;
    n *= (size_t)n_series;
    for (size_t b = 0; b < n; b++) {
        const struct history_bucket *bucket = &buckets[b];
        *at++ = htole64((uint64_t)bucket->n);
        *at++ = htole64((uint64_t)bucket->lowest);
        *at++ = htole64(bits_of(bucket->min));
        *at++ = htole64(bits_of(bucket->max));
        *at++ = htole64(bits_of(bucket->last));
    }
    return n * BUCKET_FIELDS * sizeof *at;
}

static struct history_bucket unpack_bucket(const unsigned char *bytes)
{
    uint64_t fields[BUCKET_FIELDS];
    memcpy(fields, bytes, sizeof fields);
    for (int i = 0; i < BUCKET_FIELDS; i++)
        fields[i] = le64toh(fields[i]);
    return (struct history_bucket){(int64_t)fields[0], (int64_t)fields[1], double_of(fields[2]),
                                   double_of(fields[3]), double_of(fields[4])};
}

size_t envelope_unpack(struct query *query, int64_t n, int column, int n_series,
                       struct history_bucket *out)
{
    size_t n_bytes = 0, size = BUCKET_FIELDS * sizeof(uint64_t), n_a_row = (size_t)n_series;
    const unsigned char *bytes = query_bytes(query, column, &n_bytes);
    size_t n_buckets = n_bytes / size / n_a_row;
    int is_sound = n_bytes % (size * n_a_row) == 0 && n_buckets >= 1 &&
                   n_buckets <= ENGINE_ENTRY_BUCKETS_MAX;
    for (size_t b = 0; is_sound && !query->failed && b < n_buckets * n_a_row; b++) {
        const struct history_bucket *row = &out[b - b % n_a_row];
        out[b] = unpack_bucket(bytes + b * size);
        is_sound = out[b].n >= 1 && (b % n_a_row == 0 ? out[b].n <= -n : out[b].n == row->n);
        n += is_sound && b % n_a_row == 0 ? out[b].n : 0;
    }
    if (!query->failed && (!is_sound || n != 0)) {
        query->failed = 1;
        connection_damaged(query->connection, "an envelope of the wrong length", query->error);
    }
    return query->failed ? 0 : n_buckets;
}

/* --- adding -------------------------------------------------------------------------------- */

int envelope_add(struct engine *engine, const struct run_key *key, int64_t first,
                 const struct engine_chunk *chunk, struct envelope_size *size,
                 struct error *error)
{
    int64_t n;
    size_t n_bytes = pack(engine, chunk->buckets, chunk->n_buckets, series_n(key->series), &n);
    size->n_entries += 1;
    size->n_buckets += (int64_t)chunk->n_buckets;
    return log_add_packed(engine, key, first, n, n_bytes, error);
}

/* --- reading ------------------------------------------------------------------------------- */

/* A run's envelope entries from the first epoch on, joined. */
struct joined {
    struct history_bucket *buckets; /* [capacity][n_series], owned */
    size_t n, capacity;
    int n_series;
    int64_t since, last; /* sequence numbers: of the first merged or read, and of the last read */
    int64_t next;        /* the epoch after the last bucket */
};

/* Makes room for one more entry. */
static int joined_grow(struct joined *joined, struct error *error)
{
    if (joined->capacity - joined->n >= ENGINE_ENTRY_BUCKETS_MAX)
        return 0;
    size_t capacity = joined->n + 2 * ENGINE_ENTRY_BUCKETS_MAX;
    size_t row_bytes = (size_t)joined->n_series * sizeof *joined->buckets;
    struct history_bucket *grown = memory_array(capacity, row_bytes, error);
    if (grown == NULL)
        return -1;
    if (joined->n > 0)
        memcpy(grown, joined->buckets, joined->n * row_bytes);
    free(joined->buckets);
    joined->buckets = grown;
    joined->capacity = capacity;
    return 0;
}

static int joined_take(struct joined *joined, struct query *query)
{
    int64_t sequence = query_integer(query, 0), first = query_integer(query, 1);
    int64_t n = query_integer(query, 2), since = query_integer(query, 4);
    if (joined_grow(joined, query->error) != 0) {
        query->failed = 1;
        return -1;
    }
    size_t n_buckets =
        envelope_unpack(query, n, 3, joined->n_series,
                        joined->buckets + joined->n * (size_t)joined->n_series);
    if (n_buckets > 0 && first != joined->next)
        query->failed = connection_damaged(query->connection, "a part of an envelope missing",
                                           query->error);
    if (query->failed)
        return -1;
    joined->since = joined->since > 0 ? joined->since : since > 0 ? since : sequence;
    joined->last = sequence;
    joined->next = first - n;
    joined->n += n_buckets;
    return 0;
}

/* Reads at most `limit` entries (< 0: all). The buckets are the caller's to free in any case. */
static int joined_read(struct joined *joined, struct connection *connection,
                       const struct run_key *key, int64_t limit, struct error *error)
{
    struct query query;
    *joined = (struct joined){.next = key->exact + 1, .n_series = series_n(key->series)};
    query_start(&query, connection,
                "SELECT sequence, first, n, losses, since FROM log"
                "  WHERE experiment = ? AND run = ? AND n < 0 ORDER BY first LIMIT ?",
                error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, limit);
    while (query_step(&query))
        if (joined_take(joined, &query) != 0)
            break;
    return query_end(&query);
}

/* At most max_buckets, in cells of the stride for n epochs or a doubled one. */
static void joined_gather(struct joined *joined, int64_t n, size_t max_buckets)
{
    int64_t stride = history_stride(n);
    joined->n = history_gather(joined->buckets, joined->n, joined->n_series, 0, stride);
    while (joined->n > max_buckets)
        joined->n = history_gather(joined->buckets, joined->n, joined->n_series, 0, stride *= 2);
}

int engine_read_envelope(struct engine *engine, const char *id, int run, size_t max_buckets,
                         struct history_bucket **out_buckets, size_t *out_n, int64_t *out_exact,
                         struct error *error)
{
    *out_buckets = NULL;
    *out_n = 0;
    *out_exact = 0;
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct run_key key;
    struct joined joined = {.n = 0};
    int result = find_run(&reader->connection, id, run, &key, error);
    if (result == 0 && key.exact < key.epoch)
        result = joined_read(&joined, &reader->connection, &key, -1, error);
    if (result == 0 && key.exact < key.epoch && joined.next != key.epoch + 1)
        result = connection_damaged(&reader->connection, "the end of an envelope missing", error);
    reader_give(engine, reader);
    if (result != 0) {
        free(joined.buckets);
        return -1;
    }
    if (joined.n > 0)
        joined_gather(&joined, key.epoch - key.exact, max_buckets > 0 ? max_buckets : 1);
    *out_buckets = joined.buckets;
    *out_n = joined.n;
    *out_exact = key.exact;
    return 0;
}

/* --- merging ------------------------------------------------------------------------------- */

static int replace_last(struct engine *engine, const struct run_key *key,
                        const struct joined *joined, struct error *error)
{
    struct query query;
    int64_t n;
    size_t n_bytes = pack(engine, joined->buckets, joined->n, joined->n_series, &n);
    query_start(&query, &engine->writer,
                "UPDATE log SET first = ?, n = ?, losses = ?, since = ? WHERE sequence = ?", error);
    query_bind_integer(&query, key->exact + 1);
    query_bind_integer(&query, n);
    query_bind_bytes(&query, engine->packed, n_bytes);
    query_bind_integer(&query, joined->since);
    query_bind_integer(&query, joined->last);
    return query_run(&query);
}

static int remove_older(struct engine *engine, const struct run_key *key, int64_t last,
                        struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "DELETE FROM log WHERE experiment = ? AND run = ? AND n < 0 AND sequence < ?",
                error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, last);
    return query_run(&query);
}

int envelope_merge(struct engine *engine, const struct run_key *key, struct envelope_size *size,
                   struct error *error)
{
    if (size->n_entries <= ENTRIES_NEW + 1 ||
        (size->n_entries <= ENTRIES_MAX && size->n_buckets <= BUCKETS_MAX))
        return 0;
    struct joined joined;
    int result = joined_read(&joined, &engine->writer, key, size->n_entries - ENTRIES_NEW, error);
    int64_t n_before = (int64_t)joined.n;
    if (result == 0) {
        joined_gather(&joined, key->epoch - key->exact, ENGINE_ENTRY_BUCKETS_MAX);
        result = remove_older(engine, key, joined.last, error);
    }
    if (result == 0)
        result = replace_last(engine, key, &joined, error);
    free(joined.buckets);
    size->n_entries = ENTRIES_NEW + 1;
    size->n_buckets -= n_before - (int64_t)joined.n;
    return result;
}
