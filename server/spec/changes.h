/* Changes to a spec: a value for each of some pointers. */
#ifndef SERVER_SPEC_CHANGES_H
#define SERVER_SPEC_CHANGES_H

#include <jansson.h>

#include "server/spec/faults.h"

enum { CHANGES_MAX = 100 };

/* `spec` (taken, shared with nobody) with `changes` made to it, {RFC 6901 pointer: value}; a new
 * reference. null takes a field out. Objects on the way to a field of the table are made. Fields
 * that belong to a kind that is no longer theirs (momentum, when the optimizer becomes adam) go,
 * unless the changes give them. `is_continued` 1: what the start values are stays. NULL with
 * faults, at their places in {"changes": ...}. */
json_t *changes_make(json_t *spec, const json_t *changes, int is_continued, struct faults *faults);

/* Moves the faults of a changed spec to where the user finds their cause: the change at that place,
 * around it or inside it, else /changes as a whole, with the place said in the text. Those of /name
 * and /sweep stay. */
void changes_place_faults(const json_t *changes, struct faults *faults);

#endif
