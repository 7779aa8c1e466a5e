/* Folding the write-ahead log into the file, on a thread of its own.
 *
 * SQLite would do it in the commit after which the log is long: tens of milliseconds in that
 * writer's turn, for which all the others wait. Here it happens beside them, with a connection of
 * its own; then once more, in a turn, for the little that was added meanwhile: the next commit
 * begins the log anew only if all of it is folded, and so it stays short. A failure is no loss: the
 * log keeps what it has, and every further commit asks again.
 *
 * fold_mutex guards fold_is_due and fold_is_over; nobody calls SQLite with it. */
#include "server/engine/sqlite/store.h"

#include <signal.h>
#include <string.h>

enum { FOLD_PAGES = 1000 };

/* After every commit, in its turn. */
static int note_commit(void *context, sqlite3 *db, const char *name, int n_pages)
{
    struct engine *engine = context;
    (void)db;
    (void)name;
    if (n_pages >= FOLD_PAGES) {
        pthread_mutex_lock(&engine->fold_mutex);
        engine->fold_is_due = 1;
        pthread_cond_signal(&engine->fold_changed);
        pthread_mutex_unlock(&engine->fold_mutex);
    }
    return SQLITE_OK;
}

/* 1 if the whole log of that moment is in the file. It is not while a reader sees an older one. */
static int fold(struct engine *engine)
{
    int n_pages = 0, n_folded = 0;
    int code = sqlite3_wal_checkpoint_v2(engine->folder.db, "main", SQLITE_CHECKPOINT_PASSIVE,
                                         &n_pages, &n_folded);
    return code == SQLITE_OK && n_pages >= 0 && n_folded == n_pages;
}

static void fold_all(struct engine *engine)
{
    if (!fold(engine))
        return;
    turn_take(engine);
    fold(engine);
    turn_give(engine);
}

/* Waits until folding is due; 0 when it is over. */
static int wait_until_due(struct engine *engine)
{
    pthread_mutex_lock(&engine->fold_mutex);
    while (!engine->fold_is_due && !engine->fold_is_over)
        pthread_cond_wait(&engine->fold_changed, &engine->fold_mutex);
    engine->fold_is_due = 0;
    int goes_on = !engine->fold_is_over;
    pthread_mutex_unlock(&engine->fold_mutex);
    return goes_on;
}

static void *fold_on(void *context)
{
    while (wait_until_due(context))
        fold_all(context);
    return NULL;
}

int folding_start(struct engine *engine, struct error *error)
{
    /* A connection that has read nothing knows of no log, and would fold nothing. */
    if (connection_open(&engine->folder, engine->path, SQLITE_OPEN_READWRITE, error) != 0 ||
        connection_execute(&engine->folder, "SELECT count(*) FROM sqlite_schema", error) != 0)
        return -1;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int fault = pthread_create(&engine->fold_thread, NULL, fold_on, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (fault != 0)
        return error_set(error, ERROR_MEMORY, "store %s: cannot start a thread: %s",
                         engine->folder.label, strerror(fault));
    engine->has_fold_thread = 1;
    sqlite3_wal_hook(engine->writer.db, note_commit, engine); /* in place of SQLite's own folding */
    return 0;
}

void folding_end(struct engine *engine)
{
    if (engine->has_fold_thread) {
        pthread_mutex_lock(&engine->fold_mutex);
        engine->fold_is_over = 1;
        pthread_cond_signal(&engine->fold_changed);
        pthread_mutex_unlock(&engine->fold_mutex);
        pthread_join(engine->fold_thread, NULL);
    }
    connection_close(&engine->folder);
}
