/* Landscapes: grouped losses, exact slices, directions and the spectrum. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/linalg.h"
#include "core/explain/landscape/direction.h"
#include "core/explain/landscape/slice.h"
#include "core/explain/landscape/spectrum.h"
#include "tests/core/reference.h"

enum { N_MAX = 64 };

/* Inputs are few whole numbers, so that many samples share theirs. */
static struct dataset *repeated(struct rng *rng, const struct network *network, size_t n)
{
    struct dataset *dataset = reference_dataset(rng, network, n);
    for (size_t i = 0; i < n * dataset->n_features; i++) {
        dataset->features[i] = (double)rng_randint(rng, -2, 3);
    }
    return dataset;
}

/* The targets of a classification: each sample's class is random. */
static void make_classes(struct rng *rng, struct dataset *dataset)
{
    size_t n = dataset->n_targets;
    for (size_t i = 0; i < dataset->n_samples; i++) {
        int64_t class = rng_randint(rng, 0, (int64_t)n);
        for (size_t k = 0; k < n; k++) {
            dataset->targets[i * n + k] = (int64_t)k == class;
        }
    }
}

static void grouped_losses_are_those_of_the_samples(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 5);
    for (int l = 0; l < LOSS_COUNT; l++) {
        enum activation output = loss_activation((enum loss)l);
        output = output == ACTIVATION_COUNT ? ACTIVATION_LINEAR : output;
        struct network network = {2, 2, {{4, ACTIVATION_TANH}, {3, output}}};
        struct dataset *dataset = repeated(&rng, &network, 200);
        double *parameters = reference_parameters(&rng, &network, 1.0);
        struct terrain terrain;
        if (output != ACTIVATION_LINEAR) {
            make_classes(&rng, dataset);
        }
        assert_int_equal(
            terrain_init(&terrain, &network, dataset, (enum loss)l, GRADIENT_FULL, NULL), 0);
        double expected = derivative_data(&terrain.work, parameters, dataset, NULL);
        int is_grouped = l != LOSS_MAE && l != LOSS_HUBER;
        assert_int_equal(terrain.n_points, is_grouped ? 25 : 200);
        assert_true(expected > 0.01);
        assert_true(fabs(terrain_loss(&terrain, parameters) - expected) <= 1e-13 * expected);
        terrain_clear(&terrain);
        dataset_destroy(dataset);
        free(parameters);
    }
}

/* --- slices ---------------------------------------------------------------------------------- */

/* A piece against the loss itself: sums of about 100 squares, off by their rounding. */
static double worst_of_slice(struct terrain *terrain, double *parameters, size_t p,
                             const struct slice *slice)
{
    double old = parameters[p], worst = 0;
    for (size_t i = 0; i < slice->n; i++) {
        const struct slice_piece *piece = &slice->pieces[i];
        for (int k = 0; k <= 6; k++) {
            double t = piece->from + (piece->to - piece->from) * k / 6;
            parameters[p] = t;
            double expected = terrain_loss(terrain, parameters);
            double got = (piece->a * t + piece->b) * t + piece->c;
            worst = fmax(worst, fabs(got - expected) / fmax(1, fabs(expected)));
            assert_true(slice->least <= expected * (1 + 1e-11) + 1e-11);
        }
    }
    parameters[p] = slice->least_at;
    worst = fmax(worst, fabs(terrain_loss(terrain, parameters) - slice->least));
    parameters[p] = old;
    return worst;
}

static void slices_agree_with_the_loss(void **state)
{
    (void)state;
    struct rng rng;
    size_t most_pieces = 0;
    double worst = 0;
    rng_seed(&rng, 6);
    for (int i = 0; i < 30; i++) {
        struct network network = {2, 2, {{3, (enum activation)(i % 3)}, {1 + i % 2, 0}}};
        struct dataset *dataset = repeated(&rng, &network, 60);
        double *parameters = reference_parameters(&rng, &network, 2.0);
        struct terrain terrain;
        const char *why;
        terrain_init(&terrain, &network, dataset, LOSS_MSE, GRADIENT_FULL, NULL);
        assert_true(slice_is_exact(&terrain, &why));
        for (size_t p = 0; p < network_n_parameters(&network); p++) {
            struct slice slice;
            assert_int_equal(slice_init(&slice, &terrain, parameters, p, -6, 6, NULL), 0);
            assert_true(slice.pieces[0].from == -6 && slice.pieces[slice.n - 1].to == 6);
            worst = fmax(worst, worst_of_slice(&terrain, parameters, p, &slice));
            most_pieces = slice.n > most_pieces ? slice.n : most_pieces;
            slice_clear(&slice);
        }
        terrain_clear(&terrain);
        dataset_destroy(dataset);
        free(parameters);
    }
    print_message("worst %.2g, up to %zu pieces\n", worst, most_pieces);
    assert_true(worst <= 1e-11);
    assert_true(most_pieces > 10);
}

