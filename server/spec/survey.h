/* Looks at every run of a spec before any of them is accepted. */
#ifndef SERVER_SPEC_SURVEY_H
#define SERVER_SPEC_SURVEY_H

#include <jansson.h>

#include "server/spec/faults.h"
#include "server/spec/sweep.h"

/* {"dataset", "network", "training"} of a run, normalised, without those that are at fault or
 * missing from `base`, the normalised spec without a sweep's values; `posted` is the sweep as it
 * was posted, or NULL. A new reference; NULL with faults. */
json_t *survey_run(const struct sweep *sweep, int run, const json_t *base, const json_t *posted,
                   struct faults *faults);

/* Checks all runs, each section once for each different state of what it depends on, and their
 * sums against the limits. The sweep's values are brought into their normalised form. */
void survey_all(struct sweep *sweep, const json_t *base, const json_t *posted,
                struct faults *faults);

/* When `posted` has no layers of its own: gives the default ones of `normalised` an output for each
 * target. 0, or -1 for memory. */
int survey_default_output(const json_t *posted, json_t *normalised);

#endif
