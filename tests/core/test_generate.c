/* Data sets from formulas. All rows of the golden report are compared in
 * tests/outside/test_core_against_numpy.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/data/generate.h"
#include "tests/core/failing_memory.h"

#define COUNT(array) (sizeof array / sizeof array[0])

static const struct generate_column report_features[] = {{"n1", "randint(0,4)"},
                                                         {"n2", "randint(0,15)"}};
static const struct generate_column report_target[] = {{"n3", "n1**2 + n2 + randint(0,5)"}};

static struct generate_recipe report_recipe(void)
{
    return (struct generate_recipe){.n_samples = 100,
                                    .seed = 134551,
                                    .draws = GENERATE_ROW,
                                    .n_features = 2,
                                    .features = report_features,
                                    .n_targets = 1,
                                    .targets = report_target};
}

static struct dataset *generate(const struct generate_recipe *recipe)
{
    struct error error = ERROR_INIT;
    struct generate_fault fault;
    assert_int_equal(generate_check(recipe, &fault, &error), 0);
    struct dataset *dataset = generate_dataset(recipe, &fault, &error);
    if (!dataset) {
        fail_msg("%s", error.text);
    }
    return dataset;
}

static void assert_rows(const struct dataset *dataset, const double (*rows)[3], size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        assert_true(dataset->features[2 * i] == rows[i][0]);
        assert_true(dataset->features[2 * i + 1] == rows[i][1]);
        assert_true(dataset->targets[i] == rows[i][2]);
    }
}

static double sum(const double *values, size_t n)
{
    double total = 0.0;
    for (size_t i = 0; i < n; i++) {
        total += values[i];
    }
    return total;
}

/* First rows, last row and sum of the target of golden/report.json. */
static void reproduces_the_report(void **state)
{
    (void)state;
    const double first[][3] = {{2, 10, 18}, {3, 3, 16}, {1, 9, 10}, {0, 11, 14},
                               {3, 8, 18},  {3, 9, 20}, {1, 1, 5},  {0, 13, 16}};
    struct generate_recipe recipe = report_recipe();
    struct dataset *dataset = generate(&recipe);
    assert_int_equal(dataset->n_samples, 100);
    assert_int_equal(dataset->n_features, 2);
    assert_int_equal(dataset->n_targets, 1);
    assert_string_equal(dataset->names[0], "n1");
    assert_string_equal(dataset->names[1], "n2");
    assert_string_equal(dataset->names[2], "n3");
    assert_rows(dataset, first, COUNT(first));
    assert_true(dataset->features[198] == 0 && dataset->features[199] == 3);
    assert_true(dataset->targets[99] == 5);
    assert_true(sum(dataset->targets, 100) == 1233);
    dataset_destroy(dataset);
}

static void reproduces_the_reports_random_target(void **state)
{
    (void)state;
    const double first[][3] = {{2, 10, 46}, {1, 12, 3}, {3, 4, 1},  {1, 5, 32},
                               {0, 11, 15}, {3, 7, 8},  {1, 9, 75}, {1, 13, 42}};
    const struct generate_column target[] = {{"n3", "randint(0,100)"}};
    struct generate_recipe recipe = report_recipe();
    recipe.targets = target;
    struct dataset *dataset = generate(&recipe);
    assert_rows(dataset, first, COUNT(first));
    assert_true(sum(dataset->targets, 100) == 4543);
    dataset_destroy(dataset);
}

/* As np.random.randint(0,4,size=100), randint(0,15,size=100), randint(0,5,size=100). */
static void draws_whole_columns(void **state)
{
    (void)state;
    const double first[][3] = {{2, 10, 18}, {2, 14, 21}, {2, 9, 16},
                               {1, 7, 12},  {0, 0, 3},   {3, 1, 13}};
    struct generate_recipe recipe = report_recipe();
    recipe.draws = GENERATE_COLUMN;
    struct dataset *dataset = generate(&recipe);
    assert_rows(dataset, first, COUNT(first));
    dataset_destroy(dataset);
}

static void one_draw_a_sample_gives_the_same_either_way(void **state)
{
    (void)state;
    const struct generate_column features[] = {{"a", "rand()"}, {"b", "a * 2"}};
    const struct generate_column targets[] = {{"c", "b - a"}, {"d", "c ** b"}};
    struct generate_recipe recipe = {.n_samples = 50,
                                     .seed = 3,
                                     .n_features = 2,
                                     .features = features,
                                     .n_targets = 2,
                                     .targets = targets};
    recipe.draws = GENERATE_ROW; /* one draw a sample: the same order either way */
    struct dataset *rows = generate(&recipe);
    recipe.draws = GENERATE_COLUMN;
    struct dataset *columns = generate(&recipe);
    assert_memory_equal(rows->features, columns->features, 100 * sizeof(double));
    assert_memory_equal(rows->targets, columns->targets, 100 * sizeof(double));
    for (size_t i = 0; i < 50; i++) {
        double a = rows->features[2 * i], b = rows->features[2 * i + 1];
        assert_true(b == a * 2);
        assert_true(rows->targets[2 * i] == b - a);
        assert_true(rows->targets[2 * i + 1] == pow(b - a, b));
    }
    dataset_destroy(rows);
    dataset_destroy(columns);
}

