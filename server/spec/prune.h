/* Pruning: what a changed spec has left of before, and no use for. */
#ifndef SERVER_SPEC_PRUNE_H
#define SERVER_SPEC_PRUNE_H

#include <jansson.h>

/* Whether somebody wrote the field at `pointer` on purpose, by what `given` is. */
typedef int (*prune_given_fn)(const void *given, const char *pointer);

/* Takes fields out of `spec` that belong to a kind that is no longer theirs (momentum, when the
 * optimizer has become adam), but for those that are given, which the check of the spec is to
 * refuse, and where the spec's sweep changes the kind. An object without such fields is not
 * written to. */
void prune_spec(json_t *spec, prune_given_fn is_given, const void *given);

#endif
