/* All samples that a data set's generator can draw, with their probabilities: what a data set is a
 * sample of. */
#ifndef CORE_DATA_POPULATION_H
#define CORE_DATA_POPULATION_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/generate.h"
#include "core/data/pattern.h"
#include "core/data/scaling.h"

/* target = mean(inputs) + noise, the inputs drawn from finitely many points. Owns its arrays. */
struct population {
    size_t n_inputs, n_outputs;
    double *noise;   /* [n_outputs] variance of what is left of each target once the inputs are
                        known, averaged over the inputs, >= 0; NaN: not known */
    size_t n_points; /* 0: the inputs are not drawn from finitely many points, or too many */
    double *points;  /* [n_points][n_inputs], as the run sees them (standardised), each once */
    double *weights; /* [n_points], their probabilities, > 0, together 1 */
    double *means;   /* [n_points][n_outputs], the expected targets there */
};

/* Combinations of draws that are gone through, of features and of targets together. */
enum { POPULATION_COMBINATIONS_MAX = 1 << 16 };

/* The population of a recipe that is right (generate_check). Points are known where all features
 * draw with randint alone, in at most that many combinations; the targets' noise where they draw so
 * too, add draws of any kind to the rest ("x**2 + normal(0, 0.5)") or turn a class round
 * ("n1 != (rand() < 0.1)"), also where points are not known if it is the same for all. Not exact,
 * and so not known: anything else. NULL with ERROR_MEMORY. The caller owns it. */
struct population *population_of_recipe(const struct generate_recipe *recipe, struct error *error);

/* The population of a pattern, of whose points none is known: of the lines and sines the noise is
 * that of y. NULL with ERROR_MEMORY. */
struct population *population_of_pattern(const struct pattern *pattern, struct error *error);

/* Turns it into that of the scaled data set; NULL leaves features, or targets, as they are. */
void population_scale(struct population *population, const struct scaling *features,
                      const struct scaling *targets);

void population_destroy(struct population *population); /* NULL is fine */

#endif
