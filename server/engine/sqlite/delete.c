/* The end of experiments: cancelled, or deleted.
 *
 * A deletion is committed at once for whoever reads or writes: what finds an experiment is gone.
 * Its log may be long, so that is removed afterwards in small transactions, between which others
 * get their turn; engine_open goes on with it after a crash. Keys are never used twice, so what is
 * left meanwhile belongs to nobody. */
#include "server/engine/sqlite/store.h"

#include "server/base/clock.h"

static int run_with_key(struct engine *engine, const char *sql, int64_t key, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer, sql, error);
    query_bind_integer(&query, key);
    return query_run(&query);
}

/* --- cancel -------------------------------------------------------------------------------- */

static int cancel_runs(struct engine *engine, int64_t key, int *out_n, struct error *error)
{
    if (run_with_key(engine,
                     "INSERT INTO log(experiment, run, first, n, state)"
                     "  SELECT experiment, run, epoch, 0, 'cancelled' FROM run"
                     "  WHERE experiment = ? AND state IN ('queued', 'running') ORDER BY run",
                     key, error) != 0)
        return -1;
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET state = 'cancelled', ended_ms = ?"
                "  WHERE experiment = ? AND state IN ('queued', 'running')",
                error);
    query_bind_integer(&query, clock_wall_ms());
    query_bind_integer(&query, key);
    if (query_run(&query) != 0)
        return -1;
    *out_n = sqlite3_changes(engine->writer.db);
    return run_with_key(engine,
                        "UPDATE experiment SET n_cancelled = n_cancelled + n_queued + n_running,"
                        "  n_queued = 0, n_running = 0,"
                        "  source = CASE WHEN data IS NULL THEN '' ELSE source END WHERE key = ?",
                        key, error);
}

int engine_cancel(struct engine *engine, const char *id, int *out_n, struct error *error)
{
    *out_n = 0;
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return -1;
    int64_t key;
    int n = 0;
    int result = find_experiment(&engine->writer, id, &key, error);
    if (result == 0)
        result = cancel_runs(engine, key, &n, error);
    if (result == 0)
        result = share_settle(engine, id, error);
    result = write_end(engine, result, error);
    *out_n = result == 0 ? n : 0;
    return result;
}

/* --- delete -------------------------------------------------------------------------------- */

/* What it showed goes with it unless others show it too. */
static int delete_experiment(struct engine *engine, int64_t key, int64_t data, struct error *error)
{
    int is_shown = 0;
    if (run_with_key(engine, "DELETE FROM spec WHERE experiment = ?", key, error) != 0 ||
        run_with_key(engine, "DELETE FROM dataset_use WHERE experiment = ?", key, error) != 0 ||
        run_with_key(engine, "DELETE FROM experiment WHERE key = ?", key, error) != 0 ||
        share_is_shown(engine, data, &is_shown, error) != 0)
        return -1;
    if (is_shown)
        return 0;
    if (run_with_key(engine, "INSERT INTO deleted(experiment) VALUES(?)", data, error) != 0)
        return -1;
    return run_with_key(engine, "DELETE FROM run WHERE experiment = ?", data, error);
}

int engine_delete(struct engine *engine, const char *id, struct error *error)
{
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return -1;
    int64_t key, data;
    int result = find_experiment(&engine->writer, id, &key, error);
    if (result == 0)
        result = find_data(&engine->writer, id, &data, error);
    if (result == 0)
        result = delete_experiment(engine, key, data, error);
    if (result == 0)
        result = share_settle(engine, id, error);
    if (write_end(engine, result, error) != 0)
        return -1;
    delete_remains(engine, NULL); /* the next deletion or start tries again */
    return 0;
}

/* Removes a few rows of one deleted experiment: its log, its checkpoints, its explanations, at last
 * its mark. */
static int delete_some(struct engine *engine, int64_t key, struct error *error)
{
    static const char *const steps[] = {
        "DELETE FROM log WHERE sequence IN"
        "  (SELECT sequence FROM log WHERE experiment = ? ORDER BY sequence LIMIT 64)",
        "DELETE FROM checkpoint WHERE rowid IN"
        "  (SELECT rowid FROM checkpoint WHERE experiment = ? LIMIT 8)",
        "DELETE FROM kept WHERE rowid IN (SELECT rowid FROM kept WHERE experiment = ? LIMIT 8)",
        "DELETE FROM explanation WHERE rowid IN"
        "  (SELECT rowid FROM explanation WHERE experiment = ? LIMIT 64)",
        "DELETE FROM deleted WHERE experiment = ?"};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (run_with_key(engine, steps[i], key, error) != 0)
            return -1;
        if (sqlite3_changes(engine->writer.db) > 0)
            return 0;
    }
    return connection_damaged(&engine->writer, "a row cannot be removed", error);
}

/* *out_done: nothing was left. */
static int delete_slice(struct engine *engine, int *out_done, struct error *error)
{
    int64_t key = 0;
    struct query query;
    query_start(&query, &engine->writer,
                "SELECT experiment FROM deleted ORDER BY experiment LIMIT 1", error);
    *out_done = !query_step(&query);
    if (!*out_done)
        key = query_integer(&query, 0);
    if (query_end(&query) != 0)
        return -1;
    return *out_done ? 0 : delete_some(engine, key, error);
}

int delete_remains(struct engine *engine, struct error *error)
{
    for (int done = 0; !done;) {
        if (write_begin(engine, WRITE_NORMAL, error) != 0 ||
            write_end(engine, delete_slice(engine, &done, error), error) != 0)
            return -1;
    }
    return 0;
}
