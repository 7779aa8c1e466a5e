/* Sentences with blanks, filled in from JSON: "The loss is {/run/loss}." */
#ifndef SERVER_BASE_BLANKS_H
#define SERVER_BASE_BLANKS_H

#include <jansson.h>

#include "server/base/text.h"

/* The value at an RFC 6901 pointer (without ~ in it), in which a step code=NAME means the member of
 * a list whose "code" is NAME; borrowed, or NULL. */
json_t *blanks_at(const json_t *json, const char *pointer);

/* Adds the sentence to `out` with every {pointer} replaced: texts and whole numbers as they are,
 * other numbers to five significant digits. 0; or -1 when a value is not there, or null, an object
 * or a list: then nothing was added, for the sentence has nothing to say. */
int blanks_fill(const char *sentence, const json_t *values, struct text *out);

#endif
