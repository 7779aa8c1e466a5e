/* Verdicts: what happened in a run, each with its kind of proof. */
#ifndef CORE_EXPLAIN_EXPLAIN_H
#define CORE_EXPLAIN_EXPLAIN_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/teller.h"
#include "core/explain/floors.h"
#include "core/explain/subject.h"
#include "core/explain/verdict/verdict.h"

enum { GLANCE_TEXT_BYTES = 1536 };

enum explain_depth {
    EXPLAIN_LIVE, /* what the present parameters prove, O(n_samples) */
    EXPLAIN_END,  /* all but re-runs: with replays to the step that killed a unit */
    EXPLAIN_FULL  /* with the counterfactual re-runs */
};

/* Tells the members of an explanation:
 *   "headline": a verdict's code, or none; "text": its words
 *   "loss": {"start", "printed", "end", "median_of_last_epochs", "best_known", "gap", "noise_p"}
 *   "verdicts": [{"code", "kind", "severity", "certain", "scope": [...], "implied_by"?,
 *                 "aside"?, "evidence": {...}, "text",
 *                 "actions": [{"label", "at": "start" | "end", "changes": {pointer: value},
 *                              "sweep"?: {pointer: values}}]}],
 *       the headline first, then by rank (core/explain/verdict/verdict.h)
 *   "numbers": {...}, of which none is right or wrong by itself
 *   "not_run": [{"code", "why"}], what could not be told, or not yet
 * The floors may lack best_known and permutation_p: what needs them is then not run. best_known is
 * lowered to what the run itself had, see floors_lower; so tell the floors afterwards. 0, or -1
 * with ERROR_MEMORY, or ERROR_BUSY when subject->stop said so; then nothing was told. */
int explain_run(const struct subject *subject, struct floors *floors,
                enum explain_depth depth, struct teller *teller, struct error *error);

/* What a live explanation comes to, in short. All zero before the first. */
struct glance {
    uint64_t codes;     /* those that fired: bits 1 << enum code */
    enum code headline; /* CODE_COUNT: none */
    enum severity severity; /* of the headline */
    char text[GLANCE_TEXT_BYTES]; /* its words; "" without one */
    struct examination *room;     /* owned: memory, kept from one glance to the next */
};

/* The same codes, headline and words as EXPLAIN_LIVE, for about the time of an epoch: only what
 * these need is worked out. A glance may be used again and again for runs of one network, loss and
 * gradient. Fails as explain_run does. */
int explain_glance(const struct subject *subject, const struct floors *floors,
                   struct glance *out_glance, struct error *error);
void explain_glance_clear(struct glance *glance); /* also one that is all zero */

#endif
