/* Derivatives of the outputs and of the loss by the parameters.
 *
 * DESIGN. The Hessian times a direction is the derivative of the gradient along it: each line of
 * the forward and backward pass is differentiated ("tangents"; Pearlmutter, "Fast exact
 * multiplication by the Hessian", 1994), so nothing is approximated. */
#include "core/explain/derivative.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/curvature_lanes.h"
#include "core/model/forward_lanes.h"

/* Names of `tangents`. */
enum { T_UNITS, T_SUMS, T_DELTAS, T_PULLED };

int derivative_init(struct derivative *it, const struct network *network, enum loss loss,
                    enum gradient gradient, struct error *error)
{
    int is_half = loss == LOSS_MSE && gradient == GRADIENT_HALF;
    *it = (struct derivative){.network = network,
                              .loss = loss,
                              .factor = is_half ? 0.5 : 1.0,
                              .scale = loss == LOSS_MSE && !is_half ? 2.0 : 1.0,
                              .n_parameters = network_n_parameters(network),
                              .n_units = network_scratch(network)};
    if (loss_is_mean(loss)) {
        it->scale /= network_n_outputs(network);
    }
    it->units = memory_array(8 * it->n_units + it->n_parameters, sizeof(double), error);
    if (!it->units) {
        return -1;
    }
    double **arrays[] = {&it->sums,        &it->deltas,      &it->pulled,      &it->tangents[0],
                         &it->tangents[1], &it->tangents[2], &it->tangents[3], &it->direction};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = it->units + (i + 1) * it->n_units;
    }
    return 0;
}

void derivative_clear(struct derivative *it)
{
    free(it->units);
    *it = (struct derivative){0};
}

/* --- one layer's place in the arrays -------------------------------------------------------- */

struct place {
    const struct layer *layer;
    size_t weights; /* [units][n_inputs] */
    size_t biases;  /* [units] */
    size_t inputs;  /* its inputs' first unit */
    size_t outputs; /* its own */
    int n_inputs;
};

/* The layer above or below another. */
static struct place place_first(const struct derivative *it)
{
    const struct layer *layer = &it->network->layers[0];
    int n = it->network->n_inputs;
    return (struct place){layer, 0, (size_t)layer->units * (size_t)n, 0, (size_t)n, n};
}

static struct place place_above(const struct place *below)
{
    const struct layer *layer = below->layer + 1;
    int n = below->layer->units;
    size_t weights = below->biases + (size_t)n;
    return (struct place){layer,          weights, weights + (size_t)layer->units * (size_t)n,
                          below->outputs, below->outputs + (size_t)n, n};
}

static struct place place_below(const struct derivative *it, const struct place *above)
{
    const struct layer *layer = above->layer - 1;
    int n = network_layer_inputs(it->network, (int)(layer - it->network->layers));
    size_t biases = above->weights - (size_t)layer->units;
    return (struct place){layer, biases - (size_t)layer->units * (size_t)n, biases,
                          above->inputs - (size_t)n, above->inputs, n};
}

static int is_last(const struct derivative *it, const struct place *place)
{
    return place->layer == &it->network->layers[it->network->n_layers - 1];
}

static struct place place_last(const struct derivative *it)
{
    struct place place = place_first(it);
    while (!is_last(it, &place)) {
        place = place_above(&place);
    }
    return place;
}

/* --- forward and backward ------------------------------------------------------------------- */

static double score(const struct derivative *it, const double *targets)
{
    int n = network_n_outputs(it->network);
    size_t first = it->n_units - (size_t)n;
    double total = 0.0, descent;
    for (int j = 0; j < n; j++) {
        double value = loss_value(it->loss, targets[j], it->units[first + (size_t)j],
                                  it->sums[first + (size_t)j], &descent);
        total = j == 0 ? value : total + value;
    }
    return loss_is_mean(it->loss) && n > 1 ? total / (double)n : total;
}

double derivative_forward(struct derivative *it, const double *parameters, const double *features,
                          const double *targets)
{
    memcpy(it->units, features, (size_t)it->network->n_inputs * sizeof *features);
    forward(it->network, parameters, it->units, it->sums);
    return targets ? score(it, targets) : NAN;
}

