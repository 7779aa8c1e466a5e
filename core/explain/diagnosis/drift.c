/* Where SGD on single samples hovers around a minimum.
 *
 * An epoch in a fixed order is one smooth map of the parameters; near a minimum its fixed point is
 * at (I - M)^-1 (where an epoch leads - minimum), M the map's Jacobian, the product of the steps'
 * I - rate H_i. That is the end of every epoch once the run has settled there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/levenberg.h"
#include "core/explain/diagnosis/drift.h"

enum { CYCLE_PARAMETERS_MAX = 64, SWEEPS_MAX = 60 };

/* Singular values below this share of the largest count as 0: the directions along which a network
 * of relu units can be rescaled. */
#define SINGULAR_MIN 1e-8

int drift_minimum(struct examination *it, int n_steps, double *parameters, double *out_loss,
                  struct error *error)
{
    struct levenberg levenberg;
    const struct subject *subject = it->subject;
    *out_loss = NAN;
    if (!it->setting.can_polish || !it->setting.is_squared) {
        return 0;
    }
    int status = levenberg_init(&levenberg, subject->network, subject->dataset, LOSS_MSE, error);
    if (status == 0) {
        memcpy(parameters, subject->parameters, it->n_parameters * sizeof *parameters);
        *out_loss = levenberg_descend(&levenberg, parameters, n_steps);
    }
    levenberg_clear(&levenberg);
    return status;
}

/* --- least squares of smallest norm --------------------------------------------------------- */

/* Turns columns i and j of a matrix [n][n] given by columns, and of v likewise, so that those of
 * the matrix become orthogonal. Returns whether they were not. */
static int turn(double *a, double *v, size_t n, size_t i, size_t j)
{
    double *x = a + i * n, *y = a + j * n;
    double xx = linalg_dot(x, x, n), yy = linalg_dot(y, y, n), xy = linalg_dot(x, y, n);
    if (fabs(xy) <= 1e-15 * sqrt(xx) * sqrt(yy)) {
        return 0;
    }
    double zeta = (yy - xx) / (2.0 * xy);
    double t = (zeta >= 0.0 ? 1.0 : -1.0) / (fabs(zeta) + sqrt(1.0 + zeta * zeta));
    double c = 1.0 / sqrt(1.0 + t * t), s = c * t;
    for (int part = 0; part < 2; part++) {
        for (size_t k = 0; k < n; k++) {
            double old = x[k];
            x[k] = c * old - s * y[k];
            y[k] = s * old + c * y[k];
        }
        x = v + i * n;
        y = v + j * n;
    }
    return 1;
}

/* The solution of smallest norm of matrix x = right, least squares, by one-sided Jacobi (Hestenes
 * 1958; Golub & Van Loan, section 8.6.3). columns: the matrix column by column, spoilt. v: [n][n]
 * room. */
static void solve_smallest(double *columns, double *v, size_t n, const double *right,
                           double *solution)
{
    double largest = 0.0;
    for (size_t i = 0; i < n * n; i++) {
        v[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
    }
    for (int sweep = 0, is_done = 0; sweep < SWEEPS_MAX && !is_done; sweep++) {
        is_done = 1;
        for (size_t i = 0; i + 1 < n; i++) {
            for (size_t j = i + 1; j < n; j++) {
                is_done &= !turn(columns, v, n, i, j);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, linalg_norm(columns + i * n, n));
    }
    memset(solution, 0, n * sizeof *solution);
    for (size_t i = 0; i < n; i++) {
        const double *u = columns + i * n;
        double s = linalg_norm(u, n);
        if (s > SINGULAR_MIN * largest) {
            double share = linalg_dot(u, right, n) / (s * s);
            for (size_t k = 0; k < n; k++) {
                solution[k] += share * v[i * n + k];
            }
        }
    }
}

/* --- a fixed order -------------------------------------------------------------------------- */

/* One epoch from `at`, in place; map [p][p], column by column, becomes its Jacobian. */
static void cycle(struct examination *it, double *at, double *map, double *gradient)
{
    size_t p = it->n_parameters;
    double rate = examination_rate(it, it->subject->state.epoch);
    for (size_t i = 0; i < it->n_samples; i++) {
        const double *x = examination_features(it, i), *y = examination_targets(it, i);
        for (size_t column = 0; column < p; column++) {
            double *direction = map + column * p;
            memset(gradient, 0, p * sizeof *gradient);
            derivative_curve(&it->derivative, at, x, y, direction, gradient);
            for (size_t k = 0; k < p; k++) {
                direction[k] -= rate * gradient[k];
            }
        }
        memset(gradient, 0, p * sizeof *gradient);
        derivative_sample(&it->derivative, at, x, y, gradient);
        for (size_t k = 0; k < p; k++) {
            at[k] -= rate * gradient[k];
        }
    }
}

static int predict_cycle(struct examination *it, const double *minimum, double *out_loss,
                         struct error *error)
{
    size_t p = it->n_parameters;
    double *map = memory_array(2 * p * p + 4 * p, sizeof *map, error);
    if (!map) {
        return -1;
    }
    double *v = map + p * p, *at = v + p * p, *gradient = at + p, *right = gradient + p;
    double *shift = right + p;
    memcpy(at, minimum, p * sizeof *at);
    for (size_t i = 0; i < p; i++) {
        map[i * p + i] = 1.0;
    }
    cycle(it, at, map, gradient);
    for (size_t i = 0; i < p * p; i++) {
        map[i] = (i % (p + 1) == 0 ? 1.0 : 0.0) - map[i];
    }
    for (size_t k = 0; k < p; k++) {
        right[k] = at[k] - minimum[k];
    }
    solve_smallest(map, v, p, right, shift);
    for (size_t k = 0; k < p; k++) {
        at[k] = minimum[k] + shift[k];
    }
    *out_loss = derivative_data(&it->derivative, at, it->subject->dataset, NULL);
    free(map);
    return 0;
}

/* --- samples drawn independently ------------------------------------------------------------ */

static int predict_draws(struct examination *it, const double *minimum, double *out_loss,
                         struct error *error)
{
    size_t p = it->n_parameters;
    double n = (double)it->n_samples, squares = 0.0, loss = 0.0;
    double *gradient = memory_array(2 * p, sizeof *gradient, error);
    if (!gradient) {
        return -1;
    }
    double *mean = gradient + p;
    for (size_t i = 0; i < it->n_samples; i++) {
        memset(gradient, 0, p * sizeof *gradient);
        loss += derivative_sample(&it->derivative, minimum, examination_features(it, i),
                                  examination_targets(it, i), gradient) / n;
        squares += linalg_dot(gradient, gradient, p) / n;
        for (size_t k = 0; k < p; k++) {
            mean[k] += gradient[k] / n;
        }
    }
    double trace = squares - linalg_dot(mean, mean, p);
    double rate = examination_rate(it, it->subject->state.epoch);
    *out_loss = loss + 2.0 / it->factor * rate / 4.0 * trace;
    free(gradient);
    return 0;
}

int drift_predict(struct examination *it, const double *minimum, double *out_loss,
                  struct error *error)
{
    const struct training *training = it->subject->training;
    *out_loss = NAN;
    if (!it->setting.is_plain || !it->setting.is_single ||
        it->n_parameters > CYCLE_PARAMETERS_MAX) {
        return 0;
    }
    if (training->order == ORDER_FIXED) {
        return predict_cycle(it, minimum, out_loss, error);
    }
    return training->order == ORDER_SHUFFLE ? 0 : predict_draws(it, minimum, out_loss, error);
}
