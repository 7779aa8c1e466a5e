/* Opening and closing the SQLite engine; what a start finds of the end before it. */
#include "server/engine/sqlite/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"

/* The absolute path of the file `path`, whose directory must be ours to write in. Absolute, because
 * SQLite would read "file:..." and ":memory:" as something else. The caller frees it. */
static char *absolute_path(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    char *copy = memory_text(path, error), *directory = NULL, *result = NULL;
    if (copy == NULL)
        goto out;
    copy[base - path] = '\0';
    directory = realpath(copy[0] != '\0' ? copy : ".", NULL);
    if (directory == NULL || base[0] == '\0') {
        error_set(error, ERROR_STORAGE, "store %.160s: its directory cannot be used: %s", path,
                  directory != NULL ? "the path names no file in it" : strerror(errno));
        goto out;
    }
    /* SQLite would try to read a file that it may not create, and report that there is none. */
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0) {
        error_set(error, ERROR_STORAGE, "store %.160s: its directory cannot be written to: %s",
                  path, strerror(errno));
        goto out;
    }
    if (asprintf(&result, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, base) < 0) {
        result = NULL;
        error_set(error, ERROR_MEMORY, "no memory to open the store");
    }
out:
    free(copy);
    free(directory);
    return result;
}

static int configure(struct connection *connection, struct error *error)
{
    sqlite3_busy_timeout(connection->db, WRITER_BUSY_MS);
    return connection_execute(connection,
                              "PRAGMA secure_delete=OFF;"
                              "PRAGMA trusted_schema=OFF;"
                              "PRAGMA cell_size_check=ON;"
                              "PRAGMA cache_size=-8192;"
                              "PRAGMA journal_size_limit=67108864;"
                              "PRAGMA temp_store=MEMORY",
                              error);
}

/* A power cut may have taken the last log entries with it after somebody was told their numbers, so
 * every opening begins at a new million. At most a few thousand can be lost: the log is synced each
 * time it is folded into the file, after some 1000 pages. */
static const char skip_sequence[] =
    "UPDATE sqlite_sequence SET seq = (seq / 1000000 + 1) * 1000000 WHERE name = 'log'";

static const char *const requeue_running[] = {
    "INSERT INTO log(experiment, run, first, n, state)"
    "  SELECT experiment, run, epoch, 0, 'queued' FROM run"
    "  WHERE state IN ('queued', 'running') AND state = 'running' ORDER BY experiment, run",
    "UPDATE experiment SET n_queued = n_queued + n_running, n_running = 0 WHERE key IN"
    "  (SELECT experiment FROM run"
    "     WHERE state IN ('queued', 'running') AND state = 'running')",
    "UPDATE run SET state = 'queued'"
    "  WHERE state IN ('queued', 'running') AND state = 'running'"};

static int recover(struct engine *engine, int is_new, struct error *error)
{
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return -1;
    int result = is_new ? 0 : connection_execute(&engine->writer, skip_sequence, error);
    for (int i = 0; i < 3 && result == 0; i++)
        result = connection_execute(&engine->writer, requeue_running[i], error);
    if (write_end(engine, result, error) != 0)
        return -1;
    return delete_remains(engine, error);
}

/* In this order: nothing in the file is read before it is ours. */
static int open_store(struct engine *engine, struct error *error)
{
    int is_new = 0;
    if (connection_open(&engine->writer, engine->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        error) != 0)
        return -1;
    if (sqlite3_db_readonly(engine->writer.db, "main") == 1)
        return error_set(error, ERROR_STORAGE, "store %s: the file is read-only for this user",
                         engine->writer.label);
    /* SQLite's name for it has symbolic links resolved: one file, one lock. */
    engine->lock = store_lock(sqlite3_db_filename(engine->writer.db, "main"), error);
    if (engine->lock < 0 || configure(&engine->writer, error) != 0 ||
        schema_prepare(&engine->writer, &is_new, error) != 0)
        return -1;
    if (recover(engine, is_new, error) != 0)
        return -1;
    return folding_start(engine, error);
}

struct engine *engine_open(const char *path, struct error *error)
{
    struct engine *engine = memory_array(1, sizeof *engine, error);
    if (engine == NULL)
        return NULL;
    engine->lock = -1;
    engine->writer_sync = -1;
    pthread_mutex_init(&engine->turn_mutex, NULL);
    pthread_cond_init(&engine->turn_changed, NULL);
    pthread_mutex_init(&engine->fold_mutex, NULL);
    pthread_cond_init(&engine->fold_changed, NULL);
    pthread_mutex_init(&engine->readers_mutex, NULL);
    engine->path = absolute_path(path, error);
    if (engine->path == NULL || open_store(engine, error) != 0) {
        engine_close(engine);
        return NULL;
    }
    return engine;
}

/* The writer last: closing it folds the write-ahead log into the file. Then only the lock. */
void engine_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    folding_end(engine);
    readers_close(engine);
    connection_close(&engine->writer);
    if (engine->lock >= 0)
        close(engine->lock);
    pthread_mutex_destroy(&engine->readers_mutex);
    pthread_cond_destroy(&engine->fold_changed);
    pthread_mutex_destroy(&engine->fold_mutex);
    pthread_cond_destroy(&engine->turn_changed);
    pthread_mutex_destroy(&engine->turn_mutex);
    free(engine->path);
    free(engine);
}
