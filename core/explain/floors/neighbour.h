/* Each sample's nearest neighbours among the others. For the files of the floors alone. */
#ifndef CORE_EXPLAIN_FLOORS_NEIGHBOUR_H
#define CORE_EXPLAIN_FLOORS_NEIGHBOUR_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"

/* How many a sample has; fewer among fewer than 24 samples. */
enum { NEIGHBOURS_MAX = 4 };
size_t neighbour_count(size_t n_samples);

/* Whether the search, n_samples^2 distances, takes at most some 100 ms. */
int neighbour_is_cheap(const struct dataset *dataset);

/* Fills out [n_samples][count] with those next to each sample, each input measured by its standard
 * deviation; of equally near ones those that stand first. 0; -1 with ERROR_MEMORY. */
int neighbour_find(const struct dataset *dataset, size_t count, uint32_t *out,
                   struct error *error);

#endif
