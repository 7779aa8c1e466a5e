/* Numbers that belong to no verdict: they have no threshold beyond which something is wrong.
 *
 * Limits of the learning rate by the curvature at the present parameters, each of another way of
 * sampling, to first order: all samples at once 2 / (largest eigenvalue of J's Hessian); one drawn
 * at a time the mean square's limit, and above it the trace's 2 / (c mean |gradient of f|^2); on
 * one's own sample 2 / (c max |gradient of f|^2). All change when a relu's weights are rescaled
 * though the function stays, so they hold at this place only.
 *
 * The mean square E[S], S = (parameters - minimum)(...)', of linearised SGD maps to S - a (G S + S
 * G) + a^2 E[(q' S q) q q'], a = rate c, q a sample's gradient of f, G = E[q q']. It stays bounded
 * below a = 1 / (spectral radius of S -> the solution X of G X + X G = E[(q' S q) q q']). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/linalg.h"
#include "core/base/memory.h"
#include "core/explain/diagnosis/diagnosis.h"

enum { POWER_STEPS = 200 };

/* Eigenvalues of G below this share of the largest are 0: no sample sees those directions. */
#define SEEN_MIN 1e-14

/* --- limits --------------------------------------------------------------------------------- */

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
    it->numbers.limit_mean_square = 1.0 / (it->factor * radius);
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

static int find_limits(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    struct numbers *numbers = &it->numbers;
    struct spread spread = {.n = it->n_samples};
    double *matrix = memory_array(p * p, sizeof *matrix, error);
    double *values = memory_array(3 * p, sizeof *values, error);
    int status = matrix && values ? spread_fill(&spread, it, matrix, values, error) : -1;
    if (status == 0) {
        numbers->limit_trace = 2.0 / (it->factor * spread.mean);
        numbers->limit_sample = 2.0 / (it->factor * spread.max);
    }
    if (status == 0 && spread.rows) {
        status = limit_mean_square(it, &spread, error);
    }
    free(spread.rows);
    free(matrix);
    free(values);
    return status;
}

/* --- the gradient against differences ------------------------------------------------------- */

static int is_kinked(enum activation activation)
{
    return activation == ACTIVATION_RELU || activation == ACTIVATION_LEAKY_RELU ||
           activation == ACTIVATION_ELU;
}

static int has_kinks(const struct network *network)
{
    for (int l = 0; l < network->n_layers; l++) {
        if (is_kinked(network->layers[l].activation)) {
            return 1;
        }
    }
    return 0;
}

/* The signs of the weighted sums, folded into one number; equal for equal signs. */
static uint64_t pattern(const struct derivative *derivative)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t u = (size_t)derivative->network->n_inputs; u < derivative->n_units; u++) {
        hash = (hash ^ (derivative->sums[u] > 0.0)) * 1099511628211U;
    }
    return hash;
}

/* L's difference from `low` to `high`; whether no unit changed sides on the way. */
static int difference(struct examination *it, const double *low, const double *high,
                      double *out_difference)
{
    double sum = 0.0;
    for (size_t i = 0; i < it->n_samples; i++) {
        const double *x = examination_features(it, i), *y = examination_targets(it, i);
        double above = derivative_forward(&it->derivative, high, x, y);
        uint64_t signs = pattern(&it->derivative);
        sum += above - derivative_forward(&it->derivative, low, x, y);
        if (signs != pattern(&it->derivative)) {
            return 0;
        }
    }
    *out_difference = sum / (double)it->n_samples;
    return 1;
}

/* Central differences of L: exact up to rounding for relu and the squared error as long as no unit
 * changes sides, so the step is halved until none does. The error is relative to the slope, or to a
 * thousandth of L where that is larger. */
static int check_gradient(struct examination *it, struct error *error)
{
    struct numbers *numbers = &it->numbers;
    size_t p = it->n_parameters;
    double *low = memory_array(2 * p, sizeof *low, error), change = 0.0;
    if (!low) {
        return -1;
    }
    double *high = low + p;
    int has_kink = has_kinks(it->subject->network);
    memcpy(low, it->subject->parameters, p * sizeof *low);
    memcpy(high, low, p * sizeof *high);
    for (size_t a = 0; a < p; a++) {
        double at = it->subject->parameters[a], h = has_kink ? 1e-2 : 1e-5;
        double slope = it->gradient[a] / it->derivative.factor;
        for (int is_done = 0; !is_done && h > 1e-8; h *= 0.5) {
            low[a] = at - h;
            high[a] = at + h;
            is_done = difference(it, low, high, &change) || !has_kink;
            if (is_done) {
                double found = change / (high[a] - low[a]);
                double scale = fmax(fmax(fabs(found), fabs(slope)), 1e-3 * it->now.loss);
                double off = scale > 0.0 ? fabs(found - slope) / scale : 0.0;
                numbers->gradient_check = fmax(numbers->gradient_check, off);
                numbers->n_checked++;
            }
        }
        low[a] = high[a] = at;
    }
    free(low);
    return 0;
}

