/* The risk: the loss to expect of a network on new data from the same source, exactly. */
#ifndef CORE_EXPLAIN_RISK_H
#define CORE_EXPLAIN_RISK_H

#include "core/data/population.h"
#include "core/explain/derivative.h"

/* The expected loss over the population: of the squared error the noise plus the mean over the
 * points of (output - expected target)^2; of the cross-entropies, which are linear in the target,
 * that of the expected targets. NaN where the population's points or noise are not known (also:
 * population NULL), and for other losses. `it` says which network and loss. */
double risk_exact(struct derivative *it, const struct population *population,
                  const double *parameters);

#endif
