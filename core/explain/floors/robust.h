/* The best plane for the losses that grow with the distance, the mean absolute error and the Huber
 * loss, each with a proof. For the files of the floors alone. */
#ifndef CORE_EXPLAIN_FLOORS_ROBUST_H
#define CORE_EXPLAIN_FLOORS_ROBUST_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/explain/floors/plane.h"
#include "core/model/loss.h"

/* Of one output at a time. */
struct robust {
    size_t n, rank;
    double *basis;      /* [rank][n]: the plane's columns, at right angles and of length 1 */
    double *targets;    /* [n]: what least squares leaves of them */
    double *errors;     /* [n]: target less plane */
    double *slopes;     /* [n] of the loss by the errors, from -1 to 1: see robust_bound */
    double *along;      /* [n]: what a direction adds to the plane */
    double *room;       /* [2][n] */
    double *parameters; /* [rank], of the basis */
    double *step;       /* [rank] */
    double *matrix;     /* [rank][rank] */
    double *inverse;    /* [rank][rank] */
    size_t *base;       /* [rank]: samples that the plane goes through */
    size_t *heap;       /* [n] */
};

/* Multiplications that may be spent: about 100 ms. What takes more is not found. */
#define ROBUST_WORK_MAX 1e8

/* The lowest loss of a plane (mae, or huber), and each output's plane [n_outputs][n_inputs + 1],
 * the intercept last. NaN when it was not found, or not proved within 1e-10 of it. The proof is
 * the dual problem's: for any slopes s from -1 to 1 at right angles to the plane's columns, no
 * plane's sum of |y - plane| is below sum of s y, nor of the Huber loss below sum of s y - s^2 / 2.
 * 0, or -1 with ERROR_MEMORY. */
int robust_fit(struct plane *plane, const struct dataset *dataset, enum loss loss, double *out_loss,
               double *out_coefficients, struct error *error);

/* Finds parameters and slopes for the targets; NaN, or the sum of the loss at the parameters. */
double absolute_fit(struct robust *it);
double huber_fit(struct robust *it);

/* Errors at the parameters. */
void robust_fill_errors(struct robust *it, const double *targets);

/* The bound that the slopes prove of the sum of the loss; they are put at right angles first. */
double robust_bound(struct robust *it, enum loss loss);

#endif
