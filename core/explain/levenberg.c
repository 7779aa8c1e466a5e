/* Damped Gauss-Newton steps. */
#include "core/explain/levenberg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/elementary.h"
#include "core/base/math/linalg.h"
#include "core/base/memory.h"
#include "core/explain/convex.h"
#include "core/explain/floors/groups.h"

enum { RAISES_MAX = 25 };

/* --- the points ----------------------------------------------------------------------------- */

static int has_classes(const struct levenberg *it)
{
    return loss_activation(it->loss) != ACTIVATION_COUNT;
}

/* Whether a group's mean target stands for its targets. */
static int has_means(enum loss loss)
{
    return loss == LOSS_MSE || loss_activation(loss) != ACTIVATION_COUNT;
}

static void take_groups(struct levenberg *it, const struct groups *groups,
                        const struct dataset *dataset, double scale)
{
    size_t n_inputs = dataset->n_features, n_outputs = it->n_outputs;
    groups_means(groups, dataset, it->targets);
    for (size_t g = 0; g < groups->n; g++) {
        memcpy(it->inputs + g * n_inputs, dataset->features + groups->first[g] * n_inputs,
               n_inputs * sizeof *it->inputs);
        it->weights[g] = (double)groups->counts[g] * scale;
    }
    for (size_t i = 0; it->loss == LOSS_MSE && i < dataset->n_samples; i++) {
        for (size_t j = 0; j < n_outputs; j++) {
            double e =
                dataset->targets[i * n_outputs + j] - it->targets[groups->of[i] * n_outputs + j];
            it->rest += e * e * scale;
        }
    }
}

static void take_samples(struct levenberg *it, const struct dataset *dataset, double scale)
{
    size_t n = dataset->n_samples;
    memcpy(it->inputs, dataset->features, n * dataset->n_features * sizeof *it->inputs);
    memcpy(it->targets, dataset->targets, n * it->n_outputs * sizeof *it->targets);
    for (size_t i = 0; i < n; i++) {
        it->weights[i] = scale;
    }
}

/* The least that one output on the wrong side costs: log 2 for the lightest point. */
static double find_enough(const struct levenberg *it)
{
    double least = INFINITY;
    for (size_t i = 0; i < it->n_points; i++) {
        least = fmin(least, it->weights[i]);
    }
    for (size_t i = 0; i < it->n_points * it->n_outputs; i++) {
        if (it->targets[i] != 0.0 && it->targets[i] != 1.0) {
            return 0.0; /* no side is its own */
        }
    }
    return has_classes(it) ? least * elementary_log(2.0) : 0.0;
}

static int make_room(struct levenberg *it, struct error *error)
{
    size_t n = it->n_points, p = it->n_parameters;
    it->inputs = memory_array(n, (size_t)it->network.n_inputs * sizeof(double), error);
    it->targets = memory_array(n, it->n_outputs * sizeof(double), error);
    it->weights = memory_array(n, sizeof(double), error);
    it->rows = memory_array(it->n_outputs, p * sizeof(double), error);
    it->slopes = memory_array(it->n_outputs, sizeof(double), error);
    it->curves = memory_array(it->n_outputs, sizeof(double), error);
    it->normal = memory_array(p, p * sizeof(double), error);
    it->damped = memory_array(p, p * sizeof(double), error);
    it->gradient = memory_array(p, sizeof(double), error);
    it->step = memory_array(p, sizeof(double), error);
    it->trial = memory_array(p, sizeof(double), error);
    return it->inputs && it->targets && it->weights && it->rows && it->slopes && it->curves &&
                   it->normal && it->damped && it->gradient && it->step && it->trial
               ? 0
               : -1;
}

int levenberg_init(struct levenberg *it, const struct network *network,
                   const struct dataset *dataset, enum loss loss, struct error *error)
{
    double n_mean = loss_is_mean(loss) ? (double)dataset->n_targets : 1.0;
    double scale = 1.0 / ((double)dataset->n_samples * n_mean);
    struct groups groups = {0};
    *it = (struct levenberg){.network = *network,
                             .loss = loss,
                             .n_points = dataset->n_samples,
                             .n_outputs = dataset->n_targets,
                             .n_parameters = network_n_parameters(network)};
    if (has_classes(it)) {
        it->network.layers[network->n_layers - 1].activation = ACTIVATION_LINEAR;
    }
    int result = has_means(loss) ? groups_find(&groups, dataset, error) : 0;
    if (result == 0) {
        it->n_points = has_means(loss) ? groups.n : dataset->n_samples;
        result = make_room(it, error);
    }
    if (result == 0) {
        result = derivative_init(&it->derivative, &it->network, LOSS_MSE, GRADIENT_FULL, error);
    }
    if (result == 0 && has_means(loss)) {
        take_groups(it, &groups, dataset, scale);
    } else if (result == 0) {
        take_samples(it, dataset, scale);
    }
    it->enough = result == 0 ? find_enough(it) : 0.0;
    groups_clear(&groups);
    return result;
}

void levenberg_clear(struct levenberg *it)
{
    derivative_clear(&it->derivative);
    free(it->inputs);
    free(it->targets);
    free(it->weights);
    free(it->rows);
    free(it->slopes);
    free(it->curves);
    free(it->normal);
    free(it->damped);
    free(it->gradient);
    free(it->step);
    free(it->trial);
    *it = (struct levenberg){0};
}

