/* One forward pass over the data, for every hidden unit's weighted sums.
 *
 * DESIGN. A training run that ends is looked at once, and that should cost no more than an epoch or
 * two of it. So the lanes here are samples: SAMPLES of them go through the network side by side, in
 * the arithmetic and order of core/model/forward_lanes.h, so each has the bits that one alone has.
 * The last row fills the places behind it, and is not counted there. */
#include "core/explain/verdict/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define LANES 2
#include "core/base/math/lanes.h"
#include "core/model/loss_lanes.h"

enum { VECTORS = 8, SAMPLES = LANES * VECTORS };

int units_count(const struct network *network)
{
    int n = 0;
    for (int l = 0; l + 1 < network->n_layers; l++) {
        n += network->layers[l].units;
    }
    return n;
}

/* --- some samples side by side -------------------------------------------------------------- */

/* Of one unit or output so far, lane by lane. */
struct gauge {
    lanes low, high; /* weighted sums; of an output, its value */
    lanes slope, on;
};

struct pass {
    const struct network *network;
    enum loss loss;
    lanes *units;         /* [n_inputs + units of all layers][VECTORS] */
    lanes *sums;          /* likewise */
    lanes losses[VECTORS];
    lanes counts[VECTORS]; /* 1.0, or 0.0 for a place behind the last row */
    struct gauge *gauges; /* [hidden units, then outputs] */
};

/* Of what `survey` owns: its memory begins with the pass's. */
static void pass_init(struct pass *pass, const struct derivative *derivative,
                      const struct survey *survey, size_t n)
{
    *pass = (struct pass){.network = derivative->network, .loss = derivative->loss};
    pass->units = survey->memory;
    pass->sums = pass->units + derivative->n_units * VECTORS;
    pass->gauges = (struct gauge *)(pass->sums + derivative->n_units * VECTORS);
    for (size_t i = 0; i < n; i++) {
        pass->gauges[i] =
            (struct gauge){.low = lanes_set(INFINITY), .high = lanes_set(-INFINITY)};
    }
}

/* Column `k` of the rows from `first` on, of `width` columns. */
static void load(const double *rows, size_t width, size_t k, size_t first, size_t n, lanes *out)
{
    const double *at = rows + first * width + k;
    if (first + SAMPLES <= n) {
        for (size_t v = 0; v < VECTORS; v++, at += 2 * width) {
            out[v] = (lanes){at[0], at[width]};
        }
        return;
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t row = first + i < n ? first + i : n - 1;
        out[i / LANES][i % LANES] = rows[row * width + k];
    }
}

static void add_up(const double *weights, double bias, int n_inputs, const lanes *inputs,
                   lanes *out)
{
    lanes z[VECTORS];
    LANES_UNROLL
    for (int v = 0; v < VECTORS; v++) {
        z[v] = lanes_set(weights[0]) * inputs[v];
    }
    for (int i = 1; i < n_inputs; i++) {
        LANES_UNROLL
        for (int v = 0; v < VECTORS; v++) {
            z[v] = lanes_multiply_add(lanes_set(weights[i]), inputs[i * VECTORS + v], z[v]);
        }
    }
    LANES_UNROLL
    for (int v = 0; v < VECTORS; v++) {
        out[v] = z[v] + lanes_set(bias);
    }
}

