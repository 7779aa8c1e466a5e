/* The best single answer for some targets. For the files of the floors alone. */
#ifndef CORE_EXPLAIN_FLOORS_CONSTANT_H
#define CORE_EXPLAIN_FLOORS_CONSTANT_H

#include <stddef.h>

#include "core/model/loss.h"

/* The sum over one output's targets [n], n >= 1, of the loss of the constant for which it is
 * lowest: the mean, the median of the mean absolute error, and between the two for the Huber loss.
 * Sorts the targets for these. Of the categorical cross-entropy a class's part: - log of its share,
 * for each of it. Both in two passes, without cancelling. */
double constant_sum(enum loss loss, double *targets, size_t n);

/* The entropy of a binary target that is 1 with probability p: what the best constant, p, costs;
 * and a class's part in that of several, -p log p. 0 for p = 0. */
double constant_entropy(double p);
double constant_entropy_part(double p);

#endif
