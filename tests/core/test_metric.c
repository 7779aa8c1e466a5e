/* Metrics are those of scikit-learn 1.2, and their loss has the bits of training. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/metric.h"
#include "tests/core/failing_memory.h"
#include "tests/core/reference.h"

/* Sums of a few numbers near 1 in another order than scikit-learn's. */
#define NEAR 1e-15

/* A layer that gives its inputs to its activation: weights 1 in the diagonal, biases 0. */
struct mirror {
    struct network network;
    double parameters[3 * 4];
};

static struct mirror mirror_of(int n, enum activation activation)
{
    struct mirror mirror = {
        .network = {.n_inputs = n, .n_layers = 1, .layers = {{n, activation}}}};
    for (int i = 0; i < n; i++) {
        mirror.parameters[i * n + i] = 1.0;
    }
    return mirror;
}

static struct metric measured(const struct mirror *mirror, enum loss loss, size_t n_samples,
                              const double *inputs, const double *targets, const double *units)
{
    struct metric metric;
    const struct metric_samples samples = {n_samples, inputs, targets, units};
    assert_int_equal(metric_measure(&mirror->network, loss, mirror->parameters, &samples, &metric,
                                    NULL), 0);
    assert_int_equal(metric.n_samples, n_samples);
    return metric;
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= NEAR)) {
        fail_msg("got %.17g, expected %.17g", got, expected);
    }
}

static void assert_matrix(const struct metric *metric, const size_t *expected, int n)
{
    assert_int_equal(metric->n_classes, n);
    for (int i = 0; i < n * n; i++) {
        assert_int_equal(metric->confusion[i], expected[i]);
    }
}

/* --- values -------------------------------------------------------------------------------- */

/* The example of scikit-learn's user guide on R^2. */
static const double outputs_of_guide[] = {0, 2, -1, 2, 8, -5};
static const double targets_of_guide[] = {0.5, 1, -1, 1, 7, -6};

static void r2_is_told_for_each_output_and_over_all(void **state)
{
    (void)state;
    const struct mirror mirror = mirror_of(2, ACTIVATION_LINEAR);
    struct metric metric =
        measured(&mirror, LOSS_MSE, 3, outputs_of_guide, targets_of_guide, NULL);
    assert_int_equal(metric.n_outputs, 2);
    assert_near(metric.r2_by_output[0], 0.9654377880184332);
    assert_near(metric.r2_by_output[1], 0.9081632653061225);
    assert_near(metric.r2, 0.9382566585956417);
    assert_near(metric.loss, 0.7083333333333334);
    assert_near(metric.loss_original_units, 0.7083333333333334);
    assert_true(isnan(metric.accuracy));
    assert_int_equal(metric.n_classes, 0);
    metric_clear(&metric);
}

static void what_depends_on_units_is_told_in_the_targets_own(void **state)
{
    (void)state;
    const double units[] = {2, 0.5};
    const struct mirror mirror = mirror_of(2, ACTIVATION_LINEAR);
    struct metric metric =
        measured(&mirror, LOSS_MSE, 3, outputs_of_guide, targets_of_guide, units);
    assert_near(metric.loss, 0.7083333333333334);
    assert_near(metric.loss_original_units, 0.9583333333333334);
    assert_near(metric.r2, 0.9623773173391494);
    assert_near(metric.r2_by_output[0], 0.9654377880184332);
    metric_clear(&metric);
    const double other_units[] = {2, 0.25};
    metric = measured(&mirror, LOSS_MAE, 3, outputs_of_guide, targets_of_guide, other_units);
    assert_near(metric.loss, 0.75); /* (1.5 + 3) / 6 */
    assert_near(metric.loss_original_units, 0.625); /* (1.5 * 2 + 3 * 0.25) / 6 */
    metric_clear(&metric);
    metric = measured(&mirror, LOSS_HUBER, 3, outputs_of_guide, targets_of_guide, units);
    assert_true(isnan(metric.loss_original_units)); /* its border at 1 has no other unit */
    metric_clear(&metric);
}

