/* What the runs of a sweep came to, and what may be said of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/explain/sweep/best.h"
#include "core/explain/sweep/comparison.h"
#include "core/explain/sweep/effective_time.h"

/* --- fates --- */

static double features[] = {-1, 0, 1, 2}, targets[] = {3, 1, 0, 4};
static struct dataset line = {.n_samples = 4, .n_features = 1, .n_targets = 1,
                              .features = features, .targets = targets};

/* 1-2-1: weights of the two hidden units, their biases, then the output's. */
static enum fate fate_of(enum activation activation, const double parameters[7])
{
    struct network network = {.n_inputs = 1, .n_layers = 2,
                              .layers = {{2, activation}, {1, ACTIVATION_LINEAR}}};
    enum fate fate;
    assert_int_equal(fate_find(&network, parameters, &line, &fate, NULL), 0);
    return fate;
}

static void tells_what_became_of_the_hidden_units(void **state)
{
    (void)state;
    /* relu(x + 3) is on for all samples, relu(x - 9) off for all, relu(x - 0.5) for some */
    assert_int_equal(fate_of(ACTIVATION_RELU, (double[]){1, 1, -9, -9, 1, 1, 5}), FATE_COLLAPSED);
    assert_int_equal(fate_of(ACTIVATION_RELU, (double[]){1, 1, 3, -9, 0, 1, 5}), FATE_COLLAPSED);
    assert_int_equal(fate_of(ACTIVATION_RELU, (double[]){1, 1, 3, -9, 1, 1, 5}), FATE_AFFINE);
    assert_int_equal(fate_of(ACTIVATION_RELU, (double[]){1, 1, -0.5, -9, 1, 1, 5}),
                     FATE_PARTLY_DEAD);
    assert_int_equal(fate_of(ACTIVATION_RELU, (double[]){1, 1, -0.5, 3, 1, 1, 5}), FATE_BENDS);
    assert_int_equal(fate_of(ACTIVATION_LEAKY_RELU, (double[]){1, 1, 3, -9, 1, 1, 5}),
                     FATE_AFFINE);
    assert_int_equal(fate_of(ACTIVATION_TANH, (double[]){1, 1, 3, -9, 1, 1, 5}), FATE_BENDS);
    assert_int_equal(fate_of(ACTIVATION_LINEAR, (double[]){1, 1, 3, -9, 1, 1, 5}), FATE_AFFINE);
}

/* --- tables: a row for each setting, a column for each start --- */

static struct outcome ended(double loss)
{
    return (struct outcome){1, loss, isinf(loss) ? FATE_DIVERGED : FATE_BENDS};
}

static void quantiles_count_divergence_as_infinite(void **state)
{
    (void)state;
    struct outcome outcomes[] = {ended(4), ended(1), {0}, ended(2), ended(INFINITY)};
    struct summary summary;
    assert_int_equal(summary_of(&(struct sweep_table){1, 5, outcomes}, 0, &summary, NULL), 0);
    assert_int_equal(summary.n, 4);
    assert_true(summary.lowest == 1.0);
    assert_true(summary.median == 3.0);
    assert_true(isinf(summary.q90));
    assert_int_equal(summary.fates[FATE_DIVERGED], 1);
    assert_int_equal(summary.fates[FATE_BENDS], 3);
}

static void nothing_that_has_ended_has_no_quantiles(void **state)
{
    (void)state;
    struct outcome outcomes[2] = {{0}};
    struct summary summary;
    assert_int_equal(summary_of(&(struct sweep_table){1, 2, outcomes}, 0, &summary, NULL), 0);
    assert_int_equal(summary.n, 0);
    assert_true(isnan(summary.median));
}

enum { STARTS = 40 };

