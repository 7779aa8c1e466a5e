/* Explanations of runs that have ended, and which runs have none yet. */
#include "server/engine/sqlite/store.h"

#include <string.h>

#include "core/base/memory.h"

/* --- write --------------------------------------------------------------------------------- */

/* How far the run is explained; -1 with the error filled, also when it has not ended. */
static int find_depth(struct engine *engine, const char *id, const struct run_key *key,
                      struct error *error)
{
    struct query query;
    int state = -1, depth = 0;
    query_start(&query, &engine->writer,
                "SELECT state, explained FROM run WHERE experiment = ? AND run = ?", error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    if (query_step(&query)) {
        state = run_state_find(query_text(&query, 0));
        depth = (int)query_integer(&query, 1);
    }
    if (query_end(&query) != 0)
        return -1;
    if (state >= 0 && run_state_is_final((enum run_state)state))
        return depth;
    return error_set(error, ERROR_CONFLICT, "run %d of experiment %.40s has not ended", key->run,
                     id);
}

static int store_texts(struct engine *engine, const struct run_key *key,
                       const struct engine_explanation *explanation, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT OR REPLACE INTO explanation(experiment, run, headline, text)"
                "  VALUES(?, ?, ?, ?)",
                error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    query_bind_text(&query, explanation->headline);
    query_bind_text(&query, explanation->text);
    return query_run(&query);
}

static int store_depth(struct engine *engine, const struct run_key *key, enum engine_depth depth,
                       struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer,
                "UPDATE run SET explained = ? WHERE experiment = ? AND run = ?", error);
    query_bind_integer(&query, (int64_t)depth);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    return query_run(&query);
}

int engine_explain(struct engine *engine, const char *id, int run,
                   const struct engine_explanation *explanation, struct error *error)
{
    if (write_begin(engine, WRITE_NORMAL, error) != 0)
        return -1;
    struct run_key key;
    int result = find_run(&engine->writer, id, run, &key, error);
    int depth = result == 0 ? find_depth(engine, id, &key, error) : -1;
    result = depth < 0 ? -1 : 0;
    if (result == 0 && depth <= (int)explanation->depth) {
        result = store_texts(engine, &key, explanation, error);
        if (result == 0)
            result = store_depth(engine, &key, explanation->depth, error);
    }
    return write_end(engine, result, error);
}

/* --- read ---------------------------------------------------------------------------------- */

static int read_texts(struct reader *reader, const struct run_key *key,
                      enum engine_depth *out_depth, char **out_text, struct error *error)
{
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT run.explained, explanation.text FROM explanation"
                "  JOIN run ON run.experiment = explanation.experiment"
                "    AND run.run = explanation.run"
                "  WHERE explanation.experiment = ? AND explanation.run = ?",
                error);
    query_bind_integer(&query, key->experiment);
    query_bind_integer(&query, key->run);
    int found = query_step(&query);
    if (found) {
        *out_depth = (enum engine_depth)query_integer(&query, 0);
        *out_text = memory_text(query_text(&query, 1), error);
    }
    if (query_end(&query) != 0)
        return -1;
    return found && *out_text == NULL ? -1 : 0;
}

int engine_read_explanation(struct engine *engine, const char *id, int run,
                            enum engine_depth *out_depth, char **out_text, struct error *error)
{
    *out_depth = ENGINE_NOT_EXPLAINED;
    *out_text = NULL;
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct run_key key;
    int result = find_run(&reader->connection, id, run, &key, error);
    if (result == 0)
        result = read_texts(reader, &key, out_depth, out_text, error);
    reader_give(engine, reader);
    return result;
}

int engine_find_unexplained(struct engine *engine, enum engine_depth depth,
                            char out_id[ENGINE_ID_BYTES], int *out_run, struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    *out_run = -1;
    /* Its rows may be left to other experiments that show them. */
    query_start(&query, &reader->connection,
                "SELECT run.run, coalesce("
                "    (SELECT id FROM experiment WHERE key = run.experiment),"
                "    (SELECT id FROM experiment WHERE data = run.experiment LIMIT 1), '') FROM run"
                "  WHERE explained < 2 AND state IN ('done', 'diverged', 'cancelled')"
                "    AND explained = ? ORDER BY run.run, run.experiment DESC LIMIT 1",
                error);
    query_bind_integer(&query, (int64_t)depth);
    if (query_step(&query)) {
        const char *id = query_text(&query, 1);
        *out_run = (int)query_integer(&query, 0);
        memset(out_id, 0, ENGINE_ID_BYTES);
        memcpy(out_id, id, strnlen(id, ENGINE_ID_BYTES - 1));
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}