const double *derivative_outputs(const struct derivative *it)
{
    return it->units + it->n_units - (size_t)network_n_outputs(it->network);
}

/* deltas of the last layer from slopes by its outputs, which they hold. */
static void through_output(struct derivative *it, const struct place *last)
{
    double *deltas = it->deltas + last->outputs;
    const double *units = it->units + last->outputs, *sums = it->sums + last->outputs;
    if (last->layer->activation == ACTIVATION_SOFTMAX) {
        loss_through_softmax(last->layer->units, units, 1, deltas);
        return;
    }
    for (int j = 0; j < last->layer->units; j++) {
        deltas[j] = activation_slope(last->layer->activation, units[j], sums[j], deltas[j]);
    }
}

static void deltas_of_outputs(struct derivative *it, const struct place *last,
                              const double *targets, double scale)
{
    double descent;
    for (int j = 0; j < last->layer->units; j++) {
        size_t unit = last->outputs + (size_t)j;
        loss_value(it->loss, targets[j], it->units[unit], it->sums[unit], &descent);
        it->deltas[unit] = -(scale * descent);
    }
    if (!loss_is_by_sum(it->loss)) {
        through_output(it, last);
    }
}

/* Deltas of the layer below, from the deltas of `above`. */
static void deltas_below(struct derivative *it, const struct place *above,
                         const double *parameters)
{
    const double *weights = parameters + above->weights, *deltas = it->deltas + above->outputs;
    enum activation activation = above->layer[-1].activation;
    for (int i = 0; i < above->n_inputs; i++) {
        size_t unit = above->inputs + (size_t)i;
        double sum = deltas[0] * weights[i];
        for (int j = 1; j < above->layer->units; j++) {
            sum += deltas[j] * weights[j * above->n_inputs + i];
        }
        it->pulled[unit] = sum;
        it->deltas[unit] = activation_slope(activation, it->units[unit], it->sums[unit], sum);
    }
}

/* Adds each unit's delta times its inputs. */
static void add_gradient(const struct derivative *it, const struct place *place, double *gradient)
{
    for (int j = 0; j < place->layer->units; j++) {
        double delta = it->deltas[place->outputs + (size_t)j];
        double *to = gradient + place->weights + (size_t)j * (size_t)place->n_inputs;
        for (int i = 0; i < place->n_inputs; i++) {
            to[i] += delta * it->units[place->inputs + (size_t)i];
        }
        gradient[place->biases + (size_t)j] += delta;
    }
}

/* From the deltas of the last layer down. */
static void pull_back(struct derivative *it, struct place place, const double *parameters,
                      double *gradient)
{
    for (;;) {
        if (gradient) {
            add_gradient(it, &place, gradient);
        }
        if (place.layer == it->network->layers) {
            return;
        }
        deltas_below(it, &place, parameters);
        place = place_below(it, &place);
    }
}

void derivative_backward(struct derivative *it, const double *parameters, const double *targets,
                         double scale, double *gradient)
{
    struct place last = place_last(it);
    deltas_of_outputs(it, &last, targets, scale);
    pull_back(it, last, parameters, gradient);
}

double derivative_sample(struct derivative *it, const double *parameters, const double *features,
                         const double *targets, double *gradient)
{
    double loss = derivative_forward(it, parameters, features, targets);
    derivative_backward(it, parameters, targets, it->scale, gradient);
    return loss;
}

double derivative_data(struct derivative *it, const double *parameters,
                       const struct dataset *dataset, double *gradient)
{
    double total = 0.0, n = (double)dataset->n_samples;
    for (size_t p = 0; gradient && p < it->n_parameters; p++) {
        gradient[p] = 0.0;
    }
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const double *features = dataset->features + i * dataset->n_features;
        const double *targets = dataset->targets + i * dataset->n_targets;
        total += derivative_forward(it, parameters, features, targets);
        if (gradient) {
            derivative_backward(it, parameters, targets, it->scale, gradient);
        }
    }
    for (size_t p = 0; gradient && p < it->n_parameters; p++) {
        gradient[p] /= n;
    }
    return total / n;
}