static void a_small_difference_that_always_has_one_sign_is_found(void **state)
{
    (void)state;
    struct outcome outcomes[2 * STARTS];
    for (int i = 0; i < STARTS; i++) {
        outcomes[i] = ended(10.0 + i + 0.001 * (1 + i % 3));
        outcomes[STARTS + i] = ended(10.0 + i);
    }
    struct comparison c;
    struct sweep_table table = {2, STARTS, outcomes};
    assert_int_equal(comparison_of(&table, 0, 1, &c, NULL), 0);
    assert_int_equal(c.n, STARTS);
    assert_int_equal(c.n_above, STARTS);
    assert_true(c.is_significant);
    assert_true(c.low > 0.0 && c.low < c.mean && c.mean < c.high);
    assert_true(c.other_side == 0.0);
    assert_true(fabs(c.median - 0.002) < 1e-12); /* losses near 50 have ulps of 7e-15 */

    assert_int_equal(comparison_of(&table, 1, 0, &c, NULL), 0);
    assert_int_equal(c.n_below, STARTS);
    assert_true(c.high < 0.0);
}

static void a_difference_of_either_sign_is_no_verdict(void **state)
{
    (void)state;
    struct outcome outcomes[2 * STARTS];
    for (int i = 0; i < STARTS; i++) {
        outcomes[i] = ended(10.0 + (i % 2 ? 1.0 : -1.0));
        outcomes[STARTS + i] = ended(10.0);
    }
    struct comparison c;
    assert_int_equal(comparison_of(&(struct sweep_table){2, STARTS, outcomes}, 0, 1, &c, NULL), 0);
    assert_true(c.is_enough);
    assert_false(c.is_significant);
    assert_true(c.other_side == 0.5);
    assert_true(c.low < 0.0 && c.high > 0.0);
    assert_true(c.sign_p == 1.0);
}

static void settings_that_end_alike_do_not_differ(void **state)
{
    (void)state;
    struct outcome outcomes[STARTS];
    for (int i = 0; i < STARTS; i++)
        outcomes[i] = ended(10.0 + i);
    struct comparison c;
    assert_int_equal(comparison_of(&(struct sweep_table){1, STARTS, outcomes}, 0, 0, &c, NULL), 0);
    assert_true(c.n_above + c.n_below == 0 && c.sign_p == 1.0 && !c.is_significant);
}

/* Of so many starts where both settings end with a finite loss, always the second with less. */
static struct comparison comparison_of_starts(int n)
{
    struct outcome outcomes[2 * STARTS];
    for (int i = 0; i < STARTS; i++) {
        outcomes[i] = ended(i < n ? 2.0 : INFINITY);
        outcomes[STARTS + i] = ended(1.0);
    }
    struct comparison c;
    assert_int_equal(comparison_of(&(struct sweep_table){2, STARTS, outcomes}, 0, 1, &c, NULL), 0);
    assert_int_equal(c.n, n);
    assert_int_equal(c.n_left_out, STARTS - n);
    return c;
}

static void few_starts_are_not_enough(void **state)
{
    (void)state;
    struct comparison c = comparison_of_starts(COMPARISON_STARTS_MIN - 1);
    assert_false(c.is_enough);
    assert_false(c.is_significant);
    c = comparison_of_starts(COMPARISON_STARTS_MIN);
    assert_true(c.is_enough);
    assert_true(c.is_significant);
}

/* Fills a table whose settings have these medians, the same spread around each. */
static void fill(struct outcome *outcomes, const double *medians, size_t n, double spread)
{
    for (size_t s = 0; s < n; s++)
        for (int i = 0; i < STARTS; i++)
            outcomes[s * STARTS + (size_t)i] =
                ended(medians[s] + spread * (2.0 * i / (STARTS - 1) - 1.0));
}

static void the_best_are_an_interval_without_a_gap(void **state)
{
    (void)state;
    struct outcome outcomes[7 * STARTS];
    fill(outcomes, (double[]){1.01, 2.0, 1.04, 1.0, 1.05, 1.2, INFINITY}, 7, 0.001);
    struct best best;
    assert_int_equal(best_find(&(struct sweep_table){7, STARTS, outcomes}, &best, NULL), 0);
    assert_true(best.is_found && best.is_sure);
    assert_int_equal(best.lowest, 3);
    assert_int_equal(best.first, 2);
    assert_int_equal(best.last, 4);
    assert_int_equal(best.low, 3);
    assert_int_equal(best.high, 3);
}

