/* Looks at every run of a spec before any of them is accepted. */
#ifndef SERVER_SPEC_SWEEP_SURVEY_H
#define SERVER_SPEC_SWEEP_SURVEY_H

#include <jansson.h>

#include "server/spec/faults.h"
#include "server/spec/source/library.h"
#include "server/spec/sweep/sweep.h"

/* Checks all runs over `base`, the normalised spec without the sweep's values, in which sections at
 * fault are missing; `posted` is the sweep as it was posted, or NULL. Each section is checked once
 * for each different state of what it depends on, and sums are checked against the limits. The
 * sweep's values are brought into their normalised form.
 *
 * Gives the list of all runs, {"dataset", "network", "training"} each, normalised; a new reference.
 * NULL with faults. */
json_t *survey_runs(struct sweep *sweep, const json_t *base, const json_t *posted,
                    struct library *library, struct faults *faults);

/* When `posted` has no layers of its own: gives the default ones of `normalised` an output for each
 * target. 0, or -1 for memory. */
int survey_default_output(const json_t *posted, json_t *normalised, struct library *library);

#endif
