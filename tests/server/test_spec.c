/* Specs: what is accepted and what it becomes, what is refused and how, plans of runs. */
#include <math.h>
#include <setjmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/math/rng.h"
#include "server/base/json.h"
#include "server/spec/plan.h"
#include "tests/server/spec_files.h"

static struct faults faults;

static json_t *read_text(const char *text)
{
    struct error error = ERROR_INIT;
    json_t *json = json_read(text, strlen(text), &error);
    if (json == NULL)
        fail_msg("%s: %s", text, error.text);
    return json;
}

static struct spec *parse(const json_t *json)
{
    memset(&faults, 0, sizeof faults);
    struct spec *spec = spec_parse(json, &faults);
    assert_int_equal(spec == NULL, faults.n_found > 0);
    return spec;
}

/* The spec in `text`, which must be right. */
static struct spec *parse_text(const char *text)
{
    json_t *json = read_text(text);
    struct spec *spec = parse(json);
    if (spec == NULL)
        fail_msg("%s: %s: %s", text, faults.items[0].pointer, faults.items[0].detail);
    json_decref(json);
    return spec;
}

static void plan_run(const struct spec *spec, int run, struct run_plan *plan)
{
    struct error error = ERROR_INIT;
    if (spec_plan(spec, run, 1, plan, &error) < 0)
        fail_msg("run %d: %s", run, error.text);
}

/* --- populations --------------------------------------------------------------------------- */

static struct population *population_of(const struct spec *spec, int run)
{
    struct population *population;
    struct error error = ERROR_INIT;
    if (spec_population(spec, run, &population, &error) < 0)
        fail_msg("run %d: %s", run, error.text);
    return population;
}

static const char report_data[] =
    "{\"dataset\": {\"kind\": \"formula\", \"samples\": 100, \"seed\": 3,"
    " \"features\": {\"n1\": \"randint(1,5)\", \"n2\": \"randint(1,5)\"},"
    " \"target\": \"n1**2 + n2 + randint(0,5)\"},"
    " \"network\": {\"layers\": [{\"units\": 1, \"activation\": \"linear\"}]},"
    " \"sweep\": {\"/dataset/standardize\": [false, true]}}";

static void formulas_tell_their_population(void **state)
{
    (void)state;
    struct spec *spec = parse_text(report_data);
    struct population *plain = population_of(spec, 0), *scaled = population_of(spec, 1);
    struct run_plan plan;
    assert_int_equal(plain->n_points, 16);
    assert_true(fabs(plain->noise[0] - 2) < 1e-12);
    plan_run(spec, 1, &plan); /* every sample is one of the points, to the bit */
    assert_int_equal(scaled->n_points, 16);
    for (size_t s = 0; s < plan.dataset->n_samples; s++) {
        int n_found = 0;
        for (size_t i = 0; i < 16; i++)
            n_found += memcmp(scaled->points + 2 * i, plan.dataset->features + 2 * s,
                              2 * sizeof(double)) == 0;
        assert_int_equal(n_found, 1);
    }
    run_plan_clear(&plan);
    population_destroy(plain);
    population_destroy(scaled);
    spec_destroy(spec);
}

static void tables_have_no_population_and_sines_their_noise(void **state)
{
    (void)state;
    struct spec *table = parse_text("{\"dataset\": {\"kind\": \"table\","
                                    " \"rows\": [[1, 2], [2, 3]]}}");
    struct spec *sine = parse_text("{\"dataset\": {\"kind\": \"sine\", \"noise\": 0.5}}");
    struct population *noisy = population_of(sine, 0);
    assert_null(population_of(table, 0));
    assert_int_equal(noisy->n_points, 0);
    assert_true(noisy->noise[0] == 0.25);
    population_destroy(noisy);
    spec_destroy(table);
    spec_destroy(sine);
}

/* --- the files ----------------------------------------------------------------------------- */

static void assert_same_text(const char *name, const json_t *got, const json_t *expected)
{
    char *got_text = json_text(got, NULL), *expected_text = json_text(expected, NULL);
    if (strcmp(got_text, expected_text) != 0)
        fail_msg("%s: got\n%s\nexpected\n%s", name, got_text, expected_text);
    free(got_text);
    free(expected_text);
}

