/* Standardised features: mean 0 and standard deviation 1 over the samples for training. */
#ifndef CORE_DATA_SCALING_H
#define CORE_DATA_SCALING_H

#include "core/base/error.h"
#include "core/data/dataset.h"

/* A feature x becomes (x - mean) / sd; owns its arrays, immutable. */
struct scaling {
    size_t n_features;
    double *mean; /* [n_features] */
    double *sd;   /* [n_features], > 0 */
};

/* Of the samples i with parts[i] PART_TRAIN, or of all (parts NULL): mean is their sum, in order,
 * over their number n; sd is sqrt(sum (x - mean)^2 / n), as in scikit-learn's StandardScaler; a
 * feature that never changes gets its value and sd 1. At least one sample. NULL with ERROR_MEMORY,
 * or ERROR_INVALID when a feature's values are too large or too close to be scaled (the text names
 * it). The caller owns it. */
struct scaling *scaling_fit(const struct dataset *dataset, const unsigned char *parts,
                            struct error *error);
void scaling_destroy(struct scaling *scaling); /* NULL is fine */

/* Scales rows[n_rows][n_features] in place; NULL leaves them as they are. */
void scaling_apply(const struct scaling *scaling, double *rows, size_t n_rows);

#endif
