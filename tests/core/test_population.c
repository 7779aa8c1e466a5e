/* What a data set is a sample of: every point, its probability, its expected target, its noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/data/population.h"
#include "core/explain/risk.h"
#include "tests/core/failing_memory.h"

/* Rounding of sums of some hundred terms. */
#define TOLERANCE 1e-12

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= TOLERANCE * fmax(1.0, fabs(expected)))) {
        fail_msg("got %.17g, expected %.17g", got, expected);
    }
}

/* The first feature is n1, the second (if any) n2; targets y and z. */
static struct population *population_of(const char *n1, const char *n2, const char *y,
                                        const char *z)
{
    const struct generate_column features[] = {{"n1", n1}, {"n2", n2}};
    const struct generate_column targets[] = {{"y", y}, {"z", z}};
    const struct generate_recipe recipe = {.n_samples = 1,
                                           .n_features = n2 ? 2 : 1,
                                           .features = features,
                                           .n_targets = z ? 2 : 1,
                                           .targets = targets};
    struct error error = ERROR_INIT;
    struct population *population = population_of_recipe(&recipe, &error);
    if (!population) {
        fail_msg("%s", error.text);
    }
    return population;
}

static void assert_weights_make_a_whole(const struct population *population)
{
    double sum = 0;
    for (size_t i = 0; i < population->n_points; i++) {
        assert_true(population->weights[i] > 0);
        sum += population->weights[i];
    }
    assert_near(sum, 1);
}

static void report_data_have_16_points_and_noise_2(void **state)
{
    (void)state;
    struct population *population =
        population_of("randint(1,5)", "randint(1,5)", "n1**2 + n2 + randint(0,5)", NULL);
    assert_int_equal(population->n_points, 16);
    assert_true(population->noise[0] == 2); /* to the bit */
    for (size_t i = 0; i < 16; i++) {
        const double *point = population->points + 2 * i;
        assert_near(population->weights[i], 1.0 / 16);
        assert_near(population->means[i], point[0] * point[0] + point[1] + 2);
    }
    population_destroy(population);
}

static void targets_that_are_not_sums_of_draws_are_gone_through(void **state)
{
    (void)state;
    /* the larger of two dice: P(y = k) = (2 k - 1) / 36 */
    struct population *population =
        population_of("randint(2)", NULL, "max(randint(1,7), randint(1,7)) + n1", NULL);
    assert_int_equal(population->n_points, 2);
    assert_near(population->means[0] + population->means[1], 2 * 161.0 / 36 + 1);
    assert_near(population->noise[0], 791.0 / 36 - (161.0 / 36) * (161.0 / 36));
    population_destroy(population);
}

static void the_same_points_are_one(void **state)
{
    (void)state;
    struct population *population =
        population_of("randint(1,7) + randint(1,7)", NULL, "n1", NULL); /* two dice */
    assert_int_equal(population->n_points, 11);
    for (size_t i = 0; i < 11; i++) {
        double away = fabs(population->points[i] - 7);
        assert_near(population->weights[i], (6 - away) / 36);
    }
    assert_near(population->noise[0], 0);
    population_destroy(population);
}

static void ranges_may_depend_on_earlier_features(void **state)
{
    (void)state;
    struct population *population =
        population_of("randint(1,4)", "randint(0,n1)", "n1 * n2 * randint(0,3)", NULL);
    assert_int_equal(population->n_points, 1 + 2 + 3);
    assert_weights_make_a_whole(population);
    double noise = 0;
    for (size_t i = 0; i < population->n_points; i++) {
        double n1 = population->points[2 * i], n2 = population->points[2 * i + 1];
        assert_near(population->weights[i], 1 / (3 * n1));
        assert_near(population->means[i], n1 * n2);
        noise += population->weights[i] * n1 * n1 * n2 * n2 * 2 / 3;
    }
    assert_near(population->noise[0], noise);
    population_destroy(population);
}

