/* One step of a block goes down the slope of the printed loss, measured by central differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "tests/core/reference.h"

enum { UNITS = REFERENCE_SMALL_UNITS, SCRATCH = 64 };

/* One loss of one sample, from the network's outputs h alone. */
static double loss_of(enum loss loss, const double *t, const double *h, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        double e = t[j] - h[j];
        sum += loss == LOSS_MAE     ? fabs(e)
               : loss == LOSS_HUBER ? (fabs(e) < 1 ? e * e / 2 : fabs(e) - 0.5)
               : loss == LOSS_BINARY_CROSS_ENTROPY
                   ? -t[j] * log(h[j]) - (1 - t[j]) * log(1 - h[j])
               : loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? -t[j] * log(h[j])
                                                        : e * e;
    }
    return loss == LOSS_CATEGORICAL_CROSS_ENTROPY ? sum : sum / (double)n;
}

/* Mean loss over the data by network_predict alone. */
static double mean_loss(const struct reference_case *it)
{
    double outputs[UNITS], scratch[SCRATCH], sum = 0;
    const struct dataset *dataset = it->dataset;
    assert_true(network_scratch(&it->network) <= SCRATCH);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        network_predict(&it->network, it->parameters, dataset->features + i * dataset->n_features,
                        scratch, outputs);
        sum += loss_of(it->training.loss, dataset->targets + i * dataset->n_targets, outputs,
                       dataset->n_targets);
    }
    return sum / (double)dataset->n_samples;
}

static double loss_at(const struct reference_case *it, size_t p, double value)
{
    double old = it->parameters[p];
    it->parameters[p] = value;
    double loss = mean_loss(it);
    it->parameters[p] = old;
    return loss;
}

/* d loss / d parameter p by four points, d and 2d to both sides: off by d^4 L^(5) / 30. Sets
 * *out_is_kinked where two points of them say something else. */
static double slope_at(const struct reference_case *it, size_t p, int *out_is_kinked)
{
    const double d = 0x1p-14;
    double x = it->parameters[p];
    double near = (loss_at(it, p, x + d) - loss_at(it, p, x - d)) / (2 * d);
    double far = (loss_at(it, p, x + 2 * d) - loss_at(it, p, x - 2 * d)) / (4 * d);
    *out_is_kinked = fabs(near - far) > 1e-4;
    return near + (near - far) / 3;
}

/* Full batch, mean, full gradient: the step is minus learning_rate times the slope of the loss.
 * Returns the greatest slope; adds up what was looked at. */
static double check_case(const struct reference_case *it, double tolerance, int *n_checked,
                         int *n_kinked)
{
    size_t n = network_n_parameters(&it->network);
    double loss, *after = calloc(n, sizeof *after), greatest = 0;
    struct block_run run = {&it->training, it->parameters};
    struct block *block = block_create(&it->network, it->dataset, &run, 1, NULL);
    assert_int_equal(block_train(block, INT64_MAX, 1, &loss), 1);
    block_parameters(block, 0, after);
    assert_true(fabs(loss - mean_loss(it)) < 1e-12 * (1 + loss));
    for (size_t p = 0; p < n; p++) {
        int is_kinked;
        double found = -(after[p] - it->parameters[p]) / it->training.learning_rate;
        double expected = slope_at(it, p, &is_kinked);
        greatest = fmax(greatest, fabs(found));
        *n_checked += !is_kinked;
        *n_kinked += is_kinked;
        if (!is_kinked && !(fabs(found - expected) <= tolerance * (1 + fabs(expected)))) {
            fail_msg("%s, %s, %d layers, parameter %zu: got slope %.12g, expected %.12g",
                     activation_name(it->network.layers[0].activation),
                     loss_name(it->training.loss), it->network.n_layers, p, found, expected);
        }
    }
    free(after);
    block_destroy(block);
    return greatest;
}

static int is_piecewise(enum activation activation)
{
    return activation == ACTIVATION_LINEAR || activation == ACTIVATION_RELU ||
           activation == ACTIVATION_LEAKY_RELU;
}

static void full_batch_step_is_minus_rate_times_slope(void **state)
{
    (void)state;
    struct rng rng;
    int n_checked = 0, n_kinked = 0, n_flat = 0, n_cases = 0;
    rng_seed(&rng, 91);
    for (int a = 0; a < ACTIVATION_COUNT; a++) {
        for (int l = 0; l < LOSS_COUNT; l++) {
            for (int depth = 1; depth <= 4; depth++) {
                if (a == ACTIVATION_SOFTMAX && depth > 1) {
                    continue;
                }
                struct reference_case it;
                reference_case_small(&it, &rng, (enum activation)a, (enum loss)l, depth);
                it.training = (struct training){.loss = (enum loss)l,
                                                .gradient = GRADIENT_FULL,
                                                .reduction = REDUCTION_MEAN,
                                                .batch_size = it.dataset->n_samples,
                                                .learning_rate = 0x1p-10,
                                                .epochs = 1};
                int is_smooth = !is_piecewise((enum activation)a) ||
                                loss_activation((enum loss)l) != ACTIVATION_COUNT;
                double greatest = check_case(&it, is_smooth ? 1e-7 : 1e-9, &n_checked, &n_kinked);
                n_flat += greatest < 1e-6;
                n_cases++;
                reference_case_clear(&it);
            }
        }
    }
    print_message("%d cases, %d slopes, %d at a kink; %d flat\n", n_cases, n_checked, n_kinked,
                  n_flat);
    assert_true(n_cases == 165 && n_checked > 4000 && n_kinked < n_checked / 20);
    assert_int_equal(n_flat, 0); /* an all-zero gradient would pass every comparison */
}

static void half_gradient_is_half_of_the_full_one(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 92);
    struct reference_case it;
    reference_case_init(&it, &rng, 3);
    struct training half = it.training;
    it.training.gradient = GRADIENT_FULL;
    half.gradient = GRADIENT_HALF;
    half.learning_rate = 2 * it.training.learning_rate;
    size_t n = network_n_parameters(&it.network);
    double losses[3], *of_full = calloc(n, sizeof *of_full), *of_half = calloc(n, sizeof *of_half);
    const struct block_run runs[] = {{&it.training, it.parameters}, {&half, it.parameters}};
    for (int i = 0; i < 2; i++) {
        struct block *block = block_create(&it.network, it.dataset, &runs[i], 1, NULL);
        block_train(block, INT64_MAX, 3, losses);
        block_parameters(block, 0, i == 0 ? of_full : of_half);
        block_destroy(block);
    }
    assert_same_doubles(of_half, of_full, n, "twice the rate of half the gradient");
    free(of_full);
    free(of_half);
    reference_case_clear(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_batch_step_is_minus_rate_times_slope),
        cmocka_unit_test(half_gradient_is_half_of_the_full_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
