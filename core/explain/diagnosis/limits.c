/* LR_WINDOW: how large the learning rate may be, by the curvature at the present parameters.
 *
 * Limits to first order, each of another way of sampling: all samples at once 2 / (largest
 * eigenvalue of J's Hessian); one drawn at a time the mean square's limit, and above it the trace's
 * 2 / (c mean |gradient of f|^2); on one's own sample 2 / (c max |gradient of f|^2). All change
 * when a relu's weights are rescaled though the function stays, so they hold at this place only. In
 * an order that is fixed or shuffled, and for batches of some samples, no limit is known: it is
 * taken to lie between that of one drawn sample and that of all.
 *
 * The mean square E[S], S = (parameters - minimum)(...)', of linearised SGD maps to S - a (G S + S
 * G) + a^2 E[(q' S q) q q'], a = rate c, q a sample's gradient of f, G = E[q q']. It stays bounded
 * below a = 1 / (spectral radius of S -> the solution X of G X + X G = E[(q' S q) q q']). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"
#include "core/explain/verdict/words.h"

enum { POWER_STEPS = 200 };

/* Eigenvalues of G below this share of the largest are 0: no sample sees those directions. */
#define SEEN_MIN 1e-14

/* What G is made of: the samples' gradients of f by G's eigenvectors. */
struct spread {
    size_t n, k;   /* samples, directions that are seen */
    double *rows;  /* [n][k] */
    double *values; /* [k] G's eigenvalues */
    double mean, max; /* of the squared lengths */
};

static void rotate(struct spread *spread, const double *vectors, size_t p, const double *row,
                   size_t sample)
{
    for (size_t a = 0; a < spread->k; a++) {
        spread->rows[sample * spread->k + a] = linalg_dot(vectors + a * p, row, p);
    }
}

/* One power step: out = X of the head comment for S, both [k][k] symmetric. */
static double power_step(const struct spread *spread, const double *s, double *out)
{
    size_t k = spread->k;
    double norm = 0.0;
    memset(out, 0, k * k * sizeof *out);
    for (size_t i = 0; i < spread->n; i++) {
        const double *q = spread->rows + i * k;
        double size = 0.0;
        for (size_t a = 0; a < k; a++) {
            size += q[a] * linalg_dot(s + a * k, q, k);
        }
        for (size_t a = 0; a < k; a++) {
            for (size_t b = 0; b < k; b++) {
                out[a * k + b] += size * q[a] * q[b] / (double)spread->n;
            }
        }
    }
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < k; b++) {
            out[a * k + b] /= spread->values[a] + spread->values[b];
            norm = fmax(norm, fabs(out[a * k + b]));
        }
    }
    return norm;
}

static int limit_mean_square(struct examination *it, const struct spread *spread,
                             struct error *error)
{
    size_t k = spread->k;
    double *s = memory_array(2 * k * k, sizeof *s, error), radius = 0.0;
    if (!s) {
        return -1;
    }
    double *next = s + k * k;
    for (size_t a = 0; a < k; a++) {
        s[a * k + a] = 1.0;
    }
    for (int step = 0; step < POWER_STEPS; step++) {
        double before = radius;
        radius = power_step(spread, s, next);
        for (size_t i = 0; i < k * k; i++) {
            s[i] = next[i] / radius;
        }
        if (fabs(radius - before) <= 1e-9 * radius) {
            break;
        }
    }
    it->limits.mean_square = 1.0 / (it->factor * radius);
    free(s);
    return 0;
}

/* G's eigenvalues and -vectors, those that are seen first. */
static int spread_fill(struct spread *spread, struct examination *it, double *matrix,
                       double *values, struct error *error)
{
    size_t p = it->n_parameters;
    double *row = values + 2 * p, n = (double)it->n_samples;
    for (size_t i = 0; i < it->n_samples; i++) {
        derivative_jacobian(&it->derivative, it->subject->parameters, examination_features(it, i),
                            row);
        double squares = linalg_dot(row, row, p);
        spread->mean += squares / n;
        spread->max = fmax(spread->max, squares);
        for (size_t a = 0; a < p; a++) {
            for (size_t b = 0; b < p; b++) {
                matrix[a * p + b] += row[a] * row[b] / n;
            }
        }
    }
    if (linalg_eigen_symmetric(matrix, p, values, values + p) != 0) {
        return 0;
    }
    size_t first = 0;
    while (first + 1 < p && !(values[first] > SEEN_MIN * values[p - 1])) {
        first++;
    }
    spread->k = p - first;
    spread->values = values + first;
    spread->rows = memory_array(it->n_samples * spread->k, sizeof(double), error);
    for (size_t i = 0; spread->rows && i < it->n_samples; i++) {
        derivative_jacobian(&it->derivative, it->subject->parameters, examination_features(it, i),
                            row);
        rotate(spread, matrix + first * p, p, row, i);
    }
    return spread->rows ? 0 : -1;
}

static int find_drawn(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    struct spread spread = {.n = it->n_samples};
    double *matrix = memory_array(p * p, sizeof *matrix, error);
    double *values = memory_array(3 * p, sizeof *values, error);
    int status = matrix && values ? spread_fill(&spread, it, matrix, values, error) : -1;
    if (status == 0) {
        it->limits.trace = 2.0 / (it->factor * spread.mean);
        it->limits.sample = 2.0 / (it->factor * spread.max);
    }
    if (status == 0 && spread.rows) {
        status = limit_mean_square(it, &spread, error);
    }
    free(spread.rows);
    free(matrix);
    free(values);
    return status;
}

/* --- the run's own -------------------------------------------------------------------------- */

/* The limits that belong to the run's way of sampling; equal where one is known. A batch's sum is
 * as many steps of its mean. */
