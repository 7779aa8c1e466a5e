/* A bound of what rounding may do to a network's loss. */
#ifndef CORE_EXPLAIN_DIAGNOSIS_ROUNDING_H
#define CORE_EXPLAIN_DIAGNOSIS_ROUNDING_H

#include "core/explain/derivative.h"

/* After a sample's derivative_forward: how far its L may be from that of exact arithmetic with the
 * same parameters. errors: two of [derivative->n_units]; the first become the bounds of every
 * unit's weighted sum, counted as derivative->sums is. Infinite where numbers are. Overwrites
 * deltas and pulled. (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, 3.1.) */
double rounding_bound(struct derivative *derivative, const double *parameters,
                      const double *targets, double loss, double *errors);

#endif
