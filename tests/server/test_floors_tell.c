/* Floors as clients get them: lines with words and formulas, and what is not known with why. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/explain/floors.h"
#include "server/base/json.h"
#include "server/base/json_teller.h"

static json_t *told(const struct floors *floors)
{
    struct json_teller teller;
    json_teller_init(&teller);
    floors_tell(floors, &teller.teller);
    json_t *json = json_teller_take(&teller);
    assert_non_null(json);
    return json;
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* The entry of that code in the list of that name, or NULL. */
static const json_t *find(const json_t *json, const char *list, const char *code)
{
    const json_t *items = json_object_get(json, list);
    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(text(json_array_get(items, i), "code"), code) == 0)
            return json_array_get(items, i);
    return NULL;
}

/* Eight samples of y = n^2 with a 1 more or less. */
static struct dataset *parabola(size_t n_outputs)
{
    struct dataset *dataset = dataset_create(8, 1, n_outputs, NULL);
    for (size_t i = 0; i < 8; i++) {
        dataset->features[i] = (double)(i / 2);
        for (size_t j = 0; j < n_outputs; j++)
            dataset->targets[i * n_outputs + j] = (double)((i / 2) * (i / 2)) + (i % 2 ? 1 : -1);
    }
    return dataset;
}

static void lines_come_highest_first_with_words_and_formulas(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(1);
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    json_t *json = told(floors);
    const json_t *lines = json_object_get(json, "lines");
    static const char *const codes[] = {"constant", "linear", "pure_error"};
    static const double values[] = {13.25, 2, 1};
    assert_int_equal(json_array_size(lines), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *line = json_array_get(lines, i);
        assert_string_equal(text(line, "code"), codes[i]);
        double value = json_real_value(json_object_get(line, "value"));
        assert_true(value > values[i] - 1e-12 && value < values[i] + 1e-12);
        assert_string_equal(text(line, "of"), "train");
        assert_string_equal(text(line, "kind"), "exact");
        assert_true(strlen(text(line, "formula")) > 10 && strlen(text(line, "tex")) > 10);
        assert_null(json_object_get(line, "note"));
    }
    assert_string_equal(text(json_array_get(lines, 0), "text"),
                        "Guessing the average, 3.5, for every sample gives 13.25.");
    assert_string_equal(
        text(json_array_get(lines, 1), "text"),
        "The best straight line through the data, which is linear regression, gives 2.");
    assert_non_null(strstr(text(json_array_get(lines, 2), "text"), "below 1 on these 8 samples"));
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void what_is_not_known_says_why(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(1);
    struct floors *floors = floors_create(dataset, LOSS_MAE, NULL, NULL);
    json_t *json = told(floors);
    static const char *const codes[] = {"best_known", "noise", "population_constant",
                                        "permutation_p", "neighbour_p"};
    assert_int_equal(json_array_size(json_object_get(json, "not_known")), 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(strlen(text(find(json, "not_known", codes[i]), "why")) > 10);
    assert_non_null(find(json, "lines", "constant"));
    assert_non_null(strstr(text(find(json, "lines", "linear"), "text"), "absolute"));
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void a_bound_is_called_one_until_it_is_proved(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(1);
    struct network narrow = {1, 2, {{1, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    struct network wide = {1, 2, {{6, ACTIVATION_RELU}, {1, ACTIVATION_LINEAR}}};
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    assert_int_equal(floors_search(floors, &narrow, dataset, NULL, NULL, NULL), 0);
    json_t *json = told(floors);
    assert_string_equal(text(find(json, "lines", "best_known"), "kind"), "bound");
    assert_non_null(strstr(text(find(json, "lines", "best_known"), "text"), "may exist"));
    json_decref(json);
    assert_int_equal(floors_search(floors, &wide, dataset, NULL, NULL, NULL), 0);
    json = told(floors);
    assert_string_equal(text(find(json, "lines", "best_known"), "kind"), "exact");
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void how_often_a_search_found_it_is_told(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(1);
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    floors->value[FLOOR_BEST_KNOWN] = 1.5;
    floors->n_agreeing = 3;
    floors->n_starts = 20;
    json_t *json = told(floors);
    assert_non_null(strstr(text(find(json, "lines", "best_known"), "text"),
                           "gives 1.5, in 3 of 20 searches"));
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void what_the_run_itself_had_is_told_as_its_own(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(1);
    for (int loss = LOSS_MSE; loss <= LOSS_HUBER; loss++) {
        struct floors *floors = floors_create(dataset, (enum loss)loss, NULL, NULL);
        floors->value[FLOOR_PURE_ERROR] = 0.5;
        floors_lower(floors, 1.0, 1); /* nothing was searched for */
        assert_true(isnan(floors->value[FLOOR_BEST_KNOWN]));
        floors->value[FLOOR_BEST_KNOWN] = 1.5;
        floors_lower(floors, 2.0, 0);
        assert_true(floors->value[FLOOR_BEST_KNOWN] == 1.5 && floors->missed_from == 0.0);
        floors_lower(floors, 1.25, 0);
        json_t *json = told(floors);
        const json_t *line = find(json, "lines", "best_known");
        assert_true(json_real_value(json_object_get(line, "value")) == 1.25);
        assert_string_equal(text(line, "kind"), "bound");
        assert_non_null(strstr(text(line, "text"), "This run itself had weights that give 1.25"));
        assert_non_null(strstr(text(line, "text"), "gives 1.5."));
        json_decref(json);
        floors_lower(floors, 0.5, 0); /* as low as any function of the inputs comes */
        assert_true(floors->value[FLOOR_BEST_KNOWN] == 0.5 && floors->best_is_lowest);
        floors_destroy(floors);
    }
    struct floors *floors = floors_create(dataset, LOSS_BINARY_CROSS_ENTROPY, NULL, NULL);
    floors->value[FLOOR_BEST_KNOWN] = 1.5;
    floors_lower(floors, 0.25, 1);
    json_t *json = told(floors);
    const json_t *line = find(json, "lines", "best_known");
    assert_true(json_real_value(json_object_get(line, "value")) == 0.0);
    assert_string_equal(text(line, "kind"), "exact");
    assert_non_null(strstr(text(line, "text"), "can have every sample's class on its own side"));
    assert_non_null(strstr(text(line, "note"), "none reaches"));
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void inputs_that_never_repeat_draw_no_line(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(1);
    for (size_t i = 0; i < 8; i++)
        dataset->features[i] = (double)i;
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    json_t *json = told(floors);
    assert_null(find(json, "lines", "pure_error"));
    assert_non_null(find(json, "lines", "linear"));
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void populations_are_told_apart(void **state)
{
    (void)state;
    double noise = 1, points[] = {0, 1}, weights[] = {0.5, 0.5}, means[] = {0, 4};
    struct population population = {1, 1, &noise, 2, points, weights, means};
    struct dataset *dataset = parabola(1);
    struct floors *floors = floors_create(dataset, LOSS_MSE, &population, NULL);
    json_t *json = told(floors);
    assert_string_equal(text(find(json, "lines", "noise"), "of"), "population");
    assert_string_equal(text(find(json, "lines", "population_constant"), "of"), "population");
    const json_t *data = json_object_get(json, "data");
    assert_true(json_real_value(json_object_get(data, "expected_pure_error")) == 0.5);
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

static void the_data_hold_what_is_known_alone(void **state)
{
    (void)state;
    struct dataset *dataset = parabola(2);
    struct floors *floors = floors_create(dataset, LOSS_MSE, NULL, NULL);
    json_t *json = told(floors);
    const json_t *data = json_object_get(json, "data");
    assert_int_equal(json_integer_value(json_object_get(data, "n_groups")), 4);
    assert_int_equal(json_array_size(json_object_get(data, "mean")), 2);
    assert_int_equal(json_array_size(json_object_get(data, "coefficients")), 2);
    assert_null(json_object_get(data, "linear_p"));
    assert_null(json_object_get(data, "expected_pure_error"));
    assert_non_null(strstr(text(find(json, "lines", "constant"), "formula"), "over the outputs"));
    json_decref(json);
    floors_destroy(floors);
    dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_highest_first_with_words_and_formulas),
        cmocka_unit_test(what_is_not_known_says_why),
        cmocka_unit_test(a_bound_is_called_one_until_it_is_proved),
        cmocka_unit_test(how_often_a_search_found_it_is_told),
        cmocka_unit_test(what_the_run_itself_had_is_told_as_its_own),
        cmocka_unit_test(inputs_that_never_repeat_draw_no_line),
        cmocka_unit_test(populations_are_told_apart),
        cmocka_unit_test(the_data_hold_what_is_known_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
