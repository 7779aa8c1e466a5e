/* Actions: what to try next, as changes to the run's spec. Each is told as an item of a list,
 * {"label", "at", "changes", "sweep"?}: `at` is where the changed run goes on from, "start" or
 * "end"; a sweep makes several of it. */
#ifndef CORE_EXPLAIN_VERDICT_ACTIONS_H
#define CORE_EXPLAIN_VERDICT_ACTIONS_H

#include "core/base/teller.h"
#include "core/explain/verdict/examination.h"

void action_rate(struct teller *teller, const struct examination *it, const char *at,
                 double factor);
void action_rate_for(struct teller *teller, const struct examination *it, double factor,
                     int64_t epochs); /* from the start, exactly that rate */
void action_epochs(struct teller *teller, const struct examination *it, int64_t epochs);
void action_patience(struct teller *teller, int64_t patience); /* with the validation loss */
void action_decay(struct teller *teller, const struct examination *it);
void action_seeds(struct teller *teller);
void action_wider(struct teller *teller, const struct examination *it);
void action_leaky(struct teller *teller, const struct examination *it);

#endif
