/* New experiments, and their names. */
#include "server/engine/sqlite/store.h"

#include <string.h>

static int check_submission(const char *id, int n_runs, struct error *error)
{
    if (id[0] == '\0' || strlen(id) >= ENGINE_ID_BYTES)
        return error_set(error, ERROR_INVALID, "experiment id: got '%.40s', expected 1 to %d bytes",
                         id, ENGINE_ID_BYTES - 1);
    if (n_runs < 1)
        return error_set(error, ERROR_INVALID, "runs of an experiment: got %d, expected at least 1",
                         n_runs);
    return 0;
}

static int check_new(struct engine *engine, const char *id, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer, "SELECT 1 FROM experiment WHERE id = ?", error);
    query_bind_text(&query, id);
    int found = query_step(&query);
    if (query_end(&query) != 0)
        return -1;
    return found ? error_set(error, ERROR_CONFLICT, "there is an experiment %s already", id) : 0;
}

static int add_experiment(struct engine *engine, const struct engine_submission *new,
                          int64_t *out_key, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO experiment(id, name, created_ms, n_runs, n_queued, content)"
                "  VALUES(?1, ?2, ?3, ?4, ?4, ?5)",
                error);
    query_bind_text(&query, new->id);
    query_bind_text(&query, new->name);
    query_bind_integer(&query, new->created_ms);
    query_bind_integer(&query, new->n_runs);
    if (new->content != NULL) /* else NULL */
        query_bind_bytes(&query, new->content, ENGINE_DIGEST_BYTES);
    int result = query_run(&query);
    *out_key = sqlite3_last_insert_rowid(engine->writer.db);
    return result;
}

static int add_spec(struct engine *engine, int64_t key, const char *spec, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer, "INSERT INTO spec(experiment, spec) VALUES(?, ?)", error);
    query_bind_integer(&query, key);
    query_bind_text(&query, spec);
    return query_run(&query);
}

static int add_run(struct engine *engine, int64_t key, int run, const char *overrides,
                   struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT INTO run(experiment, run, overrides) VALUES(?, ?, ?)", error);
    query_bind_integer(&query, key);
    query_bind_integer(&query, run);
    query_bind_text(&query, overrides);
    return query_run(&query);
}

/* In a turn. Runs that are there already, under the key of another, are not added. */
static enum engine_once store(struct engine *engine, const struct engine_submission *new,
                              struct error *error)
{
    int64_t key = 0;
    struct share share;
    if (check_new(engine, new->id, error) != 0 ||
        share_find(engine, new->content, &share, error) != 0 ||
        add_experiment(engine, new, &key, error) != 0 ||
        add_spec(engine, key, new->spec, error) != 0)
        return ONCE_ERROR;
    for (int i = 0; i < new->n_datasets; i++)
        if (dataset_use(engine, key, new->datasets[i], error) != 0)
            return ONCE_ERROR;
    for (int run = 0; run < new->n_runs && share.data == 0; run++)
        if (add_run(engine, key, run, new->overrides[run], error) != 0)
            return ONCE_ERROR;
    if (share.source[0] == '\0')
        return ONCE_NEW;
    return share_use(engine, key, &share, error) == 0 ? ONCE_SHARED : ONCE_ERROR;
}

int engine_submit(struct engine *engine, const char *id, const char *name, const char *spec,
                  int64_t created_ms, const char *const *overrides, int n_runs, struct error *error)
{
    struct engine_submission new = {.id = id, .name = name, .spec = spec,
                                    .created_ms = created_ms, .overrides = overrides,
                                    .n_runs = n_runs};
    return (int)engine_submit_once(engine, &new, NULL, NULL, error);
}

enum engine_once engine_submit_once(struct engine *engine, const struct engine_submission *new,
                                    const struct engine_key *key, char out_id[ENGINE_ID_BYTES],
                                    struct error *error)
{
    if (check_submission(new->id, new->n_runs, error) != 0 ||
        write_begin(engine, WRITE_DURABLE, error) != 0)
        return ONCE_ERROR;
    enum engine_once result = ONCE_NEW;
    if (key != NULL)
        result = once_look(engine, key, new->created_ms, out_id, error);
    int is_known = result != ONCE_NEW; /* or failed: nothing to commit */
    if (!is_known)
        result = store(engine, new, error);
    if (!is_known && result != ONCE_ERROR && key != NULL && once_note(engine, key, new, error) != 0)
        result = ONCE_ERROR;
    int is_stored = !is_known && result != ONCE_ERROR;
    if (write_end(engine, is_stored ? 0 : -1, error) != 0 && is_stored)
        return ONCE_ERROR;
    return result;
}

static int rename_experiment(struct engine *engine, const char *id, const char *name,
                             struct error *error)
{
    int64_t key;
    if (find_experiment(&engine->writer, id, &key, error) != 0)
        return -1;
    struct query query;
    query_start(&query, &engine->writer, "UPDATE experiment SET name = ? WHERE key = ?", error);
    query_bind_text(&query, name);
    query_bind_integer(&query, key);
    return query_run(&query);
}

int engine_rename(struct engine *engine, const char *id, const char *name, struct error *error)
{
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return -1;
    return write_end(engine, rename_experiment(engine, id, name, error), error);
}
