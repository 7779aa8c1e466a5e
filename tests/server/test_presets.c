/* Presets: the report's experiments, with the report's numbers to the last bit; and the others. */
#include <setjmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/train/block/block.h"
#include "server/base/json.h"
#include "server/spec/preset/presets.h"
#include "server/spec/plan.h"

static struct faults faults;
static json_t *golden; /* tests/golden/report.json */

/* --- finding ------------------------------------------------------------------------------- */

typedef void (*preset_fn)(const char *name, const json_t *preset);

static int each_preset(preset_fn each)
{
    json_t *group, *preset;
    size_t g, p;
    int n = 0;

    json_array_foreach(json_object_get(presets_json(), "groups"), g, group)
    {
        assert_true(json_string_length(json_object_get(group, "title")) > 0);
        json_array_foreach(json_object_get(group, "presets"), p, preset)
        {
            each(json_string_value(json_object_get(preset, "name")), preset);
            n++;
        }
    }
    return n;
}

static json_t *expand(const char *text)
{
    json_t *posted = json_loads(text, 0, NULL);
    memset(&faults, 0, sizeof faults);
    json_t *expanded = presets_expand(posted, &faults);
    assert_int_equal(expanded == NULL, faults.n_found > 0);
    json_decref(posted);
    return expanded;
}

/* The spec of a preset, by its name alone. */
static struct spec *spec_of(const char *name)
{
    char text[100];
    snprintf(text, sizeof text, "{\"preset\":\"%s\"}", name);
    json_t *json = expand(text);
    struct spec *spec = spec_parse(json, &faults);
    if (spec == NULL)
        fail_msg("%s: %s: %s", name, faults.items[0].pointer, faults.items[0].detail);
    json_decref(json);
    return spec;
}

/* --- texts --------------------------------------------------------------------------------- */

/* One sentence: it starts with a capital or a name, ends with a full stop and has no other. */
static void assert_sentence(const char *name, const json_t *json)
{
    const char *text = json_string_value(json);
    size_t n = text != NULL ? strlen(text) : 0;
    if (n < 20 || n > 250 || text[n - 1] != '.' || strstr(text, ". ") != NULL)
        fail_msg("%s: \"%s\": expected one sentence", name, text);
}

static int n_reported; /* presets that say what the report saw */

static void check_texts(const char *name, const json_t *preset)
{
    static const char *const members[] = {"name", "title", "look_for", "spec"};
    const json_t *saw = json_object_get(preset, "saw");

    for (int i = 0; i < 4; i++)
        assert_non_null(json_object_get(preset, members[i]));
    assert_int_equal(json_object_size(preset), saw != NULL ? 6 : 4);
    if (saw != NULL) {
        const char *question = json_string_value(json_object_get(preset, "question"));
        assert_sentence(name, saw);
        assert_non_null(question);
        assert_int_equal(question[strlen(question) - 1], '?');
        assert_true(json_array_size(json_object_get(presets_answer(name), "answer")) > 0);
        n_reported++;
    }
    assert_sentence(name, json_object_get(preset, "look_for"));
    assert_true(json_equal(json_at(preset, "/spec/name"), json_object_get(preset, "title")));
}

static void every_preset_says_what_to_look_for_and_the_report_what_it_saw(void **state)
{
    (void)state;
    n_reported = 0;
    assert_int_equal(each_preset(check_texts), 24);
    assert_int_equal(n_reported, 17);
}

/* Whether all that `part` says, `whole` says too. */
static int is_within(const json_t *part, const json_t *whole)
{
    json_t *member;
    const char *key;

    if (!json_is_object(part))
        return json_equal(part, whole);
    json_object_foreach((json_t *)part, key, member)
    {
        if (!is_within(member, json_object_get(whole, key)))
            return 0;
    }
    return 1;
}

/* What the preset says is what is trained: the normalised spec only adds to it. */
static void check_accepted(const char *name, const json_t *preset)
{
    struct spec *spec = spec_of(name);

    if (!is_within(json_object_get(preset, "spec"), spec_json(spec)))
        fail_msg("%s: its spec is another one when it has been read", name);
    spec_destroy(spec);
}

static void every_preset_is_a_right_spec(void **state)
{
    (void)state;
    each_preset(check_accepted);
}

/* --- numbers ------------------------------------------------------------------------------- */

enum { EPOCHS = 1000 };

/* Trains all runs of a spec that differ in their learning rates only; losses[epoch][run]. */
static struct block *train(const struct spec *spec, struct run_plan *plans, double *losses)
{
    struct block_run runs[BLOCK_RUNS_MAX];
    struct error error = ERROR_INIT;
    int n_runs = spec_n_runs(spec);
    int64_t n = 0;