static void continuous_noise_at_known_points_has_its_moments(void **state)
{
    (void)state;
    struct population *population =
        population_of("randint(1,3)", NULL,
                      "(3 - n1 * normal(1, 0.5)) / 2 - uniform(0, 6) + rand() + randn()", NULL);
    assert_int_equal(population->n_points, 2);
    for (size_t i = 0; i < 2; i++) {
        double n1 = population->points[i];
        assert_near(population->means[i], (3 - n1) / 2 - 3 + 0.5);
    }
    /* n1^2 (0.5)^2 / 4 averaged over 1 and 2, 36/12, 1/12 and 1 */
    assert_near(population->noise[0], 0.15625 + 3 + 1.0 / 12 + 1);
    population_destroy(population);
}

static void noise_that_is_everywhere_the_same_needs_no_points(void **state)
{
    (void)state;
    struct population *population =
        population_of("uniform(-1,1)", NULL, "sin(3*n1) - 2*normal(0, 0.1)", NULL);
    assert_int_equal(population->n_points, 0);
    assert_near(population->noise[0], 0.04);
    population_destroy(population);
}

static void noise_that_depends_on_unknown_points_is_not_known(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "n1 * normal()",                  /* a factor */
        "normal(0, abs(n1))",             /* an argument */
        "normal(0, where(n1 > 0, 1, 2))", /* a comparison */
        "normal(0, max(n1, 0))",          /* a maximum */
        "randint(0, 5 + n1)",             /* a bound */
        "normal(0, 1)**2",                /* no sum */
        "exp(normal())",
        "rand() * rand()",
        "1 / (2 + rand())",
        "rand() < n1",
        "(rand() < 0.1) != (n1 > 0.5)",
        "normal() < 0",
        "rand() < rand()",
        "where(rand() < 0.1, n1, 0)",
        "where(rand() < 0.1, rand(), 0)",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct population *population = population_of("uniform(0,1)", NULL, targets[i], NULL);
        assert_int_equal(population->n_points, 0);
        if (!isnan(population->noise[0])) {
            fail_msg("%s: got %g", targets[i], population->noise[0]);
        }
        population_destroy(population);
    }
}

static void labels_that_are_turned_round_have_their_share_as_mean(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        double share; /* of ones at n1 = 0; at n1 = 1 the rest */
    } cases[] = {
        {"where(rand() < 0.1, n1 == 0, n1 == 1)", 0.1},
        {"(rand() < 0.1) != n1", 0.1},
        {"n1 == (rand() >= 0.1)", 0.1},
        {"n1 != (0.75 < uniform(0, 1))", 0.25},
        {"n1 != (uniform(-2, 2) <= -5)", 0},
        {"n1 != (3 >= uniform(2, 4))", 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct population *population = population_of("randint(2)", NULL, cases[i].target, NULL);
        assert_int_equal(population->n_points, 2);
        double share = cases[i].share;
        assert_near(population->means[population->points[0] == 0 ? 0 : 1], share);
        assert_near(population->means[population->points[0] == 0 ? 1 : 0], 1 - share);
        assert_near(population->noise[0], share * (1 - share));
        population_destroy(population);
    }
    struct population *everywhere =
        population_of("randn()", NULL, "n1 + 3 * (rand() < 0.1) + where(rand() > 0.5, 2, 4)", NULL);
    assert_near(everywhere->noise[0], 9 * 0.09 + 1);
    population_destroy(everywhere);
}

static void targets_that_read_targets_share_their_draws(void **state)
{
    (void)state;
    struct population *population =
        population_of("randint(2)", NULL, "n1 + randint(0,5)", "y + y + randint(0,2)");
    assert_int_equal(population->n_points, 2);
    assert_near(population->noise[0], 2);
    assert_near(population->noise[1], 4 * 2 + 0.25); /* (2 y), not two draws of y */
    assert_near(population->means[1] + population->means[3], 2 * (4 + 0.5) + 2);
    population_destroy(population);
    population = population_of("uniform()", NULL, "n1 + normal()", "y + y");
    assert_near(population->noise[0], 1);
    assert_true(isnan(population->noise[1]));
    population_destroy(population);
}

