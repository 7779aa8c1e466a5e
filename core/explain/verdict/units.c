/* One forward pass over the data, for every hidden unit's weighted sums. */
#include "core/explain/verdict/units.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/memory.h"

#define LANES 1
#include "core/base/lanes.h"
#include "core/model/activation_lanes.h"

int units_count(const struct network *network)
{
    int n = 0;
    for (int l = 0; l + 1 < network->n_layers; l++) {
        n += network->layers[l].units;
    }
    return n;
}

static void start(struct survey *survey, const struct network *network)
{
    int n = 0;
    for (int l = 0; l + 1 < network->n_layers; l++) {
        for (int j = 0; j < network->layers[l].units; j++) {
            survey->units[n++] = (struct unit){
                .layer = l, .index = j, .z_min = INFINITY, .z_max = -INFINITY};
        }
    }
    for (int j = 0; j < network_n_outputs(network); j++) {
        survey->low[j] = INFINITY;
        survey->high[j] = -INFINITY;
    }
}

static void see_unit(struct unit *unit, enum activation activation, double output, double sum)
{
    unit->z_min = fmin(unit->z_min, sum);
    unit->z_max = fmax(unit->z_max, sum);
    unit->slope = fmax(unit->slope, fabs(activation_slope(activation, output, sum, 1.0)));
    unit->on += sum > 0.0;
}

static void see_sample(struct survey *survey, const struct derivative *derivative)
{
    const struct network *network = derivative->network;
    size_t first = (size_t)network->n_inputs;
    for (int i = 0; i < survey->n_units; i++) {
        size_t at = first + (size_t)i;
        see_unit(&survey->units[i], network->layers[survey->units[i].layer].activation,
                 derivative->units[at], derivative->sums[at]);
    }
    const double *outputs = derivative_outputs(derivative);
    for (int j = 0; j < network_n_outputs(network); j++) {
        survey->low[j] = fmin(survey->low[j], outputs[j]);
        survey->high[j] = fmax(survey->high[j], outputs[j]);
        survey->mean[j] += outputs[j];
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

static void finish(struct survey *survey, const struct network *network, double n_samples)
{
    for (int i = 0; i < survey->n_units; i++) {
        struct unit *unit = &survey->units[i];
        unit->on /= n_samples;
        unit->state = state_of(unit, network->layers[unit->layer].activation);
    }
    survey->spread = 0.0;
    for (int j = 0; j < network_n_outputs(network); j++) {
        survey->mean[j] /= n_samples;
        survey->spread = fmax(survey->spread, survey->high[j] - survey->low[j]);
    }
}

int survey_init(struct survey *survey, struct derivative *derivative, const double *parameters,
                const struct dataset *dataset, struct error *error)
{
    const struct network *network = derivative->network;
    size_t n_outputs = (size_t)network_n_outputs(network);
    *survey = (struct survey){.n_units = units_count(network)};
    survey->units = memory_array((size_t)survey->n_units, sizeof *survey->units, error);
    survey->low = memory_array(n_outputs, sizeof(double), error);
    survey->high = memory_array(n_outputs, sizeof(double), error);
    survey->mean = memory_array(n_outputs, sizeof(double), error);
    if (!survey->units || !survey->low || !survey->high || !survey->mean) {
        survey_clear(survey);
        return -1;
    }
    start(survey, network);
    double n_samples = (double)dataset->n_samples;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        survey->loss += derivative_forward(derivative, parameters,
                                           dataset->features + i * dataset->n_features,
                                           dataset->targets + i * dataset->n_targets);
        see_sample(survey, derivative);
    }
    survey->loss /= n_samples;
    finish(survey, network, n_samples);
    return 0;
}

void survey_clear(struct survey *survey)
{
    free(survey->units);
    free(survey->low);
    free(survey->high);
    free(survey->mean);
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
