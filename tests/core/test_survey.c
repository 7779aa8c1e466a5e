/* A survey takes the samples side by side, to the bits of one after the other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/rng.h"
#include "core/explain/verdict/units.h"

enum { SAMPLES_MAX = 37 };

static const struct network NETWORKS[] = {
    {2, 2, {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}},
    {3, 3, {{5, ACTIVATION_TANH}, {4, ACTIVATION_LEAKY_RELU}, {2, ACTIVATION_LINEAR}}},
    {1, 3, {{3, ACTIVATION_SIGMOID}, {2, ACTIVATION_GELU}, {1, ACTIVATION_SIGMOID}}},
    {2, 3, {{3, ACTIVATION_ELU}, {3, ACTIVATION_SOFTPLUS}, {3, ACTIVATION_SOFTMAX}}},
    {2, 1, {{1, ACTIVATION_LINEAR}}},
};

static enum loss loss_of(const struct network *network)
{
    enum activation last = network->layers[network->n_layers - 1].activation;
    return last == ACTIVATION_SIGMOID   ? LOSS_BINARY_CROSS_ENTROPY
           : last == ACTIVATION_SOFTMAX ? LOSS_CATEGORICAL_CROSS_ENTROPY
                                        : LOSS_MSE;
}

static struct dataset *draw(const struct network *network, size_t n, double *parameters,
                            struct rng *rng)
{
    size_t d = (size_t)network->n_inputs, n_outputs = (size_t)network_n_outputs(network);
    struct dataset *dataset = dataset_create(n, d, n_outputs, NULL);
    for (size_t i = 0; i < n * d; i++) {
        dataset->features[i] = rng_normal(rng);
    }
    for (size_t i = 0; i < n * n_outputs; i++) {
        dataset->targets[i] = rng_uniform(rng);
    }
    for (size_t i = 0; i < network_n_parameters(network); i++) {
        parameters[i] = rng_normal(rng);
    }
    return dataset;
}

static void look(const struct survey *survey, struct derivative *derivative, size_t n)
{
    const double *sums = derivative->sums + derivative->network->n_inputs;
    const double *outputs = derivative_outputs(derivative);
    for (int i = 0; i < survey->n_units; i++) {
        assert_true(survey->units[i].z_min <= sums[i] && sums[i] <= survey->units[i].z_max);
    }
    for (int j = 0; j < network_n_outputs(derivative->network); j++) {
        assert_true(survey->low[j] <= outputs[j] && outputs[j] <= survey->high[j]);
        assert_true(n > 1 || (survey->low[j] == outputs[j] && survey->mean[j] == outputs[j]));
    }
}

static void check(const struct network *network, size_t n, struct rng *rng)
{
    double parameters[64], loss = 0.0, mean = 0.0, on = 0.0;
    struct dataset *dataset = draw(network, n, parameters, rng);
    struct derivative derivative;
    struct survey survey;
    int has_low = 0, has_high = 0;
    derivative_init(&derivative, network, loss_of(network), GRADIENT_FULL, NULL);
    assert_int_equal(survey_init(&survey, &derivative, NULL), 0);
    survey_take(&survey, &derivative, parameters, dataset);
    for (size_t i = 0; i < n; i++) {
        loss += derivative_forward(&derivative, parameters,
                                   dataset->features + i * dataset->n_features,
                                   dataset->targets + i * dataset->n_targets);
        mean += derivative_outputs(&derivative)[0];
        look(&survey, &derivative, n);
        if (survey.n_units > 0) {
            double z = derivative.sums[network->n_inputs];
            on += z > 0.0;
            has_low |= z == survey.units[0].z_min;
            has_high |= z == survey.units[0].z_max;
        }
    }
    assert_true(survey.loss == loss / (double)n);
    assert_true(survey.mean[0] == mean / (double)n);
    assert_true(survey.n_units == 0 ||
                (has_low && has_high && survey.units[0].on == on / (double)n));
    survey_clear(&survey);
    derivative_clear(&derivative);
    dataset_destroy(dataset);
}

static void it_has_the_bits_of_one_sample_after_the_other(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 5);
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++) {
        for (size_t n = 1; n <= SAMPLES_MAX; n++) {
            check(&NETWORKS[i], n, &rng);
        }
    }
}

static void the_largest_slope_tells_what_is_saturated(void **state)
{
    (void)state;
    struct network network = {1, 2, {{2, ACTIVATION_TANH}, {1, ACTIVATION_LINEAR}}};
    double parameters[] = {1.0, 1.0, 0.5, 30.0, 1.0, 1.0, 0.0};
    struct dataset *dataset = dataset_create(20, 1, 1, NULL);
    struct derivative derivative;
    struct survey survey;
    for (int i = 0; i < 20; i++) {
        dataset->features[i] = 0.125 * i - 0.5;
    }
    derivative_init(&derivative, &network, LOSS_MSE, GRADIENT_FULL, NULL);
    assert_int_equal(survey_init(&survey, &derivative, NULL), 0);
    survey_take(&survey, &derivative, parameters, dataset);
    assert_int_equal(survey.units[0].state, UNIT_SMOOTH);
    assert_true(survey.units[0].slope == 1.0); /* at x = -0.5 the weighted sum is 0 */
    assert_int_equal(survey.units[1].state, UNIT_SATURATED);
    survey_clear(&survey);
    derivative_clear(&derivative);
    dataset_destroy(dataset);
}

/* Slopes at 0 are those of below, so where the largest sum is 0 the unit bends nowhere. */
static void a_unit_that_just_touches_its_bend_does_not_bend(void **state)
{
    (void)state;
    static const enum activation BENT[] = {ACTIVATION_RELU, ACTIVATION_LEAKY_RELU};
    static const enum unit_state BELOW[] = {UNIT_DEAD, UNIT_OFF};
    double parameters[] = {1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 0.0};
    for (int a = 0; a < 2; a++) {
        struct network network = {1, 2, {{2, BENT[a]}, {1, ACTIVATION_LINEAR}}};
        struct dataset *dataset = dataset_create(3, 1, 1, NULL);
        struct derivative derivative;
        struct survey survey;
        for (int i = 0; i < 3; i++) {
            dataset->features[i] = 0.5 * i;
        }
        derivative_init(&derivative, &network, LOSS_MSE, GRADIENT_FULL, NULL);
        assert_int_equal(survey_init(&survey, &derivative, NULL), 0);
        survey_take(&survey, &derivative, parameters, dataset);
        for (int j = 0; j < 2; j++) {
            assert_true(survey.units[j].z_max == 0.0);
            assert_int_equal(survey.units[j].state, BELOW[a]);
        }
        assert_true(survey_is_affine(&survey));
        survey_clear(&survey);
        derivative_clear(&derivative);
        dataset_destroy(dataset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_the_bits_of_one_sample_after_the_other),
        cmocka_unit_test(the_largest_slope_tells_what_is_saturated),
        cmocka_unit_test(a_unit_that_just_touches_its_bend_does_not_bend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
