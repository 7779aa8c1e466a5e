/* JSON as Descent writes it: Jansson's values, doubles with the fewest digits that round-trip. */
#ifndef SERVER_BASE_JSON_H
#define SERVER_BASE_JSON_H

#include <jansson.h>
#include <stddef.h>

/* A growing text. Starts zeroed; after a failed allocation it stays failed and text_take gives
 * NULL. */
struct text {
    char *bytes; /* NUL-terminated when n_bytes > 0 */
    size_t n_bytes;
    size_t capacity;
    int failed;
};
void text_add(struct text *text, const char *bytes, size_t n_bytes);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_number(struct text *text, double value); /* shortest; null when not finite */
void text_json_string(struct text *text, const char *utf8); /* quoted and escaped */
void text_json(struct text *text, const json_t *json);      /* compact, insertion order */
char *text_take(struct text *text, size_t *out_n_bytes);    /* the caller frees; text is empty */
void text_clear(struct text *text);

/* JSON text of a value, malloc'ed; NULL on memory failure. */
char *json_text(const json_t *json, size_t *out_n_bytes);

/* A real for a finite value, null otherwise (Jansson cannot hold NaN). New reference. */
json_t *json_number(double value);

/* RFC 6901: the value at `pointer`, borrowed, or NULL. */
json_t *json_at(const json_t *json, const char *pointer);

/* Puts a copy of `value` at an existing `pointer` (object member or array element that exists, or
 * a new member of an existing object). 0 or -1. */
int json_put(json_t *json, const char *pointer, const json_t *value);

#endif