static void check_overrides(const char *name, const struct spec *spec, const json_t *expected)
{
    assert_int_equal(spec_n_runs(spec), json_array_size(expected));
    for (int run = 0; run < spec_n_runs(spec); run++) {
        json_t *overrides = spec_overrides(spec, run);
        assert_same_text(name, overrides, json_array_get(expected, (size_t)run));
        json_decref(overrides);
    }
}

static void check_valid(void *context, const char *name, const json_t *file)
{
    (void)context;
    struct spec *spec = parse(json_object_get(file, "spec"));
    if (spec == NULL)
        fail_msg("%s: %s: %s", name, faults.items[0].pointer, faults.items[0].detail);
    assert_same_text(name, spec_json(spec), json_object_get(file, "normalised"));
    check_overrides(name, spec, json_object_get(file, "overrides"));
    spec_destroy(spec);
}

static void valid_files_give_their_normalised_spec_and_runs(void **state)
{
    (void)state;
    assert_true(spec_files_each("tests/specs/valid", check_valid, NULL) > 20);
}

static void assert_same_plans(const char *name, const struct run_plan *a, const struct run_plan *b)
{
    size_t n_parameters = network_n_parameters(&a->network);
    size_t n_features = a->dataset->n_features * a->dataset->n_samples;
    size_t n_targets = a->dataset->n_targets * a->dataset->n_samples;

    if (n_parameters != network_n_parameters(&b->network))
        fail_msg("%s: got %zu parameters, then %zu", name, n_parameters,
                 network_n_parameters(&b->network));
    assert_memory_equal(a->parameters, b->parameters, n_parameters * sizeof(double));
    assert_memory_equal(a->dataset->features, b->dataset->features, n_features * sizeof(double));
    assert_memory_equal(a->dataset->targets, b->dataset->targets, n_targets * sizeof(double));
    assert_true(a->training.learning_rate == b->training.learning_rate);
    assert_int_equal(a->training.epochs, b->training.epochs);
    assert_int_equal(a->n_predict, b->n_predict);
}

/* As after a restart: the stored text is read again. */
static void check_stored(void *context, const char *name, const json_t *file)
{
    (void)context;
    struct spec *spec = parse(json_object_get(file, "spec"));
    char *text = json_text(spec_json(spec), NULL);
    json_t *stored = read_text(text);
    struct spec *again = parse(stored);

    if (again == NULL)
        fail_msg("%s: %s: %s", name, faults.items[0].pointer, faults.items[0].detail);
    assert_same_text(name, spec_json(again), stored);
    check_overrides(name, again, json_object_get(file, "overrides"));
    for (int run = 0; run < spec_n_runs(spec); run++) {
        struct run_plan plan, plan_again;
        plan_run(spec, run, &plan);
        plan_run(again, run, &plan_again);
        assert_same_plans(name, &plan, &plan_again);
        run_plan_clear(&plan);
        run_plan_clear(&plan_again);
    }
    spec_destroy(again);
    json_decref(stored);
    free(text);
    spec_destroy(spec);
}

static void stored_text_gives_the_same_spec_and_plans(void **state)
{
    (void)state;
    spec_files_each("tests/specs/valid", check_stored, NULL);
}

static void check_invalid(void *context, const char *name, const json_t *file)
{
    (void)context;
    const json_t *expected = json_object_get(file, "faults");
    json_int_t n_found = json_integer_value(json_object_get(file, "found"));
    json_t *got = json_array();

    struct spec *spec = parse(json_object_get(file, "spec"));
    assert_null(spec);
    for (int i = 0; i < faults_n_kept(&faults); i++)
        json_array_append_new(got, json_pack("{s:s,s:s}", "pointer", faults.items[i].pointer,
                                             "detail", faults.items[i].detail));
    assert_same_text(name, got, expected);
    assert_int_equal(faults.n_found, n_found > 0 ? n_found : (json_int_t)json_array_size(expected));
    json_decref(got);
}

static void invalid_files_give_exactly_their_faults(void **state)
{
    (void)state;
    assert_true(spec_files_each("tests/specs/invalid", check_invalid, NULL) > 50);
}

