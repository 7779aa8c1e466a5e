/* Logistic regression by Newton's method.
 *
 * DESIGN. Fitted in the plane's orthogonal basis, where inputs of any scale, and such as depend on
 * each other, do no harm. The last of the classes has weighted sum 0, the others a combination of
 * the basis each; a sigmoid is the case of two classes. The loss is convex, so a step that is
 * halved until the loss falls leads to its infimum. Where that is only approached (classes that
 * touch: a plane separates some samples), each step takes a constant factor off what is left, and
 * it ends when what is left is below rounding. */
#include "core/explain/floors/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/elementary.h"
#include "core/base/math/linalg.h"
#include "core/base/memory.h"

enum { STEPS_MAX = 100, HALVINGS_MAX = 40 };

struct logistic {
    size_t n, rank, n_classes;  /* samples, columns of the basis, classes: at least 2 */
    size_t n_parameters;        /* (n_classes - 1) * rank */
    double *basis;              /* [rank][n] */
    double *shares;             /* [n][n_classes]: targets */
    double *sums;               /* [n][n_classes]: weighted sums; the last is 0 */
    double *chances;            /* [n][n_classes]: their softmax */
    double *parameters, *trial; /* [n_parameters] */
    double *gradient;           /* [n_parameters], then minus Newton's step */
    double *hessian;            /* [n_parameters][n_parameters] */
    double *weights;            /* [n] of the samples in a block of it */
};

static size_t class_count(const struct dataset *dataset, enum loss loss)
{
    return loss == LOSS_BINARY_CROSS_ENTROPY ? 2 : dataset->n_targets;
}

double logistic_work(const struct dataset *dataset, enum loss loss)
{
    double n_columns = (double)dataset->n_features + 1.0;
    double n_free = (double)class_count(dataset, loss) - 1.0;
    double n_fits = loss == LOSS_BINARY_CROSS_ENTROPY ? (double)dataset->n_targets : 1.0;
    double n = (double)dataset->n_samples, n_parameters = n_columns * n_free;
    return 12.0 * n_fits *
           (n * (0.5 * n_parameters * n_parameters + 20.0 * (n_free + 1.0)) +
            n_parameters * n_parameters * n_parameters / 6.0);
}

static void clear(struct logistic *it)
{
    free(it->basis);
    free(it->shares);
    free(it->sums);
    free(it->chances);
    free(it->parameters);
    free(it->trial);
    free(it->gradient);
    free(it->hessian);
    free(it->weights);
}

static int init(struct logistic *it, size_t n, size_t rank, size_t n_classes, struct error *error)
{
    size_t n_parameters = (n_classes - 1) * rank;
    *it = (struct logistic){n,    rank, n_classes, n_parameters, NULL, NULL, NULL,
                            NULL, NULL, NULL,      NULL,         NULL, NULL};
    it->basis = memory_array(n, rank * sizeof *it->basis, error);
    it->shares = memory_array(n, n_classes * sizeof *it->shares, error);
    it->sums = memory_array(n, n_classes * sizeof *it->sums, error);
    it->chances = memory_array(n, n_classes * sizeof *it->chances, error);
    it->parameters = memory_array(n_parameters, sizeof *it->parameters, error);
    it->trial = memory_array(n_parameters, sizeof *it->trial, error);
    it->gradient = memory_array(n_parameters, sizeof *it->gradient, error);
    it->hessian = memory_array(n_parameters, n_parameters * sizeof *it->hessian, error);
    it->weights = memory_array(n, sizeof *it->weights, error);
    return it->basis && it->shares && it->sums && it->chances && it->parameters && it->trial &&
                   it->gradient && it->hessian && it->weights
               ? 0
               : -1;
}

