/* First derivatives of the outputs and of the loss by the parameters. */
#include "core/explain/derivative.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/derivative_inside.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/forward_lanes.h"
#include "core/model/loss_lanes.h"

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
    it->units = memory_array(7 * it->n_units + it->n_parameters, sizeof(double), error);
    if (!it->units) {
        return -1;
    }
    double **arrays[] = {&it->sums,        &it->deltas,      &it->pulled,   &it->tangents[0],
                         &it->tangents[1], &it->tangents[2], &it->direction};
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