static void no_slice_is_called_exact_that_is_not(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    struct network networks[] = {{2, 2, {{3, ACTIVATION_TANH}, {1, ACTIVATION_LINEAR}}},
                                 {2, 2, {{3, ACTIVATION_RELU}, {1, ACTIVATION_SIGMOID}}},
                                 {2, 3, {{3, ACTIVATION_RELU}, {3, ACTIVATION_RELU}, {1, 0}}}};
    for (int i = 0; i < 3; i++) {
        struct dataset *dataset = repeated(&rng, &networks[i], 10);
        struct terrain terrain;
        const char *why;
        terrain_init(&terrain, &networks[i], dataset, LOSS_MSE, GRADIENT_FULL, NULL);
        assert_false(slice_is_exact(&terrain, &why));
        terrain_clear(&terrain);
        dataset_destroy(dataset);
    }
}

/* --- directions ------------------------------------------------------------------------------ */

static void random_directions_have_the_lengths_of_the_units(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 8);
    struct network network = {3, 2, {{4, ACTIVATION_RELU}, {2, ACTIVATION_LINEAR}}};
    double *parameters = reference_parameters(&rng, &network, 1.0), direction[N_MAX], other[N_MAX];
    direction_random(&network, parameters, 1, direction);
    direction_random(&network, parameters, 2, other);
    assert_true(memcmp(direction, other, sizeof(double)) != 0);
    for (int l = 0; l < 2; l++) {
        size_t n = (size_t)network_layer_inputs(&network, l);
        for (int j = 0; j < network.layers[l].units; j++) {
            size_t w = network_weight(&network, l, j, 0);
            double length = linalg_norm(direction + w, n);
            assert_true(fabs(length - linalg_norm(parameters + w, n)) < 1e-14 * (1 + length));
            assert_true(direction[network_bias(&network, l, j)] == 0);
        }
    }
    free(parameters);
}

static void principal_directions_are_those_a_path_moves_in(void **state)
{
    (void)state;
    enum { N = 7, N_POINTS = 20 };
    double path[N_POINTS * N] = {0}, origin[N] = {0}, first[N], second[N], shares[2];
    double *out[2] = {first, second};
    for (int i = 0; i < N_POINTS; i++) { /* in the plane of e2 and (e4 + e5) / sqrt 2 */
        path[i * N + 2] = 10.0 * cos(i);
        path[i * N + 4] = path[i * N + 5] = sin(i);
    }
    assert_int_equal(direction_principal(path, N_POINTS, origin, N, out, shares, NULL), 0);
    assert_true(fabs(fabs(first[2]) - 1) < 1e-2 && fabs(linalg_dot(first, second, N)) < 1e-12);
    assert_true(fabs(shares[0] + shares[1] - 1) < 1e-12 && shares[0] > 0.9);
    assert_true(first[0] == 0 && second[6] == 0);
}

/* --- the spectrum ---------------------------------------------------------------------------- */

static void eigenvectors_are_stretched_by_their_eigenvalues(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 9);
    struct network network = {2, 2, {{4, ACTIVATION_TANH}, {1, ACTIVATION_LINEAR}}};
    struct dataset *dataset = repeated(&rng, &network, 50);
    double *parameters = reference_parameters(&rng, &network, 1.0);
    struct spectrum s;
    assert_int_equal(spectrum_init(&s, &network, dataset, LOSS_MSE, GRADIENT_FULL, parameters,
                                   NULL),
                     0);
    for (size_t k = 0; k < s.n; k++) {
        const double *vector = s.vectors + k * s.n;
        assert_true(k == 0 || s.values[k] <= s.values[k - 1]);
        for (size_t p = 0; p < s.n; p++) {
            double got = linalg_dot(s.hessian + p * s.n, vector, s.n);
            assert_true(fabs(got - s.values[k] * vector[p]) < 1e-12 * (1 + s.values[0]));
        }
    }
    spectrum_clear(&s);
    dataset_destroy(dataset);
    free(parameters);
}

static void dead_and_rescalable_units_leave_zero_eigenvalues(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 10);
    struct network network = {2, 2, {{3, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    struct dataset *dataset = repeated(&rng, &network, 50);
    /* unit 0 is dead; 1 and 2 bend, and the targets are what the network says: the gradient is 0 */
    double parameters[] = {1, 1, 2, -1, 1, 1, -99, 0.5, 0.3, 3, 1.5, -2, 0.7};
    double scratch[16];
    for (size_t i = 0; i < 50; i++) {
        network_predict(&network, parameters, dataset->features + 2 * i, scratch,
                        dataset->targets + i);
    }
    struct spectrum s;
    size_t n_zero = 0;
    spectrum_init(&s, &network, dataset, LOSS_MSE, GRADIENT_FULL, parameters, NULL);
    for (size_t k = 0; k < s.n; k++) {
        n_zero += fabs(s.values[k]) < 1e-10 * s.values[0];
    }
    assert_int_equal(n_zero, 4 + 2); /* d + 2 of the dead unit, one for each other */
    spectrum_clear(&s);
    dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grouped_losses_are_those_of_the_samples),
        cmocka_unit_test(slices_agree_with_the_loss),
        cmocka_unit_test(no_slice_is_called_exact_that_is_not),
        cmocka_unit_test(random_directions_have_the_lengths_of_the_units),
        cmocka_unit_test(principal_directions_are_those_a_path_moves_in),
        cmocka_unit_test(eigenvectors_are_stretched_by_their_eigenvalues),
        cmocka_unit_test(dead_and_rescalable_units_leave_zero_eigenvalues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
