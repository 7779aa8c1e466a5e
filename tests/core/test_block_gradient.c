/* One step of a block goes down the slope of the printed loss, measured by central differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block.h"
#include "tests/core/reference.h"

enum { CASES = 40, N_OUTPUTS_MAX = 8 };

/* Mean loss over the data by network_predict alone. */
static double mean_loss(const struct network *network, const struct dataset *dataset,
                        const double *parameters)
{
    double outputs[N_OUTPUTS_MAX], scratch[200], sum = 0;
    assert_true(network_scratch(network) <= 200 && dataset->n_targets <= N_OUTPUTS_MAX);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        network_predict(network, parameters, dataset->features + i * dataset->n_features, scratch,
                        outputs);
        for (size_t j = 0; j < dataset->n_targets; j++) {
            double e = dataset->targets[i * dataset->n_targets + j] - outputs[j];
            sum += e * e;
        }
    }
    return sum / (double)(dataset->n_samples * dataset->n_targets);
}

/* d loss / d parameter p. */
static double slope_at(const struct reference_case *it, size_t p)
{
    const double d = 1e-5;
    double old = it->parameters[p];
    it->parameters[p] = old + d;
    double above = mean_loss(&it->network, it->dataset, it->parameters);
    it->parameters[p] = old - d;
    double below = mean_loss(&it->network, it->dataset, it->parameters);
    it->parameters[p] = old;
    return (above - below) / (2 * d);
}

/* Full batch, mean, full gradient: the step is minus learning_rate times the slope of the loss. */
static void full_batch_step_is_minus_rate_times_slope(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 91);
    int n_checked = 0, n_kinked = 0, n_flat = 0;
    for (int i = 0; i < CASES; i++) {
        struct reference_case it;
        reference_case_init(&it, &rng, 1);
        it.training.gradient = GRADIENT_FULL;
        it.training.reduction = REDUCTION_MEAN;
        it.training.batch_size = it.dataset->n_samples;
        it.training.learning_rate = 0x1p-10;
        size_t n = network_n_parameters(&it.network);
        double loss, *after = calloc(n, sizeof *after), greatest = 0;
        struct block_run run = {&it.training, it.parameters};
        struct block *block = block_create(&it.network, it.dataset, &run, 1, NULL);
        assert_int_equal(block_train(block, INT64_MAX, 1, &loss), 1);
        block_parameters(block, 0, after);
        assert_true(fabs(loss - mean_loss(&it.network, it.dataset, it.parameters)) < 1e-12 * loss);
        for (size_t p = 0; p < n; p++) {
            double found = -(after[p] - it.parameters[p]) / it.training.learning_rate;
            double expected = slope_at(&it, p);
            greatest = fmax(greatest, fabs(found));
            /* Truncation d^2 L''' / 6 and rounding 2^-53 L / d, for losses up to about 10 and third
             * slopes up to some thousands; at a kink there is no slope. */
            n_kinked += fabs(found - expected) > 1e-6 * (1 + fabs(expected));
            n_checked++;
        }
        n_flat += greatest < 1e-6;
        free(after);
        block_destroy(block);
        reference_case_clear(&it);
    }
    print_message("%d slopes, %d at a kink; %d flat\n", n_checked, n_kinked, n_flat);
    assert_true(n_checked > 1000 && n_kinked <= 3);
    assert_true(n_flat <= CASES / 8); /* an all-zero gradient would pass every comparison */
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
