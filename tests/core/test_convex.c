/* The losses as convex functions: against their formulas, and slopes and curvatures against
 * differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/explain/convex.h"

enum { N = 3 };

/* Sums of classes far from each other and near; outputs on both sides of the Huber loss's corner. */
static const double OUTPUTS[][N] = {{0.3, -0.2, 1.1}, {2.5, -3.0, 0.4}, {-7.0, 0.1, 6.0}};
static const double TARGETS[][N] = {{0.0, 1.0, 0.0}, {0.25, 0.5, 0.25}, {0.5, 0.5, 1.0}};

static double loss_at(enum loss loss, const double *outputs, const double *targets, size_t j,
                      double moved)
{
    double at[N] = {outputs[0], outputs[1], outputs[2]};
    at[j] += moved;
    return convex_loss(loss, at, targets, N);
}

static void near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) {
        fail_msg("found %.17g, expected %.17g", found, expected);
    }
}

/* Of the cross-entropies also with targets that are shares, and that do not add up to 1. Central
 * differences at 1e-5 are off by 1e-10 times a third derivative of about 1, and by roundings of
 * 1e-15 over 1e-5. */
static void slopes_are_those_of_the_loss(void **state)
{
    const double h = 1e-5;
    (void)state;
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        double scale = loss == LOSS_MSE ? 0.5 : 1.0;
        for (size_t i = 0; i < 9; i++) {
            const double *outputs = OUTPUTS[i / 3], *targets = TARGETS[i % 3];
            double slopes[N], curves[N];
            convex_bend((enum loss)loss, outputs, targets, N, 1e-9, slopes, curves);
            for (size_t j = 0; j < N; j++) {
                near(slopes[j],
                     scale * (loss_at((enum loss)loss, outputs, targets, j, h) -
                              loss_at((enum loss)loss, outputs, targets, j, -h)) / (2 * h), 1e-8);
            }
        }
    }
}

/* The diagonal of the matrix that the header gives, for softmax. Roundings of 1e-15 over 1e-8. */
static void curvatures_of_smooth_losses_are_theirs(void **state)
{
    static const enum loss SMOOTH[] = {LOSS_MSE, LOSS_BINARY_CROSS_ENTROPY,
                                       LOSS_CATEGORICAL_CROSS_ENTROPY};
    const double h = 1e-4;
    (void)state;
    for (size_t i = 0; i < 27; i++) {
        enum loss loss = SMOOTH[i / 9];
        const double *outputs = OUTPUTS[i / 3 % 3], *targets = TARGETS[i % 3];
        double slopes[N], curves[N], scale = loss == LOSS_MSE ? 0.5 : 1.0;
        convex_bend(loss, outputs, targets, N, 1e-9, slopes, curves);
        double all = curves[0] + curves[1] + curves[2];
        for (size_t j = 0; j < N; j++) {
            double own = loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? curves[j] * curves[j] / all : 0.0;
            double here = loss_at(loss, outputs, targets, j, 0.0);
            near(curves[j] - own,
                 scale * (loss_at(loss, outputs, targets, j, h) - 2 * here +
                          loss_at(loss, outputs, targets, j, -h)) / (h * h), 1e-6);
        }
    }
}

/* The parabola that touches a robust loss is nowhere below it, and no flatter one is so: where the
 * other side has the same slope, it touches there too. */
static void parabolas_of_robust_losses_touch_from_above(void **state)
{
    static const enum loss ROBUST[] = {LOSS_MAE, LOSS_HUBER};
    const double target = 0.5;
    (void)state;
    for (int i = 0; i < 2; i++) {
        for (double error = -4.75; error < 5.0; error += 0.5) {
            double output = target + error, slope, curve, other = target - error;
            convex_bend(ROBUST[i], &output, &target, 1, 1e-9, &slope, &curve);
            double here = convex_loss(ROBUST[i], &output, &target, 1);
            for (double at = -9.0; at < 9.0; at += 0.125) {
                double away = at - output;
                assert_true(here + slope * away + 0.5 * curve * away * away >=
                            convex_loss(ROBUST[i], &at, &target, 1) - 1e-12);
            }
            double across = other - output;
            near(here + slope * across + 0.5 * curve * across * across,
                 convex_loss(ROBUST[i], &other, &target, 1), 1e-12);
        }
    }
}

static void an_absolute_error_bends_as_if_at_least_so_large(void **state)
{
    double output = 2.0, target = 2.0, slope, curve;
    (void)state;
    convex_bend(LOSS_MAE, &output, &target, 1, 0.25, &slope, &curve);
    near(slope, 0.0, 0.0);
    near(curve, 4.0, 0.0);
}

/* exp(3000) is no double. The class's own sum is the largest, or the smallest, or the middle one. */
static void sums_far_apart_have_a_finite_loss(void **state)
{
    static const double FAR[N] = {-1500.0, 1500.0, 100.0};
    static const double EXPECTED[N] = {3000.0, 0.0, 1400.0};
    (void)state;
    for (size_t j = 0; j < N; j++) {
        double targets[N] = {0.0, 0.0, 0.0}, slopes[N], curves[N];
        targets[j] = 1.0;
        near(convex_loss(LOSS_CATEGORICAL_CROSS_ENTROPY, FAR, targets, N), EXPECTED[j], 0.0);
        convex_bend(LOSS_CATEGORICAL_CROSS_ENTROPY, FAR, targets, N, 1e-9, slopes, curves);
        near(curves[0] + curves[2], 0.0, 0.0);
        near(curves[1], 1.0, 0.0);
        near(slopes[j], j == 1 ? 0.0 : -1.0, 0.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_are_those_of_the_loss),
        cmocka_unit_test(curvatures_of_smooth_losses_are_theirs),
        cmocka_unit_test(parabolas_of_robust_losses_touch_from_above),
        cmocka_unit_test(an_absolute_error_bends_as_if_at_least_so_large),
        cmocka_unit_test(sums_far_apart_have_a_finite_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