/* --- plans --------------------------------------------------------------------------------- */

#define TABLE "\"dataset\":{\"kind\":\"table\",\"rows\":[[1,2,3],[4,5,6.5]]}"

static void plans_hold_the_settings_of_the_spec(void **state)
{
    (void)state;
    struct spec *spec = parse_text(
        "{" TABLE ",\"network\":{\"layers\":[{\"units\":3,\"activation\":\"tanh\"},{\"units\":1}]},"
        "\"training\":{\"gradient\":\"half\",\"optimizer\":{\"learning_rate\":0.25},"
        "\"batch_size\":2,\"reduction\":\"sum\",\"order\":\"shuffle\",\"seed\":4294967295,"
        "\"epochs\":7},\"predict\":[[1,-2],[0.5,4]]}");
    struct run_plan plan;

    plan_run(spec, 0, &plan);
    assert_int_equal(plan.network.n_inputs, 2);
    assert_int_equal(plan.network.n_layers, 2);
    assert_int_equal(plan.network.layers[0].units, 3);
    assert_int_equal(plan.network.layers[0].activation, ACTIVATION_TANH);
    assert_int_equal(plan.network.layers[1].activation, ACTIVATION_LINEAR);
    assert_int_equal(plan.training.loss, LOSS_MSE);
    assert_int_equal(plan.training.gradient, GRADIENT_HALF);
    assert_int_equal(plan.training.optimizer, OPTIMIZER_SGD);
    assert_true(plan.training.learning_rate == 0.25);
    assert_int_equal(plan.training.batch_size, 2);
    assert_int_equal(plan.training.reduction, REDUCTION_SUM);
    assert_int_equal(plan.training.order, ORDER_SHUFFLE);
    assert_true(plan.training.order_seed == 4294967295u);
    assert_int_equal(plan.training.epochs, 7);
    assert_int_equal(plan.n_predict, 2);
    const double predict[] = {1, -2, 0.5, 4};
    assert_memory_equal(plan.predict, predict, sizeof predict);
    run_plan_clear(&plan);
    assert_null(plan.parameters);
    spec_destroy(spec);
}

static void tables_become_data_sets(void **state)
{
    (void)state;
    struct spec *spec = parse_text("{" TABLE "}");
    struct spec *named =
        parse_text("{\"dataset\":{\"kind\":\"table\",\"names\":[\"a\",\"b\",\"c\"],"
                   "\"n_targets\":2,\"rows\":[[1,2,3],[4,5,6.5]]}}");
    struct run_plan plan;

    plan_run(spec, 0, &plan);
    const double features[] = {1, 2, 4, 5}, targets[] = {3, 6.5};
    assert_int_equal(plan.dataset->n_samples, 2);
    assert_int_equal(plan.dataset->n_features, 2);
    assert_memory_equal(plan.dataset->features, features, sizeof features);
    assert_memory_equal(plan.dataset->targets, targets, sizeof targets);
    assert_string_equal(plan.dataset->names[0], "x1");
    assert_string_equal(plan.dataset->names[1], "x2");
    assert_string_equal(plan.dataset->names[2], "y");
    run_plan_clear(&plan);

    plan_run(named, 0, &plan);
    const double one_feature[] = {1, 4}, two_targets[] = {2, 3, 5, 6.5};
    assert_int_equal(plan.dataset->n_targets, 2);
    assert_memory_equal(plan.dataset->features, one_feature, sizeof one_feature);
    assert_memory_equal(plan.dataset->targets, two_targets, sizeof two_targets);
    assert_string_equal(plan.dataset->names[2], "c");
    assert_int_equal(network_n_outputs(&plan.network), 2);
    run_plan_clear(&plan);
    spec_destroy(spec);
    spec_destroy(named);
}

