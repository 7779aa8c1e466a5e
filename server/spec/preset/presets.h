/* The named specs that come with the server: the founding report's experiments, and what a
 * first course goes on with. */
#ifndef SERVER_SPEC_PRESET_PRESETS_H
#define SERVER_SPEC_PRESET_PRESETS_H

#include <jansson.h>

#include "server/spec/faults.h"

/* {"groups": [{"title", "presets": [{"name", "title", "saw", "look_for", "question", "spec"}]}]}:
 * `saw` is what the report saw (only its own experiments have it, and they come first), `look_for`
 * what to look for, `question` what it left open, one sentence each. Borrowed for the life of the
 * process; NULL only on memory failure at first use (call once from main before threads). */
const json_t *presets_json(void);

/* A posted body as a spec: {"preset": NAME, ...} is that preset's spec with the other members
 * merged into it (RFC 7396); any other body is the spec itself. A new reference; NULL with a fault
 * when there is no such preset. */
json_t *presets_expand(const json_t *posted, struct faults *faults);

/* What the answer to a preset's question is made of, or NULL where it has none: {"spec", "answer":
 * sentences with blanks (server/base/blanks.h), "also": {name: what to merge into the spec}}, the
 * last being runs to compare with. Borrowed likewise. */
const json_t *presets_answer(const char *name);

/* Frees what presets_json keeps, for the end of the process: memory checkers then see no leak. */
void presets_clear(void);

#endif