void derivative_jacobian(struct derivative *it, const double *parameters, const double *features,
                         double *rows)
{
    struct place last = place_last(it);
    derivative_forward(it, parameters, features, NULL);
    for (int j = 0; j < last.layer->units; j++, rows += it->n_parameters) {
        for (int k = 0; k < last.layer->units; k++) {
            it->deltas[last.outputs + (size_t)k] = k == j ? 1.0 : 0.0;
        }
        through_output(it, &last);
        memset(rows, 0, it->n_parameters * sizeof *rows);
        pull_back(it, last, parameters, rows);
    }
}

/* --- along a direction ---------------------------------------------------------------------- */

/* The softmax outputs' tangents, from those of the weighted sums. */
static void softmax_tangents(struct derivative *it, const struct place *place)
{
    const double *units = it->units + place->outputs, *sums = it->tangents[T_SUMS] + place->outputs;
    double mean = 0.0;
    for (int j = 0; j < place->layer->units; j++) {
        mean += units[j] * sums[j];
    }
    for (int j = 0; j < place->layer->units; j++) {
        it->tangents[T_UNITS][place->outputs + (size_t)j] = units[j] * (sums[j] - mean);
    }
}

static void forward_tangents(struct derivative *it, const struct place *place,
                             const double *parameters, const double *direction)
{
    for (int j = 0; j < place->layer->units; j++) {
        size_t row = place->weights + (size_t)j * (size_t)place->n_inputs;
        size_t unit = place->outputs + (size_t)j;
        double sum = direction[place->biases + (size_t)j];
        for (int i = 0; i < place->n_inputs; i++) {
            size_t input = place->inputs + (size_t)i;
            sum += direction[row + (size_t)i] * it->units[input] +
                   parameters[row + (size_t)i] * it->tangents[T_UNITS][input];
        }
        it->tangents[T_SUMS][unit] = sum;
        it->tangents[T_UNITS][unit] =
            activation_slope(place->layer->activation, it->units[unit], it->sums[unit], sum);
    }
    if (place->layer->activation == ACTIVATION_SOFTMAX) {
        softmax_tangents(it, place);
    }
}

/* slope of the loss by output j, and its tangent; through softmax the layer's deltas are h_j (g_j -
 * sum over k of g_k h_k). */
static void output_tangents_of_softmax(struct derivative *it, const struct place *last,
                                       const double *targets)
{
    const double *h = it->units + last->outputs, *th = it->tangents[T_UNITS] + last->outputs;
    double *to = it->tangents[T_DELTAS] + last->outputs, sum = 0.0, tangent_sum = 0.0, d;
    for (int j = 0; j < last->layer->units; j++) {
        loss_value(it->loss, targets[j], h[j], h[j], &d);
        double bend = it->scale * loss_curvature(it->loss, targets[j], h[j]) * th[j];
        sum -= it->scale * d * h[j];
        tangent_sum += bend * h[j] - it->scale * d * th[j];
    }
    for (int j = 0; j < last->layer->units; j++) {
        loss_value(it->loss, targets[j], h[j], h[j], &d);
        double bend = it->scale * loss_curvature(it->loss, targets[j], h[j]) * th[j];
        to[j] = th[j] * (-it->scale * d - sum) + h[j] * (bend - tangent_sum);
    }
}

static void output_tangents(struct derivative *it, const struct place *last,
                            const double *targets)
{
    int is_by_sum = loss_is_by_sum(it->loss);
    enum activation activation = last->layer->activation;
    if (activation == ACTIVATION_SOFTMAX && !is_by_sum) {
        output_tangents_of_softmax(it, last, targets);
        return;
    }
    for (int j = 0; j < last->layer->units; j++) {
        size_t unit = last->outputs + (size_t)j;
        double h = it->units[unit], z = it->sums[unit], d;
        double tangent = it->tangents[T_UNITS][unit];
        loss_value(it->loss, targets[j], h, z, &d);
        double bend = it->scale * loss_curvature(it->loss, targets[j], h) * tangent;
        if (!is_by_sum) {
            bend = activation_slope(activation, h, z, bend) -
                   it->scale * d * activation_curvature(activation, h, z) *
                       it->tangents[T_SUMS][unit];
        }
        it->tangents[T_DELTAS][unit] = bend;
    }
}

