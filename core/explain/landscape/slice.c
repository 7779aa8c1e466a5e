/* A slice: the loss along one parameter, exactly. */
#include "core/explain/landscape/slice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/explain/step/naming.h"

#define LANES 1
#include "core/base/math/lanes.h"
#include "core/model/activation_lanes.h"

int slice_is_exact(const struct terrain *terrain, const char **out_why)
{
    const struct network *network = terrain->network;
    *out_why = terrain->loss != LOSS_MSE ? "the loss is not the squared error"
               : network->n_layers != 2  ? "the network has not one hidden layer"
               : network->layers[0].activation > ACTIVATION_LEAKY_RELU
                   ? "the hidden units are neither relu, leaky_relu nor linear"
               : network->layers[1].activation != ACTIVATION_LINEAR ? "the outputs are not linear"
               : terrain->n_points > SLICE_POINTS_MAX ? "the data set has more than 4000 inputs"
                                                      : NULL;
    return *out_why == NULL;
}

/* Of one input: the moved unit's weighted sum is rest + t * by, or if a weight of the output moves,
 * by is what it weighs; the outputs are base + weight * h, or base + t * by in output `unit`. */
struct ray {
    double rest, by;
    double bend;  /* the t at which the unit switches; NaN: nowhere */
};

/* What is sliced. */
struct cut {
    const struct terrain *terrain;
    const double *parameters;
    struct naming_place place;
    struct ray *rays;  /* [n_points] */
    double *base;      /* [n_points][n_outputs]: the outputs but for what moves */
    size_t n_outputs;
};

/* Slope of a hidden unit on either side. */
static double slope_of(enum activation activation, int is_on)
{
    return activation == ACTIVATION_LINEAR || is_on ? 1.0
           : activation == ACTIVATION_RELU          ? 0.0
                                                    : ACTIVATION_LEAK;
}

/* A hidden unit's weighted sum without parameter `skip` (an input, -1 the bias, -2 none). */
static double sum_without(const struct cut *cut, int unit, const double *features, int skip)
{
    const struct network *network = cut->terrain->network;
    double sum = skip == -1 ? 0.0 : cut->parameters[network_bias(network, 0, unit)];
    for (int i = 0; i < network->n_inputs; i++) {
        sum += i == skip ? 0.0
                         : cut->parameters[network_weight(network, 0, unit, i)] * features[i];
    }
    return sum;
}

static void prepare_ray(const struct cut *cut, size_t point)
{
    const struct network *network = cut->terrain->network;
    const double *features = cut->terrain->features + point * (size_t)network->n_inputs;
    struct ray *ray = &cut->rays[point];
    struct naming_place place = cut->place;
    *ray = (struct ray){.by = 1.0, .bend = NAN};
    for (size_t k = 0; k < cut->n_outputs; k++) {
        int is_moved = place.layer == 1 && place.unit == (int)k;
        cut->base[point * cut->n_outputs + k] =
            is_moved && place.input < 0 ? 0.0
                                        : cut->parameters[network_bias(network, 1, (int)k)];
    }
    for (int j = 0; j < network->layers[0].units; j++) {
        if (place.layer == 0 && place.unit == j) {
            ray->rest = sum_without(cut, j, features, place.input);
            ray->by = place.input < 0 ? 1.0 : features[place.input];
            continue;
        }
        double h = activation_value(network->layers[0].activation,
                                    sum_without(cut, j, features, -2));
        for (size_t k = 0; k < cut->n_outputs; k++) {
            int is_moved = place.layer == 1 && place.unit == (int)k && place.input == j;
            double weight = cut->parameters[network_weight(network, 1, (int)k, j)];
            cut->base[point * cut->n_outputs + k] += is_moved ? 0.0 : weight * h;
            ray->by = is_moved ? h : ray->by;
        }
    }
    if (place.layer == 0 && ray->by != 0 && network->layers[0].activation != ACTIVATION_LINEAR) {
        ray->bend = -ray->rest / ray->by;
    }
}

