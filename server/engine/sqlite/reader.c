/* The readers: read-only connections, opened when needed; a few are kept.
 *
 * readers_mutex guards the list of idle ones; it is never held while one is opened or used. */
#include "server/engine/sqlite/store.h"

#include <stdlib.h>

#include "core/base/memory.h"

static struct reader *reader_open(const char *path, struct error *error)
{
    struct reader *reader = memory_array(1, sizeof *reader, error);
    if (reader == NULL)
        return NULL;
    if (connection_open(&reader->connection, path, SQLITE_OPEN_READONLY, error) != 0) {
        free(reader);
        return NULL;
    }
    sqlite3_busy_timeout(reader->connection.db, READER_BUSY_MS);
    return reader;
}

static void reader_destroy(struct reader *reader)
{
    connection_close(&reader->connection);
    free(reader);
}

static struct reader *take_idle(struct engine *engine)
{
    pthread_mutex_lock(&engine->readers_mutex);
    struct reader *reader = engine->idle;
    if (reader != NULL) {
        engine->idle = reader->next;
        engine->n_idle--;
    }
    pthread_mutex_unlock(&engine->readers_mutex);
    return reader;
}

/* 1 if the reader is kept. */
static int put_idle(struct engine *engine, struct reader *reader)
{
    pthread_mutex_lock(&engine->readers_mutex);
    int is_kept = engine->n_idle < READERS_KEPT;
    if (is_kept) {
        reader->next = engine->idle;
        engine->idle = reader;
        engine->n_idle++;
    }
    pthread_mutex_unlock(&engine->readers_mutex);
    return is_kept;
}

struct reader *reader_take(struct engine *engine, struct error *error)
{
    struct reader *reader = take_idle(engine);
    if (reader == NULL)
        reader = reader_open(engine->path, error);
    if (reader == NULL)
        return NULL;
    struct query query;
    query_start(&query, &reader->connection, "BEGIN", error);
    if (query_run(&query) == 0)
        return reader;
    reader_give(engine, reader);
    return NULL;
}

struct reader *reader_take_data(struct engine *engine, const char *id, int64_t *out_data,
                                struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL || find_data(&reader->connection, id, out_data, error) == 0)
        return reader;
    reader_give(engine, reader);
    return NULL;
}

/* A reader that cannot end its transaction would show its old moment for ever: closed. */
void reader_give(struct engine *engine, struct reader *reader)
{
    struct query query;
    query_start(&query, &reader->connection, "COMMIT", NULL);
    query_run(&query);
    if (!sqlite3_get_autocommit(reader->connection.db) || !put_idle(engine, reader))
        reader_destroy(reader);
}

void readers_close(struct engine *engine)
{
    while (engine->idle != NULL)
        reader_destroy(take_idle(engine));
}
