/* Second derivatives of the loss by the parameters, along a direction and as a Hessian.
 *
 * DESIGN. The Hessian times a direction is the derivative of the gradient along it: each line of
 * the forward and backward pass is differentiated ("tangents"; Pearlmutter, "Fast exact
 * multiplication by the Hessian", 1994), so nothing is approximated. */
#include "core/explain/derivative.h"

#include <string.h>

#include "core/explain/derivative_inside.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/curvature_lanes.h"

/* Names of `tangents`. */
enum { T_UNITS, T_SUMS, T_DELTAS };

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
    while (!place_is_last(it, &place)) {
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
