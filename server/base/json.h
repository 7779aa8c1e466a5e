/* JSON as Descent reads and writes it: Jansson's values, doubles with the fewest digits that
 * round-trip, RFC 6901 pointers.
 *
 * New references are the caller's to json_decref; borrowed ones live as long as what they are
 * part of. */
#ifndef SERVER_BASE_JSON_H
#define SERVER_BASE_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "core/base/error.h"
#include "server/base/text.h"

enum { JSON_DEPTH_MAX = 16 };

/* The object or list in `bytes`, a new reference. NULL with ERROR_INVALID ("line 3, column 7:
 * ...") for anything but one well-formed UTF-8 text without duplicate members, nested at most
 * JSON_DEPTH_MAX deep and with numbers in range, or ERROR_MEMORY. */
json_t *json_read(const char *bytes, size_t n_bytes, struct error *error);

void text_json(struct text *text, const json_t *json); /* compact, insertion order */

/* JSON text of a value, malloc'ed; NULL on memory failure. */
char *json_text(const json_t *json, size_t *out_n_bytes);

/* A real for a finite value, null otherwise (Jansson cannot hold NaN). New reference. */
json_t *json_number(double value);

/* RFC 6901: the value at `pointer`, borrowed, or NULL. "" is the whole. */
json_t *json_at(const json_t *json, const char *pointer);

/* Puts a copy of `value` at an existing `pointer` (object member or array element that exists, or
 * a new member of an existing object). 0 or -1. */
int json_put(json_t *json, const char *pointer, const json_t *value);

/* What json_put makes, as a new reference that shares everything off the way to `pointer` with
 * `json` and `value`, which stay as they are. NULL as json_put's -1. Nobody may change a shared
 * value afterwards; to read it needs no lock. */
json_t *json_with(const json_t *json, const char *pointer, json_t *value);

/* RFC 7396: `patch` merged into `json`, a new reference; neither is changed. NULL on memory
 * failure. */
json_t *json_merged(const json_t *json, const json_t *patch);

#endif
