/* What the files of a worked step share. Others see step.h alone. */
#ifndef CORE_EXPLAIN_STEP_STEP_INSIDE_H
#define CORE_EXPLAIN_STEP_STEP_INSIDE_H

#include "core/explain/step/naming.h"
#include "core/explain/step/step.h"

/* Of the sample's forward pass: the slope of a unit's activation, a unit's weighted sum, whose
 * inputs begin at unit `inputs`. */
double step_slope(const struct derivative *it, int layer, size_t unit);
double step_sum(const struct step *step, int layer, int unit, size_t inputs);

/* Tells "batch": its samples' shares in the gradient. -1 with ERROR_MEMORY. */
int step_tell_batch(const struct step *step, struct teller *teller, struct error *error);

/* Tells "rule" and "update". */
void step_tell_update(const struct step *step, struct teller *teller);

/* Why parameter p's gradient is 0, in words. */
void step_zero_text(const struct step *step, size_t p, struct tex *out);

/* Tells "checks". */
int step_tell_checks(const struct step *step, struct teller *teller, struct error *error);

#endif
