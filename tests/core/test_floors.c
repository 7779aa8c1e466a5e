/* Floors: what constants, planes and functions can reach, against NumPy, scipy and closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/math/rng.h"
#include "core/explain/floors.h"
#include "tests/core/failing_memory.h"
#include "tests/core/golden_samples.h"

/* What rounding leaves of sums over 100 samples; p-values of 1e-49 keep as many digits. */
#define TOLERANCE 1e-12

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= TOLERANCE * fabs(expected))) {
        fail_msg("got %.17g, expected %.17g", got, expected);
    }
}

static struct dataset *golden(const double *targets)
{
    struct dataset *dataset = dataset_create(GOLDEN_SAMPLES, 2, 1, NULL);
    memcpy(dataset->features, golden_inputs, sizeof golden_inputs);
    memcpy(dataset->targets, targets, GOLDEN_SAMPLES * sizeof *targets);
    return dataset;
}

/* The golden inputs with targets of the caller's making. */
static struct dataset *with_targets(size_t n_targets,
                                    double (*target)(const double *inputs, double y, size_t j))
{
    struct dataset *dataset = dataset_create(GOLDEN_SAMPLES, 2, n_targets, NULL);
    memcpy(dataset->features, golden_inputs, sizeof golden_inputs);
    for (size_t i = 0; i < GOLDEN_SAMPLES; i++) {
        for (size_t j = 0; j < n_targets; j++) {
            dataset->targets[i * n_targets + j] =
                target(dataset->features + 2 * i, golden_report_targets[i], j);
        }
    }
    return dataset;
}

/* Owns neither; frees the data set. */
static struct floors *floors_of(struct dataset *dataset, enum loss loss)
{
    struct floors *floors = floors_create(dataset, loss, NULL, NULL);
    dataset_destroy(dataset);
    assert_non_null(floors);
    return floors;
}

static void report_data_have_the_golden_facts(void **state)
{
    (void)state;
    struct floors *floors = floors_of(golden(golden_report_targets), LOSS_MSE);
    assert_near(floors->mean[0], 12.36);
    assert_near(floors->value[FLOOR_CONSTANT], 33.3704);
    assert_near(floors->value[FLOOR_LINEAR], 3.379618955718749);
    assert_near(floors->value[FLOOR_PURE_ERROR], 1.7642619047619044);
    assert_near(floors->coefficients[0], 4.848788478908482);
    assert_near(floors->coefficients[1], 1.0255375967056948);
    assert_near(floors->coefficients[2], -2.7211846482689737);
    assert_near(floors->r2, 0.8987240501846322);
    assert_near(floors->linear_p, 5.848665150014246e-49);
    assert_near(floors->anova_p, 5.532186228185544e-47);
    assert_near(floors->lack_of_fit_p, 1.2257202456764247e-07);
    assert_near(floors->noise_estimate, 2.1003117913832194);
    assert_int_equal(floors->n_groups, 16);
    assert_int_equal(floors->rank, 3);
    assert_true(isnan(floors->value[FLOOR_NOISE]) && floors->why[FLOOR_NOISE]);
    floors_destroy(floors);
}

static void random_data_have_the_golden_facts(void **state)
{
    (void)state;
    struct floors *floors = floors_of(golden(golden_random_targets), LOSS_MSE);
    assert_near(floors->value[FLOOR_CONSTANT], 849.58);
    assert_near(floors->value[FLOOR_LINEAR], 841.479028426846);
    assert_near(floors->value[FLOOR_PURE_ERROR], 729.9181984126984);
    assert_near(floors->coefficients[0], -0.9238977374093199);
    assert_near(floors->coefficients[2], 49.296919443244484);
    assert_near(floors->linear_p, 0.6283365328414896);
    assert_near(floors->anova_p, 0.5475643859842222);
    assert_near(floors->lack_of_fit_p, 0.47051217388914846);
    floors_destroy(floors);
}

/* Second output: twice the first input. Its variance is the loss's other half; a plane has it. */
static double y_or_twice_n1(const double *inputs, double y, size_t j)
{
    return j == 0 ? y : 2 * inputs[0];
}

