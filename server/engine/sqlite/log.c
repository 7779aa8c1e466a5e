/* The log: adding entries, and reading them in order. */
#include "server/engine/sqlite/store.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* n records of the chunk from the at-th on, as the log keeps them: little-endian doubles, whatever
 * this machine's order. Returns how many bytes. */
static size_t pack(struct engine *engine, const struct engine_chunk *chunk, size_t at, size_t n,
                   int n_series)
{
    size_t apart = chunk->apart > 0 ? chunk->apart : 1;
    size_t stride = chunk->stride > 0 ? chunk->stride : (size_t)n_series;
    const double *record = chunk->records + at * stride;
    uint64_t *packed = engine->packed;
    for (size_t i = 0; i < n; i++, record += stride)
        for (int s = 0; s < n_series; s++, packed++) {
            memcpy(packed, &record[(size_t)s * apart], sizeof *packed);
            *packed = htole64(*packed);
        }
    return n * (size_t)n_series * sizeof *packed;
}

static void unpack(double *out, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
        bits = le64toh(bits);
        memcpy(out + i, &bits, sizeof bits);
    }
}

/* --- adding -------------------------------------------------------------------------------- */

int log_add_state(struct engine *engine, const struct run_key *key, enum run_state state,
                  int64_t *out_sequence, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO log(experiment, run, first, n, state) VALUES(?, ?, ?, 0, ?)", error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, key->epoch);
    query_bind_text(&query, run_state_name(state));
    if (query_run(&query) != 0)
        return -1;
    if (out_sequence != NULL)
        *out_sequence = sqlite3_last_insert_rowid(engine->writer.db);
    return 0;
}

int log_add_verdict(struct engine *engine, const struct run_key *key, const char *verdict,
                    struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO log(experiment, run, first, n, losses) VALUES(?, ?, ?, 0, ?)", error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, key->epoch);
    query_bind_bytes(&query, verdict, strlen(verdict) + 1);
    return query_run(&query);
}

int log_add_packed(struct engine *engine, const struct run_key *key, int64_t first, int64_t n,
                   size_t n_bytes, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO log(experiment, run, first, n, losses, series)"
                "  VALUES(?, ?, ?, ?, ?, ?)",
                error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, first);
    query_bind_integer(&query, n);
    query_bind_bytes(&query, engine->packed, n_bytes);
    query_bind_integer(&query, key->series);
    return query_run(&query);
}

int log_add_records(struct engine *engine, const struct run_key *key,
                    const struct engine_chunk *chunk, struct error *error)
{
    int n_series = series_n(key->series);
    size_t most = ENGINE_ENTRY_NUMBERS_MAX / (size_t)n_series;
    for (size_t at = 0, n; at < chunk->n; at += n) {
        n = chunk->n - at < most ? chunk->n - at : most;
        if (log_add_packed(engine, key, chunk->first + (int64_t)at, (int64_t)n,
                           pack(engine, chunk, at, n, n_series), error) != 0)
            return -1;
    }
    return 0;
}

/* --- reading ------------------------------------------------------------------------------- */

/* Records of an entry: n of them from epoch `first` on. What the file says is checked before it is
 * believed. */
static const unsigned char *entry_bytes(struct query *query, int column, int64_t n, int n_series)
{
    size_t n_bytes = 0;
    const unsigned char *bytes = query_bytes(query, column, &n_bytes);
    if (query->failed)
        return NULL;
    if (n < 1 || n > ENGINE_ENTRY_NUMBERS_MAX / n_series ||
        n_bytes != (size_t)n * (size_t)n_series * sizeof(double)) {
        query->failed = 1;
        connection_damaged(query->connection, "losses of the wrong length", query->error);
        return NULL;
    }
    return bytes;
}

/* What is wanted of n records that have `series`, into out[n][of each wanted]. */
static void unpack_wanted(double *out, const unsigned char *bytes, size_t n, unsigned series,
                          unsigned wanted)
{
    double record[SERIES_COUNT];
    int n_series = series_n(series);
    if (series == wanted) {
        unpack(out, bytes, n * (size_t)n_series);
        return;
    }
    for (size_t i = 0; i < n; i++, bytes += (size_t)n_series * sizeof *record) {
        unpack(record, bytes, (size_t)n_series);
        for (int s = 0, at = 0; s < SERIES_COUNT; s++) {
            double value = (series >> s & 1) == 1 ? record[at++] : NAN;
            if ((wanted >> s & 1) == 1)
                *out++ = value;
        }
    }
}

/* Copies records from epoch `first` on while the entries found follow each other without a gap. */
static int copy_records(struct reader *reader, const struct run_key *key, unsigned wanted,
                        int64_t first, size_t max, double *out, struct error *error)
{
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT first, n, losses, series FROM log"
                "  WHERE experiment = ?1 AND run = ?2 AND n > 0 AND first < ?4 AND first >="
                "    (SELECT max(first) FROM log"
                "       WHERE experiment = ?1 AND run = ?2 AND n > 0 AND first <= ?3)"
                "  ORDER BY first",
                error);
    int64_t end = first + (int64_t)max;
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, first);
    query_bind_integer(&query, end);
    int64_t next = first;
    while (next < end && query_step(&query)) {
        int64_t entry_first = query_integer(&query, 0), n = query_integer(&query, 1);
        unsigned series = record_read_series(&query, 3);
        int n_series = series_n(series);
        const unsigned char *bytes = entry_bytes(&query, 2, n, n_series);
        int follows = next == first ? entry_first <= next : entry_first == next;
        if (bytes == NULL || !follows || entry_first < 1 || entry_first + n <= next ||
            entry_first + n - 1 > key->exact)
            break;
        int64_t stop = entry_first + n < end ? entry_first + n : end;
        unpack_wanted(out + (next - first) * series_n(wanted),
                      bytes + (next - entry_first) * n_series * (int64_t)sizeof *out,
                      (size_t)(stop - next), series, wanted);
        next = stop;
    }
    if (query_end(&query) != 0)
        return -1;
    return next == end ? 0 : connection_damaged(&reader->connection, "losses missing", error);
}