    for (int run = 0; run < n_runs; run++) {
        assert_int_equal(spec_plan(spec, run, run == 0, &plans[run], &error), 0);
        assert_int_equal(plans[run].training.epochs, EPOCHS);
        runs[run] = (struct block_run){&plans[run].training, plans[run].parameters};
    }
    struct block *block = block_create(&plans[0].network, plans[0].dataset, runs, n_runs, &error);
    if (block == NULL)
        fail_msg("%s", error.text);
    while (block_state(block, 0).status == BLOCK_RUNNING)
        n += block_train(block, 1000000, EPOCHS, losses + n * n_runs);
    assert_int_equal(n, EPOCHS);
    return block;
}

static void assert_bits(const char *name, const char *what, double got, const json_t *expected)
{
    double wanted = json_number_value(expected);
    assert_true(json_is_number(expected));
    if (memcmp(&got, &wanted, sizeof got) != 0)
        fail_msg("%s: %s is %.17g, expected %.17g", name, what, got, wanted);
}

/* Compares a trained run with what the notebook computed. */
static void assert_golden(const char *name, const struct block *block, int run,
                          const struct run_plan *plan, const double *losses)
{
    const json_t *expected = json_object_get(json_object_get(golden, "experiments"), name);
    double parameters[NETWORK_NAMES], scratch[64], prediction;
    int n_runs = block_n_runs(block);
    const char *epoch;
    json_t *loss;

    assert_non_null(expected);
    json_object_foreach(json_object_get(expected, "losses"), epoch, loss)
    {
        assert_bits(name, epoch, losses[(strtol(epoch, NULL, 10) - 1) * n_runs + run], loss);
    }
    block_parameters(block, run, parameters);
    for (int i = 0; i < NETWORK_NAMES; i++) {
        const json_t *list = json_object_get(expected, i < 6 ? "final_weights" : "final_biases");
        assert_bits(name, network_name(i), parameters[network_named_offset(&plan->network, i)],
                    json_array_get(list, (size_t)(i < 6 ? i : i - 6)));
    }
    assert_true(network_scratch(&plan->network) <= sizeof scratch / sizeof scratch[0]);
    assert_int_equal(plan->n_predict, 1);
    network_predict(&plan->network, parameters, plan->predict, scratch, &prediction);
    assert_bits(name, "prediction", prediction, json_object_get(expected, "prediction"));
}

static void compare_with_notebook(const char *name, const char *const *golden_names, int n_runs)
{
    double *losses = malloc(sizeof(double) * EPOCHS * (size_t)n_runs);
    struct run_plan plans[BLOCK_RUNS_MAX];
    struct spec *spec = spec_of(name);

    assert_non_null(losses);
    assert_int_equal(spec_n_runs(spec), n_runs);
    struct block *block = train(spec, plans, losses);
    for (int run = 0; run < n_runs; run++) {
        assert_golden(golden_names[run], block, run, &plans[run], losses);
        run_plan_clear(&plans[run]);
    }
    block_destroy(block);
    spec_destroy(spec);
    free(losses);
}

static const char *const rates[] = {"lr_0.025", "lr_0.001", "lr_0.0004", "lr_0.00039",
                                    "lr_1e-4",  "lr_1e-5",  "lr_1e-6",   "lr_1e-7"};

static void presets_give_the_numbers_of_the_notebook(void **state)
{
    (void)state;
    const char *name;
    json_t *experiment;
    int n = 0;

    json_object_foreach(json_object_get(golden, "experiments"), name, experiment)
    {
        compare_with_notebook(name, &name, 1);
        n++;
    }
    assert_int_equal(n, 15);
}

static void the_sweep_gives_the_numbers_of_the_single_rates(void **state)
{
    (void)state;
    compare_with_notebook("learning_rates", rates, 8);
}

static void the_million_epochs_are_of_the_smallest_rate(void **state)
{
    (void)state;
    struct spec *spec = spec_of("lr_1e-7_million");
    struct error error = ERROR_INIT;
    struct run_plan plan;

    assert_int_equal(spec_plan(spec, 0, 0, &plan, &error), 0);
    assert_int_equal(plan.training.epochs, 1000000);
    assert_true(plan.training.learning_rate == 1e-7);
    run_plan_clear(&plan);
    spec_destroy(spec);
}

static void presets_have_the_data_of_the_report(void **state)
{
    (void)state;
    static const char *const names[] = {"lr_0.0004", "random_target"};
    static const char *const members[] = {"rows", "random_rows"};

    for (int k = 0; k < 2; k++) {
        const json_t *rows = json_object_get(golden, members[k]);
        struct spec *spec = spec_of(names[k]);
        struct error error = ERROR_INIT;
        struct run_plan plan;
        assert_int_equal(spec_plan(spec, 0, 1, &plan, &error), 0);
        assert_int_equal(plan.dataset->n_samples, json_array_size(rows));
        for (size_t i = 0; i < plan.dataset->n_samples; i++) {
            const json_t *row = json_array_get(rows, i);
            assert_bits(names[k], "n1", plan.dataset->features[2 * i], json_array_get(row, 0));
            assert_bits(names[k], "n2", plan.dataset->features[2 * i + 1], json_array_get(row, 1));
            assert_bits(names[k], "target", plan.dataset->targets[i], json_array_get(row, 2));
        }
        run_plan_clear(&plan);
        spec_destroy(spec);
    }
}