static void outputs_are_averaged_as_the_loss_does(void **state)
{
    (void)state;
    struct floors *floors = floors_of(with_targets(2, y_or_twice_n1), LOSS_MSE);
    assert_near(floors->value[FLOOR_CONSTANT], 19.089);
    assert_near(floors->value[FLOOR_LINEAR], 3.379618955718749 / 2);
    assert_near(floors->value[FLOOR_PURE_ERROR], 1.7642619047619044 / 2);
    assert_near(floors->coefficients[3], 2);
    assert_true(isnan(floors->linear_p) && isnan(floors->lack_of_fit_p));
    floors_destroy(floors);
}

static void mae_and_huber_have_constants_and_pure_errors(void **state)
{
    (void)state;
    struct floors *mae = floors_of(golden(golden_report_targets), LOSS_MAE);
    struct floors *huber = floors_of(golden(golden_report_targets), LOSS_HUBER);
    assert_near(mae->value[FLOOR_CONSTANT], 4.8);
    assert_near(mae->value[FLOOR_PURE_ERROR], 1.09);
    assert_near(huber->value[FLOOR_CONSTANT], 4.33);
    assert_near(huber->value[FLOOR_PURE_ERROR], 0.7069166666666666);
    assert_true(mae->value[FLOOR_LINEAR] < 4.8 && mae->value[FLOOR_LINEAR] > 1.09);
    assert_true(huber->value[FLOOR_LINEAR] < 4.33 && huber->value[FLOOR_LINEAR] > 0.7);
    floors_destroy(mae);
    floors_destroy(huber);
}

/* --- classification ------------------------------------------------------------------------- */

static double mixed_class(const double *inputs, double y, size_t j)
{
    (void)j;
    return fmod(y + inputs[0], 3) == 0;
}

static void binary_classes_have_entropies(void **state)
{
    (void)state;
    struct floors *floors = floors_of(with_targets(1, mixed_class), LOSS_BINARY_CROSS_ENTROPY);
    assert_near(floors->value[FLOOR_CONSTANT], 0.6802920001921535);
    assert_near(floors->value[FLOOR_LINEAR], 0.6606815827806227);
    assert_near(floors->value[FLOOR_PURE_ERROR], 0.5898906945444796);
    assert_string_equal(floor_code(FLOOR_CONSTANT, floors->loss), "prior_entropy");
    assert_string_equal(floor_code(FLOOR_LINEAR, floors->loss), "logistic");
    assert_string_equal(floor_code(FLOOR_PURE_ERROR, floors->loss), "label_conflict");
    floors_destroy(floors);
}

static double one_of_three(const double *inputs, double y, size_t j)
{
    return fmod(y + 2 * inputs[1], 3) == (double)j;
}

static void several_classes_have_entropies(void **state)
{
    (void)state;
    struct floors *floors =
        floors_of(with_targets(3, one_of_three), LOSS_CATEGORICAL_CROSS_ENTROPY);
    assert_near(floors->value[FLOOR_CONSTANT], 1.0471164982768908);
    assert_near(floors->value[FLOOR_LINEAR], 1.0123513473514085);
    assert_near(floors->value[FLOOR_PURE_ERROR], 0.8431557736657247);
    floors_destroy(floors);
}

static double is_right_of_two(const double *inputs, double y, size_t j)
{
    (void)y;
    return (inputs[0] > 2) == (j == 0);
}

static void separable_classes_have_infimum_0_and_say_so(void **state)
{
    (void)state;
    struct floors *binary = floors_of(with_targets(1, is_right_of_two), LOSS_BINARY_CROSS_ENTROPY);
    struct floors *both =
        floors_of(with_targets(2, is_right_of_two), LOSS_CATEGORICAL_CROSS_ENTROPY);
    assert_true(binary->value[FLOOR_LINEAR] == 0.0 && both->value[FLOOR_LINEAR] == 0.0);
    assert_non_null(strstr(binary->why[FLOOR_LINEAR], "separate"));
    assert_non_null(strstr(both->why[FLOOR_LINEAR], "separate"));
    assert_true(binary->value[FLOOR_PURE_ERROR] == 0.0 && !binary->why[FLOOR_PURE_ERROR]);
    floors_destroy(binary);
    floors_destroy(both);
}

