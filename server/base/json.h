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

/* The allocators of all JSON values, from now on; at the start they are malloc and free. For tests;
 * no other thread may use JSON meanwhile. */
void json_allocate_with(void *(*allocate)(size_t size), void (*release)(void *bytes));

/* The object or list in `bytes`, a new reference. NULL with ERROR_INVALID ("line 3, column 7:
 * ...") for anything but one well-formed UTF-8 text without duplicate members, nested at most
 * JSON_DEPTH_MAX deep and with numbers in range (nor too small to be told from 0), or
 * ERROR_MEMORY. */
json_t *json_read(const char *bytes, size_t n_bytes, struct error *error);

void text_json(struct text *text, const json_t *json); /* compact, insertion order */

/* JSON text of a value, malloc'ed; NULL on memory failure. */
char *json_text(const json_t *json, size_t *out_n_bytes);

/* A real for a finite value, null otherwise (Jansson cannot hold NaN). New reference. */
json_t *json_number(double value);

/* RFC 6901: the value at `pointer`, borrowed, or NULL. "" is the whole. */
json_t *json_at(const json_t *json, const char *pointer);

/* `object` with one more member, `list` with one more element: for an answer that is built step by
 * step and must be whole. Both arguments are taken; where either is NULL, or memory does not
 * suffice, both are released and the result is NULL. */
json_t *json_put(json_t *object, const char *name, json_t *value);
json_t *json_push(json_t *list, json_t *value);

/* A copy that shares nothing with `json`, a new reference; NULL on memory failure. Any number of
 * threads may read the same JSON, but they may not take references to it (json_incref, "O" of
 * json_pack, json_object_set): Jansson's counters are not made for that. They take a copy. */
json_t *json_private(const json_t *json);

/* The three below give new references and leave their arguments as they are, but share values with
 * them, which nobody may change afterwards. NULL on memory failure. */

/* An object or list with the same members. Jansson's json_copy would silently leave out those it
 * has no memory for, and so would json_deep_copy. */
json_t *json_shallow(const json_t *json);

/* `json` with `value` at `pointer`, a member or element that exists or a new member of an object
 * that exists; NULL also where there is no such place. */
json_t *json_with(const json_t *json, const char *pointer, json_t *value);

/* RFC 7396: `patch` merged into `json`. */
json_t *json_merged(const json_t *json, const json_t *patch);

#endif