/* --- merging ------------------------------------------------------------------------------- */

static void other_members_are_merged_into_a_preset(void **state)
{
    (void)state;
    char *before = json_text(presets_json(), NULL);
    json_t *json = expand("{\"preset\":\"all_zero\",\"name\":\"mine\",\"training\":{\"epochs\":3,"
                          "\"optimizer\":{\"learning_rate\":1}},\"predict\":null}");

    assert_null(json_at(json, "/preset"));
    assert_null(json_at(json, "/predict"));
    assert_string_equal(json_string_value(json_at(json, "/name")), "mine");
    assert_int_equal(json_integer_value(json_at(json, "/training/epochs")), 3);
    assert_int_equal(json_integer_value(json_at(json, "/training/optimizer/learning_rate")), 1);
    assert_string_equal(json_string_value(json_at(json, "/training/optimizer/name")), "sgd");
    assert_string_equal(json_string_value(json_at(json, "/network/init/scheme")), "zeros");
    json_decref(json);
    char *after = json_text(presets_json(), NULL);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void a_changed_preset_has_lost_the_name_of_what_it_was(void **state)
{
    (void)state;
    json_t *same = expand("{\"preset\":\"lr_0.025\"}");
    json_t *anew = expand("{\"preset\":\"lr_0.025\",\"cache\":false}");
    json_t *changed = expand("{\"preset\":\"lr_0.025\",\"training\":{\"epochs\":3}}");
    assert_string_equal(json_string_value(json_at(same, "/name")), "Learning rate 0.025");
    assert_string_equal(json_string_value(json_at(anew, "/name")), "Learning rate 0.025");
    assert_null(json_at(changed, "/name"));
    json_decref(same);
    json_decref(anew);
    json_decref(changed);
}

static void *expand_often(void *posted)
{
    for (int i = 0; i < 50; i++) {
        struct faults found = {0};
        json_t *json = presets_expand(posted, &found);
        if (json == NULL)
            return posted;
        json_decref(json);
    }
    return NULL;
}

static void several_threads_may_expand_presets(void **state)
{
    (void)state;
    pthread_t threads[4];
    json_t *posted[4];
    void *failed;

    for (int i = 0; i < 4; i++) {
        posted[i] = json_loads("{\"preset\":\"learning_rates\",\"name\":\"x\"}", 0, NULL);
        assert_int_equal(pthread_create(&threads[i], NULL, expand_often, posted[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
        json_decref(posted[i]);
    }
}

static void other_bodies_are_left_as_they_are(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"dataset\":{}}", "[\"preset\"]", "{}"};

    for (int i = 0; i < 3; i++) {
        json_t *posted = json_loads(texts[i], 0, NULL);
        json_t *expanded = presets_expand(posted, &faults);
        assert_ptr_equal(expanded, posted);
        json_decref(expanded);
        json_decref(posted);
    }
}

static void unknown_presets_are_answered_with_all_names(void **state)
{
    (void)state;
    static const char *const values[] = {"\"no_such\"", "\"\"", "null",         "3",
                                         "[]",          "{}",   "\"all_zero \""};
    char text[100];

    for (int i = 0; i < 7; i++) {
        snprintf(text, sizeof text, "{\"preset\":%s,\"name\":\"x\"}", values[i]);
        assert_null(expand(text));
        assert_int_equal(faults.n_found, 1);
        assert_string_equal(faults.items[0].pointer, "/preset");
        assert_non_null(strstr(faults.items[0].detail, "expected one of learning_rates, lr_0.025"));
        assert_non_null(strstr(faults.items[0].detail, ", random_target, xor"));
        assert_non_null(strstr(faults.items[0].detail, ", schedules"));
    }
}

static int open_golden(void **state)
{
    (void)state;
    golden = json_load_file("tests/golden/report.json", 0, NULL);
    return golden != NULL && presets_json() != NULL ? 0 : -1;
}

static int close_golden(void **state)
{
    (void)state;
    json_decref(golden);
    presets_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_says_what_to_look_for_and_the_report_what_it_saw),
        cmocka_unit_test(every_preset_is_a_right_spec),
        cmocka_unit_test(presets_give_the_numbers_of_the_notebook),
        cmocka_unit_test(the_sweep_gives_the_numbers_of_the_single_rates),
        cmocka_unit_test(the_million_epochs_are_of_the_smallest_rate),
        cmocka_unit_test(presets_have_the_data_of_the_report),
        cmocka_unit_test(other_members_are_merged_into_a_preset),
        cmocka_unit_test(a_changed_preset_has_lost_the_name_of_what_it_was),
        cmocka_unit_test(several_threads_may_expand_presets),
        cmocka_unit_test(other_bodies_are_left_as_they_are),
        cmocka_unit_test(unknown_presets_are_answered_with_all_names),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
