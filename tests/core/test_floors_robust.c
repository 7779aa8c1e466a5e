/* The best plane of the mean absolute error and the Huber loss, against all planes that could be,
 * and against what makes one the best. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/rng.h"
#include "core/explain/floors.h"
#include "tests/core/golden_samples.h"

enum { N_INPUTS = 2, MOST = 24 };

/* Kinds of data, each with its trap. */
enum kind { REAL, WHOLE, REPEATED, COPIED, OUTLYING, FLAT, KIND_COUNT };

static double draw(struct rng *rng, enum kind kind)
{
    return kind == REAL || kind == OUTLYING || kind == COPIED ? rng_normal_fixed(rng)
                                                              : (double)rng_randint(rng, 0, 4);
}

static struct dataset *make(struct rng *rng, enum kind kind, size_t n, size_t n_targets)
{
    struct dataset *dataset = dataset_create(n, N_INPUTS, n_targets, NULL);
    for (size_t i = 0; i < n; i++) {
        double *x = dataset->features + N_INPUTS * i;
        x[0] = kind == REPEATED ? (double)(i % 2) : draw(rng, kind);
        x[1] = kind == COPIED ? 3 - 2 * x[0] : draw(rng, kind);
        for (size_t j = 0; j < n_targets; j++) {
            double y = 2 * x[0] - x[1] + 3 * draw(rng, kind);
            y = kind == OUTLYING && i % 4 == 0 ? 1e4 * y : kind == FLAT ? 7 : y;
            dataset->targets[i * n_targets + j] = y;
        }
    }
    return dataset;
}

static double loss_of(enum loss loss, double e)
{
    double size = fabs(e);
    return loss == LOSS_MAE ? size : size < 1 ? 0.5 * e * e : size - 0.5;
}

static double mean_loss(const struct dataset *dataset, enum loss loss, size_t j,
                        const double *plane)
{
    double sum = 0.0;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        const double *x = dataset->features + N_INPUTS * i;
        sum += loss_of(loss, dataset->targets[i * dataset->n_targets + j] - plane[0] * x[0] -
                                 plane[1] * x[1] - plane[2]);
    }
    return sum / (double)dataset->n_samples;
}

/* The plane through three samples by Cramer's rule; 0: they are in line. */
static int plane_through(const struct dataset *dataset, size_t j, const size_t at[3], double *plane)
{
    double x[3][2], y[3];
    for (int k = 0; k < 3; k++) {
        memcpy(x[k], dataset->features + N_INPUTS * at[k], sizeof x[k]);
        y[k] = dataset->targets[at[k] * dataset->n_targets + j];
    }
    double a = x[1][0] - x[0][0], b = x[1][1] - x[0][1], c = x[2][0] - x[0][0];
    double d = x[2][1] - x[0][1], area = a * d - b * c;
    if (fabs(area) < 1e-9) {
        return 0;
    }
    plane[0] = ((y[1] - y[0]) * d - (y[2] - y[0]) * b) / area;
    plane[1] = ((y[2] - y[0]) * a - (y[1] - y[0]) * c) / area;
    plane[2] = y[0] - plane[0] * x[0][0] - plane[1] * x[0][1];
    return 1;
}

/* Some best plane of least absolute deviations goes through three samples not in line, where there
 * are such; else, on a line of inputs, through two: then the second input counts as none. */
static double lowest_of_all(const struct dataset *dataset, size_t j, int is_line)
{
    size_t n = dataset->n_samples;
    double lowest = INFINITY, plane[3];
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            double run = dataset->features[N_INPUTS * b] - dataset->features[N_INPUTS * a];
            double rise = dataset->targets[b * dataset->n_targets + j] -
                          dataset->targets[a * dataset->n_targets + j];
            if (is_line && fabs(run) > 1e-9) {
                plane[0] = rise / run;
                plane[1] = 0;
                plane[2] = dataset->targets[a * dataset->n_targets + j] -
                           plane[0] * dataset->features[N_INPUTS * a];
                lowest = fmin(lowest, mean_loss(dataset, LOSS_MAE, j, plane));
            }
            for (size_t c = b + 1; c < n && !is_line; c++) {
                if (plane_through(dataset, j, (size_t[]){a, b, c}, plane)) {
                    lowest = fmin(lowest, mean_loss(dataset, LOSS_MAE, j, plane));
                }
            }
        }
    }
    return lowest;
}

