/* Standardised columns: mean 0 and standard deviation 1 over the samples for training. */
#ifndef CORE_DATA_SCALING_H
#define CORE_DATA_SCALING_H

#include "core/base/error.h"
#include "core/data/dataset.h"

/* A value x of a column becomes (x - mean) / sd; owns its arrays, immutable. */
struct scaling {
    size_t n_columns; /* features, or targets */
    double *mean;     /* [n_columns] */
    double *sd;       /* [n_columns], > 0 */
};

enum scaling_of { SCALING_FEATURES, SCALING_TARGETS };

/* Of the samples i with parts[i] PART_TRAIN, or of all (parts NULL): mean is their sum, in order,
 * over their number n; sd is sqrt(sum (x - mean)^2 / n), as in scikit-learn's StandardScaler; a
 * column that never changes gets its value and sd 1. At least one sample. NULL with ERROR_MEMORY,
 * or ERROR_INVALID when a column's values are too large or too close to be scaled (the text names
 * it). The caller owns it. */
struct scaling *scaling_fit(const struct dataset *dataset, enum scaling_of of,
                            const unsigned char *parts, struct error *error);
void scaling_destroy(struct scaling *scaling); /* NULL is fine */

/* Scales rows[n_rows][n_columns] in place; NULL leaves them as they are. */
void scaling_apply(const struct scaling *scaling, double *rows, size_t n_rows);

/* Scales them back: x becomes x * sd + mean. */
void scaling_undo(const struct scaling *scaling, double *rows, size_t n_rows);

#endif
