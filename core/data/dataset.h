/* A data set: samples in rows, features then targets, dense doubles. */
#ifndef CORE_DATA_DATASET_H
#define CORE_DATA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum { DATASET_NAME_BYTES = 32, DATASET_COLUMNS_MAX = 1024 };

struct dataset {
    size_t n_samples;
    size_t n_features;
    size_t n_targets;
    double *features; /* [n_samples][n_features], finite */
    double *targets;  /* [n_samples][n_targets], finite */
    char (*names)[DATASET_NAME_BYTES]; /* [n_features + n_targets], NUL-terminated */
    size_t n_classes;                  /* that the targets stand for; 0: none, or without names */
    char (*classes)[DATASET_NAME_BYTES]; /* [n_classes], as the data call them; NULL without */
    uint32_t *rows; /* [n_samples], of a part: their rows in the whole; NULL: it is the whole */
};

/* An owned data set of the given shape, all zero, names empty. NULL with ERROR_MEMORY, or
 * ERROR_TOO_LARGE beyond DATASET_COLUMNS_MAX columns.
 * Immutable once filled: then any number of threads may read it. */
struct dataset *dataset_create(size_t n_samples, size_t n_features, size_t n_targets,
                               struct error *error);
void dataset_destroy(struct dataset *dataset); /* NULL is fine */

/* The row of its `sample` in the whole data set. */
size_t dataset_row(const struct dataset *dataset, size_t sample);

/* Makes every name different from those before it: of two columns "a_b" the second becomes "a_b_2",
 * cut where it must be. */
void dataset_distinguish(struct dataset *dataset);

/* Makes room for n_classes empty names, of a data set without. -1 with ERROR_MEMORY. */
int dataset_add_classes(struct dataset *dataset, size_t n_classes, struct error *error);

#endif
