/* Guessing which field was meant. */
#ifndef SERVER_SPEC_OPTION_SUGGEST_H
#define SERVER_SPEC_OPTION_SUGGEST_H

#include <stddef.h>

#include "server/spec/option/options.h"

enum { SUGGEST_BYTES = 320 };

/* What to say after "unknown field" for a member `name` found where the rows below `parent` stand:
 * ", did you mean learning_rate?", or the names there are. `out` is returned. */
const char *suggest_member(char out[SUGGEST_BYTES], const struct option *parent, const char *name);

/* The row below `parent` that `name` is another word for, or nearly spells, or NULL. */
const struct option *suggest_below(const struct option *parent, const char *name);

/* The pointer of the whole table most like `pointer`, or NULL. */
const char *suggest_pointer(const char *pointer);

#endif