static void a_choice_that_hangs_on_the_starts_is_not_sure(void **state)
{
    (void)state;
    struct outcome outcomes[4 * STARTS];
    for (int s = 0; s < 4; s++) /* half of the starts well, half badly: each setting other ones */
        for (int i = 0; i < STARTS; i++)
            outcomes[s * STARTS + i] = ended(1.0 + (i / (s + 1)) % 2);
    struct best best;
    assert_int_equal(best_find(&(struct sweep_table){4, STARTS, outcomes}, &best, NULL), 0);
    assert_true(best.is_found);
    assert_false(best.is_sure);
}

/* Three settings: 0 for the first n_first starts and 2 for the others; always 1; 0 for the last
 * n_last and 2 for the others. Who is lowest turns on whether half of a resample is good starts. */
static struct best best_of_three(int n_first, int n_last)
{
    struct outcome outcomes[3 * STARTS];
    for (int i = 0; i < STARTS; i++) {
        outcomes[i] = ended(i < n_first ? 0.0 : 2.0);
        outcomes[STARTS + i] = ended(1.0);
        outcomes[2 * STARTS + i] = ended(i >= STARTS - n_last ? 0.0 : 2.0);
    }
    struct best best;
    assert_int_equal(best_find(&(struct sweep_table){3, STARTS, outcomes}, &best, NULL), 0);
    assert_int_equal(best.lowest, 1);
    return best;
}

static void what_one_resample_in_forty_prefers_is_told(void **state)
{
    (void)state;
    struct best best = best_of_three(15, 16); /* 20 of 40, and more: 7 % of resamples each */
    assert_int_equal(best.low, 0);
    assert_int_equal(best.high, 2);
    assert_false(best.is_sure);
    best = best_of_three(11, 11); /* 0.3 % */
    assert_int_equal(best.low, 1);
    assert_int_equal(best.high, 1);
    assert_true(best.is_sure);
}

static void one_start_is_never_sure(void **state)
{
    (void)state;
    struct outcome outcomes[] = {ended(3), ended(1), ended(2)};
    struct best best;
    assert_int_equal(best_find(&(struct sweep_table){3, 1, outcomes}, &best, NULL), 0);
    assert_int_equal(best.lowest, 1);
    assert_false(best.is_sure);
}

static void nothing_finite_is_no_best(void **state)
{
    (void)state;
    struct outcome outcomes[] = {ended(INFINITY), {0}};
    struct best best;
    assert_int_equal(best_find(&(struct sweep_table){2, 1, outcomes}, &best, NULL), 0);
    assert_false(best.is_found);
}

/* Shares of collapsed runs, in tenths, for each setting. */
static struct boundary boundary_of(const int *tenths, size_t n)
{
    struct outcome outcomes[100];
    for (size_t s = 0; s < n; s++)
        for (int i = 0; i < 10; i++)
            outcomes[s * 10 + (size_t)i] =
                (struct outcome){1, 1.0, i < tenths[s] ? FATE_COLLAPSED : FATE_BENDS};
    struct boundary boundary;
    boundary_find(&(struct sweep_table){n, 10, outcomes}, &boundary);
    return boundary;
}

static void the_boundary_leaves_out_what_collapses_anyway(void **state)
{
    (void)state;
    struct boundary b = boundary_of((int[]){2, 2, 4, 8, 10}, 5); /* half of the others: 0.6 */
    assert_true(b.is_found);
    assert_true(b.baseline == 0.2);
    assert_int_equal(b.below, 2);
    assert_int_equal(b.above, 3);
    assert_true(fabs(b.part - 0.5) < 1e-15); /* shares are rounded */
    b = boundary_of((int[]){0, 2, 10}, 3);
    assert_true(fabs(b.part - 3.0 / 8.0) < 1e-15);

    assert_false(boundary_of((int[]){0, 10, 0}, 3).is_found); /* it does not stay above */
    assert_false(boundary_of((int[]){1, 1, 2}, 3).is_found);
}