/* One sample's chances from its sums; returns its loss. */
static double score_sample(const double *sums, const double *shares, size_t n_classes,
                           double *chances)
{
    size_t top = 0;
    double rest = 0.0, loss = 0.0; /* beside the largest, which counts 1 */
    for (size_t c = 1; c < n_classes; c++) {
        top = sums[c] > sums[top] ? c : top;
    }
    for (size_t c = 0; c < n_classes; c++) {
        chances[c] = elementary_exp(sums[c] - sums[top]);
        rest += c == top ? 0.0 : chances[c];
    }
    double logarithm = rest < 1.0 ? elementary_log1p(rest) : elementary_log(1.0 + rest);
    for (size_t c = 0; c < n_classes; c++) {
        chances[c] /= 1.0 + rest;
        if (shares[c] > 0.0) {
            loss += shares[c] * (logarithm - (sums[c] - sums[top]));
        }
    }
    return loss;
}

/* Sums and chances at `parameters`; the mean loss. */
static double score(struct logistic *it, const double *parameters)
{
    size_t n_classes = it->n_classes;
    double loss = 0.0;
    memset(it->sums, 0, it->n * n_classes * sizeof *it->sums);
    for (size_t c = 0; c + 1 < n_classes; c++) {
        for (size_t k = 0; k < it->rank; k++) {
            double parameter = parameters[c * it->rank + k];
            const double *column = it->basis + k * it->n;
            for (size_t i = 0; i < it->n; i++) {
                it->sums[i * n_classes + c] += parameter * column[i];
            }
        }
    }
    for (size_t i = 0; i < it->n; i++) {
        loss += score_sample(it->sums + i * n_classes, it->shares + i * n_classes, n_classes,
                             it->chances + i * n_classes);
    }
    return loss / (double)it->n;
}

/* Whether every sample's class is sure and has the largest sum, by more than rounding. */
static int separates(const struct logistic *it)
{
    for (size_t i = 0; i < it->n; i++) {
        const double *sums = it->sums + i * it->n_classes;
        const double *shares = it->shares + i * it->n_classes;
        double own = -INFINITY, other = -INFINITY, scale = 1.0;
        for (size_t c = 0; c < it->n_classes; c++) {
            if (shares[c] == 1.0) {
                own = sums[c];
            } else if (shares[c] == 0.0) {
                other = sums[c] > other ? sums[c] : other;
            } else {
                return 0;
            }
            scale = fabs(sums[c]) > scale ? fabs(sums[c]) : scale;
        }
        if (!(own - other > 1e-9 * scale)) {
            return 0;
        }
    }
    return 1;
}

static void fill_gradient(struct logistic *it)
{
    for (size_t c = 0; c + 1 < it->n_classes; c++) {
        for (size_t i = 0; i < it->n; i++) {
            size_t at = i * it->n_classes + c;
            it->weights[i] = (it->chances[at] - it->shares[at]) / (double)it->n;
        }
        for (size_t k = 0; k < it->rank; k++) {
            it->gradient[c * it->rank + k] = linalg_dot(it->basis + k * it->n, it->weights, it->n);
        }
    }
}

/* The block of classes a >= b, below the diagonal: sum of weights basis basis'. */
static void fill_block(struct logistic *it, size_t a, size_t b)
{
    for (size_t i = 0; i < it->n; i++) {
        const double *chances = it->chances + i * it->n_classes;
        it->weights[i] = chances[a] * ((a == b ? 1.0 : 0.0) - chances[b]) / (double)it->n;
    }
    for (size_t k = 0; k < it->rank; k++) {
        const double *column = it->basis + k * it->n;
        for (size_t l = 0; l <= (a == b ? k : it->rank - 1); l++) {
            const double *other = it->basis + l * it->n;
            double sum = 0.0;
            for (size_t i = 0; i < it->n; i++) {
                sum += it->weights[i] * column[i] * other[i];
            }
            it->hessian[(a * it->rank + k) * it->n_parameters + b * it->rank + l] = sum;
        }
    }
}

/* The gradient becomes minus Newton's step; returns how much that should take off the loss, twice
 * over; NaN when no step can be found. A flat direction is held by a diagonal of rounding size. */
