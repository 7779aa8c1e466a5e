/* The data sets that courses know by name.
 *
 * DESIGN. A pattern is laid out point by point (places and values), then put into the data set in a
 * random order where its source does so, and last the noise is added. */
#include "core/data/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math/rng.h"
#include "core/base/math/turn.h"
#include "core/base/memory.h"
#include "core/data/one_hot.h"

static const char *const NAMES[PATTERN_COUNT] = {
    [PATTERN_XOR] = "xor",       [PATTERN_CIRCLES] = "circles",     [PATTERN_SPIRALS] = "spirals",
    [PATTERN_MOONS] = "moons",   [PATTERN_GAUSSIANS] = "gaussians", [PATTERN_SINE] = "sine",
    [PATTERN_LINEAR] = "linear",
};

const char *pattern_name(enum pattern_kind kind)
{
    return NAMES[kind];
}

int pattern_find(const char *name)
{
    for (int i = 0; i < PATTERN_COUNT; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int is_regression(const struct pattern *pattern)
{
    return pattern->kind == PATTERN_SINE || pattern->kind == PATTERN_LINEAR;
}

size_t pattern_n_features(const struct pattern *pattern)
{
    return is_regression(pattern) ? 1 : 2;
}

size_t pattern_n_classes(const struct pattern *pattern)
{
    if (is_regression(pattern)) {
        return 0;
    }
    return pattern->kind == PATTERN_GAUSSIANS ? (size_t)pattern->n_classes : 2;
}

size_t pattern_n_targets(const struct pattern *pattern)
{
    return pattern->one_hot && !is_regression(pattern) ? pattern_n_classes(pattern) : 1;
}

/* --- the points ---------------------------------------------------------------------------- */

/* A sample before it is put in its place; x[1] is not used by sine and linear. */
struct point {
    double x[2];
    double y; /* the class or the value */
};

static void lay_xor(const struct pattern *pattern, struct rng *rng, struct point *points)
{
    for (size_t i = 0; i < pattern->n_samples; i++) {
        for (int k = 0; k < 2; k++) {
            double x = -5.0 + 10.0 * rng_uniform(rng);
            points[i].x[k] = x > 0.0 ? x + 0.3 : x - 0.3;
        }
        points[i].y = (points[i].x[0] > 0.0) != (points[i].x[1] > 0.0);
    }
}

static void lay_circles(const struct pattern *pattern, struct point *points)
{
    size_t n_outer = pattern->n_samples / 2;
    for (size_t i = 0; i < pattern->n_samples; i++) {
        int is_inner = i >= n_outer;
        size_t at = is_inner ? i - n_outer : i;
        size_t n = is_inner ? pattern->n_samples - n_outer : n_outer;
        double radius = is_inner ? pattern->factor : 1.0;
        double turns = (double)at / (double)n;
        points[i] = (struct point){{radius * turn_cos(turns), radius * turn_sin(turns)}, is_inner};
    }
}

static void lay_spirals(const struct pattern *pattern, struct point *points)
{
    size_t n_first = pattern->n_samples / 2;
    for (size_t i = 0; i < pattern->n_samples; i++) {
        int is_first = i < n_first;
        size_t n = is_first ? n_first : pattern->n_samples - n_first;
        double part = (double)(is_first ? i : i - n_first) / (double)n;
        double turns = 1.75 * part + (is_first ? 0.0 : 0.5);
        double radius = 5.0 * part;
        points[i] = (struct point){{radius * turn_sin(turns), radius * turn_cos(turns)}, is_first};
    }
}

static void lay_moons(const struct pattern *pattern, struct point *points)
{
    size_t n_upper = pattern->n_samples / 2;
    for (size_t i = 0; i < pattern->n_samples; i++) {
        int is_upper = i < n_upper;
        size_t at = is_upper ? i : i - n_upper;
        size_t n = is_upper ? n_upper : pattern->n_samples - n_upper;
        double turns = n > 1 ? 0.5 * (double)at / (double)(n - 1) : 0.0;
        double c = turn_cos(turns), s = turn_sin(turns);
        points[i] =
            is_upper ? (struct point){{c, s}, 0.0} : (struct point){{1.0 - c, 1.0 - s - 0.5}, 1.0};
    }
}

/* Fails for memory. */
static int lay_gaussians(const struct pattern *pattern, struct rng *rng, struct point *points,
                         struct error *error)
{
    size_t n_classes = (size_t)pattern->n_classes, n = pattern->n_samples, i = 0;
    double *centres = memory_array(n_classes, 2 * sizeof *centres, error);
    if (!centres) {
        return -1;
    }
    for (size_t k = 0; k < 2 * n_classes; k++) {
        centres[k] = -10.0 + 20.0 * rng_uniform(rng);
    }
    for (size_t k = 0; k < n_classes; k++) {
        for (size_t end = i + n / n_classes + (k < n % n_classes); i < end; i++) {
            double x1 = centres[2 * k] + pattern->sd * rng_normal_fixed(rng);
            double x2 = centres[2 * k + 1] + pattern->sd * rng_normal_fixed(rng);
            points[i] = (struct point){{x1, x2}, (double)k};
        }
    }
    free(centres);
    return 0;
}

static void lay_sine(const struct pattern *pattern, struct rng *rng, struct point *points)
{
    for (size_t i = 0; i < pattern->n_samples; i++) {
        points[i].x[0] = rng_uniform(rng);
        points[i].y = turn_sin(points[i].x[0]);
    }
}

static void lay_linear(const struct pattern *pattern, struct rng *rng, struct point *points)
{
    for (size_t i = 0; i < pattern->n_samples; i++) {
        points[i].x[0] = -1.0 + 2.0 * rng_uniform(rng);
        points[i].y = pattern->slope * points[i].x[0] + pattern->intercept;
    }
}

static int lay(const struct pattern *pattern, struct rng *rng, struct point *points,
               struct error *error)
{
    switch (pattern->kind) {
    case PATTERN_XOR:
        lay_xor(pattern, rng, points);
        break;
    case PATTERN_CIRCLES:
        lay_circles(pattern, points);
        break;
    case PATTERN_SPIRALS:
        lay_spirals(pattern, points);
        break;
    case PATTERN_MOONS:
        lay_moons(pattern, points);
        break;
    case PATTERN_GAUSSIANS:
        return lay_gaussians(pattern, rng, points, error);
    case PATTERN_SINE:
        lay_sine(pattern, rng, points);
        break;
    case PATTERN_LINEAR:
        lay_linear(pattern, rng, points);
        break;
    case PATTERN_COUNT:
        break;
    }
    return 0;
}

/* --- the data set -------------------------------------------------------------------------- */

/* What is laid out class after class would teach a class after the other. */
static int is_shuffled(const struct pattern *pattern)
{
    return !is_regression(pattern) && pattern->kind != PATTERN_XOR;
}

static void name_columns(struct dataset *dataset)
{
    int is_plane = dataset->n_features == 2;
    snprintf(dataset->names[0], DATASET_NAME_BYTES, is_plane ? "x1" : "x");
    if (is_plane) {
        snprintf(dataset->names[1], DATASET_NAME_BYTES, "x2");
    }
    snprintf(dataset->names[dataset->n_features], DATASET_NAME_BYTES, is_plane ? "class" : "y");
}

/* Moves the points into the data set, in the order that is drawn, and adds noise. */
static void fill(struct dataset *dataset, const struct pattern *pattern, struct rng *rng,
                 const struct point *points, uint32_t *order)
{
    size_t n_features = dataset->n_features;
    for (size_t i = 0; i < pattern->n_samples; i++) {
        order[i] = (uint32_t)i;
    }
    if (is_shuffled(pattern)) {
        rng_permutation(rng, order, pattern->n_samples);
    }
    for (size_t i = 0; i < pattern->n_samples; i++) {
        const struct point *point = &points[order[i]];
        memcpy(dataset->features + i * n_features, point->x, n_features * sizeof *point->x);
        dataset->targets[i] = point->y;
    }
    double *noisy = is_regression(pattern) ? dataset->targets : dataset->features;
    size_t n_noisy = pattern->n_samples * (is_regression(pattern) ? 1 : n_features);
    for (size_t i = 0; i < n_noisy && pattern->kind != PATTERN_GAUSSIANS; i++) {
        noisy[i] += pattern->noise * rng_normal_fixed(rng);
    }
}

struct dataset *pattern_make(const struct pattern *pattern, struct error *error)
{
    struct dataset *made =
        dataset_create(pattern->n_samples, pattern_n_features(pattern), 1, error);
    struct point *points = memory_array(pattern->n_samples, sizeof *points, error);
    uint32_t *order = memory_array(pattern->n_samples, sizeof *order, error);
    struct rng rng;
    int failed = !made || !points || !order;
    rng_seed(&rng, pattern->seed);
    failed = failed || lay(pattern, &rng, points, error);
    if (!failed) {
        name_columns(made);
        fill(made, pattern, &rng, points, order);
        if (pattern_n_targets(pattern) > 1) {
            failed = one_hot_targets(made, pattern_n_classes(pattern), NULL, error);
        }
    }
    free(points);
    free(order);
    if (failed) {
        dataset_destroy(made);
        return NULL;
    }
    return made;
}
