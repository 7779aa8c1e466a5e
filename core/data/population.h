/* All samples that a data set's generator can draw, with their probabilities: what a data set is a
 * sample of. */
#ifndef CORE_DATA_POPULATION_H
#define CORE_DATA_POPULATION_H

#include <stddef.h>

#include "core/base/error.h"

/* target = mean(inputs) + noise, the inputs drawn from finitely many points. Owns its arrays,
 * immutable. */
struct population {
    size_t n_inputs, n_outputs;
    double *noise;   /* [n_outputs] variance of what is left of each target once the inputs are
                        known, averaged over the inputs, >= 0; NaN: not known */
    size_t n_points; /* 0: the inputs are not drawn from finitely many points, or too many */
    double *points;  /* [n_points][n_inputs], as the run sees them (standardised), each once */
    double *weights; /* [n_points], their probabilities, > 0, together 1 */
    double *means;   /* [n_points][n_outputs], the expected targets there */
};

void population_destroy(struct population *population); /* NULL is fine */

#endif