/* --- all ------------------------------------------------------------------------------------ */

/* Under the gradient's flow v^2 - |w|^2 - b^2 of a hidden unit stays; steps of length change it by
 * rate^2 (g_v^2 - |g_w|^2 - g_b^2) each. The largest change, over the largest at the start. */
static double balance(const struct network *network, const double *parameters, int unit)
{
    double sum = 0.0, bias = parameters[network_bias(network, 0, unit)];
    const double *weights = parameters + network_weight(network, 0, unit, 0);
    for (int j = 0; j < network->layers[1].units; j++) {
        double v = parameters[network_weight(network, 1, j, unit)];
        sum += v * v;
    }
    return sum - linalg_dot(weights, weights, (size_t)network->n_inputs) - bias * bias;
}

static double balance_drift(const struct examination *it)
{
    const struct network *network = it->subject->network;
    double change = 0.0, size = 1e-12;
    enum activation activation = network->layers[0].activation;
    if (network->n_layers != 2 || !it->setting.is_plain ||
        (activation != ACTIVATION_RELU && activation != ACTIVATION_LEAKY_RELU &&
         activation != ACTIVATION_LINEAR)) {
        return NAN;
    }
    for (int j = 0; j < network->layers[0].units; j++) {
        double start = balance(network, it->subject->start, j);
        change = fmax(change, fabs(balance(network, it->subject->parameters, j) - start));
        size = fmax(size, fabs(start));
    }
    return change / size;
}

static int find_update_ratio(struct examination *it, struct error *error)
{
    size_t p = it->n_parameters;
    double *gradient = memory_array(p, sizeof *gradient, error), sum = 0.0;
    if (!gradient) {
        return -1;
    }
    for (size_t i = 0; i < it->n_samples; i++) {
        memset(gradient, 0, p * sizeof *gradient);
        derivative_sample(&it->derivative, it->subject->parameters, examination_features(it, i),
                          examination_targets(it, i), gradient);
        sum += linalg_norm(gradient, p);
    }
    it->numbers.update_ratio = examination_rate(it, it->subject->state.epoch) * sum /
                               (double)it->n_samples / linalg_norm(it->subject->parameters, p);
    free(gradient);
    return 0;
}

int numbers_find(struct examination *it, struct error *error)
{
    struct numbers *numbers = &it->numbers;
    numbers->limit_gd = numbers->limit_trace = numbers->limit_sample = numbers->limit_mean_square =
        numbers->sharpness = numbers->update_ratio = NAN;
    numbers->gradient_norm = linalg_norm(it->gradient, it->n_parameters);
    numbers->balance_drift = balance_drift(it);
    for (size_t i = 0; i < it->n_parameters; i++) {
        numbers->n_frozen += it->subject->parameters[i] == it->subject->start[i];
    }
    if (it->depth == EXPLAIN_LIVE || !it->setting.can_polish) {
        return 0;
    }
    if (it->eigenvalues) {
        numbers->sharpness = it->eigenvalues[it->n_parameters - 1];
        numbers->limit_gd = 2.0 / numbers->sharpness;
        while (numbers->n_negative < (int64_t)it->n_parameters &&
               it->eigenvalues[numbers->n_negative] < -1e-10 * numbers->sharpness) {
            numbers->n_negative++;
        }
    }
    if (find_update_ratio(it, error) != 0) {
        return -1;
    }
    if (it->subject->training->loss != LOSS_MAE && check_gradient(it, error) != 0) {
        return -1;
    }
    return it->setting.is_squared ? find_limits(it, error) : 0;
}

void numbers_tell(const struct examination *it, struct teller *teller)
{
    const struct numbers *numbers = &it->numbers;
    tell_object(teller, "numbers");
    tell_number(teller, "gradient_norm", numbers->gradient_norm);
    tell_number(teller, "update_ratio", numbers->update_ratio);
    tell_integer(teller, "unchanged_parameters", numbers->n_frozen);
    tell_number(teller, "balance_drift", numbers->balance_drift);
    tell_number(teller, "largest_curvature", numbers->sharpness);
    tell_integer(teller, "negative_curvatures", numbers->n_negative);
    tell_object(teller, "learning_rate_limits");
    tell_number(teller, "all_samples", numbers->limit_gd);
    tell_number(teller, "drawn_mean_square", numbers->limit_mean_square);
    tell_number(teller, "drawn_trace", numbers->limit_trace);
    tell_number(teller, "own_sample", numbers->limit_sample);
    tell_end(teller);
    tell_object(teller, "gradient_check");
    tell_integer(teller, "checked", numbers->n_checked);
    tell_number(teller, "largest_error", numbers->n_checked > 0 ? numbers->gradient_check : NAN);
    tell_number(teller, "allowed", has_kinks(it->subject->network) ? 1e-9 : 1e-7);
    tell_end(teller);
    tell_end(teller);
}
