/* Directions through the space of the parameters, along which a loss can be looked at. */
#ifndef CORE_EXPLAIN_LANDSCAPE_DIRECTION_H
#define CORE_EXPLAIN_LANDSCAPE_DIRECTION_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/model/network.h"

/* A random direction [n_parameters], filter-normalised (Li, Xu, Taylor, Studer & Goldstein 2018):
 * normal draws of np.random.seed(seed), each unit's weights scaled to the length that the unit's
 * have, biases 0. */
void direction_random(const struct network *network, const double *parameters, uint32_t seed,
                      double *out);

/* The two directions [n_parameters], of length 1 and at right angles, in which the points
 * path[n_points][n_parameters] lie the furthest apart, seen from `origin`; and the share of their
 * squared distances that each holds. Those of a path that does not move that way are 0. -1 with
 * ERROR_MEMORY. */
int direction_principal(const double *path, size_t n_points, const double *origin,
                        size_t n_parameters, double *out[2], double out_shares[2],
                        struct error *error);

#endif
