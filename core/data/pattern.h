/* The data sets that courses know by name: circles, moons, spirals and others, from a seed.
 *
 * All draws come from one NumPy-legacy stream: first where the points are, then their order, last
 * the noise, so that more noise moves the same points further. Where scikit-learn has the data set,
 * its draws are made in its order: the same seed gives its points, but for the last bits of sine,
 * cosine and logarithm, which here are the same on every machine (core/base/math/turn.h, rng.h). */
#ifndef CORE_DATA_PATTERN_H
#define CORE_DATA_PATTERN_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/data/dataset.h"

/* i counts the points of a class from 0, m is how many it has, u and v are uniform draws. */
enum pattern_kind {
    /* x1, x2 uniform in [-5, 5), then moved away from 0 by 0.3 (TensorFlow Playground); class 1
     * where exactly one of them is positive */
    PATTERN_XOR,
    /* scikit-learn's make_circles: (cos a, sin a), a = 2 pi i / m; class 0 of radius 1, class 1 of
     * radius `factor`; the outer circle has the smaller half of the samples */
    PATTERN_CIRCLES,
    /* TensorFlow Playground: r (sin a, cos a), r = 5 i / m, a = 1.75 (2 pi) i / m; class 1; and
     * turned by half a turn class 0; the first has the smaller half */
    PATTERN_SPIRALS,
    /* scikit-learn's make_moons: class 0 (cos a, sin a), class 1 (1 - cos a, 0.5 - sin a),
     * a = pi i / (m - 1); class 0 has the smaller half */
    PATTERN_MOONS,
    /* scikit-learn's make_blobs: a centre for each class, uniform in [-10, 10) x [-10, 10), then
     * normal with standard deviation `sd` about it, class after class */
    PATTERN_GAUSSIANS,
    /* x uniform in [0, 1), y = sin(2 pi x) (Bishop, "Pattern Recognition and Machine Learning",
     * section 1.1, there with x evenly spaced) */
    PATTERN_SINE,
    /* x uniform in [-1, 1), y = slope x + intercept */
    PATTERN_LINEAR,
    PATTERN_COUNT
};

const char *pattern_name(enum pattern_kind kind); /* "xor", "circles", ... */
int pattern_find(const char *name);               /* kind or -1 */

struct pattern {
    enum pattern_kind kind;
    size_t n_samples; /* >= 1, at most UINT32_MAX */
    uint32_t seed;    /* as np.random.seed(seed) */
    double noise;     /* >= 0: sd of what is added to each feature, of sine and linear to y; not for
                         gaussians */
    double factor;    /* circles: 0..1 */
    int n_classes;    /* gaussians: >= 2 */
    double sd;        /* gaussians: >= 0 */
    double slope, intercept; /* linear */
    int one_hot;             /* 1: a target column for each class, class_0, class_1, ... */
};

/* Features x1, x2 and a target `class`, 0 or 1 (gaussians: 0..n_classes-1); of sine and linear x
 * and y. */
size_t pattern_n_features(const struct pattern *pattern);
size_t pattern_n_targets(const struct pattern *pattern);

/* Its classes; 0 for sine and linear. */
size_t pattern_n_classes(const struct pattern *pattern);

/* The data set; a pure function of the pattern, with the same bits everywhere. NULL with
 * ERROR_MEMORY, or ERROR_TOO_LARGE for too many columns. The caller owns it. */
struct dataset *pattern_make(const struct pattern *pattern, struct error *error);

#endif