/* Below 2 and above 2 sure, at 2 mixed: a plane cuts off all but those, whose best is left. */
static double touching(const double *inputs, double y, size_t j)
{
    (void)j;
    return inputs[0] > 2 || (inputs[0] == 2 && fmod(y, 2) == 1);
}

static void touching_classes_keep_what_no_plane_separates(void **state)
{
    (void)state;
    struct floors *floors = floors_of(with_targets(1, touching), LOSS_BINARY_CROSS_ENTROPY);
    assert_near(floors->value[FLOOR_LINEAR], 0.15830443726412186);
    assert_null(floors->why[FLOOR_LINEAR]);
    floors_destroy(floors);
}

/* Inputs of any scale, and a copy of one, change nothing. */
static void logistic_regression_ignores_scales_and_copies(void **state)
{
    (void)state;
    struct dataset *plain = with_targets(1, mixed_class);
    struct dataset *odd = dataset_create(GOLDEN_SAMPLES, 3, 1, NULL);
    memcpy(odd->targets, plain->targets, GOLDEN_SAMPLES * sizeof(double));
    for (size_t i = 0; i < GOLDEN_SAMPLES; i++) {
        odd->features[3 * i] = 1e6 + 1e3 * plain->features[2 * i];
        odd->features[3 * i + 1] = 1e-5 * plain->features[2 * i + 1];
        odd->features[3 * i + 2] = odd->features[3 * i] - 1e6;
    }
    struct floors *floors = floors_of(odd, LOSS_BINARY_CROSS_ENTROPY);
    assert_int_equal(floors->rank, 3);
    assert_near(floors->value[FLOOR_LINEAR], 0.6606815827806227);
    dataset_destroy(plain);
    floors_destroy(floors);
}

/* --- ends ----------------------------------------------------------------------------------- */

static void pure_error_of_inputs_that_never_repeat_says_nothing(void **state)
{
    (void)state;
    struct dataset *dataset = dataset_create(6, 1, 1, NULL);
    for (size_t i = 0; i < 6; i++) {
        dataset->features[i] = (double)i;
        dataset->targets[i] = (double)(i % 3);
    }
    struct floors *floors = floors_of(dataset, LOSS_MSE);
    assert_int_equal(floors->n_groups, 6);
    assert_true(floors->value[FLOOR_PURE_ERROR] == 0.0);
    assert_non_null(floors->why[FLOOR_PURE_ERROR]);
    assert_true(isnan(floors->anova_p) && isnan(floors->noise_estimate));
    assert_true(floors->linear_p > 0 && floors->linear_p < 1);
    floors_destroy(floors);
}

static void zeros_of_both_signs_are_one_input(void **state)
{
    (void)state;
    struct dataset *dataset = dataset_create(3, 1, 1, NULL);
    dataset->features[0] = -0.0;
    dataset->features[2] = 1.0;
    dataset->targets[1] = 2.0;
    struct floors *floors = floors_of(dataset, LOSS_MSE);
    assert_int_equal(floors->n_groups, 2);
    assert_near(floors->value[FLOOR_PURE_ERROR], 2.0 / 3);
    floors_destroy(floors);
}

static double nought(const double *inputs, double y, size_t j)
{
    (void)inputs, (void)y, (void)j;
    return 0.0;
}

static void targets_that_never_change_need_no_tests(void **state)
{
    (void)state;
    struct floors *floors = floors_of(with_targets(1, nought), LOSS_MSE);
    assert_true(floors->value[FLOOR_CONSTANT] == 0 && floors->value[FLOOR_LINEAR] == 0);
    assert_true(isnan(floors->r2) && isnan(floors->linear_p) && isnan(floors->anova_p));
    floors_destroy(floors);
}