static void tangents_below(struct derivative *it, const struct place *above,
                           const double *parameters, const double *direction)
{
    enum activation activation = above->layer[-1].activation;
    for (int i = 0; i < above->n_inputs; i++) {
        size_t unit = above->inputs + (size_t)i;
        double sum = 0.0, h = it->units[unit], z = it->sums[unit];
        for (int j = 0; j < above->layer->units; j++) {
            size_t weight = above->weights + (size_t)(j * above->n_inputs + i);
            size_t out = above->outputs + (size_t)j;
            sum += it->tangents[T_DELTAS][out] * parameters[weight] +
                   it->deltas[out] * direction[weight];
        }
        it->tangents[T_DELTAS][unit] = activation_slope(activation, h, z, sum) +
                                       activation_curvature(activation, h, z) *
                                           it->tangents[T_SUMS][unit] * it->pulled[unit];
    }
}

static void add_product(const struct derivative *it, const struct place *place, double *product)
{
    for (int j = 0; j < place->layer->units; j++) {
        double delta = it->deltas[place->outputs + (size_t)j];
        double tangent = it->tangents[T_DELTAS][place->outputs + (size_t)j];
        double *to = product + place->weights + (size_t)j * (size_t)place->n_inputs;
        for (int i = 0; i < place->n_inputs; i++) {
            size_t input = place->inputs + (size_t)i;
            to[i] += tangent * it->units[input] + delta * it->tangents[T_UNITS][input];
        }
        product[place->biases + (size_t)j] += tangent;
    }
}

/* After the sample's forward and backward pass. */
static void curve(struct derivative *it, const double *parameters, const double *targets,
                  const double *direction, double *product)
{
    struct place place = place_first(it);
    memset(it->tangents[T_UNITS], 0, (size_t)it->network->n_inputs * sizeof(double));
    forward_tangents(it, &place, parameters, direction);
    while (!is_last(it, &place)) {
        place = place_above(&place);
        forward_tangents(it, &place, parameters, direction);
    }
    output_tangents(it, &place, targets);
    for (;;) {
        add_product(it, &place, product);
        if (place.layer == it->network->layers) {
            return;
        }
        tangents_below(it, &place, parameters, direction);
        place = place_below(it, &place);
    }
}

void derivative_curve(struct derivative *it, const double *parameters, const double *features,
                      const double *targets, const double *direction, double *product)
{
    derivative_forward(it, parameters, features, targets);
    derivative_backward(it, parameters, targets, it->scale, NULL);
    curve(it, parameters, targets, direction, product);
}

int derivative_hessian(struct derivative *it, const double *parameters,
                       const struct dataset *dataset, double *hessian, struct error *error)
{
    size_t n = it->n_parameters;
    if (n > DERIVATIVE_HESSIAN_MAX) {
        return error_set(error, ERROR_TOO_LARGE,
                         "the network has %zu parameters; a Hessian is taken of at most %d", n,
                         DERIVATIVE_HESSIAN_MAX);
    }
    memset(hessian, 0, n * n * sizeof *hessian);
    memset(it->direction, 0, n * sizeof *it->direction);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const double *targets = dataset->targets + i * dataset->n_targets;
        derivative_forward(it, parameters, dataset->features + i * dataset->n_features, targets);
        derivative_backward(it, parameters, targets, it->scale, NULL);
        for (size_t p = 0; p < n; p++) {
            it->direction[p] = 1.0;
            curve(it, parameters, targets, it->direction, hessian + p * n);
            it->direction[p] = 0.0;
        }
    }
    for (size_t p = 0; p < n; p++) {
        for (size_t q = 0; q <= p; q++) {
            double mean = (hessian[p * n + q] + hessian[q * n + p]) / 2.0;
            hessian[p * n + q] = hessian[q * n + p] = mean / (double)dataset->n_samples;
        }
    }
    return 0;
}
