/* Findings: what a sweep shows, as verdicts in the form of a run's. */
#ifndef SERVER_API_SWEEP_FINDINGS_H
#define SERVER_API_SWEEP_FINDINGS_H

#include "core/explain/sweep/effective_time.h"
#include "server/api/sweep/analysis.h"

/* What they are made of, all borrowed: the members of the answer, null where there are none. */
struct findings {
    const json_t *best, *boundary, *compared, *claim;
    size_t a, b;                     /* the settings compared */
    const struct time_claim *stated; /* the claim, if there is one */
};

/* A list of {"code", "kind", "severity", "certain", "scope", "evidence", "text", "actions":
 * [{"label", "post"}]}:
 *   EFFECTIVE_TIME_INCONSISTENT, EFFECTIVE_TIME_CONSISTENT   the claim beside a run
 *   DIFFERENCE_NOT_SIGNIFICANT, DIFFERENCE_SIGNIFICANT       of two settings, over enough starts
 *   BEST_INTERVAL, BEST_UNSURE      whether other starts would choose the same or a neighbour
 *   COLLAPSE_BOUNDARY               from where on the runs break down
 * Each only where its facts exist. NULL on memory failure. */
json_t *findings_json(const struct analysis *it, const struct findings *from, struct error *error);

#endif