static void a_target_that_never_changes_has_no_r2(void **state)
{
    (void)state;
    const double outputs[] = {2, 1, 3, 2.5, 3, 3}, targets[] = {0.1, 1, 0.1, 2, 0.1, 4};
    const struct mirror mirror = mirror_of(2, ACTIVATION_LINEAR);
    struct metric metric = measured(&mirror, LOSS_MSE, 3, outputs, targets, NULL);
    assert_true(isnan(metric.r2_by_output[0]));
    assert_near(metric.r2_by_output[1], 0.7321428571428571);
    assert_near(metric.r2, 0.7321428571428571);
    metric_clear(&metric);
    const double same[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    metric = measured(&mirror, LOSS_MSE, 3, outputs, same, NULL);
    assert_true(isnan(metric.r2));
    metric_clear(&metric);
    metric = measured(&mirror, LOSS_MSE, 1, outputs, targets, NULL);
    assert_true(isnan(metric.r2)); /* nor has one sample */
    metric_clear(&metric);
}

static void classes_are_the_largest_outputs(void **state)
{
    (void)state;
    const double inputs[] = {2, 1, 0,   0,   3,   1,   1,  0, 0.5,
                             0.2, 0.1, 0.4, -1,  1,   2,   0,  0.5, 0.25};
    const double targets[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0};
    const size_t expected[] = {1, 1, 0, 0, 1, 0, 1, 0, 2};
    const struct mirror mirror = mirror_of(3, ACTIVATION_SOFTMAX);
    struct metric metric =
        measured(&mirror, LOSS_CATEGORICAL_CROSS_ENTROPY, 6, inputs, targets, NULL);
    assert_near(metric.accuracy, 0.6666666666666666);
    assert_near(metric.loss, 0.7359838361101209);
    assert_matrix(&metric, expected, 3);
    assert_true(isnan(metric.r2) && isnan(metric.loss_original_units));
    assert_int_equal(metric.n_outputs, 0);
    metric_clear(&metric);
    const double equal[] = {1, 1, 0};
    metric = measured(&mirror, LOSS_CATEGORICAL_CROSS_ENTROPY, 1, equal, targets, NULL);
    assert_near(metric.accuracy, 1); /* of equal ones the first */
    metric_clear(&metric);
}

static void a_single_output_above_a_half_is_class_1(void **state)
{
    (void)state;
    const double inputs[] = {-2, -0.5, 0, 0.5, 3}, targets[] = {0, 1, 1, 0, 1};
    const size_t expected[] = {1, 1, 2, 1};
    const struct mirror mirror = mirror_of(1, ACTIVATION_SIGMOID);
    struct metric metric = measured(&mirror, LOSS_BINARY_CROSS_ENTROPY, 5, inputs, targets, NULL);
    assert_near(metric.accuracy, 0.4);
    assert_near(metric.loss, 0.5633633023073747);
    assert_matrix(&metric, expected, 2);
    metric_clear(&metric);
}

static void several_yeses_and_noes_must_all_be_right(void **state)
{
    (void)state;
    const double inputs[] = {1, -1, 2, 1, -1, -2, 0.5, 3}, targets[] = {1, 0, 1, 0, 0, 0, 0, 1};
    const struct mirror mirror = mirror_of(2, ACTIVATION_SIGMOID);
    struct metric metric = measured(&mirror, LOSS_BINARY_CROSS_ENTROPY, 4, inputs, targets, NULL);
    assert_near(metric.accuracy, 0.5);
    assert_int_equal(metric.n_classes, 0);
    metric_clear(&metric);
}

/* --- training ------------------------------------------------------------------------------ */

/* In the first epoch of one whole batch every sample is scored with the start values. */
static void the_loss_has_the_bits_of_training(void **state)
{
    (void)state;
    struct rng rng;
    int seen[LOSS_COUNT] = {0};
    rng_seed(&rng, 5);
    for (int i = 0; i < 200; i++) {
        struct reference_case it;
        struct metric metric;
        double loss;
        reference_case_init(&it, &rng, 1);
        reference_case_vary(&it, &rng);
        it.training.batch_size = it.dataset->n_samples;
        it.training.order = ORDER_FIXED;
        it.training.arithmetic = ARITHMETIC_EXACT;
        const struct metric_samples samples = {it.dataset->n_samples, it.dataset->features,
                                               it.dataset->targets, NULL};
        assert_int_equal(metric_measure(&it.network, it.training.loss, it.parameters, &samples,
                                        &metric, NULL), 0);
        struct block_state end = reference_train(&it.network, it.dataset, &it.training,
                                                 it.parameters, &loss);
        if (end.status == BLOCK_DONE) {
            assert_same_double(metric.loss, loss, "loss of the start values");
            seen[it.training.loss]++;
        }
        metric_clear(&metric);
        reference_case_clear(&it);
    }
    for (int loss = 0; loss < LOSS_COUNT; loss++) {
        assert_true(seen[loss] > 10);
    }
}

static void a_failed_allocation_leaves_nothing_behind(void **state)
{
    (void)state;
    const struct mirror mirror = mirror_of(2, ACTIVATION_LINEAR);
    const struct metric_samples samples = {3, outputs_of_guide, targets_of_guide, NULL};
    for (int n = 1; n <= 4; n++) {
        struct metric metric;
        struct error error = ERROR_INIT;
        memory_fail_from(n);
        int result = metric_measure(&mirror.network, LOSS_MSE, mirror.parameters, &samples,
                                    &metric, &error);
        memory_fail_from(0);
        assert_int_equal(result, -1);
        assert_int_equal(error.kind, ERROR_MEMORY);
        assert_null(metric.confusion);
        assert_null(metric.r2_by_output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_is_told_for_each_output_and_over_all),
        cmocka_unit_test(what_depends_on_units_is_told_in_the_targets_own),
        cmocka_unit_test(a_target_that_never_changes_has_no_r2),
        cmocka_unit_test(classes_are_the_largest_outputs),
        cmocka_unit_test(a_single_output_above_a_half_is_class_1),
        cmocka_unit_test(several_yeses_and_noes_must_all_be_right),
        cmocka_unit_test(the_loss_has_the_bits_of_training),
        cmocka_unit_test(a_failed_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
