/* Uploaded data sets: files by the digest of their bytes, and which experiments use them. */
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

int dataset_use(struct engine *engine, int64_t key, const char *id, struct error *error)
{
    int found = is_stored(&engine->writer, id, error);
    if (found < 0)
        return -1;
    if (!found)
        return error_set(error, ERROR_CONFLICT,
                         "data set %.40s was deleted before the experiment was stored", id);
    struct query query;
    query_start(&query, &engine->writer,
                "INSERT OR IGNORE INTO dataset_use(dataset, experiment) VALUES(?, ?)", error);
    query_bind_text(&query, id);
    query_bind_integer(&query, key);
    return query_run(&query);
}

/* In a turn: refuses while there is an experiment that uses it. */
static int check_unused(struct engine *engine, const char *id, struct error *error)
{
    struct query query;
    int n = 0;
    query_start(&query, &engine->writer, "SELECT count(*) FROM dataset_use WHERE dataset = ?",
                error);
    query_bind_text(&query, id);
    if (query_step(&query))
        n = (int)query_integer(&query, 0);
    if (query_end(&query) != 0)
        return -1;
    return n == 0 ? 0
                  : error_set(error, ERROR_CONFLICT,
                              "%d experiment%s data set %.40s: delete %s first", n,
                              n == 1 ? " uses" : "s use", id, n == 1 ? "it" : "them");
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
    int result = check_unused(engine, id, error);
    if (result == 0)
        result = remove_dataset(engine, id, error);
    return write_end(engine, result, error);
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

/* The data set of the present row, its texts valid until the next one; its cursor before it. */
static struct engine_dataset dataset_row(struct query *query)
{
    return (struct engine_dataset){query_text(query, 1), query_text(query, 2),
                                   query_integer(query, 3), query_integer(query, 4)};
}

#define DATASET_COLUMNS "number, id, about, created_ms, n_bytes"

int engine_find_dataset(struct engine *engine, const char *id, engine_dataset_fn each,
                        void *context, struct error *error)
{
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT " DATASET_COLUMNS " FROM dataset WHERE id = ?", error);
    query_bind_text(&query, id);
    int found = query_step(&query);
    if (found) {
        const struct engine_dataset dataset = dataset_row(&query);
        each(context, &dataset);
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result == 0 && !found ? refuse_missing(id, error) : result;
}

int engine_list_datasets(struct engine *engine, int64_t cursor, int limit, engine_dataset_fn each,
                         void *context, int64_t *out_cursor, struct error *error)
{
    *out_cursor = 0;
    struct reader *reader = reader_take(engine, error);
    if (reader == NULL)
        return -1;
    struct query query;
    query_start(&query, &reader->connection,
                "SELECT " DATASET_COLUMNS " FROM dataset WHERE number < ? ORDER BY number DESC",
                error);
    query_bind_integer(&query, cursor > 0 ? cursor : INT64_MAX);
    *out_cursor = cursor;
    while (query_next(&query, &limit, out_cursor)) {
        const struct engine_dataset dataset = dataset_row(&query);
        if (each(context, &dataset) != 0)
            limit = 0;
    }
    int result = query_end(&query);
    reader_give(engine, reader);
    return result;
}