/* Rounding of sums and of inverses of samples nearly in line, beside targets of up to 1e5. */
static void assert_close(double got, double expected, double scale)
{
    if (!(fabs(got - expected) <= 1e-11 * (scale + expected))) {
        fail_msg("got %.17g, expected %.17g", got, expected);
    }
}

static double scale_of(const struct dataset *dataset)
{
    double sum = 0.0;
    for (size_t i = 0; i < dataset->n_samples * dataset->n_targets; i++) {
        sum += fabs(dataset->targets[i]) / (double)dataset->n_samples;
    }
    return sum;
}

static void no_plane_through_any_samples_is_below_the_best(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 11);
    for (int trial = 0; trial < 40 * KIND_COUNT; trial++) {
        enum kind kind = (enum kind)(trial % KIND_COUNT);
        size_t n = 4 + (size_t)rng_randint(&rng, 0, MOST - 4);
        struct dataset *dataset = make(&rng, kind, n, 1);
        struct floors *floors = floors_create(dataset, LOSS_MAE, NULL, NULL);
        double lowest = lowest_of_all(dataset, 0, floors->rank == 2);
        if (floors->rank >= 2 && isfinite(lowest)) {
            assert_close(floors->value[FLOOR_LINEAR], lowest, scale_of(dataset));
        }
        assert_true(floors->value[FLOOR_LINEAR] <= floors->value[FLOOR_CONSTANT] * (1 + 1e-12));
        assert_true(floors->value[FLOOR_LINEAR] >= floors->value[FLOOR_PURE_ERROR] * (1 - 1e-12));
        floors_destroy(floors);
        dataset_destroy(dataset);
    }
}

/* The loss is convex, so a plane at which it is flat is the best: its slopes by the coefficients
 * are taken here sample by sample. */
static void the_huber_loss_is_flat_at_its_plane(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 12);
    for (int trial = 0; trial < 40 * KIND_COUNT; trial++) {
        struct dataset *dataset = make(&rng, (enum kind)(trial % KIND_COUNT),
                                       4 + (size_t)rng_randint(&rng, 0, 100), 1);
        struct floors *floors = floors_create(dataset, LOSS_HUBER, NULL, NULL);
        const double *plane = floors->coefficients;
        double slope[3] = {0}, scale = scale_of(dataset);
        for (size_t i = 0; i < dataset->n_samples; i++) {
            const double *x = dataset->features + N_INPUTS * i;
            double e = dataset->targets[i] - plane[0] * x[0] - plane[1] * x[1] - plane[2];
            double own = fabs(e) < 1 ? e : copysign(1, e);
            slope[0] += own * x[0], slope[1] += own * x[1], slope[2] += own;
        }
        for (int k = 0; k < 3; k++) { /* what is left of errors of up to 1e5, over inputs up to 4 */
            assert_true(fabs(slope[k]) <= 1e-9 * (1 + scale) * (double)dataset->n_samples);
        }
        assert_close(floors->value[FLOOR_LINEAR], mean_loss(dataset, LOSS_HUBER, 0, plane), scale);
        floors_destroy(floors);
        dataset_destroy(dataset);
    }
}

static void the_report_has_its_planes(void **state)
{
    (void)state;
    struct dataset *dataset = dataset_create(GOLDEN_SAMPLES, 2, 1, NULL);
    memcpy(dataset->features, golden_inputs, sizeof golden_inputs);
    memcpy(dataset->targets, golden_report_targets, GOLDEN_SAMPLES * sizeof(double));
    struct floors *mae = floors_create(dataset, LOSS_MAE, NULL, NULL);
    struct floors *huber = floors_create(dataset, LOSS_HUBER, NULL, NULL);
    print_message("mae %.17g, huber %.17g\n", mae->value[FLOOR_LINEAR], huber->value[FLOOR_LINEAR]);
    assert_close(mae->value[FLOOR_LINEAR], lowest_of_all(dataset, 0, 0), 1);
    assert_close(huber->value[FLOOR_LINEAR], 1.1236516469766635, 1);
    assert_close(mean_loss(dataset, LOSS_MAE, 0, mae->coefficients), mae->value[FLOOR_LINEAR], 1);
    floors_destroy(mae);
    floors_destroy(huber);
    dataset_destroy(dataset);
}