static void same_recipe_gives_same_bits(void **state)
{
    (void)state;
    struct generate_recipe recipe = report_recipe();
    struct dataset *one = generate(&recipe);
    struct dataset *other = generate(&recipe);
    recipe.seed++;
    struct dataset *reseeded = generate(&recipe);
    assert_memory_equal(one->targets, other->targets, 100 * sizeof(double));
    assert_memory_not_equal(one->targets, reseeded->targets, 100 * sizeof(double));
    dataset_destroy(one);
    dataset_destroy(other);
    dataset_destroy(reseeded);
}

/* A recipe of two features and a target with one thing wrong. */
struct wrong {
    struct generate_column columns[3];
    struct generate_fault fault;
    const char *message;
};

static struct generate_recipe recipe_of(const struct generate_column *columns)
{
    struct generate_recipe recipe = report_recipe();
    recipe.features = columns;
    recipe.targets = columns + 2;
    return recipe;
}

static void assert_fault(const struct wrong *wrong, const struct generate_fault *fault,
                         const struct error *error)
{
    assert_int_equal(error->kind, ERROR_INVALID);
    assert_string_equal(error->text, wrong->message);
    assert_int_equal(fault->is_target, wrong->fault.is_target);
    assert_int_equal(fault->index, wrong->fault.index);
    assert_int_equal(fault->sample, wrong->fault.sample);
}

static void wrong_columns_are_found_without_drawing(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {{{"a", "1"}, {"b", "a +"}, {"c", "1"}},
         {0, 1, -1},
         "column 4: got the end, expected a number, a name or '('"},
        {{{"a", "b"}, {"b", "1"}, {"c", "1"}},
         {0, 0, -1},
         "column 1: unknown name 'b', expected pi, e or a function"},
        {{{"a", "a"}, {"b", "1"}, {"c", "1"}},
         {0, 0, -1},
         "column 1: unknown name 'a', expected pi, e or a function"},
        {{{"a", "1"}, {"b", "a"}, {"c", "a+b+d"}},
         {1, 0, -1},
         "column 5: unknown name 'd', expected a, b, pi, e or a function"},
        {{{"a", "1"}, {"a", "1"}, {"c", "1"}},
         {0, 1, -1},
         "got the name 'a' twice, expected it once"},
        {{{"a", "1"}, {"b", "1"}, {"b", "1"}},
         {1, 0, -1},
         "got the name 'b' twice, expected it once"},
        {{{"1a", "1"}, {"b", "1"}, {"c", "1"}},
         {0, 0, -1},
         "got the name '1a', expected letters, digits and _, no digit first"},
        {{{"a", "1"}, {"exp", "1"}, {"c", "1"}},
         {0, 1, -1},
         "got the name 'exp', which formulas use for something else"},
        {{{"a", "1"}, {"b", "1"}, {"a2345678901234567890123456789012", "1"}},
         {1, 0, -1},
         "got a name of 32 characters, expected at most 31"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct generate_recipe recipe = recipe_of(cases[i].columns);
        struct generate_fault fault = {7, 7, 7};
        struct error error = ERROR_INIT;
        assert_int_equal(generate_check(&recipe, &fault, &error), -1);
        assert_fault(&cases[i], &fault, &error);
        error = (struct error)ERROR_INIT;
        fault = (struct generate_fault){7, 7, 7};
        assert_null(generate_dataset(&recipe, &fault, &error));
        assert_fault(&cases[i], &fault, &error);
    }
}

/* Seed 134551 draws 2, 10, 4, 3, 3, 4 as n1, n2, noise of the report's first samples. */
static void impossible_values_name_the_sample(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {{{"a", "randint(0,4)"}, {"b", "randint(0,15)"}, {"c", "1/(b-10)"}},
         {1, 0, 0},
         "sample 0: division by zero at column 2"},
        {{{"a", "randint(0,4)"}, {"b", "randint(0,15)"}, {"c", "1/(a-1)+0*randint(0,5)"}},
         {1, 0, 2},
         "sample 2: division by zero at column 2"},
        {{{"a", "1e308"}, {"b", "a*10"}, {"c", "1"}},
         {0, 1, 0},
         "sample 0: got inf, expected a finite number"},
        {{{"a", "1e308"}, {"b", "1"}, {"c", "a*10-a*10"}},
         {1, 0, 0},
         "sample 0: got nan, expected a finite number"},
        {{{"a", "randint(4,4)"}, {"b", "1"}, {"c", "1"}},
         {0, 0, 0},
         "sample 0: randint without low < high at column 1: got 4 and 4"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct generate_recipe recipe = recipe_of(cases[i].columns);
        struct generate_fault fault;
        struct error error = ERROR_INIT;
        assert_int_equal(generate_check(&recipe, &fault, &error), 0);
        assert_null(generate_dataset(&recipe, &fault, &error));
        assert_fault(&cases[i], &fault, &error);
    }
}

