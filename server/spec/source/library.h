/* The files that specs take their data from: uploaded ones, and a few that come with the server.
 *
 * A library belongs to one spec. While the spec is parsed it fetches what is asked for, once;
 * afterwards everything is there and it is only read, by any thread. */
#ifndef SERVER_SPEC_SOURCE_LIBRARY_H
#define SERVER_SPEC_SOURCE_LIBRARY_H

#include "core/data/csv/csv.h"

/* Gets an uploaded file, parsed; the caller owns it. NULL with the error filled. */
typedef struct csv *(*library_fetch_fn)(void *context, const char *id, struct error *error);

struct library;

/* `fetch` NULL: nothing was uploaded. NULL with ERROR_MEMORY. */
struct library *library_create(library_fetch_fn fetch, void *context, struct error *error);
void library_destroy(struct library *library); /* NULL is fine */

/* The file of an upload's id, or of the name of one that comes with the server; borrowed. NULL when
 * it cannot be had: *out_error says why (borrowed). */
const struct csv *library_find(struct library *library, const char *id,
                               const struct error **out_error);

/* The id of the i-th uploaded file that was fetched; NULL behind the last. */
const char *library_upload(const struct library *library, int i);

/* How many classes a column of that file has (csv_classes), counted once, as a shape is asked for
 * often. 0 when the file cannot be had. */
size_t library_n_classes(struct library *library, const char *id, size_t column);

#endif