/* Where no error is beyond 1 it is half of least squares. */
static void huber_is_half_of_least_squares_for_small_errors(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 13);
    struct dataset *dataset = make(&rng, REAL, 50, 1);
    for (size_t i = 0; i < 50; i++) {
        dataset->targets[i] *= 0.01;
    }
    struct floors *huber = floors_create(dataset, LOSS_HUBER, NULL, NULL);
    struct floors *squares = floors_create(dataset, LOSS_MSE, NULL, NULL);
    assert_close(huber->value[FLOOR_LINEAR], 0.5 * squares->value[FLOOR_LINEAR], 0);
    floors_destroy(huber);
    floors_destroy(squares);
    dataset_destroy(dataset);
}

static void several_outputs_have_a_plane_each(void **state)
{
    (void)state;
    static const enum loss LOSSES[] = {LOSS_MAE, LOSS_HUBER};
    struct rng rng;
    rng_seed(&rng, 14);
    struct dataset *dataset = make(&rng, WHOLE, 20, 3);
    for (int l = 0; l < 2; l++) {
        struct floors *floors = floors_create(dataset, LOSSES[l], NULL, NULL);
        double sum = 0.0;
        for (size_t j = 0; j < 3; j++) {
            sum += mean_loss(dataset, LOSSES[l], j, floors->coefficients + 3 * j) / 3;
        }
        assert_close(floors->value[FLOOR_LINEAR], sum, 1);
        if (LOSSES[l] == LOSS_MAE) {
            sum = (lowest_of_all(dataset, 0, 0) + lowest_of_all(dataset, 1, 0) +
                   lowest_of_all(dataset, 2, 0)) / 3;
            assert_close(floors->value[FLOOR_LINEAR], sum, 1);
        }
        floors_destroy(floors);
    }
    dataset_destroy(dataset);
}

/* Errors some 1e10 times the corner of the Huber loss, whose plane is beyond a double's digits: a
 * value is only given with its proof. */
static void what_is_not_proved_is_not_given(void **state)
{
    (void)state;
    struct rng rng;
    int n_known = 0;
    rng_seed(&rng, 15);
    for (int trial = 0; trial < 40; trial++) {
        struct dataset *dataset = make(&rng, REAL, 100, 1);
        double scale = pow(10, trial);
        for (size_t i = 0; i < 100; i++) {
            dataset->targets[i] *= scale;
        }
        struct floors *floors = floors_create(dataset, LOSS_HUBER, NULL, NULL);
        struct floors *mae = floors_create(dataset, LOSS_MAE, NULL, NULL);
        double huber = floors->value[FLOOR_LINEAR], absolute = mae->value[FLOOR_LINEAR];
        n_known += !isnan(huber);
        assert_true(isnan(huber) == (floors->why[FLOOR_LINEAR] != NULL));
        if (trial >= 20) { /* errors are multiples of over 1000: no slope within 1 is left */
            assert_true(isnan(huber));
            assert_non_null(strstr(floors->why[FLOOR_LINEAR], "proved"));
        }
        /* per sample it is at most 1/2 below the absolute error */
        assert_true(isnan(huber) || (huber <= absolute * (1 + 1e-9) &&
                                     huber >= (absolute - 0.5) * (1 - 1e-9)));
        floors_destroy(floors);
        floors_destroy(mae);
        dataset_destroy(dataset);
    }
    print_message("%d of 40 proved\n", n_known);
    assert_true(n_known >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_plane_through_any_samples_is_below_the_best),
        cmocka_unit_test(the_huber_loss_is_flat_at_its_plane),
        cmocka_unit_test(the_report_has_its_planes),
        cmocka_unit_test(huber_is_half_of_least_squares_for_small_errors),
        cmocka_unit_test(several_outputs_have_a_plane_each),
        cmocka_unit_test(what_is_not_proved_is_not_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
