/* An analysis: what the runs of a sweep came to, by settings and starts. */
#ifndef SERVER_API_SWEEP_ANALYSIS_H
#define SERVER_API_SWEEP_ANALYSIS_H

#include "core/explain/sweep/summary.h"
#include "server/api/sweep/grid.h"
#include "server/api/sweep/outcomes.h"

/* All that an answer is made of. */
struct analysis {
    struct engine *engine;     /* borrowed */
    const struct study *study; /* borrowed */
    struct grid grid;
    struct outcome *by_run;   /* [n_runs] */
    struct outcome *by_place; /* [n_settings][n_starts] */
    struct sweep_table table;
};

/* Caller's zeroed memory, to be cleared in any case. Fails as outcomes_find does. */
int analysis_init(struct analysis *it, struct engine *engine, const struct study *study,
                  enum part part, struct error *error);
void analysis_clear(struct analysis *it);

#endif