static void column_draws_name_the_sample_too(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {{{"a", "randint(0,4)"}, {"b", "log(a-0.5)"}, {"c", "1"}},
         {0, 1, 4}, /* a is 2 2 2 1 0 */
         "sample 4: a logarithm of zero or less at column 1: got -0.5"},
        {{{"a", "randint(0,4)"}, {"b", "1"}, {"c", "a*1e308"}},
         {1, 0, 0},
         "sample 0: got inf, expected a finite number"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct generate_recipe recipe = recipe_of(cases[i].columns);
        recipe.draws = GENERATE_COLUMN;
        struct generate_fault fault;
        struct error error = ERROR_INIT;
        assert_null(generate_dataset(&recipe, &fault, &error));
        assert_fault(&cases[i], &fault, &error);
    }
}

static void impossible_shapes_are_refused(void **state)
{
    (void)state;
    struct generate_recipe shapes[4];
    for (size_t i = 0; i < COUNT(shapes); i++) {
        shapes[i] = report_recipe();
    }
    shapes[0].n_samples = 0;
    shapes[1].n_features = 0;
    shapes[2].n_targets = 0;
    shapes[3].n_features = DATASET_COLUMNS_MAX;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct generate_fault fault;
        struct error error = ERROR_INIT;
        assert_int_equal(generate_check(&shapes[i], &fault, &error), -1);
        assert_int_equal(error.kind, ERROR_INVALID);
        assert_int_equal(fault.sample, -1);
        assert_null(generate_dataset(&shapes[i], &fault, NULL));
    }
}

/* The most columns there may be, each seeing all before it. */
static void a_thousand_columns_generate(void **state)
{
    (void)state;
    enum { N = DATASET_COLUMNS_MAX };
    static char names[N][8], formulas[N][16];
    static struct generate_column columns[N];
    for (int k = 0; k < N; k++) {
        snprintf(names[k], sizeof names[k], "c%d", k);
        snprintf(formulas[k], sizeof formulas[k], k ? "c%d + 1" : "1", k - 1);
        columns[k] = (struct generate_column){names[k], formulas[k]};
    }
    struct generate_recipe recipe = report_recipe();
    recipe.n_features = N - 1;
    recipe.features = columns;
    recipe.targets = columns + N - 1;
    for (int draws = GENERATE_ROW; draws <= GENERATE_COLUMN; draws++) {
        recipe.draws = draws;
        struct dataset *dataset = generate(&recipe);
        assert_true(dataset->targets[99] == N);
        dataset_destroy(dataset);
    }
}

static void longest_name_is_kept_whole(void **state)
{
    (void)state;
    const struct generate_column features[] = {{"a234567890123456789012345678901", "2"},
                                               {"b", "1"}};
    struct generate_recipe recipe = report_recipe();
    recipe.features = features;
    recipe.targets = &(struct generate_column){"c", "a234567890123456789012345678901 + b"};
    struct dataset *dataset = generate(&recipe);
    assert_string_equal(dataset->names[0], features[0].name);
    assert_true(dataset->targets[0] == 3);
    dataset_destroy(dataset);
}

static void data_set_of_too_many_columns_is_refused(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    assert_null(dataset_create(1, DATASET_COLUMNS_MAX, 1, &error));
    assert_int_equal(error.kind, ERROR_TOO_LARGE);
    assert_null(dataset_create(1, 1, (size_t)-1, NULL));
    assert_null(dataset_create((size_t)-1, 2, 1, NULL));
    dataset_destroy(NULL);
}

/* Whichever allocation fails, the answer is ERROR_MEMORY and nothing leaks (which the address
 * sanitizer sees). */
static void every_failed_allocation_fails_cleanly(void **state)
{
    (void)state;
    for (int draws = GENERATE_ROW; draws <= GENERATE_COLUMN; draws++) {
        struct generate_recipe recipe = report_recipe();
        recipe.draws = draws;
        memory_fail_from(0);
        dataset_destroy(generate_dataset(&recipe, &(struct generate_fault){0}, NULL));
        int n_allocations = memory_count();
        assert_in_range(n_allocations, 8, 100);
        for (int n = 1; n <= n_allocations; n++) {
            struct error error = ERROR_INIT;
            struct generate_fault fault;
            memory_fail_from(n);
            struct dataset *dataset = generate_dataset(&recipe, &fault, &error);
            memory_fail_from(0);
            assert_null(dataset);
            assert_int_equal(error.kind, ERROR_MEMORY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reproduces_the_report),
        cmocka_unit_test(reproduces_the_reports_random_target),
        cmocka_unit_test(draws_whole_columns),
        cmocka_unit_test(one_draw_a_sample_gives_the_same_either_way),
        cmocka_unit_test(same_recipe_gives_same_bits),
        cmocka_unit_test(wrong_columns_are_found_without_drawing),
        cmocka_unit_test(impossible_values_name_the_sample),
        cmocka_unit_test(column_draws_name_the_sample_too),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(a_thousand_columns_generate),
        cmocka_unit_test(longest_name_is_kept_whole),
        cmocka_unit_test(data_set_of_too_many_columns_is_refused),
        cmocka_unit_test(every_failed_allocation_fails_cleanly),
    };
    return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}
