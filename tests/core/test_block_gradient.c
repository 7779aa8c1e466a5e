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

static int is_piecewise(enum activation activation)
{
    return activation == ACTIVATION_LINEAR || activation == ACTIVATION_RELU ||
           activation == ACTIVATION_LEAKY_RELU;
}

struct seen {
    int n_checked, n_kinked; /* slopes */
    int n_flat;              /* cases in which all were 0 */
};

/* Full batch, mean, full gradient: the step is minus learning_rate times the slope of the loss. */
static void check_case(struct reference_case *it, void *context)
{
    struct seen *seen = context;
    enum activation activation = it->network.layers[0].activation;
    int is_smooth = !is_piecewise(activation) ||
                    loss_activation(it->training.loss) != ACTIVATION_COUNT;
    double tolerance = is_smooth ? 1e-7 : 1e-9;
    it->training = (struct training){.loss = it->training.loss,
                                     .gradient = GRADIENT_FULL,
                                     .reduction = REDUCTION_MEAN,
                                     .batch_size = it->dataset->n_samples,
                                     .learning_rate = 0x1p-10,
                                     .epochs = 1};
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
        seen->n_checked += !is_kinked;
        seen->n_kinked += is_kinked;
        if (!is_kinked && !(fabs(found - expected) <= tolerance * (1 + fabs(expected)))) {
            fail_msg("%s, %s, %d layers, parameter %zu: got slope %.12g, expected %.12g",
                     activation_name(activation), loss_name(it->training.loss),
                     it->network.n_layers, p, found, expected);
        }
    }
    seen->n_flat += greatest < 1e-6;
    free(after);
    block_destroy(block);
}

static void full_batch_step_is_minus_rate_times_slope(void **state)
{
    (void)state;
    struct seen seen = {0};
    int n_cases = reference_each_small(91, 4, check_case, &seen);
    print_message("%d cases, %d slopes, %d at a kink; %d flat\n", n_cases, seen.n_checked,
                  seen.n_kinked, seen.n_flat);
    assert_true(n_cases == 165 && seen.n_checked > 4000 && seen.n_kinked < seen.n_checked / 20);
    assert_int_equal(seen.n_flat, 0); /* an all-zero gradient would pass every comparison */
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