static void numbers_too_large_for_squares_have_no_floors(void **state)
{
    (void)state;
    struct network network = {1, 2, {{2, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    struct dataset *dataset = dataset_create(4, 1, 1, NULL);
    for (size_t i = 0; i < 4; i++) {
        dataset->features[i] = 1e300 * (double)(i % 3);
        dataset->targets[i] = i < 2 ? 1e300 : -1e300;
    }
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    assert_int_equal(floors_permute(floors, dataset, NULL, NULL, NULL), 0);
    assert_int_equal(floors_search(floors, &network, dataset, NULL, NULL, NULL), 0);
    for (int floor = 0; floor < FLOOR_COUNT; floor++) {
        assert_true(isnan(floors->value[floor]) && floors->why[floor]);
    }
    assert_true(isnan(floors->r2) && isnan(floors->linear_p) && isnan(floors->anova_p));
    assert_true(isnan(floors->permutation_p) && floors->permutation_why);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void one_sample_has_floors_of_0(void **state)
{
    (void)state;
    struct dataset *dataset = dataset_create(1, 4, 1, NULL);
    dataset->targets[0] = 5;
    for (int loss = LOSS_MSE; loss <= LOSS_HUBER; loss++) {
        struct floors *floors = floors_create(dataset, (enum loss)loss, NULL, NULL);
        assert_true(floors->value[FLOOR_CONSTANT] == 0 && floors->value[FLOOR_LINEAR] == 0);
        assert_int_equal(floors->rank, 1);
        floors_destroy(floors);
    }
    dataset_destroy(dataset);
}

static void what_takes_too_long_is_named(void **state)
{
    (void)state;
    struct dataset *wide = dataset_create(2000, 400, 1, NULL);
    for (size_t i = 0; i < wide->n_samples * wide->n_features; i++) {
        wide->features[i] = (double)(i % 7);
    }
    wide->targets[3] = 1;
    struct floors *floors = floors_of(wide, LOSS_MSE);
    assert_true(isnan(floors->value[FLOOR_LINEAR]) && floors->rank == 0);
    assert_non_null(strstr(floors->why[FLOOR_LINEAR], "too long"));
    assert_null(floors->coefficients);
    floors_destroy(floors);
}

static void no_function_of_the_inputs_beats_pure_error(void **state)
{
    (void)state;
    struct floors *floors = floors_of(golden(golden_report_targets), LOSS_MSE);
    struct rng rng;
    rng_seed(&rng, 5);
    for (int trial = 0; trial < 200; trial++) {
        double table[5][5], loss = 0; /* about the truth, n1^2 + n2 + 2 */
        for (int a = 0; a < 25; a++) {
            table[a / 5][a % 5] = (a / 5) * (a / 5) + a % 5 + 2 + rng_normal_fixed(&rng);
        }
        for (size_t i = 0; i < GOLDEN_SAMPLES; i++) {
            double e = golden_report_targets[i] -
                       table[(int)golden_inputs[2 * i]][(int)golden_inputs[2 * i + 1]];
            loss += e * e / GOLDEN_SAMPLES;
        }
        assert_true(loss > floors->value[FLOOR_PURE_ERROR]);
    }
    floors_destroy(floors);
}

/* --- permutations --------------------------------------------------------------------------- */

static double permuted_p(struct dataset *dataset, enum loss loss)
{
    struct floors *floors = floors_create(dataset, loss, NULL, NULL);
    assert_int_equal(floors_permute(floors, dataset, NULL, NULL, NULL), 0);
    assert_int_equal(floors->n_permutations, 999);
    double p = floors->permutation_p;
    floors_destroy(floors);
    dataset_destroy(dataset);
    return p;
}

static void permutations_tell_signal_from_noise(void **state)
{
    (void)state;
    assert_true(permuted_p(golden(golden_report_targets), LOSS_MSE) == 0.001);
    /* counted with NumPy's RandomState(0).permutation; of all pairings it is 0.626 */
    assert_true(permuted_p(golden(golden_random_targets), LOSS_MSE) == 0.573);
    assert_true(permuted_p(with_targets(2, is_right_of_two), LOSS_CATEGORICAL_CROSS_ENTROPY) ==
                0.001);
    assert_true(permuted_p(with_targets(1, nought), LOSS_MSE) == 1.0);
}

/* 40 inputs in (-1, 1) that never repeat; their targets. */
static struct dataset *scattered(double (*target)(double x, double luck))
{
    struct rng rng;
    struct dataset *dataset = dataset_create(40, 1, 1, NULL);
    rng_seed(&rng, 0);
    for (size_t i = 0; i < 40; i++) {
        double x = dataset->features[i] = 2.0 * rng_uniform(&rng) - 1.0;
        dataset->targets[i] = target(x, rng_uniform(&rng));
    }
    return dataset;
}

static double square(double x, double luck)
{
    (void)luck;
    return x * x;
}

static double only_luck(double x, double luck)
{
    (void)x;
    return luck;
}

static struct floors *permuted(struct dataset *dataset)
{
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    assert_int_equal(floors_permute(floors, dataset, NULL, NULL, NULL), 0);
    dataset_destroy(dataset);
    return floors;
}

static void neighbours_see_what_a_plane_does_not(void **state)
{
    (void)state;
    struct floors *bent = permuted(scattered(square)), *luck = permuted(scattered(only_luck));
    struct floors *repeated = permuted(golden(golden_random_targets));
    assert_true(bent->linear_p > 0.05 && bent->permutation_p > 0.05 && isnan(bent->anova_p));
    assert_true(bent->neighbour_p == 0.001);
    assert_true(luck->neighbour_p > 0.05);
    assert_true(isnan(repeated->neighbour_p) && repeated->neighbour_why);
    floors_destroy(bent);
    floors_destroy(luck);
    floors_destroy(repeated);
}

/* Under no signal p-values are uniform: of 60 shuffled data sets about 6 are at 0.1 or below. */
static void permutation_p_values_are_fair(void **state)
{
    (void)state;
    int n_low = 0;
    struct rng rng;
    rng_seed(&rng, 77);
    for (int k = 0; k < 60; k++) {
        uint32_t order[GOLDEN_SAMPLES];
        struct dataset *dataset = golden(golden_report_targets);
        rng_permutation(&rng, order, GOLDEN_SAMPLES);
        for (size_t i = 0; i < GOLDEN_SAMPLES; i++) {
            dataset->targets[i] = golden_report_targets[order[i]];
        }
        n_low += permuted_p(dataset, LOSS_MSE) <= 0.1;
    }
    assert_in_range(n_low, 1, 13); /* beyond which a binomial of 60 and 0.1 is once in 500 times */
}

static int stop_at_once(void *context)
{
    (*(int *)context)++;
    return 1;
}

static void permutations_can_be_stopped(void **state)
{
    (void)state;
    int n_asked = 0;
    struct error error = ERROR_INIT;
    struct dataset *dataset = golden(golden_report_targets);
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    assert_int_equal(floors_permute(floors, dataset, stop_at_once, &n_asked, &error), -1);
    assert_int_equal(error.kind, ERROR_BUSY);
    assert_int_equal(n_asked, 1);
    assert_true(isnan(floors->permutation_p) && floors->n_permutations == 0);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

/* --- population ----------------------------------------------------------------------------- */

/* Two points of equal weight, targets 0.25 and 0.75 on average. */
static struct population two_points(double *noise)
{
    static double points[] = {0, 1}, weights[] = {0.5, 0.5}, means[] = {0.25, 0.75};
    return (struct population){1, 1, noise, 2, points, weights, means};
}

static void populations_have_floors_of_their_own(void **state)
{
    (void)state;
    double noise = 2.0, entropy = -(0.25 * log(0.25) + 0.75 * log(0.75));
    struct population population = two_points(&noise);
    struct dataset *dataset = dataset_create(10, 1, 1, NULL);
    dataset->features[0] = 1;
    struct floors *squares = floors_create(dataset, LOSS_MSE, &population, NULL);
    struct floors *entropies = floors_create(dataset, LOSS_BINARY_CROSS_ENTROPY, &population, NULL);
    struct floors *others = floors_create(dataset, LOSS_MAE, &population, NULL);
    assert_near(squares->value[FLOOR_NOISE], 2);
    assert_near(squares->value[FLOOR_POPULATION_CONSTANT], 2.0625);
    assert_near(squares->expected_pure_error, 2.0 * (10 - 2) / 10);
    assert_near(entropies->value[FLOOR_NOISE], entropy);
    assert_near(entropies->value[FLOOR_POPULATION_CONSTANT], log(2));
    assert_true(isnan(others->value[FLOOR_NOISE]));
    assert_non_null(strstr(others->why[FLOOR_NOISE], "squared error"));
    population.n_points = 0; /* the noise alone is known */
    struct floors *noisy = floors_create(dataset, LOSS_MSE, &population, NULL);
    assert_near(noisy->value[FLOOR_NOISE], 2);
    assert_true(isnan(noisy->value[FLOOR_POPULATION_CONSTANT]));
    floors_destroy(squares);
    floors_destroy(entropies);
    floors_destroy(others);
    floors_destroy(noisy);
    dataset_destroy(dataset);
}

/* --- memory --------------------------------------------------------------------------------- */

static void a_copy_is_the_same_and_its_own(void **state)
{
    (void)state;
    struct floors *floors = floors_of(golden(golden_report_targets), LOSS_MSE);
    struct floors *copy = floors_copy(floors, NULL);
    floors_destroy(floors);
    assert_near(copy->coefficients[2], -2.7211846482689737);
    assert_near(copy->mean[0], 12.36);
    assert_near(copy->value[FLOOR_CONSTANT], 33.3704);
    floors_destroy(copy);
}

/* The floors at last; at least 15 allocations failed before. */
static struct floors *create_in_want(const struct dataset *dataset, enum loss loss)
{
    struct floors *floors = NULL;
    int n = 0;
    while (!floors) {
        struct error error = ERROR_INIT;
        memory_fail_from(++n);
        floors = floors_create(dataset, loss, NULL, &error);
        memory_fail_from(0);
        assert_true(floors || error.kind == ERROR_MEMORY);
    }
    assert_true(n > 15);
    return floors;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct dataset *dataset = with_targets(3, one_of_three);
    floors_destroy(create_in_want(dataset, LOSS_HUBER));
    struct floors *floors = create_in_want(dataset, LOSS_CATEGORICAL_CROSS_ENTROPY);
    for (int k = 1, failed = -1; failed != 0; k++) {
        struct error error = ERROR_INIT;
        memory_fail_from(k);
        failed = floors_permute(floors, dataset, NULL, NULL, &error);
        memory_fail_from(0);
        assert_true(failed == 0 || error.kind == ERROR_MEMORY);
    }
    floors_destroy(floors);
    dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_data_have_the_golden_facts),
        cmocka_unit_test(random_data_have_the_golden_facts),
        cmocka_unit_test(outputs_are_averaged_as_the_loss_does),
        cmocka_unit_test(mae_and_huber_have_constants_and_pure_errors),
        cmocka_unit_test(binary_classes_have_entropies),
        cmocka_unit_test(several_classes_have_entropies),
        cmocka_unit_test(separable_classes_have_infimum_0_and_say_so),
        cmocka_unit_test(touching_classes_keep_what_no_plane_separates),
        cmocka_unit_test(logistic_regression_ignores_scales_and_copies),
        cmocka_unit_test(pure_error_of_inputs_that_never_repeat_says_nothing),
        cmocka_unit_test(zeros_of_both_signs_are_one_input),
        cmocka_unit_test(targets_that_never_change_need_no_tests),
        cmocka_unit_test(numbers_too_large_for_squares_have_no_floors),
        cmocka_unit_test(one_sample_has_floors_of_0),
        cmocka_unit_test(what_takes_too_long_is_named),
        cmocka_unit_test(no_function_of_the_inputs_beats_pure_error),
        cmocka_unit_test(permutations_tell_signal_from_noise),
        cmocka_unit_test(neighbours_see_what_a_plane_does_not),
        cmocka_unit_test(permutation_p_values_are_fair),
        cmocka_unit_test(permutations_can_be_stopped),
        cmocka_unit_test(populations_have_floors_of_their_own),
        cmocka_unit_test(a_copy_is_the_same_and_its_own),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
