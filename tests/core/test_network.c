/* Where each parameter stands, the notebook's names, and predictions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/elementary.h"
#include "core/model/network.h"
#include "tests/core/reference.h"

static const struct network named = {
    .n_inputs = 2, .n_layers = 2, .layers = {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
static const struct network deep = {
    .n_inputs = 3,
    .n_layers = 3,
    .layers = {{4, ACTIVATION_TANH}, {2, ACTIVATION_SIGMOID}, {5, ACTIVATION_LEAKY_RELU}}};

static void every_parameter_has_a_place_of_its_own(void **state)
{
    (void)state;
    size_t n = network_n_parameters(&deep), next = 0;
    assert_int_equal(n, 4 * (3 + 1) + 2 * (4 + 1) + 5 * (2 + 1));
    for (int l = 0; l < deep.n_layers; l++) {
        for (int j = 0; j < deep.layers[l].units; j++) {
            for (int i = 0; i < network_layer_inputs(&deep, l); i++) {
                assert_int_equal(network_weight(&deep, l, j, i), next++);
            }
        }
        for (int j = 0; j < deep.layers[l].units; j++) {
            assert_int_equal(network_bias(&deep, l, j), next++);
        }
    }
    assert_int_equal(next, n);
    assert_int_equal(network_n_outputs(&deep), 5);
    assert_int_equal(network_layer_inputs(&deep, 0), 3);
    assert_int_equal(network_layer_inputs(&deep, 2), 2);
}

static void names_are_the_notebooks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int layer, unit, input; /* input -1: the bias */
    } expected[NETWORK_NAMES] = {
        {"w1", 0, 0, 0},     {"w2", 0, 0, 1},     {"w3", 0, 1, 0},
        {"w4", 0, 1, 1},     {"w5", 1, 0, 0},     {"w6", 1, 0, 1},
        {"bias1", 0, 0, -1}, {"bias2", 0, 1, -1}, {"bias3", 1, 0, -1},
    };
    for (int i = 0; i < NETWORK_NAMES; i++) {
        assert_string_equal(network_name(i), expected[i].name);
        size_t offset =
            expected[i].input < 0
                ? network_bias(&named, expected[i].layer, expected[i].unit)
                : network_weight(&named, expected[i].layer, expected[i].unit, expected[i].input);
        assert_int_equal(network_named_offset(&named, i), offset);
    }
}

static void only_two_two_one_has_names(void **state)
{
    (void)state;
    struct network other = named;
    assert_true(network_is_named(&named));
    assert_false(network_is_named(&deep));
    other.layers[0].units = 3;
    assert_false(network_is_named(&other));
    other = named;
    other.n_inputs = 1;
    assert_false(network_is_named(&other));
    other = named;
    other.layers[1].units = 2;
    assert_false(network_is_named(&other));
    other = named;
    other.layers[0].activation = ACTIVATION_SIGMOID;
    assert_true(network_is_named(&other));
}

/* By hand: one tanh unit, then one leaky unit whose sum is negative. */
static void prediction_is_the_sum_of_products_plus_bias(void **state)
{
    (void)state;
    const struct network network = {
        .n_inputs = 3, .n_layers = 2, .layers = {{1, ACTIVATION_TANH}, {1, ACTIVATION_LEAKY_RELU}}};
    const double parameters[] = {0.1, 0.2, 0.3, -0.25, -3.5, 0.7}, inputs[] = {1.1, -2.3, 0.9};
    double scratch[5], output;
    assert_int_equal(network_scratch(&network), 5);
    network_predict(&network, parameters, inputs, scratch, &output);
    double h = elementary_tanh(((0.1 * 1.1 + 0.2 * -2.3) + 0.3 * 0.9) + -0.25);
    double z = -3.5 * h + 0.7;
    assert_same_double(output, z > 0 ? z : 0.01 * z, "output");
}

static void predictions_equal_the_reference(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 71);
    for (int i = 0; i < 200; i++) {
        struct reference_case it;
        reference_case_init(&it, &rng, 1);
        size_t n_outputs = (size_t)network_n_outputs(&it.network);
        double *scratch = calloc(network_scratch(&it.network), sizeof *scratch);
        double *outputs = calloc(n_outputs, sizeof *outputs);
        network_predict(&it.network, it.parameters, it.dataset->features, scratch, outputs);
        const struct reference_step step = {.scale = 1,
                                            .features = it.dataset->features,
                                            .targets = it.dataset->targets};
        double loss = 0, expected = reference_sample(&it.network, it.parameters, &step, NULL, NULL);
        for (size_t j = 0; j < n_outputs; j++) {
            double e = it.dataset->targets[j] - outputs[j];
            loss = j == 0 ? e * e : loss + e * e;
        }
        assert_same_double(loss / (double)n_outputs, expected, "loss of the prediction");
        free(scratch);
        free(outputs);
        reference_case_clear(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_parameter_has_a_place_of_its_own),
        cmocka_unit_test(names_are_the_notebooks),
        cmocka_unit_test(only_two_two_one_has_names),
        cmocka_unit_test(prediction_is_the_sum_of_products_plus_bias),
        cmocka_unit_test(predictions_equal_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