double levenberg_work(const struct network *network, enum loss loss, size_t n_points)
{
    double p = (double)network_n_parameters(network), n_outputs = network_n_outputs(network);
    double units = (double)network_scratch(network);
    double exponentials = loss_activation(loss) != ACTIVATION_COUNT ? 100.0 * n_outputs : 0.0;
    return (double)n_points * (n_outputs * (0.5 * p * p + 4.0 * p) + 10.0 * units + 4.0 * p +
                               exponentials) +
           p * p * p / 3.0;
}

/* --- descent -------------------------------------------------------------------------------- */

double levenberg_loss(struct levenberg *it, const double *parameters)
{
    double sum = it->rest;
    for (size_t i = 0; i < it->n_points; i++) {
        derivative_forward(&it->derivative, parameters,
                           it->inputs + i * (size_t)it->network.n_inputs, NULL);
        sum += it->weights[i] * convex_loss(it->loss, derivative_outputs(&it->derivative),
                                            it->targets + i * it->n_outputs, it->n_outputs);
    }
    return sum;
}

/* The curvature of several classes is that of the rows less their mean, weighted by the chances. */
static void centre_rows(struct levenberg *it)
{
    size_t p = it->n_parameters;
    for (size_t k = 0; k < p; k++) {
        double sum = 0.0, all = 0.0;
        for (size_t j = 0; j < it->n_outputs; j++) {
            sum += it->curves[j] * it->rows[j * p + k];
            all += it->curves[j];
        }
        for (size_t j = 0; j < it->n_outputs; j++) {
            it->rows[j * p + k] -= sum / all;
        }
    }
}

static void add_slope(struct levenberg *it, const double *row, double weight, double slope)
{
    for (size_t k = 0; k < it->n_parameters; k++) {
        it->gradient[k] += weight * row[k] * slope;
    }
}

/* Joins the normal matrix, whose lower triangle alone is kept. */
static void add_row(struct levenberg *it, const double *row, double weight)
{
    size_t p = it->n_parameters;
    for (size_t k = 0; k < p; k++) {
        double scaled = weight * row[k];
        if (scaled == 0.0) { /* a unit that is off has none */
            continue;
        }
        double *out = it->normal + k * p;
        for (size_t l = 0; l <= k; l++) {
            out[l] += scaled * row[l];
        }
    }
}

/* `least` as for convex_bend. */
static void linearise(struct levenberg *it, const double *parameters, double least)
{
    size_t p = it->n_parameters;
    memset(it->normal, 0, p * p * sizeof *it->normal);
    memset(it->gradient, 0, p * sizeof *it->gradient);
    for (size_t i = 0; i < it->n_points; i++) {
        derivative_jacobian(&it->derivative, parameters,
                            it->inputs + i * (size_t)it->network.n_inputs, it->rows);
        convex_bend(it->loss, derivative_outputs(&it->derivative),
                    it->targets + i * it->n_outputs, it->n_outputs, least, it->slopes, it->curves);
        for (size_t j = 0; j < it->n_outputs; j++) {
            add_slope(it, it->rows + j * p, it->weights[i], it->slopes[j]);
        }
        if (it->loss == LOSS_CATEGORICAL_CROSS_ENTROPY) {
            centre_rows(it);
        }
        for (size_t j = 0; j < it->n_outputs; j++) {
            add_row(it, it->rows + j * p, it->weights[i] * it->curves[j]);
        }
    }
}

/* The step with this much damping, to `trial`; -1 when the equations cannot be solved. */
static int try_step(struct levenberg *it, const double *parameters, double damping)
{
    size_t p = it->n_parameters;
    memcpy(it->damped, it->normal, p * p * sizeof *it->damped);
    memcpy(it->step, it->gradient, p * sizeof *it->step);
    for (size_t k = 0; k < p; k++) {
        it->damped[k * p + k] += damping;
    }
    if (linalg_cholesky(it->damped, p) != 0) {
        return -1;
    }
    linalg_cholesky_solve(it->damped, p, it->step);
    for (size_t k = 0; k < p; k++) {
        it->trial[k] = parameters[k] - it->step[k];
    }
    return 0;
}

/* Raises the damping until a step leads below `loss`; the loss there, or `loss`. */
static double take_step(struct levenberg *it, double *parameters, double loss, double *damping)
{
    for (int raise = 0; raise < RAISES_MAX; raise++) {
        if (try_step(it, parameters, *damping) == 0) {
            double reached = levenberg_loss(it, it->trial);
            if (reached < loss) {
                memcpy(parameters, it->trial, it->n_parameters * sizeof *parameters);
                return reached;
            }
        }
        *damping *= 4.0;
    }
    return loss;
}

double levenberg_descend(struct levenberg *it, double *parameters, int n_steps)
{
    double loss = levenberg_loss(it, parameters), damping = 0.0, least = 0.0;
    for (int i = 0; i < n_steps && !(loss < it->enough); i++) {
        linearise(it, parameters, 1e-3 * loss);
        for (size_t k = 0; i == 0 && k < it->n_parameters; k++) {
            double entry = 1e-2 * it->normal[k * it->n_parameters + k];
            damping = entry > damping ? entry : damping;
        }
        least = i == 0 ? 1e-12 * damping : least;
        if (!(damping > 0.0)) { /* nothing moves any output */
            return loss;
        }
        double reached = take_step(it, parameters, loss, &damping);
        if (!(reached < loss * (1.0 - 1e-12))) {
            return reached < loss ? reached : loss;
        }
        loss = reached;
        damping = damping > 5.0 * least ? damping / 5.0 : least;
    }
    return loss;
}
