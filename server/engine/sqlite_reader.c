/* The readers: read-only connections, opened when needed, kept, at most READERS_MAX.
 *
 * readers_mutex guards the list of idle ones and their number; it is never held while a connection
 * is opened or used. */
#include "server/engine/sqlite_engine.h"

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

/* An idle reader, or NULL with the right to open one. */
static struct reader *take_idle(struct engine *engine)
{
    pthread_mutex_lock(&engine->readers_mutex);
    while (engine->idle == NULL && engine->n_readers == READERS_MAX)
        pthread_cond_wait(&engine->reader_free, &engine->readers_mutex);
    struct reader *reader = engine->idle;
    if (reader != NULL)
        engine->idle = reader->next;
    else
        engine->n_readers++;
    pthread_mutex_unlock(&engine->readers_mutex);
    return reader;
}

/* Puts a reader back, or (NULL) gives up the right to one. */
static void put_idle(struct engine *engine, struct reader *reader)
{
    pthread_mutex_lock(&engine->readers_mutex);
    if (reader != NULL) {
        reader->next = engine->idle;
        engine->idle = reader;
    } else {
        engine->n_readers--;
    }
    pthread_cond_signal(&engine->reader_free);
    pthread_mutex_unlock(&engine->readers_mutex);
}

struct reader *reader_take(struct engine *engine, struct error *error)
{
    struct reader *reader = take_idle(engine);
    if (reader == NULL)
        reader = reader_open(engine->path, error);
    if (reader == NULL) {
        put_idle(engine, NULL);
        return NULL;
    }
    struct query query;
    query_start(&query, &reader->connection, "BEGIN", error);
    if (query_run(&query) == 0)
        return reader;
    reader_give(engine, reader);
    return NULL;
}

/* A connection that cannot end its transaction would show its old moment for ever: closed. */
void reader_give(struct engine *engine, struct reader *reader)
{
    struct query query;
    query_start(&query, &reader->connection, "COMMIT", NULL);
    query_run(&query);
    if (!sqlite3_get_autocommit(reader->connection.db)) {
        reader_destroy(reader);
        reader = NULL;
    }
    put_idle(engine, reader);
}

void readers_close(struct engine *engine)
{
    while (engine->idle != NULL) {
        struct reader *reader = engine->idle;
        engine->idle = reader->next;
        engine->n_readers--;
        reader_destroy(reader);
    }
}