int engine_read_records(struct engine *engine, const char *id, int run, unsigned series,
                        int64_t first, size_t max, double *out, size_t *out_n, struct error *error)
{
    *out_n = 0;
    if (first < 1)
        return error_set(error, ERROR_INVALID, "first epoch: got %lld, expected 1 or more",
                         (long long)first);
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct run_key key;
    int result = find_run(&reader->connection, id, run, &key, error);
    if (result == 0 && first <= key.exact && max > 0) {
        size_t committed = (size_t)(key.exact - first) + 1;
        size_t n = max < committed ? max : committed;
        result = copy_records(reader, &key, series, first, n, out, error);
        *out_n = result == 0 ? n : 0;
    }
    reader_give(engine, reader);
    return result;
}

static int read_state(struct query *query, struct engine_entry *out)
{
    int state = run_state_find(query_text(query, 2));
    if (!query->failed && state < 0)
        query->failed = connection_damaged(query->connection, "an unknown state", query->error);
    out->is_state = 1;
    out->state = (enum run_state)state;
    out->stopped = query_text(query, 8);
    out->stopped = out->stopped[0] != '\0' ? out->stopped : NULL;
    return query->failed ? -1 : 0;
}

/* A verdict's text, checked to end. */
static int read_verdict(struct query *query, struct engine_entry *out)
{
    size_t n_bytes = 0;
    out->verdict = query_bytes(query, 5, &n_bytes);
    if (!query->failed && (n_bytes == 0 || out->verdict[n_bytes - 1] != '\0'))
        query->failed = connection_damaged(query->connection, "a verdict", query->error);
    return query->failed ? -1 : 0;
}

/* The present row as an entry; its records or buckets go into the reader. -1: the row cannot be. */
static int read_entry(struct reader *reader, struct query *query, struct engine_entry *out)
{
    int64_t n = query_integer(query, 4), since = query_integer(query, 6);
    *out = (struct engine_entry){.sequence = query_integer(query, 0),
                                 .run = (int)query_integer(query, 1),
                                 .first = query_integer(query, 3)};
    out->since = since > 0 ? since : out->sequence;
    if (n == 0)
        return query_text(query, 2)[0] != '\0' ? read_state(query, out) : read_verdict(query, out);
    out->series = record_read_series(query, 7);
    out->n_series = series_n(out->series);
    if (n < 0) {
        out->buckets = reader->buckets;
        out->n_buckets = envelope_unpack(query, n, 5, out->n_series, reader->buckets);
        return out->n_buckets > 0 ? 0 : -1;
    }
    const unsigned char *bytes = entry_bytes(query, 5, n, out->n_series);
    if (bytes == NULL)
        return -1;
    unpack(reader->records, bytes, (size_t)n * (size_t)out->n_series);
    out->n = (size_t)n;
    out->records = reader->records;
    return 0;
}

int engine_read_log(struct engine *engine, const char *id, int64_t after, engine_entry_fn each,
                    void *context, struct error *error)
{
    int64_t key;
    struct reader *reader = reader_take_data(engine, id, &key, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT sequence, run, coalesce(state, ''), first, n, losses, since,"
                "  series, CASE state WHEN 'done' THEN"
                "    (SELECT stopped FROM run"
                "      WHERE run.experiment = log.experiment AND run.run = log.run)"
                "    ELSE '' END FROM log"
                "  WHERE experiment = ? AND sequence > ? ORDER BY sequence",
                error);
    query_bind_integer(&query, key);
    query_bind_integer(&query, after);
    struct engine_entry entry;
    while (query_step(&query) && read_entry(reader, &query, &entry) == 0)
        if (each(context, &entry) != 0)
            break;
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}

int engine_each_waiting(struct engine *engine, const char *id, int64_t after, int64_t more_than,
                        engine_waiting_fn each, void *context, struct error *error)
{
    int64_t key;
    struct reader *reader = reader_take_data(engine, id, &key, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT run, sum(max(n, 0)) AS waiting FROM log"
                "  WHERE experiment = ? AND sequence > ?"
                "  GROUP BY run HAVING waiting > ?",
                error);
    query_bind_integer(&query, key);
    query_bind_integer(&query, after);
    query_bind_integer(&query, more_than);
    while (query_step(&query))
        if (each(context, (int)query_integer(&query, 0), query_integer(&query, 1)) != 0)
            break;
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}

int engine_last_sequence(struct engine *engine, const char *id, int64_t *out_sequence,
                         struct error *error)
{
    *out_sequence = 0;
    int64_t key;
    struct reader *reader = reader_take_data(engine, id, &key, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT coalesce(max(sequence), 0) FROM log WHERE experiment = ?", error);
    query_bind_integer(&query, key);
    if (query_step(&query))
        *out_sequence = query_integer(&query, 0);
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}
