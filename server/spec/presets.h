/* The named specs that come with the server: the founding report's experiments. */
#ifndef SERVER_SPEC_PRESETS_H
#define SERVER_SPEC_PRESETS_H

#include <jansson.h>

/* {"groups": [{"title", "presets": [{"name", "title", "saw", "look_for", "spec"}]}]}: `saw` is
 * what the report saw, `look_for` what to look for, one sentence each. Borrowed for the life of
 * the process; NULL only on memory failure at first use (call once from main before threads). */
const json_t *presets_json(void);

#endif
