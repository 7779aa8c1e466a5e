/* Uploaded CSV files: stored once by what is in them, and taken by specs. */
#ifndef SERVER_LAB_UPLOADS_H
#define SERVER_LAB_UPLOADS_H

#include <jansson.h>

#include "server/engine/engine.h"
#include "server/spec/source/library.h"

enum { UPLOADS_ID_BYTES = 33 }; /* with the NUL: 32 hexadecimal digits, half of a digest */

/* Checks and stores a file; fills out_id. *out_is_new 0: it was there already. ERROR_INVALID when
 * it is no CSV file with a header in UTF-8 (the text names the line). Durable. Any
 * thread, as all. */
int uploads_add(struct engine *engine, const char *bytes, size_t n_bytes,
                char out_id[UPLOADS_ID_BYTES], int *out_is_new, struct error *error);

/* {"id", "created", "bytes", "rows", "columns": [{"name", "type": "number" or "text", "missing"}]}
 * of the file of that id; a new reference. NULL, without an error when there is no memory. */
json_t *uploads_json(struct engine *engine, const char *id, struct error *error);

/* The same of every file, a list, newest first and in pages as engine_list; NULL likewise. */
json_t *uploads_list(struct engine *engine, int64_t cursor, int limit, int64_t *out_cursor,
                     struct error *error);

/* A library_fetch_fn; `engine` is the struct engine. */
struct csv *uploads_fetch(void *engine, const char *id, struct error *error);

#endif
