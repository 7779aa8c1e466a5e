/* What to try next after a sweep: bodies that can be posted as they are. */
#ifndef SERVER_API_SWEEP_FURTHER_H
#define SERVER_API_SWEEP_FURTHER_H

#include "server/api/sweep/analysis.h"

enum { FURTHER_STARTS = 20, FURTHER_VALUES = 10 };

/* Each adds {"label", "post"} to a list (taken) and returns it, unchanged where there is nothing to
 * try: no seed to draw other starts from, values that cannot stand closer, too many runs. A post is
 * a fork of the sweep's first run at its start, with a sweep of its own. NULL on memory failure,
 * or for a list that is NULL. */

/* FURTHER_STARTS more starts: of the whole sweep, or on one axis of the settings pair[2] alone
 * (NULL: all). */
json_t *further_starts(const struct analysis *it, const size_t *pair, json_t *actions);

/* The same starts, with FURTHER_VALUES values from one setting's to another's, on the only axis. */
json_t *further_values(const struct analysis *it, size_t from, size_t to, json_t *actions);

/* The same starts, with FURTHER_VALUES values from a setting's, at an end of the only axis, on to
 * ten times or a tenth of it, whole ones to four times or a fourth; where every such value is
 * allowed. */
json_t *further_beyond(const struct analysis *it, size_t end, json_t *actions);

/* A run alone at another rate, for so many epochs. */
json_t *further_run(const struct analysis *it, int run, double rate, int64_t epochs,
                    json_t *actions);

#endif
