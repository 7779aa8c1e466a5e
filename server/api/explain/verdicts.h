/* Floors and verdicts of a run, as answers have them. */
#ifndef SERVER_API_EXPLAIN_VERDICTS_H
#define SERVER_API_EXPLAIN_VERDICTS_H

#include "server/api/call/call.h"

/* Whether they are stored, so that they need only be read (also where there are none to be
 * found). */
int verdicts_are_stored(struct call *call);

/* Adds "floors" and "verdicts" to the record of the call's run: the stored ones of a run that has
 * ended; otherwise what a desk finds out in VERDICTS_MS of processor time from the last checkpoint.
 * At a desk. */
enum { VERDICTS_MS = 100 };
int verdicts_add(struct call *call, const struct study *study, json_t *row, struct error *error);

/* The floors of the call's run: the stored ones with the search's bound, else those of its data
 * alone. A new reference; NULL on failure. At a desk. */
json_t *verdicts_floors(struct call *call, const struct study *study, struct error *error);

#endif
