/* The plane of the lowest Huber loss: Newton's method.
 *
 * DESIGN. The loss is convex, and a parabola as long as no error crosses its corners, so Newton's
 * step is the last one once it crosses none. It sets out from least squares with corners further
 * out, first beyond all errors, where that is the best plane, then nearer and nearer; or where most
 * errors are far beyond the corners, from least absolute deviations. Samples beyond the corners
 * have no curvature, but get a trace of that of a parabola above them, which makes every step one
 * that can be taken. */
#include <math.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/explain/floors/robust.h"

enum { STEPS_AT_CORNERS = 3, STEPS_MAX = 100, HALVINGS_MAX = 40 };

/* A largest error that is far beyond. */
#define FAR 100.0

static double slope_of(double error, double corner)
{
    return fabs(error) < corner ? error : copysign(corner, error);
}

/* The slope of the loss's sum when the plane has moved `length` along `along`. */
static double slope_along(const struct robust *it, double corner, double length)
{
    double slope = 0.0;
    for (size_t i = 0; i < it->n; i++) {
        slope -= slope_of(it->errors[i] - length * it->along[i], corner) * it->along[i];
    }
    return slope;
}

/* Lower triangle of the curvature, the trace included; the gradient to `step`. */
static void fill_equations(struct robust *it, double corner)
{
    for (size_t i = 0; i < it->n; i++) {
        double size = fabs(it->errors[i]);
        it->room[i] = size < corner ? 1.0 : 1e-8 * corner / size;
        it->slopes[i] = slope_of(it->errors[i], corner);
    }
    for (size_t k = 0; k < it->rank; k++) {
        const double *column = it->basis + k * it->n;
        it->step[k] = linalg_dot(column, it->slopes, it->n);
        for (size_t i = 0; i < it->n; i++) {
            it->along[i] = it->room[i] * column[i];
        }
        for (size_t l = 0; l <= k; l++) {
            it->matrix[k * it->rank + l] = linalg_dot(it->along, it->basis + l * it->n, it->n);
        }
    }
}

/* Goes a step down; 0 when there is none. */
static int descend(struct robust *it, double corner)
{
    double length = 1.0;
    fill_equations(it, corner);
    if (linalg_cholesky(it->matrix, it->rank) != 0) {
        return 0;
    }
    linalg_cholesky_solve(it->matrix, it->rank, it->step);
    memset(it->along, 0, it->n * sizeof *it->along);
    for (size_t k = 0; k < it->rank; k++) {
        for (size_t i = 0; i < it->n; i++) {
            it->along[i] += it->step[k] * it->basis[k * it->n + i];
        }
    }
    double first = slope_along(it, corner, 0.0);
    if (!(first < 0.0)) {
        return 0;
    }
    for (int halving = 0; slope_along(it, corner, length) > -0.5 * first; halving++) {
        if (halving == HALVINGS_MAX) {
            return 0;
        }
        length *= 0.5;
    }
    for (size_t k = 0; k < it->rank; k++) {
        it->parameters[k] += length * it->step[k];
    }
    robust_fill_errors(it, it->targets);
    return 1;
}

static double sum_of(const struct robust *it)
{
    double sum = 0.0;
    for (size_t i = 0; i < it->n; i++) {
        double size = fabs(it->errors[i]);
        sum += size < 1.0 ? 0.5 * size * size : size - 0.5;
    }
    return sum;
}

/* The parameters to set out from; the work of it. */
static double set_out(struct robust *it, double work)
{
    double largest = 0.0, done = 0.0;
    for (size_t i = 0; i < it->n; i++) {
        largest = fmax(largest, fabs(it->targets[i]));
    }
    if (largest > FAR && !isnan(absolute_fit(it))) {
        return done;
    }
    memset(it->parameters, 0, it->rank * sizeof *it->parameters);
    robust_fill_errors(it, it->targets);
    for (double corner = 0.25 * largest; corner > 1.0 && isfinite(corner); corner *= 0.25) {
        for (int i = 0; i < STEPS_AT_CORNERS && descend(it, corner); i++) {
            done += work;
        }
    }
    return done;
}

static void fill_slopes(struct robust *it)
{
    for (size_t i = 0; i < it->n; i++) {
        it->slopes[i] = slope_of(it->errors[i], 1.0);
    }
}

double huber_fit(struct robust *it)
{
    double rank = (double)it->rank, work = (double)it->n * (0.5 * rank * rank + 6.0 * rank + 20.0);
    double done = set_out(it, work), sum = sum_of(it), last = INFINITY;
    for (int i = 0; i < STEPS_MAX && sum < last && done <= ROBUST_WORK_MAX; i++, done += work) {
        fill_slopes(it);
        if (sum - robust_bound(it, LOSS_HUBER) <= 1e-13 * sum || !descend(it, 1.0)) {
            break;
        }
        last = sum;
        sum = sum_of(it);
    }
    fill_slopes(it);
    return sum;
}
