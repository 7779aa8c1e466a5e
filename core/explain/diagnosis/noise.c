/* Whether what is left can be told from the targets' noise.
 *
 * Under "f is the true mean" the residuals are noise alone. Where inputs repeat, their squares
 * between the groups of equal inputs, N (L - E) / G, are as large as those within, N E / (N - G):
 * an F-test. Where they don't, no function of the inputs should explain them: an F-test of their
 * least squares on the inputs, their squares and products. Both are for normal noise of one
 * variance, and cautious, as f was fitted to the same samples. A constant leaves all that the
 * inputs explain, so there the permutation test of the plane says it, for every loss. */
#include <math.h>
#include <stdlib.h>

#include "core/base/linalg.h"
#include "core/base/memory.h"
#include "core/base/statistics.h"
#include "core/explain/diagnosis/diagnosis.h"

/* Inputs beyond which only they themselves are used; and samples times terms squared. */
enum { PRODUCTS_INPUTS_MAX = 8 };
#define TERMS_WORK_MAX 2e7

static double of_groups(const struct examination *it)
{
    double n = (double)it->n_samples, groups = (double)it->floors->n_groups;
    double pure = it->floors->value[FLOOR_PURE_ERROR], left = fmax(it->loss - pure, 0.0);
    if (pure == 0.0) {
        return left > 0.0 ? 0.0 : 1.0;
    }
    return statistics_f_tail(n * left / groups / (n * pure / (n - groups)), groups, n - groups);
}

static size_t count_terms(size_t n_inputs)
{
    return n_inputs <= PRODUCTS_INPUTS_MAX ? 1 + n_inputs + n_inputs * (n_inputs + 1) / 2
                                           : 1 + n_inputs;
}

/* Column by column: 1, the inputs, their products. */
static void fill_terms(const struct examination *it, double *columns)
{
    size_t n = it->n_samples, d = (size_t)it->subject->network->n_inputs;
    for (size_t i = 0; i < n; i++) {
        const double *x = examination_features(it, i);
        double *to = columns + i;
        *to = 1.0;
        for (size_t a = 0; a < d; a++) {
            *(to += n) = x[a];
        }
        for (size_t a = 0; d <= PRODUCTS_INPUTS_MAX && a < d; a++) {
            for (size_t b = 0; b <= a; b++) {
                *(to += n) = x[a] * x[b];
            }
        }
    }
}

static int of_terms(struct examination *it, struct error *error)
{
    size_t n = it->n_samples, k = count_terms((size_t)it->subject->network->n_inputs);
    struct linalg_qr qr = {.n_rows = n, .n_columns = k};
    if (n < k + 10 || (double)n * (double)k * (double)k > TERMS_WORK_MAX) {
        return 0;
    }
    double *residuals = memory_array(n, sizeof *residuals, error), all = 0.0, rest = 0.0;
    int status = -1;
    qr.matrix = memory_array(n * k, sizeof(double), error);
    qr.diagonal = memory_array(k, sizeof(double), error);
    qr.column = memory_array(k, sizeof *qr.column, error);
    if (!residuals || !qr.matrix || !qr.diagonal || !qr.column) {
        goto out;
    }
    fill_terms(it, qr.matrix);
    for (size_t i = 0; i < n; i++) {
        derivative_forward(&it->derivative, it->subject->parameters, examination_features(it, i),
                           NULL);
        residuals[i] = derivative_outputs(&it->derivative)[0] - examination_targets(it, i)[0];
        all += residuals[i] * residuals[i];
    }
    linalg_qr_factor(&qr);
    linalg_qr_rotate(&qr, residuals);
    for (size_t i = qr.rank; i < n; i++) {
        rest += residuals[i] * residuals[i];
    }
    double rank = (double)qr.rank, f = (all - rest) / rank / (rest / ((double)n - rank));
    it->noise_p = all > 0.0 ? statistics_f_tail(f, rank, (double)n - rank) : 1.0;
    status = 0;
out:
    free(residuals);
    free(qr.matrix);
    free(qr.diagonal);
    free(qr.column);
    return status;
}

int noise_find(struct examination *it, struct error *error)
{
    const struct floors *floors = it->floors;
    it->noise_p = NAN;
    if (floors->value[FLOOR_NOISE] == 0.0) {
        it->noise_p = 0.0;
    } else if (it->setting.is_squared && floors->n_groups > 0 &&
               floors->n_groups < it->n_samples && floors->value[FLOOR_PURE_ERROR] >= 0.0) {
        it->noise_p = of_groups(it);
    } else if (it->setting.is_squared && it->depth != EXPLAIN_LIVE) {
        return of_terms(it, error);
    } else if (it->verdicts[CODE_COLLAPSED_TO_CONSTANT].has_fired) {
        it->noise_p = floors->permutation_p;
    }
    return 0;
}
