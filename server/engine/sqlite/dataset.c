/* Uploaded data sets: files by the digest of their bytes. */
#include "server/engine/sqlite/store.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

static int refuse_missing(const char *id, struct error *error)
{
    return error_set(error, ERROR_NOT_FOUND, "there is no data set %.40s", id);
}

/* 1 or 0 whether it is stored; -1 with the error filled. */
static int is_stored(struct connection *connection, const char *id, struct error *error)
{
    struct query query;
    query_start(&query, connection, "SELECT 1 FROM dataset WHERE id = ?", error);
    query_bind_text(&query, id);
    int found = query_step(&query);
    return query_end(&query) == 0 ? found : -1;
}

/* --- write --------------------------------------------------------------------------------- */

/* In a turn. */
static int add(struct engine *engine, const struct engine_dataset *dataset, const void *bytes,
               struct error *error)
{
    struct query query;
    int64_t n = 0;
    query_start(&query, &engine->writer, "SELECT count(*) FROM dataset", error);
    if (query_step(&query))
        n = query_integer(&query, 0);
    if (query_end(&query) != 0)
        return -1;
    if (n >= ENGINE_DATASETS_MAX)
        return error_set(error, ERROR_CONFLICT,
                         "%d data sets are stored, the most there may be; delete one first",
                         ENGINE_DATASETS_MAX);
    query_start(&query, &engine->writer,
                "INSERT INTO dataset(id, about, created_ms, n_bytes, bytes) VALUES(?, ?, ?, ?, ?)",
                error);
    query_bind_text(&query, dataset->id);
    query_bind_text(&query, dataset->about);
    query_bind_integer(&query, dataset->created_ms);
    query_bind_integer(&query, dataset->n_bytes);
    query_bind_bytes(&query, bytes, (size_t)dataset->n_bytes);
    return query_run(&query);
}

int engine_add_dataset(struct engine *engine, const struct engine_dataset *dataset,
                       const void *bytes, int *out_is_new, struct error *error)
{
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return -1;
    int found = is_stored(&engine->writer, dataset->id, error);
    int result = found < 0 ? -1 : 0;
    if (found == 0)
        result = add(engine, dataset, bytes, error);
    *out_is_new = found == 0;
    return write_end(engine, result, error);
}

static int remove_dataset(struct engine *engine, const char *id, struct error *error)
{
    struct query query;
    query_start(&query, &engine->writer, "DELETE FROM dataset WHERE id = ?", error);
    query_bind_text(&query, id);
    if (query_run(&query) != 0)
        return -1;
    return sqlite3_changes(engine->writer.db) > 0 ? 0 : refuse_missing(id, error);
}

int engine_delete_dataset(struct engine *engine, const char *id, struct error *error)
{
    if (write_begin(engine, WRITE_DURABLE, error) != 0)
        return -1;
    return write_end(engine, remove_dataset(engine, id, error), error);
}

/* --- read ---------------------------------------------------------------------------------- */

int engine_read_dataset(struct engine *engine, const char *id, void **out_bytes,
                        size_t *out_n_bytes, struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    int found = 0;
    *out_bytes = NULL;
    query_start(&query, &reader->connection, "SELECT bytes FROM dataset WHERE id = ?", error);
    query_bind_text(&query, id);
    if (query_step(&query)) {
        const void *bytes = query_bytes(&query, 0, out_n_bytes);
        found = 1;
        *out_bytes = memory_array(*out_n_bytes, 1, error);
        if (*out_bytes != NULL && *out_n_bytes > 0)
            memcpy(*out_bytes, bytes, *out_n_bytes);
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    if (result == 0 && !found)
        return refuse_missing(id, error);
    if (result == 0 && *out_bytes != NULL)
        return 0;
    free(*out_bytes);
    *out_bytes = NULL;
    return -1;
}

int engine_each_dataset(struct engine *engine, const char *id, engine_dataset_fn each,
                        void *context, struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    int n = 0;
    query_start(&query, &reader->connection,
                "SELECT id, about, created_ms, n_bytes FROM dataset WHERE ?1 = '' OR id = ?1"
                "  ORDER BY number DESC",
                error);
    query_bind_text(&query, id == NULL ? "" : id);
    while (query_step(&query)) {
        const struct engine_dataset dataset = {query_text(&query, 0), query_text(&query, 1),
                                               query_integer(&query, 2), query_integer(&query, 3)};
        n++;
        if (each(context, &dataset) != 0)
            break;
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result == 0 && n == 0 && id != NULL ? refuse_missing(id, error) : result;
}

int engine_count_specs(struct engine *engine, const char *text, int *out_n, struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection, "SELECT count(*) FROM spec WHERE instr(spec, ?) > 0",
                error);
    query_bind_text(&query, text);
    if (query_step(&query))
        *out_n = (int)query_integer(&query, 0);
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}