/* --- effective time --- */

enum { EPOCHS = 400 };

/* exp(-time), for rates of 0.01 and 0.02; and one of large steps that says something else. */
static double slow[EPOCHS], quick[EPOCHS], wild[EPOCHS];

static enum time_verdict check_of(size_t n_curves, double rate, int64_t epochs, double loss,
                                  struct time_check *out)
{
    for (int e = 0; e < EPOCHS; e++) {
        slow[e] = exp(-0.01 * (e + 1));
        quick[e] = exp(-0.02 * (e + 1));
        wild[e] = 5.0;
    }
    struct time_curve curves[] = {{0.02, quick, EPOCHS}, {0.01, slow, EPOCHS}, {1.0, wild, EPOCHS}};
    time_check(curves, n_curves, &(struct time_claim){rate, epochs, loss}, out);
    return out->verdict;
}

static void a_claim_is_held_against_the_lowest_rate_that_comes_so_far(void **state)
{
    (void)state;
    struct time_check check;
    assert_int_equal(check_of(2, 0.1, 20, exp(-2.0), &check), TIME_FITS);
    assert_int_equal(check.curve, 1);
    assert_int_equal(check.epoch, 200);
    assert_int_equal(check_of(2, 0.1, 60, exp(-6.0), &check), TIME_NO_VERDICT);
    assert_int_equal(check.curve, 0); /* only this one comes so far, and none confirms it */
}

static void too_high_a_loss_does_not_fit_and_the_rate_that_would_is_told(void **state)
{
    (void)state;
    struct time_check check;
    assert_int_equal(check_of(2, 0.1, 20, exp(-0.2), &check), TIME_DOES_NOT_FIT);
    assert_true(fabs(check.fitting_rate - 0.01) < 1e-15);
    assert_int_equal(check_of(2, 0.1, 20, exp(-2.2), &check), TIME_DOES_NOT_FIT);
    assert_int_equal(check_of(2, 0.1, 20, 1.04 * exp(-2.0), &check), TIME_FITS);
}

static void without_a_second_curve_that_agrees_there_is_no_verdict(void **state)
{
    (void)state;
    struct time_check check;
    assert_int_equal(check_of(1, 0.1, 20, 1.0, &check), TIME_NO_VERDICT);
    assert_true(isnan(check.disagreement));
    assert_int_equal(check_of(0, 0.1, 20, 1.0, &check), TIME_NO_VERDICT);
    assert_int_equal(check_of(3, 1.0, 300, 5.0, &check), TIME_NO_VERDICT); /* only large steps */
    assert_int_equal(check_of(2, 0.001, 5, 1.0, &check), TIME_NO_VERDICT); /* before any epoch */
    assert_int_equal(check.epoch, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_became_of_the_hidden_units),
        cmocka_unit_test(quantiles_count_divergence_as_infinite),
        cmocka_unit_test(nothing_that_has_ended_has_no_quantiles),
        cmocka_unit_test(a_small_difference_that_always_has_one_sign_is_found),
        cmocka_unit_test(a_difference_of_either_sign_is_no_verdict),
        cmocka_unit_test(settings_that_end_alike_do_not_differ),
        cmocka_unit_test(few_starts_are_not_enough),
        cmocka_unit_test(the_best_are_an_interval_without_a_gap),
        cmocka_unit_test(a_choice_that_hangs_on_the_starts_is_not_sure),
        cmocka_unit_test(what_one_resample_in_forty_prefers_is_told),
        cmocka_unit_test(one_start_is_never_sure),
        cmocka_unit_test(nothing_finite_is_no_best),
        cmocka_unit_test(the_boundary_leaves_out_what_collapses_anyway),
        cmocka_unit_test(a_claim_is_held_against_the_lowest_rate_that_comes_so_far),
        cmocka_unit_test(too_high_a_loss_does_not_fit_and_the_rate_that_would_is_told),
        cmocka_unit_test(without_a_second_curve_that_agrees_there_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
