/* The risk: the loss to expect of a network on new data from the same source, exactly. */
#ifndef CORE_EXPLAIN_RISK_H
#define CORE_EXPLAIN_RISK_H

#include "core/base/error.h"
#include "core/data/population.h"
#include "core/model/loss.h"
#include "core/model/network.h"

/* In *out_risk the expected loss over the population: of the squared error the noise plus the mean
 * over the points of (output - expected target)^2; of the cross-entropies, which are linear in the
 * target, that of the expected targets. NaN where the population's points or noise are not known
 * (also: population NULL), and for other losses. 0, or -1 with ERROR_MEMORY. */
int risk_exact(const struct population *population, const struct network *network, enum loss loss,
               const double *parameters, double *out_risk, struct error *error);

#endif
