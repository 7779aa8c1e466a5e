/* Kinds: words that say which other members an object has. Private to server/spec/option. */
#ifndef SERVER_SPEC_OPTION_KIND_H
#define SERVER_SPEC_OPTION_KIND_H

#include "server/spec/option/options.h"

enum { KIND_BYTES = 48 }; /* of one word */

/* The member whose word says which others there are; NULL: they are always the same. */
const struct option *kind_of(const struct option *object);

/* Takes the next word off "one|two"; 0 at the end. */
int kind_take_word(const char **words, char out[KIND_BYTES]);

/* Whether `when` ("kind=one|two") names the word. */
int kind_is_named(const char *when, const char *word);

/* Copies the first of the kind's words that makes the same members, with the same defaults, as
 * `word`. */
void kind_find_alike(const struct option *object, const struct option *kind, const char *word,
                     char out[KIND_BYTES]);

#endif
