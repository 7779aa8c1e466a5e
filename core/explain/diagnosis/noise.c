/* Whether what is left can be told from the targets' noise.
 *
 * Under "f is the true mean" the residuals are noise alone. Where inputs repeat, their squares
 * between the groups of equal inputs, N (L - E) / G, are as large as those within, N E / (N - G):
 * an F-test. Where they don't, no function of the inputs should explain them: an F-test of their
 * least squares on the inputs, their squares and products. Both are for normal noise of one
 * variance, and cautious, as f was fitted to the same samples. Classes have the second test, each
 * sample weighted by its chances' variance h (1 - h): the score test of what a logistic regression
 * on those terms would add (C. R. Rao, 1948), against the spread that is seen; of several outputs
 * the smallest p, times their number (Bonferroni). A constant leaves all that the inputs explain,
 * so there the permutation test of the plane says it, for every other loss. */
#include <math.h>
#include <stdlib.h>

#include "core/base/math/linalg.h"
#include "core/base/math/statistics.h"
#include "core/base/memory.h"
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

/* The room of a test. */
struct terms {
    struct linalg_qr qr;
    double *residuals; /* [n_samples] of one output, each over its standard deviation */
    double *scales;    /* [n_samples]: those; 1 of the squared error, which estimates it */
};

static int make_room(struct terms *terms, size_t n, size_t k, struct error *error)
{
    *terms = (struct terms){.qr = {.n_rows = n, .n_columns = k}};
    terms->residuals = memory_array(n, sizeof(double), error);
    terms->scales = memory_array(n, sizeof(double), error);
    terms->qr.matrix = memory_array(n * k, sizeof(double), error);
    terms->qr.diagonal = memory_array(k, sizeof(double), error);
    terms->qr.column = memory_array(k, sizeof *terms->qr.column, error);
    return terms->residuals && terms->scales && terms->qr.matrix && terms->qr.diagonal &&
                   terms->qr.column
               ? 0
               : -1;
}

static void clear(struct terms *terms)
{
    free(terms->residuals);
    free(terms->scales);
    free(terms->qr.matrix);
    free(terms->qr.diagonal);
    free(terms->qr.column);
}

/* Column by column: 1, the inputs, their products; rows times their scale. */
static void fill_terms(const struct examination *it, struct terms *terms)
{
    size_t n = it->n_samples, d = (size_t)it->subject->network->n_inputs;
    for (size_t i = 0; i < n; i++) {
        const double *x = examination_features(it, i);
        double *to = terms->qr.matrix + i, scale = terms->scales[i];
        *to = scale;
        for (size_t a = 0; a < d; a++) {
            *(to += n) = scale * x[a];
        }
        for (size_t a = 0; d <= PRODUCTS_INPUTS_MAX && a < d; a++) {
            for (size_t b = 0; b <= a; b++) {
                *(to += n) = scale * x[a] * x[b];
            }
        }
    }
}

/* A chance that is 0 or 1 to a double's digits has the variance of one that nearly is. */
static void fill_residuals(struct examination *it, struct terms *terms, size_t output)
{
    for (size_t i = 0; i < it->n_samples; i++) {
        derivative_forward(&it->derivative, it->subject->parameters, examination_features(it, i),
                           NULL);
        double f = derivative_outputs(&it->derivative)[output];
        terms->scales[i] = it->setting.is_squared ? 1.0 : sqrt(fmax(f * (1.0 - f), 1e-12));
        terms->residuals[i] = (f - examination_targets(it, i)[output]) / terms->scales[i];
    }
}

static double test_output(struct examination *it, struct terms *terms, size_t output)
{
    size_t n = it->n_samples;
    double all = 0.0, rest = 0.0;
    fill_residuals(it, terms, output);
    fill_terms(it, terms);
    for (size_t i = 0; i < n; i++) {
        all += terms->residuals[i] * terms->residuals[i];
    }
    linalg_qr_factor(&terms->qr);
    linalg_qr_rotate(&terms->qr, terms->residuals);
    for (size_t i = terms->qr.rank; i < n; i++) {
        rest += terms->residuals[i] * terms->residuals[i];
    }
    double rank = (double)terms->qr.rank, f = (all - rest) / rank / (rest / ((double)n - rank));
    return all > 0.0 ? statistics_f_tail(f, rank, (double)n - rank) : 1.0;
}

static int of_terms(struct examination *it, struct error *error)
{
    size_t n = it->n_samples, n_outputs = it->subject->dataset->n_targets;
    size_t k = count_terms((size_t)it->subject->network->n_inputs);
    struct terms terms;
    if (n < k + 10 || (double)n * (double)k * (double)k * (double)n_outputs > TERMS_WORK_MAX) {
        return 0;
    }
    int status = make_room(&terms, n, k, error);
    for (size_t j = 0; status == 0 && j < n_outputs; j++) {
        double p = fmin((double)n_outputs * test_output(it, &terms, j), 1.0);
        it->noise_p = it->noise_p <= p ? it->noise_p : p;
    }
    clear(&terms);
    return status;
}

int noise_find(struct examination *it, struct error *error)
{
    const struct floors *floors = it->floors;
    int has_classes = loss_activation(floors->loss) != ACTIVATION_COUNT;
    it->noise_p = NAN;
    if (floors->value[FLOOR_NOISE] == 0.0) {
        it->noise_p = 0.0;
    } else if (it->setting.is_squared && floors->n_groups > 0 &&
               floors->n_groups < it->n_samples && floors->value[FLOOR_PURE_ERROR] >= 0.0) {
        it->noise_p = of_groups(it);
    } else if ((it->setting.is_squared || has_classes) && it->depth != EXPLAIN_LIVE &&
               of_terms(it, error) != 0) {
        return -1;
    }
    if (isnan(it->noise_p) && !it->setting.is_squared &&
        it->verdicts[CODE_COLLAPSED_TO_CONSTANT].has_fired) {
        it->noise_p = floors->permutation_p;
    }
    return 0;
}
