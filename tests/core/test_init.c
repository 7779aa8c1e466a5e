/* Start values: NumPy's own draws, in block order; biases as asked for. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/init.h"
#include "tests/core/reference.h"

enum { N = 13 };

static const struct network network = {
    .n_inputs = 2, .n_layers = 2, .layers = {{3, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};

static void assert_gives(const struct init *init, const double expected[N], const char *what)
{
    double parameters[N];
    assert_int_equal(network_n_parameters(&network), N);
    init_parameters(init, &network, parameters);
    assert_same_doubles(parameters, expected, N, what);
}

/* np.random.seed(42); low + (high - low) * np.random.rand(): equal to np.random.uniform */
static void uniform_weights_are_numpys(void **state)
{
    (void)state;
    static const double expected[N] = {
        0x1.3e5a0ea4d9eb8p-3,  0x1.29eb85ba45b8ap+0,  0x1.8fddd7a7534cep-1,
        0x1.1865e372d8e34p-1,  -0x1.d0d445f844558p-3, -0x1.d0ea67533613cp-3,
        0.125,                 0.125,                 0.125,
        -0x1.97ea06d920d50p-2, 0x1.040c0282b00bep+0,  0x1.1a995b600046ep-1,
        0.125,
    };
    const struct init init = {
        .scheme = INIT_UNIFORM, .seed = 42, .low = -0.5, .high = 1.25, .bias = 0.125};
    assert_gives(&init, expected, "uniform");
}

/* np.random.seed(42); mean + sd * np.random.randn(): equal to np.random.normal */
static void normal_weights_are_numpys(void **state)
{
    (void)state;
    static const double expected[N] = {
        0x1.3e5151454983ep+0,  -0x1.b2a505de052a0p-6, 0x1.8b9dd50245e68p+0,
        0x1.a5e548e01aa2bp+1,  -0x1.bf179beaf4c80p-3, -0x1.bf0664ce1b676p-3,
        0.125,                 0.125,                 0.125,
        0x1.b4474a8407408p+1,  0x1.c8ed346f0d7f3p+0,  -0x1.60bde4b799e8bp-1,
        0.125,
    };
    const struct init init = {
        .scheme = INIT_NORMAL, .seed = 42, .mean = 0.25, .sd = 2.0, .bias = 0.125};
    assert_gives(&init, expected, "normal");
}

static void constant_gives_weights_and_biases_their_own(void **state)
{
    (void)state;
    static const double expected[N] = {.5, .5, .5, .5, .5, .5, -1, -1, -1, .5, .5, .5, -1};
    const struct init init = {.scheme = INIT_CONSTANT, .weight = 0.5, .bias = -1};
    assert_gives(&init, expected, "constant");
}

static void zeros_ignore_everything_else(void **state)
{
    (void)state;
    static const double expected[N] = {0};
    const struct init init = {.scheme = INIT_ZEROS, .weight = 3, .bias = 4, .seed = 5, .mean = 6};
    assert_gives(&init, expected, "zeros");
}

/* Bits found with this code; they must never change, on any machine. */
static void bits_of_the_named_schemes_never_change(void **state)
{
    (void)state;
    static const uint64_t expected[INIT_COUNT] = {
        [INIT_HE_NORMAL] = UINT64_C(0x7bc455f71e2a69c5),
        [INIT_HE_UNIFORM] = UINT64_C(0x01181364cfb054cd),
        [INIT_GLOROT_NORMAL] = UINT64_C(0x96f2ce211bb10fbb),
        [INIT_GLOROT_UNIFORM] = UINT64_C(0x112d6cf69e4fc56e),
        [INIT_LECUN_NORMAL] = UINT64_C(0x9b3fca86c6007cbc),
        [INIT_LECUN_UNIFORM] = UINT64_C(0x7becd78c6686aafe),
        [INIT_ORTHOGONAL] = UINT64_C(0x0eda581888d5471f)};
    for (int scheme = INIT_HE_NORMAL; scheme <= INIT_ORTHOGONAL; scheme++) {
        const struct init init = {
            .scheme = (enum init_scheme)scheme, .seed = 9, .bias = 0.125, .gain = 1.5};
        double parameters[N];
        uint64_t sum = 0, bits[N];
        init_parameters(&init, &network, parameters);
        memcpy(bits, parameters, sizeof bits);
        for (int i = 0; i < N; i++) {
            sum = (sum ^ bits[i]) * UINT64_C(0x100000001b3);
        }
        if (sum != expected[scheme]) {
            fail_msg("%s: got 0x%016" PRIx64 ", expected 0x%016" PRIx64,
                     init_name(init.scheme), sum, expected[scheme]);
        }
    }
}

/* The stream goes on from layer to layer: each layer's weights are those it has when all layers
 * draw in the same way. */
static void layers_draw_from_one_stream(void **state)
{
    (void)state;
    double first[N], second[N], both[N];
    const struct init layers[] = {{.scheme = INIT_UNIFORM, .low = -1, .high = 1, .bias = 2},
                                  {.scheme = INIT_UNIFORM, .low = 0, .high = 3, .bias = 4}};
    struct init init = layers[0];
    init.seed = 6;
    init_parameters(&init, &network, first);
    init = layers[1];
    init.seed = 6;
    init_parameters(&init, &network, second);
    const struct init mixed = {.scheme = INIT_LAYERS, .seed = 6, .layers = layers};
    init_parameters(&mixed, &network, both);
    assert_same_doubles(both, first, 9, "first layer");
    assert_same_doubles(both + 9, second + 9, 4, "second layer");
}

static void explicit_values_are_copied(void **state)
{
    (void)state;
    double values[N];
    for (int i = 0; i < N; i++) {
        values[i] = 1.0 / (i + 1) - 0.3;
    }
    const struct init init = {.scheme = INIT_EXPLICIT, .values = values, .bias = 9};
    assert_gives(&init, values, "explicit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_weights_are_numpys),
        cmocka_unit_test(normal_weights_are_numpys),
        cmocka_unit_test(constant_gives_weights_and_biases_their_own),
        cmocka_unit_test(zeros_ignore_everything_else),
        cmocka_unit_test(bits_of_the_named_schemes_never_change),
        cmocka_unit_test(layers_draw_from_one_stream),
        cmocka_unit_test(explicit_values_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