static void formulas_become_data_sets(void **state)
{
    (void)state;
    /* First rows of the golden data, drawn by NumPy. */
    const double rows[][3] = {{2, 10, 18}, {3, 3, 16}, {1, 9, 10}, {0, 11, 14}, {3, 8, 18}};
    struct spec *spec = parse_text("{\"dataset\":{\"seed\":134551,\"features\":{\"n1\":\"randint(0,"
                                   "4)\",\"n2\":\"randint(0,15)\""
                                   "},\"target\":\"n1**2 + n2 + randint(0,5)\"}}");
    struct run_plan plan;

    plan_run(spec, 0, &plan);
    assert_int_equal(plan.dataset->n_samples, 100);
    for (int i = 0; i < 5; i++) {
        assert_memory_equal(plan.dataset->features + 2 * i, rows[i], 2 * sizeof(double));
        assert_memory_equal(plan.dataset->targets + i, &rows[i][2], sizeof(double));
    }
    assert_string_equal(plan.dataset->names[2], "target");
    run_plan_clear(&plan);
    spec_destroy(spec);
}

static void column_draws_fill_columns(void **state)
{
    (void)state;
    struct spec *spec =
        parse_text("{\"dataset\":{\"samples\":3,\"seed\":5,\"draws\":\"column\","
                   "\"features\":{\"a\":\"rand()\"},\"targets\":{\"t\":\"rand()\"}}}");
    struct run_plan plan;
    struct rng rng;

    plan_run(spec, 0, &plan);
    rng_seed(&rng, 5);
    for (int i = 0; i < 3; i++)
        assert_true(plan.dataset->features[i] == rng_uniform(&rng));
    for (int i = 0; i < 3; i++)
        assert_true(plan.dataset->targets[i] == rng_uniform(&rng));
    assert_string_equal(plan.dataset->names[1], "t");
    run_plan_clear(&plan);
    spec_destroy(spec);
}

static void a_plan_without_data_has_none(void **state)
{
    (void)state;
    struct spec *spec = parse_text("{" TABLE "}");
    struct error error = ERROR_INIT;
    struct run_plan plan;

    assert_int_equal(spec_plan(spec, 0, 0, &plan, &error), 0);
    assert_null(plan.dataset);
    assert_non_null(plan.parameters);
    run_plan_clear(&plan);
    spec_destroy(spec);
}

/* --- start values -------------------------------------------------------------------------- */

/* Asserts the start values of a 2-2-1 network by name. */
static void assert_start(const char *init, const double expected[NETWORK_NAMES])
{
    char text[600];
    struct run_plan plan;

    snprintf(text, sizeof text, "{" TABLE ",\"network\":{\"init\":%s}}", init);
    struct spec *spec = parse_text(text);
    plan_run(spec, 0, &plan);
    assert_true(network_is_named(&plan.network));
    for (int i = 0; i < NETWORK_NAMES; i++) {
        double got = plan.parameters[network_named_offset(&plan.network, i)];
        if (memcmp(&got, &expected[i], sizeof got) != 0)
            fail_msg("%s: %s is %.17g, expected %.17g", init, network_name(i), got, expected[i]);
    }
    run_plan_clear(&plan);
    spec_destroy(spec);
}

static void explicit_values_start_by_array_and_by_name(void **state)
{
    (void)state;
    const double values[] = {0.1, -0.2, 3, -0.0, 5, 6e300, 7, 8, -9};
    assert_start("{\"scheme\":\"explicit\",\"weights\":[[[0.1,-0.2],[3,-0.0]],[[5,6e300]]],"
                 "\"biases\":[[7,8],[-9]]}",
                 values);
    assert_start("{\"scheme\":\"explicit\",\"named\":{\"bias3\":-9,\"w1\":0.1,\"w2\":-0.2,\"w3\":3,"
                 "\"w4\":-0.0,\"w5\":5,\"w6\":6e300,\"bias1\":7,\"bias2\":8}}",
                 values);
}

static void constant_values_start_the_same(void **state)
{
    (void)state;
    const double zeros[NETWORK_NAMES] = {0};
    const double defaults[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0};
    const double given[] = {-2, -2, -2, -2, -2, -2, 7, 7, 7};
    assert_start("{\"scheme\":\"zeros\"}", zeros);
    assert_start("{\"scheme\":\"constant\"}", defaults);
    assert_start("{\"scheme\":\"constant\",\"weight\":-2,\"bias\":7}", given);
}

