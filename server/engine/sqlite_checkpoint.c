/* Reading a run's checkpoint. */
#include "server/engine/sqlite_engine.h"

#include <string.h>

#include "core/base/memory.h"

static int copy_checkpoint(struct connection *connection, const struct run_key *key,
                           void **out_bytes, size_t *out_n_bytes, int64_t *out_epoch,
                           struct error *error)
{
    struct query query;
    query_start(&query, connection,
                "SELECT epoch, bytes FROM checkpoint WHERE experiment = ? AND run = ?", error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
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

int engine_checkpoint(struct engine *engine, const char *id, int run, void **out_bytes,
                      size_t *out_n_bytes, int64_t *out_epoch, struct error *error)
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
        result =
            copy_checkpoint(&reader->connection, &key, out_bytes, out_n_bytes, out_epoch, error);
    reader_give(engine, reader);
    return result;
}
