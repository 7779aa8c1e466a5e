/* Answers to the questions that presets leave open, from runs trained for the purpose. */
#ifndef SERVER_LAB_EXPLAIN_ANSWER_H
#define SERVER_LAB_EXPLAIN_ANSWER_H

#include <jansson.h>

#include "core/base/error.h"

/* {"answer": [sentence, ...], "run" (or of a sweep "runs" and "lowest"), "floors", "verdicts",
 * "also": {name: run}} of what presets_answer gave: its runs, those it is compared with, and what
 * they came to in words. A sentence whose numbers are not there is left out. Pure: the same
 * whenever it is asked, and nothing is stored. NULL with ERROR_BUSY when `stop` said so, or another
 * error. Takes a second or two; any thread. */
json_t *answer_make(const json_t *preset, int (*stop)(void *context), void *context,
                    struct error *error);

#endif