static void too_many_combinations_are_not_known(void **state)
{
    (void)state;
    struct population *many =
        population_of("randint(0,1000)", "randint(0,1000)", "n1 + randint(0,5)", NULL);
    struct population *deep =
        population_of("randint(0,1000)", NULL, "max(randint(0,1000), randint(0,1000))", NULL);
    assert_int_equal(many->n_points, 0);
    assert_near(many->noise[0], 2);
    assert_int_equal(deep->n_points, 0);
    assert_true(isnan(deep->noise[0]));
    population_destroy(many);
    population_destroy(deep);
}

/* At n1 = 0, which the data need not have drawn, there is no target. */
static void a_point_without_a_target_leaves_nothing_known(void **state)
{
    (void)state;
    struct population *population =
        population_of("randint(0,9)", NULL, "1 / n1 + max(randint(2), 0)", NULL);
    assert_int_equal(population->n_points, 0);
    assert_true(isnan(population->noise[0]));
    population_destroy(population);
}

static void lines_and_sines_have_the_noise_they_state(void **state)
{
    (void)state;
    struct pattern pattern = {.kind = PATTERN_SINE, .n_samples = 10, .noise = 0.3};
    struct population *population = population_of_pattern(&pattern, NULL);
    assert_int_equal(population->n_points, 0);
    assert_near(population->noise[0], 0.09);
    population_destroy(population);
    pattern.kind = PATTERN_CIRCLES;
    population = population_of_pattern(&pattern, NULL);
    assert_true(isnan(population->noise[0]));
    population_destroy(population);
}

static void a_scaled_population_is_that_of_the_scaled_data(void **state)
{
    (void)state;
    double mean = 2, sd = 4, target_mean = -1, target_sd = 0.5;
    const struct scaling features = {1, &mean, &sd}, targets = {1, &target_mean, &target_sd};
    struct population *population = population_of("randint(2)", NULL, "n1 + 3*randn()", NULL);
    population_scale(population, &features, &targets);
    assert_near(population->points[1], (population->means[1] * 0.5 - 1 - 2) / 4);
    assert_near(population->means[0] + population->means[1], (1 + 2) / 0.5);
    assert_near(population->noise[0], 9 / 0.25);
    population_scale(population, NULL, NULL);
    assert_near(population->noise[0], 9 / 0.25);
    population_destroy(population);
}

/* A hundred thousand samples agree: each point's share and mean within 5 standard errors. */
static void populations_are_what_data_sets_come_from(void **state)
{
    (void)state;
    enum { N = 100000 };
    const struct generate_column features[] = {{"a", "randint(3) * randint(2)"},
                                               {"b", "a + randint(-1, 2)"}};
    const struct generate_column targets[] = {{"y", "where(a > b, randint(4), b) % 3"}};
    const struct generate_recipe recipe = {N, 12, GENERATE_ROW, 2, features, 1, targets};
    struct generate_fault fault;
    struct population *population = population_of_recipe(&recipe, NULL);
    struct dataset *dataset = generate_dataset(&recipe, &fault, NULL);
    assert_non_null(population);
    assert_int_equal(population->n_points, 9);
    assert_weights_make_a_whole(population);
    double squares = 0;
    for (size_t i = 0; i < population->n_points; i++) {
        double n = 0, sum = 0, mean = population->means[i], weight = population->weights[i];
        for (size_t s = 0; s < N; s++) {
            if (memcmp(dataset->features + 2 * s, population->points + 2 * i, 16) == 0) {
                n++;
                sum += dataset->targets[s];
                squares += (dataset->targets[s] - mean) * (dataset->targets[s] - mean);
            }
        }
        assert_true(fabs(n / N - weight) < 5 * sqrt(weight / N));
        assert_true(fabs(sum / n - mean) < 5 * sqrt(2 / n)); /* targets from 0 to 3 */
    }
    assert_true(fabs(squares / N - population->noise[0]) < 0.02);
    population_destroy(population);
    dataset_destroy(dataset);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const struct generate_column features[] = {{"n1", "randint(1,5)"}};
    const struct generate_column targets[] = {{"y", "n1 + randint(3)"}};
    const struct generate_recipe recipe = {1, 0, GENERATE_ROW, 1, features, 1, targets};
    struct population *population = NULL;
    for (int n = 1; !population; n++) {
        struct error error = ERROR_INIT;
        memory_fail_from(n);
        population = population_of_recipe(&recipe, &error);
        memory_fail_from(0);
        assert_true(population || error.kind == ERROR_MEMORY);
    }
    population_destroy(population);
}