/* Output k at one input is *at0 + t * the returned slope, for t around `middle`. */
static double line_of(const struct cut *cut, size_t point, size_t k, double middle, double *at0)
{
    const struct network *network = cut->terrain->network;
    const struct ray *ray = &cut->rays[point];
    *at0 = cut->base[point * cut->n_outputs + k];
    if (cut->place.layer == 1) {
        return cut->place.unit == (int)k ? ray->by : 0.0;
    }
    int is_on = isnan(ray->bend) ? ray->rest > 0
                : ray->by > 0    ? middle > ray->bend
                                 : middle < ray->bend;
    double weight = cut->parameters[network_weight(network, 1, (int)k, cut->place.unit)] *
                    slope_of(network->layers[0].activation, is_on);
    *at0 += weight * ray->rest;
    return weight * ray->by;
}

static void sum_piece(const struct cut *cut, struct slice_piece *piece)
{
    const struct terrain *terrain = cut->terrain;
    double middle = piece->from + (piece->to - piece->from) / 2;
    piece->a = piece->b = piece->c = 0.0;
    for (size_t i = 0; i < terrain->n_points; i++) {
        double weight = terrain->weights[i] / (double)cut->n_outputs;
        for (size_t k = 0; k < cut->n_outputs; k++) {
            double at0, slope = line_of(cut, i, k, middle, &at0);
            double rest = at0 - terrain->targets[i * cut->n_outputs + k];
            piece->a += weight * slope * slope;
            piece->b += 2 * weight * slope * rest;
            piece->c += weight * rest * rest;
        }
    }
    piece->c += terrain->least;
}

static void try_least(struct slice *slice, const struct slice_piece *piece, double t)
{
    double value = (piece->a * t + piece->b) * t + piece->c;
    if (value < slice->least) {
        slice->least = value;
        slice->least_at = t;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Fills bends with the ends and the places in between where a unit switches, ascending, each once;
 * returns how many. */
static size_t find_bends(const struct cut *cut, double from, double to, double *bends)
{
    size_t n = 0, n_kept = 1;
    bends[n++] = from;
    bends[n++] = to;
    for (size_t i = 0; i < cut->terrain->n_points; i++) {
        if (cut->rays[i].bend > from && cut->rays[i].bend < to) {
            bends[n++] = cut->rays[i].bend;
        }
    }
    qsort(bends, n, sizeof *bends, by_value);
    for (size_t i = 1; i < n; i++) {
        if (bends[i] > bends[n_kept - 1]) {
            bends[n_kept++] = bends[i];
        }
    }
    return n_kept;
}

static void fill(struct slice *slice, const struct cut *cut, const double *bends, size_t n_bends)
{
    slice->n = n_bends - 1;
    slice->least = INFINITY;
    for (size_t i = 0; i < slice->n; i++) {
        struct slice_piece *piece = &slice->pieces[i];
        *piece = (struct slice_piece){.from = bends[i], .to = bends[i + 1]};
        sum_piece(cut, piece);
        double lowest = -piece->b / (2 * piece->a);
        try_least(slice, piece, piece->from);
        try_least(slice, piece, piece->to);
        if (piece->a > 0 && lowest > piece->from && lowest < piece->to) {
            try_least(slice, piece, lowest);
        }
    }
}

int slice_init(struct slice *slice, const struct terrain *terrain, const double *parameters,
               size_t parameter, double from, double to, struct error *error)
{
    size_t n = terrain->n_points;
    struct cut cut = {.terrain = terrain,
                      .parameters = parameters,
                      .place = naming_place(terrain->network, parameter),
                      .n_outputs = (size_t)network_n_outputs(terrain->network)};
    *slice = (struct slice){.n = 0};
    cut.rays = memory_array(n, sizeof *cut.rays, error);
    cut.base = memory_array(n * cut.n_outputs, sizeof *cut.base, error);
    double *bends = memory_array(n + 2, sizeof *bends, error);
    slice->pieces = memory_array(n + 1, sizeof *slice->pieces, error);
    int result = cut.rays && cut.base && bends && slice->pieces ? 0 : -1;
    if (result == 0) {
        for (size_t i = 0; i < n; i++) {
            prepare_ray(&cut, i);
        }
        fill(slice, &cut, bends, find_bends(&cut, from, to, bends));
    } else {
        slice_clear(slice);
    }
    free(bends);
    free(cut.base);
    free(cut.rays);
    return result;
}

void slice_clear(struct slice *slice)
{
    free(slice->pieces);
    *slice = (struct slice){.n = 0};
}
