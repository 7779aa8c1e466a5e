/* Verdicts: what happened in a run, each with its kind of proof. */
#ifndef CORE_EXPLAIN_EXPLAIN_H
#define CORE_EXPLAIN_EXPLAIN_H

#include "core/base/error.h"
#include "core/base/teller.h"
#include "core/explain/floors.h"
#include "core/explain/subject.h"

enum explain_depth {
    EXPLAIN_LIVE, /* what the present parameters prove, O(n_samples) */
    EXPLAIN_END,  /* all but re-runs: with replays to the step that killed a unit */
    EXPLAIN_FULL  /* with the counterfactual re-runs */
};

/* Tells the members of an explanation: "headline" (the first verdict's code, or none), "text",
 * "loss": {"printed", "end"}, "verdicts": [...], "not_run": [{"code", "why"}]. 0, or -1 with
 * ERROR_MEMORY, ERROR_BUSY when subject->stop said so. */
int explain_run(const struct subject *subject, const struct floors *floors,
                enum explain_depth depth, struct teller *teller, struct error *error);

#endif