/* `sums` are also room: softmax leaves there what its loss needs. */
static void activate(const struct layer *layer, lanes *sums, lanes *outputs)
{
    int n = layer->units * VECTORS;
    if (layer->activation == ACTIVATION_RELU) {
        for (int i = 0; i < n; i++) {
            outputs[i] = lanes_positive(sums[i]);
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        outputs[i] = activation_value(layer->activation, sums[i]);
    }
    for (int v = 0; layer->activation == ACTIVATION_SOFTMAX && v < VECTORS; v++) {
        activation_softmax(layer->units, VECTORS, outputs + v, sums + v);
    }
}

static void pass_forward(struct pass *pass, const double *parameters)
{
    const struct network *network = pass->network;
    int n_inputs = network->n_inputs;
    lanes *inputs = pass->units, *sums = pass->sums;
    for (int l = 0; l < network->n_layers; l++) {
        const struct layer *layer = &network->layers[l];
        const double *biases = parameters + layer->units * n_inputs;
        lanes *outputs = inputs + n_inputs * VECTORS;
        sums += n_inputs * VECTORS;
        for (int j = 0; j < layer->units; j++) {
            add_up(parameters + j * n_inputs, biases[j], n_inputs, inputs, sums + j * VECTORS);
        }
        activate(layer, sums, outputs);
        parameters = biases + layer->units;
        inputs = outputs;
        n_inputs = layer->units;
    }
}

static void pass_score(struct pass *pass, const struct dataset *dataset, size_t first)
{
    int n = network_n_outputs(pass->network);
    size_t at = (network_scratch(pass->network) - (size_t)n) * VECTORS;
    lanes targets[VECTORS], descent;
    for (int j = 0; j < n; j++, at += VECTORS) {
        load(dataset->targets, dataset->n_targets, (size_t)j, first, dataset->n_samples, targets);
        for (int v = 0; v < VECTORS; v++) {
            lanes value = loss_value(pass->loss, targets[v], pass->units[at + (size_t)v],
                                     pass->sums[at + (size_t)v], &descent);
            pass->losses[v] = j == 0 ? value : pass->losses[v] + value;
        }
    }
    for (int v = 0; loss_is_mean(pass->loss) && n > 1 && v < VECTORS; v++) {
        pass->losses[v] = pass->losses[v] / lanes_set(n);
    }
}

static void gauge_unit(struct gauge *gauge, enum activation activation, const lanes *sums,
                       const lanes *outputs, const lanes *counts)
{
    struct gauge now = *gauge;
    LANES_UNROLL
    for (int v = 0; v < VECTORS; v++) {
        now.low = lanes_at_most(now.low, sums[v]);
        now.high = lanes_at_least(now.high, sums[v]);
        now.on += lanes_if_positive(sums[v], counts[v]);
    }
    for (int v = 0; activation != ACTIVATION_RELU && v < VECTORS; v++) {
        lanes slope = activation_slope(activation, outputs[v], sums[v], lanes_set(1.0));
        now.slope = lanes_at_least(now.slope, loss_magnitude(slope));
    }
    *gauge = now;
}

static void gauge_output(struct gauge *gauge, const lanes *outputs)
{
    for (int v = 0; v < VECTORS; v++) {
        gauge->low = lanes_at_most(gauge->low, outputs[v]);
        gauge->high = lanes_at_least(gauge->high, outputs[v]);
    }
}

static void pass_gauge(struct pass *pass)
{
    const struct network *network = pass->network;
    struct gauge *gauge = pass->gauges;
    size_t at = (size_t)network->n_inputs * VECTORS;
    for (int l = 0; l < network->n_layers; l++) {
        const struct layer *layer = &network->layers[l];
        for (int j = 0; j < layer->units; j++, gauge++, at += VECTORS) {
            if (l == network->n_layers - 1) {
                gauge_output(gauge, pass->units + at);
            } else {
                gauge_unit(gauge, layer->activation, pass->sums + at, pass->units + at,
                           pass->counts);
            }
        }
    }
}

/* --- a survey ------------------------------------------------------------------------------- */

static double highest(lanes values)
{
    return fmax(values[0], values[1]);
}

static double lowest(lanes values)
{
    return fmin(values[0], values[1]);
}

/* Sums over the samples, in their order. */
static void count(struct survey *survey, const struct pass *pass, size_t n)
{
    size_t n_outputs = (size_t)network_n_outputs(pass->network);
    const lanes *outputs = pass->units + (network_scratch(pass->network) - n_outputs) * VECTORS;
    double loss = survey->loss, first = survey->mean[0];
    for (size_t i = 0; i < n; i++) { /* side by side: either sum waits for itself alone */
        loss += pass->losses[i / LANES][i % LANES];
        first += outputs[i / LANES][i % LANES];
    }
    survey->loss = loss;
    survey->mean[0] = first;
    for (size_t j = 1; j < n_outputs; j++) {
        outputs += VECTORS;
        double sum = survey->mean[j];
        for (size_t i = 0; i < n; i++) {
            sum += outputs[i / LANES][i % LANES];
        }
        survey->mean[j] = sum;
    }
}

static enum unit_state state_of(const struct unit *unit, enum activation activation)
{
    switch (activation) {
    case ACTIVATION_LINEAR:
        return UNIT_LINEAR;
    case ACTIVATION_RELU:
        return unit->z_max <= 0.0 ? UNIT_DEAD : unit->z_min > 0.0 ? UNIT_ON : UNIT_BENDING;
    case ACTIVATION_LEAKY_RELU:
        return unit->z_max <= 0.0 ? UNIT_OFF : unit->z_min > 0.0 ? UNIT_ON : UNIT_BENDING;
    default:
        return unit->slope < UNIT_SLOPE_MIN ? UNIT_SATURATED : UNIT_SMOOTH;
    }
}

static void finish_units(struct survey *survey, const struct pass *pass, double n_samples)
{
    const struct network *network = pass->network;
    struct unit *unit = survey->units;
    const struct gauge *gauge = pass->gauges;
    for (int l = 0; l + 1 < network->n_layers; l++) {
        enum activation activation = network->layers[l].activation;
        for (int j = 0; j < network->layers[l].units; j++, unit++, gauge++) {
            *unit = (struct unit){.layer = l,
                                  .index = j,
                                  .z_min = lowest(gauge->low),
                                  .z_max = highest(gauge->high),
                                  .slope = highest(gauge->slope),
                                  .on = (gauge->on[0] + gauge->on[1]) / n_samples};
            unit->slope = activation == ACTIVATION_RELU ? unit->z_max > 0.0 : unit->slope;
            unit->state = state_of(unit, activation);
        }
    }
}

static void finish_outputs(struct survey *survey, const struct pass *pass, double n_samples)
{
    const struct gauge *gauges = pass->gauges + survey->n_units;
    survey->loss /= n_samples;
    survey->spread = 0.0;
    for (int j = 0; j < network_n_outputs(pass->network); j++) {
        survey->low[j] = lowest(gauges[j].low);
        survey->high[j] = highest(gauges[j].high);
        survey->mean[j] /= n_samples;
        survey->spread = fmax(survey->spread, survey->high[j] - survey->low[j]);
    }
}

static size_t n_gauges(const struct survey *survey, const struct network *network)
{
    return (size_t)survey->n_units + (size_t)network_n_outputs(network);
}

int survey_init(struct survey *survey, const struct derivative *derivative, struct error *error)
{
    const struct network *network = derivative->network;
    size_t n_outputs = (size_t)network_n_outputs(network);
    *survey = (struct survey){.n_units = units_count(network)};
    size_t n_units = (size_t)survey->n_units;
    size_t n_pass = 2 * derivative->n_units * VECTORS * sizeof(lanes) +
                    n_gauges(survey, network) * sizeof(struct gauge);
    survey->memory = memory_array(
        n_pass + n_units * sizeof *survey->units + 3 * n_outputs * sizeof(double), 1, error);
    if (!survey->memory) {
        return -1;
    }
    survey->units = (struct unit *)((char *)survey->memory + n_pass);
    survey->low = (double *)(survey->units + n_units);
    survey->high = survey->low + n_outputs;
    survey->mean = survey->high + n_outputs;
    return 0;
}

void survey_take(struct survey *survey, const struct derivative *derivative,
                 const double *parameters, const struct dataset *dataset)
{
    size_t n = dataset->n_samples;
    struct pass pass;
    pass_init(&pass, derivative, survey, n_gauges(survey, derivative->network));
    survey->loss = 0.0;
    memset(survey->mean, 0, (size_t)network_n_outputs(derivative->network) * sizeof(double));
    for (size_t first = 0; first < n; first += SAMPLES) {
        size_t n_here = n - first < SAMPLES ? n - first : SAMPLES;
        for (size_t i = 0; i < SAMPLES; i++) {
            pass.counts[i / LANES][i % LANES] = i < n_here;
        }
        for (size_t k = 0; k < dataset->n_features; k++) {
            load(dataset->features, dataset->n_features, k, first, n, pass.units + k * VECTORS);
        }
        pass_forward(&pass, parameters);
        pass_score(&pass, dataset, first);
        pass_gauge(&pass);
        count(survey, &pass, n_here);
    }
    finish_units(survey, &pass, (double)n);
    finish_outputs(survey, &pass, (double)n);
}

void survey_clear(struct survey *survey)
{
    free(survey->memory);
    *survey = (struct survey){0};
}

int survey_count_in(const struct survey *survey, int layer, enum unit_state state)
{
    int n = 0;
    for (int i = 0; i < survey->n_units; i++) {
        n += survey->units[i].layer == layer && survey->units[i].state == state;
    }
    return n;
}

int survey_count(const struct survey *survey, enum unit_state state)
{
    int n = 0;
    for (int i = 0; i < survey->n_units; i++) {
        n += survey->units[i].state == state;
    }
    return n;
}

int survey_is_affine(const struct survey *survey)
{
    return survey->n_units > 0 && survey_count(survey, UNIT_BENDING) == 0 &&
           survey_count(survey, UNIT_SMOOTH) == 0 && survey_count(survey, UNIT_SATURATED) == 0 &&
           survey_count(survey, UNIT_LINEAR) < survey->n_units;
}

int survey_dead_layer(const struct survey *survey, const struct network *network)
{
    for (int l = network->n_layers - 2; l >= 0; l--) {
        if (survey_count_in(survey, l, UNIT_DEAD) == network->layers[l].units) {
            return l;
        }
    }
    return -1;
}