static void random_values_start_from_the_seed(void **state)
{
    (void)state;
    double uniform[NETWORK_NAMES], normal[NETWORK_NAMES];
    struct rng rng;

    rng_seed(&rng, 12);
    for (int i = 0; i < 6; i++)
        uniform[i] = -1 + (3.0 - -1) * rng_uniform(&rng);
    rng_seed(&rng, 13);
    for (int i = 0; i < 6; i++)
        normal[i] = 5 + 0.25 * rng_normal(&rng);
    for (int i = 6; i < NETWORK_NAMES; i++) {
        uniform[i] = 0.125;
        normal[i] = 0;
    }
    assert_start("{\"scheme\":\"uniform\",\"low\":-1,\"high\":3,\"bias\":0.125,\"seed\":12}",
                 uniform);
    assert_start("{\"scheme\":\"normal\",\"mean\":5,\"sd\":0.25,\"seed\":13}", normal);
}

/* --- sweeps -------------------------------------------------------------------------------- */

static void every_run_has_its_values(void **state)
{
    (void)state;
    struct spec *spec = parse_text(
        "{" TABLE ",\"sweep\":{\"/training/epochs\":[10,20],\"/training/optimizer/learning_rate\":"
        "{\"from\":0.5,\"to\":2.5},\"/network/layers/0/units\":[1]}}");
    const double rates[] = {0.5, 1.5, 2.5};

    assert_int_equal(spec_n_runs(spec), 6);
    for (int run = 0; run < 6; run++) {
        struct run_plan plan;
        plan_run(spec, run, &plan);
        assert_int_equal(plan.training.epochs, run < 3 ? 10 : 20);
        assert_true(plan.training.learning_rate == rates[run % 3]);
        assert_int_equal(plan.network.layers[0].units, 1);
        run_plan_clear(&plan);
    }
    spec_destroy(spec);
}

/* Plans every run of a spec; NULL when each has its own learning rate. */
static void *plan_all(void *spec)
{
    for (int run = 0; run < spec_n_runs(spec); run++) {
        struct error error = ERROR_INIT;
        struct run_plan plan;
        json_t *overrides = spec_overrides(spec, run);
        if (spec_plan(spec, run, 1, &plan, &error) < 0 || overrides == NULL ||
            plan.training.learning_rate != 1 + run)
            return spec;
        json_decref(overrides);
        run_plan_clear(&plan);
    }
    return NULL;
}

static void several_threads_may_plan_the_runs_of_a_spec(void **state)
{
    (void)state;
    struct spec *spec = parse_text("{" TABLE ",\"sweep\":{\"/training/optimizer/learning_rate\":"
                                   "{\"from\":1,\"to\":200}}}");
    pthread_t threads[4];
    void *failed;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, plan_all, spec), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    spec_destroy(spec);
}

static void runs_of_one_data_set_are_known(void **state)
{
    (void)state;
    struct spec *spec =
        parse_text("{\"dataset\":{\"features\":{\"a\":\"rand()\"},\"target\":\"a\"},\"sweep\":{"
                   "\"/dataset/seed\":[1,2,1],\"/training/optimizer/learning_rate\":[0.1,0.2]}}");

    for (int a = 0; a < 6; a++)
        for (int b = 0; b < 6; b++)
            assert_int_equal(spec_same_dataset(spec, a, b), a / 2 % 2 == b / 2 % 2);
    spec_destroy(spec);
}

/* Processor time of parsing a spec with a sweep of n_runs seeds; `json` is given away. */
static double parse_s(json_t *json, int n_runs)
{
    json_object_set_new(json, "sweep", json_pack("{s:{s:i,s:i}}", "/training/seed", "from", 1,
                                                 "to", n_runs));
    clock_t started = clock();
    struct spec *spec = parse(json);
    double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;

    assert_non_null(spec);
    assert_int_equal(spec_n_runs(spec), n_runs);
    spec_destroy(spec);
    json_decref(json);
    return seconds;
}

/* Five hundred times the work of two would be noticed on any machine. */
static void assert_once(double two_s, double all_s)
{
    if (all_s > 100 * two_s)
        fail_msg("1024 runs took %.3f s of processor time, two %.3f s", all_s, two_s);
}

static json_t *wide_formula(void)
{
    return read_text("{\"dataset\":{\"samples\":100000,\"features\":{\"a\":\"normal(0,1)\"},"
                     "\"target\":\"a\"},\"training\":{\"epochs\":1}}");
}

