/* The formulas of a worked step, in TeX. */
#ifndef CORE_EXPLAIN_STEP_FORMULA_H
#define CORE_EXPLAIN_STEP_FORMULA_H

#include "core/explain/step/naming.h"
#include "core/train/training.h"

/* Each fills *out anew. */
void formula_sum(const struct network *network, int layer, int unit, struct tex *out);
void formula_output(const struct network *network, int layer, int unit, struct tex *out);
void formula_loss(const struct network *network, enum loss loss, struct tex *out);
/* An output's delta, and a hidden unit's. */
void formula_delta(const struct network *network, enum loss loss, int unit, struct tex *out);
void formula_hidden_delta(const struct network *network, int layer, int unit, struct tex *out);
/* The slope by a parameter, of one sample. */
void formula_gradient(const struct network *network, size_t parameter, struct tex *out);

/* How an optimizer changes a parameter, as rows that end with NULL; without penalty and clipping,
 * which formula_penalties lists in their order. At most FORMULA_ROWS rows. */
enum { FORMULA_ROWS = 6 };
const char *const *formula_update(enum optimizer optimizer);
int formula_penalties(const struct training *training, const char *out[FORMULA_ROWS]);

#endif
