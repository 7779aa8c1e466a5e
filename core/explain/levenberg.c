/* Damped Gauss-Newton steps for the mean squared error. */
#include "core/explain/levenberg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/linalg.h"
#include "core/base/memory.h"
#include "core/explain/floors/groups.h"

enum { RAISES_MAX = 25 };

/* --- the points ----------------------------------------------------------------------------- */

static void take_points(struct levenberg *it, const struct groups *groups,
                        const struct dataset *dataset)
{
    size_t n_inputs = dataset->n_features, n_outputs = it->n_outputs;
    double scale = 1.0 / ((double)dataset->n_samples * (double)n_outputs);
    groups_means(groups, dataset, it->targets);
    for (size_t g = 0; g < groups->n; g++) {
        memcpy(it->inputs + g * n_inputs, dataset->features + groups->first[g] * n_inputs,
               n_inputs * sizeof *it->inputs);
        it->weights[g] = (double)groups->counts[g] * scale;
    }
    it->rest = 0.0;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        for (size_t j = 0; j < n_outputs; j++) {
            double e =
                dataset->targets[i * n_outputs + j] - it->targets[groups->of[i] * n_outputs + j];
            it->rest += e * e * scale;
        }
    }
}

static int make_room(struct levenberg *it, struct error *error)
{
    size_t n = it->n_points, p = it->n_parameters;
    it->inputs = memory_array(n, (size_t)it->network->n_inputs * sizeof(double), error);
    it->targets = memory_array(n, it->n_outputs * sizeof(double), error);
    it->weights = memory_array(n, sizeof(double), error);
    it->rows = memory_array(it->n_outputs, p * sizeof(double), error);
    it->normal = memory_array(p, p * sizeof(double), error);
    it->damped = memory_array(p, p * sizeof(double), error);
    it->gradient = memory_array(p, sizeof(double), error);
    it->step = memory_array(p, sizeof(double), error);
    it->trial = memory_array(p, sizeof(double), error);
    return it->inputs && it->targets && it->weights && it->rows && it->normal && it->damped &&
                   it->gradient && it->step && it->trial
               ? 0
               : -1;
}

int levenberg_init(struct levenberg *it, const struct network *network,
                   const struct dataset *dataset, struct error *error)
{
    struct groups groups;
    *it = (struct levenberg){.network = network,
                             .n_outputs = dataset->n_targets,
                             .n_parameters = network_n_parameters(network)};
    int result = groups_find(&groups, dataset, error);
    if (result == 0) {
        it->n_points = groups.n;
        result = make_room(it, error);
    }
    if (result == 0) {
        result = derivative_init(&it->derivative, network, LOSS_MSE, GRADIENT_FULL, error);
    }
    if (result == 0) {
        take_points(it, &groups, dataset);
    }
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
    free(it->normal);
    free(it->damped);
    free(it->gradient);
    free(it->step);
    free(it->trial);
    *it = (struct levenberg){0};
}

double levenberg_work(const struct network *network, size_t n_points)
{
    double p = (double)network_n_parameters(network), n_outputs = network_n_outputs(network);
    double units = (double)network_scratch(network);
    return (double)n_points * (n_outputs * (0.5 * p * p + 4.0 * p) + 10.0 * units + 4.0 * p) +
           p * p * p / 3.0;
}

/* --- descent -------------------------------------------------------------------------------- */

double levenberg_loss(struct levenberg *it, const double *parameters)
{
    double sum = it->rest;
    for (size_t i = 0; i < it->n_points; i++) {
        derivative_forward(&it->derivative, parameters,
                           it->inputs + i * (size_t)it->network->n_inputs, NULL);
        const double *outputs = derivative_outputs(&it->derivative);
        for (size_t j = 0; j < it->n_outputs; j++) {
            double e = outputs[j] - it->targets[i * it->n_outputs + j];
            sum += it->weights[i] * e * e;
        }
    }
    return sum;
}

/* A point's error and row join gradient and normal matrix, whose lower triangle alone is kept. */
static void add_row(struct levenberg *it, const double *row, double weight, double error)
{
    size_t p = it->n_parameters;
    for (size_t k = 0; k < p; k++) {
        double scaled = weight * row[k];
        if (scaled == 0.0) { /* a unit that is off has none */
            continue;
        }
        double *out = it->normal + k * p;
        it->gradient[k] += scaled * error;
        for (size_t l = 0; l <= k; l++) {
            out[l] += scaled * row[l];
        }
    }
}

static void linearise(struct levenberg *it, const double *parameters)
{
    size_t p = it->n_parameters;
    memset(it->normal, 0, p * p * sizeof *it->normal);
    memset(it->gradient, 0, p * sizeof *it->gradient);
    for (size_t i = 0; i < it->n_points; i++) {
        derivative_jacobian(&it->derivative, parameters,
                            it->inputs + i * (size_t)it->network->n_inputs, it->rows);
        const double *outputs = derivative_outputs(&it->derivative);
        for (size_t j = 0; j < it->n_outputs; j++) {
            add_row(it, it->rows + j * p, it->weights[i],
                    outputs[j] - it->targets[i * it->n_outputs + j]);
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
    for (int i = 0; i < n_steps; i++) {
        linearise(it, parameters);
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
