/* The activations' values and slopes, through the template all kernels use. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/math/elementary.h"
#include "core/base/math/rng.h"
#include "tests/core/reference.h"

#define LANES 1
#include "core/model/activation_lanes.h"

static void values_are_their_definitions(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 81);
    for (int i = 0; i < 10000; i++) {
        double z = 8 * rng_uniform(&rng) - 4;
        assert_same_double(activation_value(ACTIVATION_LINEAR, z), z, "linear");
        assert_same_double(activation_value(ACTIVATION_RELU, z), z > 0 ? z : 0.0, "relu");
        assert_same_double(activation_value(ACTIVATION_LEAKY_RELU, z), z > 0 ? z : 0.01 * z,
                           "leaky_relu");
        assert_same_double(activation_value(ACTIVATION_TANH, z), elementary_tanh(z), "tanh");
        assert_same_double(activation_value(ACTIVATION_SIGMOID, z), elementary_sigmoid(z),
                           "sigmoid");
        assert_same_double(activation_value(ACTIVATION_ELU, z), z > 0 ? z : elementary_expm1(z),
                           "elu");
        assert_same_double(activation_value(ACTIVATION_GELU, z), z * elementary_normal_cdf(z),
                           "gelu");
        assert_same_double(activation_value(ACTIVATION_SOFTPLUS, z), elementary_softplus(z),
                           "softplus");
    }
}

static void kinks_and_zeros_are_the_notebooks(void **state)
{
    (void)state;
    assert_same_double(activation_value(ACTIVATION_RELU, 0.0), 0.0, "relu(0)");
    assert_same_double(activation_value(ACTIVATION_RELU, -0.0), 0.0, "relu(-0), not -0");
    assert_same_double(activation_value(ACTIVATION_RELU, NAN), 0.0, "relu(nan)");
    assert_same_double(activation_value(ACTIVATION_RELU, INFINITY), INFINITY, "relu(inf)");
    assert_same_double(activation_slope(ACTIVATION_RELU, 0.0, 0.0, -5.0), 0.0, "off: 0.0, not -0.0");
    assert_same_double(activation_slope(ACTIVATION_RELU, 0.0, 0.0, INFINITY), 0.0, "off, not nan");
    assert_same_double(activation_slope(ACTIVATION_RELU, 1e-320, 1e-320, -5.0), -5.0,
                       "on, however little");
    assert_same_double(activation_slope(ACTIVATION_LEAKY_RELU, 0.0, 0.0, 5.0), 0.01 * 5.0, "at 0");
    assert_true(isnan(activation_value(ACTIVATION_LEAKY_RELU, NAN)));
}

/* The slope times delta against (f(z + d) - f(z - d)) / 2d. */
static void slopes_are_those_of_the_values(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 82);
    for (int i = 0; i < 10000; i++) {
        const double d = 1e-5;
        double z = 8 * rng_uniform(&rng) - 4, delta = 2 * rng_uniform(&rng) - 1;
        for (int a = 0; a < ACTIVATION_SOFTMAX && fabs(z) > 2 * d; a++) {
            enum activation activation = (enum activation)a;
            double slope =
                (activation_value(activation, z + d) - activation_value(activation, z - d)) /
                (2 * d);
            double found = activation_slope(activation, activation_value(activation, z), z, delta);
            /* Truncation d^2 f''' / 6 < 1e-10, rounding 2^-53 / d < 1e-10 for values up to 4. */
            assert_true(fabs(found - slope * delta) < 3e-10);
        }
    }
}

static void softmax_is_a_distribution_and_its_logarithms(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 83);
    for (int i = 0; i < 1000; i++) {
        double z[5], values[5], logs[5], sum = 0, alone[5];
        double scale = i % 2 ? 3 : 1000; /* e^1000 would overflow */
        for (int j = 0; j < 5; j++) {
            alone[j] = values[j] = z[j] = scale * (2 * rng_uniform(&rng) - 1);
        }
        activation_softmax(5, 1, values, logs);
        activation_softmax(5, 1, alone, NULL);
        assert_same_doubles(alone, values, 5, "without logarithms");
        for (int j = 0; j < 5; j++) {
            sum += values[j];
            assert_true(isfinite(logs[j]));
            for (int k = 0; k < 5; k++) { /* rounding of numbers up to 2 * scale */
                assert_true(fabs((logs[j] - logs[k]) - (z[j] - z[k])) <= scale * 1e-15);
            }
            assert_true(fabs(elementary_exp(logs[j]) - values[j]) <= 1e-12);
        }
        assert_true(fabs(sum - 1) <= 1e-15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_their_definitions),
        cmocka_unit_test(kinks_and_zeros_are_the_notebooks),
        cmocka_unit_test(slopes_are_those_of_the_values),
        cmocka_unit_test(softmax_is_a_distribution_and_its_logarithms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
