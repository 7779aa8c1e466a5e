/* Explanations: what the core finds out about a run, as JSON. */
#ifndef SERVER_LAB_EXPLAIN_EXPLANATION_H
#define SERVER_LAB_EXPLAIN_EXPLANATION_H

#include <jansson.h>

#include "core/base/error.h"
#include "core/explain/explain.h"
#include "server/engine/engine.h"
#include "server/lab/shelf.h"

/* Floors found last, with search and permutations, for the next run of the same data and network.
 * Starts zeroed; one thread's own. */
struct explanation_memo {
    char id[ENGINE_ID_BYTES]; /* of the experiment */
    int run;
    struct floors *floors; /* owned; NULL: none */
};
void explanation_memo_clear(struct explanation_memo *memo);

/* Which run, how deep, and who may stop it. All borrowed. */
struct explanation_wish {
    struct engine *engine;
    const struct study *study;
    int run;
    enum explain_depth depth;
    const char *no_replay;         /* static: why it is not to be trained again; NULL: it may be */
    struct explanation_memo *memo; /* of EXPLAIN_FULL; NULL: none */
    int (*stop)(void *context);    /* asked every few milliseconds; 1 gives up */
    void *context;
};

/* {"floors": {...}, "verdicts": {"state", "epoch", "headline", "text", "loss", "verdicts",
 * "not_run"}} of the run as its last checkpoint has it; a new reference. The same bits for the same
 * run, whenever it is asked. NULL with ERROR_BUSY when `stop` said so, or another error. Any
 * thread. */
json_t *explanation_make(const struct explanation_wish *wish, struct error *error);

/* The parts of that, of any subject. The floors, with search and permutations for EXPLAIN_FULL
 * alone, are the caller's; NULL with ERROR_MEMORY, or ERROR_BUSY when subject->stop said so (also
 * for the verdicts). The JSON are new references; NULL on memory failure. */
struct floors *explanation_find_floors(const struct subject *subject, enum explain_depth depth,
                                       struct error *error);
json_t *explanation_floors_json(const struct floors *floors);
json_t *explanation_verdicts_json(const struct subject *subject, struct floors *floors,
                                  enum explain_depth depth, struct error *error);

/* Verdicts where none were looked for: {"state": "not run", "why", "headline": null, ...}. */
json_t *explanation_not_run(const char *why);

/* The floors of the run's data alone, as above but for the search; a pure function of the spec. */
json_t *explanation_floors(const struct spec *spec, int run, struct error *error);

/* {"code", "severity", "text"} of what the verdicts put first, or null; a new reference. */
json_t *explanation_headline(const json_t *verdicts);

#endif
