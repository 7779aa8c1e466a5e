/* A run's checkpoints: the latest, which training goes on from, and some to replay from. */
#include "server/engine/sqlite/store.h"

#include <string.h>

#include "core/base/memory.h"

/* --- storing ------------------------------------------------------------------------------- */

static int bind_and_run(struct query *query, const struct run_key *key,
                        const struct engine_chunk *chunk)
{
    query_bind_integer(query, key->experiment);
    query_bind_integer(query, key->run);
    query_bind_integer(query, key->epoch);
    query_bind_bytes(query, chunk->checkpoint, chunk->checkpoint_bytes);
    if (chunk->spacing > 0)
        query_bind_integer(query, chunk->spacing);
    return query_run(query);
}

static int store_latest(struct engine *engine, const struct run_key *key,
                        const struct engine_chunk *chunk, struct error *error)
{
    struct engine_chunk latest = *chunk;
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO checkpoint(experiment, run, epoch, bytes) VALUES(?, ?, ?, ?)"
                "  ON CONFLICT DO UPDATE SET epoch = excluded.epoch, bytes = excluded.bytes",
                error);
    latest.spacing = 0;
    return bind_and_run(&query, key, &latest);
}

/* Only the first of each cell stays. */
static int thin_kept(struct engine *engine, const struct run_key *key, int64_t spacing,
                     struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "DELETE FROM kept WHERE experiment = ?1 AND run = ?2 AND epoch NOT IN"
                "  (SELECT min(epoch) FROM kept WHERE experiment = ?1 AND run = ?2"
                "     GROUP BY epoch / ?3)",
                error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_integer(&query, spacing);
    return query_run(&query);
}

int checkpoint_store(struct engine *engine, const struct run_key *key,
                     const struct engine_chunk *chunk, struct error *error)
{
    if (store_latest(engine, key, chunk, error) != 0)
        return -1;
    if (chunk->spacing <= 0)
        return 0;
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO kept(experiment, run, epoch, bytes) SELECT ?1, ?2, ?3, ?4"
                "  WHERE NOT EXISTS(SELECT 1 FROM kept WHERE experiment = ?1 AND run = ?2"
                "    AND epoch / ?5 = ?3 / ?5)",
                error);
    if (bind_and_run(&query, key, chunk) != 0)
        return -1;
    return sqlite3_changes(engine->writer.db) > 0 ? thin_kept(engine, key, chunk->spacing, error)
                                                  : 0;
}

/* --- reading ------------------------------------------------------------------------------- */

/* The latest one, or, with `epoch` 0 or more, of those kept the latest that is not beyond it. */
static int copy_checkpoint(struct connection *connection, const struct run_key *key, int64_t epoch,
                           void **out_bytes, size_t *out_n_bytes, int64_t *out_epoch,
                           struct error *error)
{
    struct query query;
    if (epoch < 0)
        query_start(&query, connection,
                    "SELECT epoch, bytes FROM checkpoint WHERE experiment = ? AND run = ?", error);
    else
        query_start(&query, connection,
                    "SELECT epoch, bytes FROM kept WHERE experiment = ? AND run = ? AND epoch <= ?"
                    "  ORDER BY epoch DESC LIMIT 1",
                    error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    if (epoch >= 0)
        query_bind_integer(&query, epoch);
    void *copy = NULL;
    if (query_step(&query)) {
        size_t n_bytes = 0;
        const void *bytes = query_bytes(&query, 1, &n_bytes);
        copy = query.failed ? NULL : memory_array(n_bytes, 1, error);
        if (copy == NULL) {
            query.failed = 1;
        } else {
            if (n_bytes > 0)
                memcpy(copy, bytes, n_bytes);
            *out_n_bytes = n_bytes;
            *out_epoch = query_integer(&query, 0);
        }
    }
    *out_bytes = copy;
    return query_end(&query);
}

static int find_checkpoint(struct engine *engine, const char *id, int run, int64_t epoch,
                           void **out_bytes, size_t *out_n_bytes, int64_t *out_epoch,
                           struct error *error)
{
    *out_bytes = NULL;
    *out_n_bytes = 0;
    *out_epoch = 0;
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct run_key key;
    int result = find_run(&reader->connection, id, run, &key, error);
    if (result == 0)
        result = copy_checkpoint(&reader->connection, &key, epoch, out_bytes, out_n_bytes,
                                 out_epoch, error);
    reader_give(engine, reader);
    return result;
}

int engine_checkpoint(struct engine *engine, const char *id, int run, void **out_bytes,
                      size_t *out_n_bytes, int64_t *out_epoch, struct error *error)
{
    return find_checkpoint(engine, id, run, -1, out_bytes, out_n_bytes, out_epoch, error);
}

int engine_kept_checkpoint(struct engine *engine, const char *id, int run, int64_t epoch,
                           void **out_bytes, size_t *out_n_bytes, int64_t *out_epoch,
                           struct error *error)
{
    return find_checkpoint(engine, id, run, epoch < 0 ? 0 : epoch, out_bytes, out_n_bytes,
                           out_epoch, error);
}
