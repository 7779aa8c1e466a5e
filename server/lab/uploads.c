/* Uploaded CSV files.
 *
 * DESIGN. A file's id is a digest of its bytes, so specs that name it say what is in it, and it
 * need not be stored twice. What is told of a file was found when it came and is kept beside it. */
#include "server/lab/uploads.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/data/csv/csv.h"
#include "server/base/clock.h"
#include "server/base/digest.h"
#include "server/base/json.h"
#include "server/base/text.h"

/* --- add ----------------------------------------------------------------------------------- */

static int check_characters(const char *bytes, size_t n_bytes, struct error *error)
{
    size_t n = text_utf8_prefix(bytes, n_bytes), line = 1;
    if (n == n_bytes)
        return 0;
    for (size_t i = 0; i < n; i++)
        line += bytes[i] == '\n';
    return error_set(error, ERROR_INVALID,
                     "line %zu: got a byte that is no UTF-8 (0x%02x), expected the file in that "
                     "encoding",
                     line, (unsigned char)bytes[n]);
}

static json_t *column_json(const struct csv *csv, size_t column)
{
    const struct csv_column found = csv_look(csv, column);
    return json_pack("{s:s, s:s, s:I}", "name", csv->names[column], "type",
                     found.n_text > 0 ? "text" : "number", "missing",
                     (json_int_t)found.n_missing);
}

/* What is said of a file, as text; NULL for memory. */
static char *describe(const struct csv *csv)
{
    json_t *columns = json_array();
    for (size_t k = 0; k < csv->n_columns && columns != NULL; k++)
        columns = json_push(columns, column_json(csv, k));
    json_t *json = json_pack("{s:I, s:o}", "rows", (json_int_t)csv->n_rows, "columns", columns);
    char *text = json == NULL ? NULL : json_text(json, NULL);
    json_decref(json);
    return text;
}

static void print_id(const char *bytes, size_t n_bytes, char out[UPLOADS_ID_BYTES])
{
    unsigned char digest[DIGEST_BYTES];
    digest_of(bytes, n_bytes, digest);
    for (int i = 0; i < (UPLOADS_ID_BYTES - 1) / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

int uploads_add(struct engine *engine, const char *bytes, size_t n_bytes,
                char out_id[UPLOADS_ID_BYTES], int *out_is_new, struct error *error)
{
    if (check_characters(bytes, n_bytes, error) != 0)
        return -1;
    struct csv *csv = csv_parse(bytes, n_bytes, error);
    if (csv == NULL)
        return -1;
    int result = -1;
    char *about = describe(csv);
    if (about == NULL) {
        error_set(error, ERROR_MEMORY, "not enough memory to look at the file");
    } else {
        print_id(bytes, n_bytes, out_id);
        const struct engine_dataset dataset = {out_id, about, clock_wall_ms(), (int64_t)n_bytes};
        result = engine_add_dataset(engine, &dataset, bytes, out_is_new, error);
    }
    free(about);
    csv_destroy(csv);
    return result;
}

/* --- read ---------------------------------------------------------------------------------- */

/* What is said of a stored file; NULL for memory. */
static json_t *upload_json(const struct engine_dataset *dataset)
{
    json_t *about = json_loads(dataset->about, 0, NULL);
    char created[CLOCK_TEXT_BYTES];
    clock_print(created, dataset->created_ms);
    json_t *json = json_pack("{s:s, s:s, s:I}", "id", dataset->id, "created", created, "bytes",
                             (json_int_t)dataset->n_bytes);
    int failed = json == NULL || about == NULL || json_object_update(json, about) != 0;
    json_decref(about);
    if (!failed)
        return json;
    json_decref(json);
    return NULL;
}

/* The list is lost, NULL, when one of them is. */
static int append(void *context, const struct engine_dataset *dataset)
{
    json_t **list = context;
    *list = json_push(*list, upload_json(dataset));
    return *list == NULL;
}

json_t *uploads_json(struct engine *engine, const char *id, struct error *error)
{
    json_t *list = json_array(), *json = NULL;
    if (engine_find_dataset(engine, id, append, &list, error) == 0)
        json = json_incref(json_array_get(list, 0));
    json_decref(list);
    return json;
}

json_t *uploads_list(struct engine *engine, int64_t cursor, int limit, int64_t *out_cursor,
                     struct error *error)
{
    json_t *list = json_array();
    if (engine_list_datasets(engine, cursor, limit, append, &list, out_cursor, error) == 0)
        return list;
    json_decref(list);
    return NULL;
}

struct csv *uploads_fetch(void *engine, const char *id, struct error *error)
{
    void *bytes;
    size_t n_bytes;
    if (engine_read_dataset(engine, id, &bytes, &n_bytes, error) != 0)
        return NULL;
    struct csv *csv = csv_parse(bytes, n_bytes, error);
    free(bytes);
    return csv;
}
