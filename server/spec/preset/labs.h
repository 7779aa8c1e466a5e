/* The lab sheets that come with the server: a hypothesis, what to do, and what the numbers must
 * show. */
#ifndef SERVER_SPEC_PRESET_LABS_H
#define SERVER_SPEC_PRESET_LABS_H

#include <jansson.h>

/* {"labs": [{"number", "name", "title", "hypothesis", "do", "parts": [{"name", "title", "spec"}],
 * "show": [...]}]}. A part's name is a preset's as well (presets_expand). What must be shown is
 * {"text", "part", "get", "at", and one of "is" (with "within", a relative difference; null: there
 * is none), "equals" (another pointer), "below", "above"}: of the part's experiment, the answer to
 * GET /experiments/{id}/<get>, there the value at the RFC 6901 pointer `at`, where a step code=NAME
 * means the member of a list whose "code" is NAME. Borrowed for the life of the process; NULL only
 * on memory failure at first use, by presets_json. */
const json_t *labs_json(void);

/* The spec of a part, borrowed, or NULL. */
const json_t *labs_spec(const char *part);

/* Frees what labs_json keeps: by presets_clear. */
void labs_clear(void);

#endif
