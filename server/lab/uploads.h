/* Uploaded CSV files: stored once by what is in them, taken by specs, deleted when unused. */
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
 * of every file, newest first, or of the one of that id; a list, a new reference. */
json_t *uploads_json(struct engine *engine, const char *id, struct error *error);

/* A library_fetch_fn; `engine` is the struct engine. */
struct csv *uploads_fetch(void *engine, const char *id, struct error *error);

/* ERROR_CONFLICT while an experiment's spec names it. A spec that is on its way between these two
 * counts as one: hold from before it is parsed until it is stored. */
int uploads_delete(struct engine *engine, const char *id, struct error *error);
void uploads_hold(void);
void uploads_release(void);

#endif