static void a_thousand_runs_check_a_data_set_once(void **state)
{
    (void)state;
    assert_once(parse_s(wide_formula(), 2), parse_s(wide_formula(), 1024));
}

static json_t *long_table(void)
{
    json_t *rows = json_array();
    for (int i = 0; i < 20000; i++)
        json_array_append_new(rows, json_pack("[i,f,i]", i % 7, i % 5 + 0.5, i % 3));
    return json_pack("{s:{s:s,s:o},s:{s:i}}", "dataset", "kind", "table", "rows", rows,
                     "training", "epochs", 1);
}

static void a_thousand_runs_walk_a_table_once(void **state)
{
    (void)state;
    assert_once(parse_s(long_table(), 2), parse_s(long_table(), 1024));
}

/* --- names --------------------------------------------------------------------------------- */

static void assert_named(const char *rest, const char *expected)
{
    char text[400];
    snprintf(text, sizeof text, "{" TABLE "%s}", rest);
    struct spec *spec = parse_text(text);
    assert_string_equal(spec_name(spec), expected);
    spec_destroy(spec);
}

static void names_are_made_from_what_all_runs_share(void **state)
{
    (void)state;
    assert_named(",\"name\":\"mine\"", "mine");
    assert_named(",\"name\":\"\"", "2-2-1, sgd, 1000 epochs");
    assert_named(",\"training\":{\"epochs\":1}", "2-2-1, sgd, 1 epoch");
    assert_named(",\"sweep\":{\"/training/epochs\":[1,2]}", "2-2-1, sgd, 2 runs");
    assert_named(",\"sweep\":{\"/training/seed\":[1,2]}", "2-2-1, sgd, 1000 epochs, 2 runs");
    assert_named(",\"sweep\":{\"/network/layers/0/units\":[1,2]}", "sgd, 1000 epochs, 2 runs");
    assert_named(",\"sweep\":{\"/training\":[{},{}]}", "2-2-1, sgd, 2 runs");
}

static void new_names_are_checked_as_in_a_spec(void **state)
{
    (void)state;
    json_t *names = read_text("[\"Gr\xc3\xb6\xc3\x9f"
                              "e\",\"\",3,null,\"a\\tb\"]");
    struct faults found = {0};

    assert_int_equal(spec_check_name(json_array_get(names, 0), &found), 0);
    assert_int_equal(spec_check_name(json_array_get(names, 1), &found), 0);
    assert_int_equal(found.n_found, 0);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(spec_check_name(json_array_get(names, i), &found), -1);
    assert_int_equal(found.n_found, 3);
    assert_string_equal(found.items[0].pointer, "/name");
    assert_string_equal(found.items[0].detail, "got 3, expected a text of at most 200 characters");
    json_decref(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_files_give_their_normalised_spec_and_runs),
        cmocka_unit_test(stored_text_gives_the_same_spec_and_plans),
        cmocka_unit_test(invalid_files_give_exactly_their_faults),
        cmocka_unit_test(plans_hold_the_settings_of_the_spec),
        cmocka_unit_test(tables_become_data_sets),
        cmocka_unit_test(formulas_become_data_sets),
        cmocka_unit_test(column_draws_fill_columns),
        cmocka_unit_test(a_plan_without_data_has_none),
        cmocka_unit_test(explicit_values_start_by_array_and_by_name),
        cmocka_unit_test(constant_values_start_the_same),
        cmocka_unit_test(random_values_start_from_the_seed),
        cmocka_unit_test(every_run_has_its_values),
        cmocka_unit_test(several_threads_may_plan_the_runs_of_a_spec),
        cmocka_unit_test(runs_of_one_data_set_are_known),
        cmocka_unit_test(a_thousand_runs_check_a_data_set_once),
        cmocka_unit_test(a_thousand_runs_walk_a_table_once),
        cmocka_unit_test(names_are_made_from_what_all_runs_share),
        cmocka_unit_test(new_names_are_checked_as_in_a_spec),
        cmocka_unit_test(formulas_tell_their_population),
        cmocka_unit_test(tables_have_no_population_and_sines_their_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