/* --- risk ----------------------------------------------------------------------------------- */

static double risk_of(const struct population *population, const struct network *network,
                      enum loss loss, const double *parameters)
{
    struct derivative derivative;
    assert_int_equal(derivative_init(&derivative, network, loss, GRADIENT_FULL, NULL), 0);
    double risk = risk_exact(&derivative, population, parameters);
    derivative_clear(&derivative);
    return risk;
}

/* The report's network after 1000 epochs at learning rate 0.0004; its risk by NumPy. */
static void the_risk_of_a_network_is_exact(void **state)
{
    (void)state;
    struct network network = {2, 2, {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    double parameters[9] = {1.4269353879855196, -0.23268866929352044, 2.134089951863845,
                            0.7266228703879442, -3.958364407074221,   -1.062328186238378,
                            3.1215116220382013, 1.5993998539184588,   0.8496212908143266};
    struct population *population =
        population_of("randint(1,5)", "randint(1,5)", "n1**2 + n2 + randint(0,5)", NULL);
    assert_near(risk_of(population, &network, LOSS_MSE, parameters), 2.806131938922478);
    assert_true(isnan(risk_of(population, &network, LOSS_MAE, parameters)));
    assert_true(isnan(risk_of(NULL, &network, LOSS_MSE, parameters)));
    population->n_points = 0;
    assert_true(isnan(risk_of(population, &network, LOSS_MSE, parameters)));
    population_destroy(population);
}

/* A class that is 1 in a quarter of the cases: to say so always costs its entropy. */
static void the_risk_of_a_class_is_its_entropy_at_best(void **state)
{
    (void)state;
    struct network network = {1, 1, {{1, ACTIVATION_SIGMOID}}};
    const double parameters[2] = {0, -log(3)};
    struct population *population = population_of("randint(3)", NULL, "randint(4) == 0", NULL);
    assert_near(risk_of(population, &network, LOSS_BINARY_CROSS_ENTROPY, parameters),
                -0.25 * log(0.25) - 0.75 * log(0.75));
    population_destroy(population);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_data_have_16_points_and_noise_2),
        cmocka_unit_test(targets_that_are_not_sums_of_draws_are_gone_through),
        cmocka_unit_test(the_same_points_are_one),
        cmocka_unit_test(ranges_may_depend_on_earlier_features),
        cmocka_unit_test(continuous_noise_at_known_points_has_its_moments),
        cmocka_unit_test(noise_that_is_everywhere_the_same_needs_no_points),
        cmocka_unit_test(noise_that_depends_on_unknown_points_is_not_known),
        cmocka_unit_test(labels_that_are_turned_round_have_their_share_as_mean),
        cmocka_unit_test(targets_that_read_targets_share_their_draws),
        cmocka_unit_test(too_many_combinations_are_not_known),
        cmocka_unit_test(a_point_without_a_target_leaves_nothing_known),
        cmocka_unit_test(lines_and_sines_have_the_noise_they_state),
        cmocka_unit_test(a_scaled_population_is_that_of_the_scaled_data),
        cmocka_unit_test(populations_are_what_data_sets_come_from),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(the_risk_of_a_network_is_exact),
        cmocka_unit_test(the_risk_of_a_class_is_its_entropy_at_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
