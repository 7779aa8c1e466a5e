/* Writing in turns: one transaction at a time, first come, first served.
 *
 * A bare mutex would do, but whoever gives it back and takes it again at once (delete_remains)
 * often wins it from those who wait; a ticket cannot be overtaken. */
#include "server/engine/sqlite/store.h"

void turn_take(struct engine *engine)
{
    pthread_mutex_lock(&engine->turn_mutex);
    uint64_t mine = engine->next_turn++;
    while (engine->turn != mine)
        pthread_cond_wait(&engine->turn_changed, &engine->turn_mutex);
    pthread_mutex_unlock(&engine->turn_mutex);
}

void turn_give(struct engine *engine)
{
    pthread_mutex_lock(&engine->turn_mutex);
    engine->turn++;
    pthread_cond_broadcast(&engine->turn_changed);
    pthread_mutex_unlock(&engine->turn_mutex);
}

/* Not a kept query: SQLite acts on this pragma when it is prepared. */
static int set_sync(struct engine *engine, enum write_sync sync, struct error *error)
{
    if (engine->writer_sync == (int)sync)
        return 0;
    const char *sql =
        sync == WRITE_DURABLE ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
    engine->writer_sync = -1;
    if (connection_execute(&engine->writer, sql, error) != 0)
        return -1;
    engine->writer_sync = (int)sync;
    return 0;
}

static int run_plain(struct engine *engine, const char *sql, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer, sql, error);
    return query_run(&query);
}

int write_begin(struct engine *engine, enum write_sync sync, struct error *error)
{
    turn_take(engine);
    if (set_sync(engine, sync, error) == 0 && run_plain(engine, "BEGIN IMMEDIATE", error) == 0)
        return 0;
    turn_give(engine);
    return -1;
}

int write_end(struct engine *engine, int result, struct error *error)
{
    if (result == 0 && run_plain(engine, "COMMIT", error) != 0)
        result = -1;
    if (result == 0) {
        atomic_fetch_add(&engine->n_commits, 1);
        atomic_fetch_add(&engine->n_epochs, engine->epochs_begun);
    }
    engine->epochs_begun = 0;
    struct settled *settled = engine->settled;
    engine->settled = NULL;
    /* After some failures, a full disk among them, SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(engine->writer.db))
        run_plain(engine, "ROLLBACK", NULL);
    turn_give(engine);
    share_tell(engine, settled, result == 0);
    return result;
}

/* Sets the file's mark to what it is, which writes the file's first page. */
int engine_check(struct engine *engine, struct error *error)
{
    if (write_begin(engine, WRITE_NORMAL, error) != 0)
        return -1;
    return write_end(engine, schema_touch(&engine->writer, error), error);
}
