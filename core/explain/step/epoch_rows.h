/* An epoch, told row by row: one row a sample, and what the steps add up to. */
#ifndef CORE_EXPLAIN_STEP_EPOCH_ROWS_H
#define CORE_EXPLAIN_STEP_EPOCH_ROWS_H

#include "core/base/error.h"
#include "core/base/teller.h"
#include "core/explain/step/walk.h"

/* An epoch's work, samples times parameters, that is told at most. */
enum { EPOCH_ROWS_WORK_MAX = 20000000, EPOCH_ROWS_MAX = 20000 };

/* Walks the whole epoch, from its start, and tells it; one in which the run diverges up to the
 * batch that it diverges in. -1 with ERROR_MEMORY or ERROR_TOO_LARGE.
 * Columns of "rows", each a list of one value a sample in the order of the visit: sample (its
 * position), row, outputs, error (of one output), loss, rho (of one output's squared error under
 * plain SGD, sample by sample), on (a digit for each hidden relu, leaky_relu, elu: 1 where z > 0),
 * step_norm (of its batch's last sample, else none), zero_because (or none). */
int epoch_rows_tell(struct walk *walk, struct teller *teller, struct error *error);

#endif
