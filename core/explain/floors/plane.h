/* The plane through some samples by least squares, and what tests say of it. For the files of the
 * floors alone. */
#ifndef CORE_EXPLAIN_FLOORS_PLANE_H
#define CORE_EXPLAIN_FLOORS_PLANE_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/base/math/linalg.h"
#include "core/data/dataset.h"

/* The inputs and a column of ones, triangulated: column 0 is the ones, 1 + i the i-th input. */
struct plane {
    struct linalg_qr qr;
    double *right; /* [n_samples], scratch */
};

/* Multiplications that factoring a data set's inputs takes, about; and whether that is few enough
 * to be done before training. */
double plane_work(const struct dataset *dataset);
int plane_is_cheap(const struct dataset *dataset);

/* 0, or -1 with ERROR_MEMORY. Clear it in any case. */
int plane_factor(struct plane *plane, const struct dataset *dataset, struct error *error);
void plane_clear(struct plane *plane);

/* Fits output j: its coefficients [n_inputs + 1], the intercept last, and the sum of the squares
 * that are left. */
double plane_fit(struct plane *plane, const struct dataset *dataset, size_t j,
                 double *out_coefficients);

/* The plane's columns as [rank][n_samples], each of length 1 and at right angles to the others; the
 * first is constant. */
void plane_basis(const struct plane *plane, double *out_basis);

#endif