static double find_step(struct logistic *it)
{
    double largest = 0.0;
    fill_gradient(it);
    for (size_t a = 0; a + 1 < it->n_classes; a++) {
        for (size_t b = 0; b <= a; b++) {
            fill_block(it, a, b);
        }
    }
    for (size_t k = 0; k < it->n_parameters; k++) {
        double entry = it->hessian[k * it->n_parameters + k];
        largest = entry > largest ? entry : largest;
    }
    for (size_t k = 0; k < it->n_parameters; k++) {
        it->hessian[k * it->n_parameters + k] += 1e-14 * largest;
    }
    memcpy(it->trial, it->gradient, it->n_parameters * sizeof *it->trial);
    if (linalg_cholesky(it->hessian, it->n_parameters) != 0) {
        return NAN;
    }
    linalg_cholesky_solve(it->hessian, it->n_parameters, it->gradient);
    return linalg_dot(it->trial, it->gradient, it->n_parameters);
}

/* Goes along the step, halved until the loss falls; the loss there, or `loss` when it never does.
 */
static double take_step(struct logistic *it, double loss)
{
    double length = 1.0;
    for (int halving = 0; halving < HALVINGS_MAX; halving++) {
        for (size_t k = 0; k < it->n_parameters; k++) {
            it->trial[k] = it->parameters[k] - length * it->gradient[k];
        }
        double reached = score(it, it->trial);
        if (reached < loss) {
            double *parameters = it->parameters;
            it->parameters = it->trial;
            it->trial = parameters;
            return reached;
        }
        length *= 0.5;
    }
    return loss;
}

static double descend(struct logistic *it, enum logistic_end *out_end)
{
    double loss = score(it, it->parameters);
    *out_end = LOGISTIC_FOUND;
    for (int i = 0; i < STEPS_MAX; i++) {
        if (separates(it)) {
            *out_end = LOGISTIC_SEPARABLE;
            return 0.0;
        }
        double decrement = find_step(it);
        if (decrement <= 1e-15 * loss) {
            return loss;
        }
        double reached = take_step(it, loss);
        if (!(reached < loss)) { /* nothing below: what was left is rounding, or the step is bad */
            *out_end = decrement <= 1e-10 * loss ? LOGISTIC_FOUND : LOGISTIC_LOST;
            return loss;
        }
        loss = reached;
    }
    *out_end = LOGISTIC_LOST;
    return loss;
}

/* The targets as shares of the classes: a binary output j is the first of two. */
static void take_shares(struct logistic *it, const struct dataset *dataset, enum loss loss,
                        size_t j)
{
    memset(it->parameters, 0, it->n_parameters * sizeof *it->parameters);
    for (size_t i = 0; i < it->n; i++) {
        const double *targets = dataset->targets + i * dataset->n_targets;
        double *shares = it->shares + i * it->n_classes;
        if (loss == LOSS_BINARY_CROSS_ENTROPY) {
            shares[0] = targets[j];
            shares[1] = 1.0 - targets[j];
        } else {
            memcpy(shares, targets, it->n_classes * sizeof *shares);
        }
    }
}

int logistic_fit(const struct plane *plane, const struct dataset *dataset, enum loss loss,
                 double *out_loss, enum logistic_end *out_end, struct error *error)
{
    size_t n_fits = loss == LOSS_BINARY_CROSS_ENTROPY ? dataset->n_targets : 1;
    struct logistic it;
    int n_separable = 0;
    *out_loss = 0.0;
    *out_end = LOGISTIC_FOUND;
    if (init(&it, dataset->n_samples, plane->qr.rank, class_count(dataset, loss), error) != 0) {
        clear(&it);
        return -1;
    }
    plane_basis(plane, it.basis);
    for (size_t j = 0; j < n_fits && *out_end != LOGISTIC_LOST; j++) {
        enum logistic_end end;
        take_shares(&it, dataset, loss, j);
        *out_loss += descend(&it, &end);
        n_separable += end == LOGISTIC_SEPARABLE;
        *out_end = end == LOGISTIC_LOST ? end : *out_end;
    }
    *out_loss /= (double)n_fits;
    if (n_separable == (int)n_fits) {
        *out_end = LOGISTIC_SEPARABLE;
    }
    clear(&it);
    return 0;
}