static void find_window(struct examination *it)
{
    const struct training *training = it->subject->training;
    struct limits *limits = &it->limits;
    double per = training->reduction == REDUCTION_SUM ? (double)training->batch_size : 1.0;
    double drawn = limits->mean_square / per, all = limits->all_samples / per;
    int is_drawn = it->setting.is_single && training->order == ORDER_WITH_REPLACEMENT;
    if (it->setting.is_full) {
        limits->low = limits->high = all;
    } else if (is_drawn || isnan(drawn) || isnan(all)) {
        limits->low = limits->high = is_drawn ? drawn : NAN;
    } else {
        limits->low = fmin(drawn, all);
        limits->high = fmax(drawn, all);
    }
    limits->rate = examination_rate(it, it->subject->state.epoch);
}

int limits_find(struct examination *it, struct error *error)
{
    struct limits *limits = &it->limits;
    const char *why = !it->setting.is_plain ? "known for plain SGD alone"
                      : !it->setting.can_polish
                          ? "the network is too large for its matrix of curvatures"
                          : "known for the squared error of one linear output, or all samples in "
                            "one step, where the loss bends upwards";
    limits->all_samples = limits->trace = limits->sample = limits->mean_square = NAN;
    if (it->depth == EXPLAIN_LIVE) {
        return 0;
    }
    if (it->eigenvalues) {
        limits->all_samples = 2.0 / it->eigenvalues[it->n_parameters - 1];
    }
    if (it->setting.can_polish && it->setting.is_squared && find_drawn(it, error) != 0) {
        return -1;
    }
    find_window(it);
    if (it->setting.is_plain && limits->low > 0.0 && isfinite(limits->low) &&
        isfinite(limits->high)) {
        examination_fire(it, CODE_LR_WINDOW, KIND_LOCAL, SEVERITY_NOTE,
                         SCOPE_PLAIN_SGD | SCOPE_PRESENT | SCOPE_THESE_SAMPLES | SCOPE_FIRST_ORDER);
    } else {
        examination_not_run(it, "LR_WINDOW", why);
    }
    return 0;
}

/* --- telling -------------------------------------------------------------------------------- */

void limits_tell(const struct examination *it, struct teller *teller)
{
    const struct limits *limits = &it->limits;
    tell_number(teller, "all_samples", limits->all_samples);
    tell_number(teller, "drawn_mean_square", limits->mean_square);
    tell_number(teller, "drawn_trace", limits->trace);
    tell_number(teller, "own_sample", limits->sample);
}

static void evidence(const struct examination *it, struct teller *teller)
{
    const struct limits *limits = &it->limits;
    tell_number(teller, "learning_rate", limits->rate);
    tell_number(teller, "limit_from", limits->low);
    tell_number(teller, "limit_to", limits->high);
    tell_text(teller, "lies", limits->rate < limits->low ? "below"
                              : limits->rate > limits->high ? "above" : "between");
    tell_flag(teller, "is_approximate", limits->low < limits->high);
    limits_tell(it, teller);
}

static void add_way(struct words *words, const struct examination *it)
{
    const struct training *training = it->subject->training;
    if (it->setting.is_full) {
        words_add(words, "with all samples in one step");
    } else if (!it->setting.is_single) {
        words_add(words, "on batches of %zu samples", training->batch_size);
    } else if (training->order == ORDER_WITH_REPLACEMENT) {
        words_add(words, "on one sample drawn at random");
    } else {
        words_add(words, "on one sample after the other, in %s order,",
                  training->order == ORDER_FIXED ? "a fixed" : "a shuffled");
    }
}

/* A relu unit that is on for some sample can be rescaled to another limit. */
static int has_live_relu(const struct survey *survey)
{
    return survey_count(survey, UNIT_ON) + survey_count(survey, UNIT_OFF) +
               survey_count(survey, UNIT_BENDING) > 0;
}

/* Known exactly for two ways of sampling; for those in between, between the two. */
static void add_limit(struct words *words, const struct examination *it)
{
    static const char *const WAYS[2] = {"all samples in one step", "samples drawn at random"};
    const struct limits *limits = &it->limits;
    int is_drawn_low = limits->mean_square < limits->all_samples;
    if (!(limits->low < limits->high)) {
        words_add(words, "of about ");
        words_number(words, limits->low, 3);
        return;
    }
    words_add(words, "between ");
    words_number(words, limits->low, 3);
    words_add(words, " (%s) and ", WAYS[is_drawn_low]);
    words_number(words, limits->high, 3);
    words_add(words, " (%s)%s", WAYS[!is_drawn_low],
              it->setting.is_single ? ", in experience closer to that drawn at random" : "");
}

static void text(const struct examination *it, struct teller *teller)
{
    const struct limits *limits = &it->limits;
    struct words words = {0};
    words_add(&words, "To first order around the present weights, steps ");
    add_way(&words, it);
    words_add(&words, " stay near a valley's ground up to a learning rate ");
    add_limit(&words, it);
    words_add(&words, ". That of this run, ");
    words_number(&words, limits->rate, 3);
    words_add(&words, limits->rate < limits->low    ? ", is below."
                      : limits->rate > limits->high ? ", is above: it is not expected to stay."
                                                    : ", is between them.");
    if (it->verdicts[CODE_COLLAPSED_TO_CONSTANT].has_fired) {
        words_add(&words, " But these weights answer every input alike: of weights where "
                          "something is learned, this does not tell.");
    } else if (has_live_relu(&it->now)) {
        words_add(&words, " Relu units rescaled without changing an output would have other "
                          "limits.");
    }
    tell_text(teller, "text", words.text);
}

const struct diagnosis diagnosis_limits = {evidence, text, NULL};
