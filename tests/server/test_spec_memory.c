/* Specs when memory runs out: at every single allocation, without a crash and without a leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/base/json.h"
#include "server/spec/changes.h"
#include "server/spec/option/options.h"
#include "server/spec/preset/presets.h"
#include "server/spec/plan.h"
#include "tests/server/failing_allocations.h"

static json_t *read_text(const char *text)
{
    json_t *json = json_read(text, strlen(text), NULL);
    assert_non_null(json);
    return json;
}

static const char *const specs[] = {
    "{\"dataset\":{\"samples\":3,\"features\":{\"a\":\"rand()\",\"b\":\"a+1\"},\"targets\":{\"t\":"
    "\"a*b\"}},\"network\":{\"init\":{\"scheme\":\"explicit\",\"weights\":[[[1,2],[3,4]],[[5,6.5]]]"
    ","
    "\"biases\":[[7,8],[9]]}},\"predict\":[[1,2]],\"sweep\":{\"/training/optimizer/learning_rate\":"
    "[0.1,0.2],\"/training/epochs\":{\"from\":1,\"to\":2}}}",
    "{\"dataset\":{\"kind\":\"table\",\"names\":[\"a\",\"b\"],\"rows\":[[1,2],[3,4]]},\"sweep\":{"
    "\"/network\":[{},{\"init\":{\"scheme\":\"zeros\"}}]}}",
    "{\"dataset\":{\"samples\":3,\"features\":{\"a\":\"rand()\",\"b\":\"a+1\"},\"target\":\"a\"},"
    "\"network\":{\"init\":{\"scheme\":\"continue\",\"state\":\""
    "RFNDSwEAAAACAAAAAgAAAAIAAAByZWx1AAAAAAAAAAABAAAAbGluZWFyAAAAAAAAZAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAJAAAAAAAAAF0xhUcAt+o/C1FkL8Pc1L+4KUv0"
    "0gP7P0+POD/SGOQ/50J6oCwv7j9i9OCi13zGvziL/rAZGdU/j/VtMOdj+z/a7AUdh+rpPwhMCRDUJmCP"
    "\"}},\"training\":{\"schedule\":{\"kind\":\"cosine\"},\"order\":\"shuffle\"},"
    "\"sweep\":{\"/training/optimizer/learning_rate\":[0.1,0.2,0.3]}}"};

static int parse(void *json)
{
    struct faults faults = {0};
    struct spec *spec = spec_parse(json, &faults);
    if (spec == NULL)
        assert_true(faults.no_memory && faults.n_found > 0);
    int failed = spec == NULL;
    spec_destroy(spec);
    return failed;
}

static void parsing_survives_every_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        json_t *json = read_text(specs[i]);
        assert_true(fail_each(parse, json) > 100);
        json_decref(json);
    }
}

static int plan(void *spec)
{
    int failed = 0;

    for (int run = 0; run < spec_n_runs(spec); run++) {
        struct error error = ERROR_INIT;
        struct run_plan made;
        json_t *overrides = spec_overrides(spec, run);
        int result = spec_plan(spec, run, 1, &made, &error);
        assert_int_equal(result < 0, error.kind == ERROR_MEMORY);
        failed |= result < 0 || overrides == NULL;
        run_plan_clear(&made);
        json_decref(overrides);
    }
    return failed;
}

static void planning_survives_every_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct faults faults = {0};
        json_t *json = read_text(specs[i]);
        struct spec *spec = spec_parse(json, &faults);
        assert_non_null(spec);
        assert_true(fail_each(plan, spec) > 20);
        spec_destroy(spec);
        json_decref(json);
    }
}

/* A spec with faults stays one when memory runs out: at worst the memory is the fault. */
static int refuse(void *json)
{
    struct faults faults = {0};
    struct spec *spec = spec_parse(json, &faults);
    assert_null(spec);
    assert_true(faults.n_found > 0);
    return n_calls >= failing;
}

static void refusing_survives_every_failure(void **state)
{
    (void)state;
    json_t *json = read_text(
        "{\"name\":3,\"dataset\":{\"features\":{\"a\":\"rand()\",\"b\":\"c\"},\"target\":\"1/\"},"
        "\"network\":{\"layers\":[{\"unit\":1}]},\"sweep\":{\"/training/epochs\":[1,-1],\"/"
        "x\":[1]}}");
    assert_true(fail_each(refuse, json) > 50);
    json_decref(json);
}

static int read_and_write(void *text)
{
    struct error error = ERROR_INIT;
    json_t *json = json_read(text, strlen(text), &error);
    assert_int_equal(json == NULL, error.kind == ERROR_MEMORY);
    char *written = json != NULL ? json_text(json, NULL) : NULL;
    int failed = written == NULL;
    free(written);
    json_decref(json);
    return failed;
}

static void reading_and_writing_survive_every_failure(void **state)
{
    (void)state;
    assert_true(fail_each(read_and_write, (void *)specs[0]) > 50);
}

static int change(void *json)
{
    json_t *value = json_integer(3);
    json_t *with = value != NULL ? json_with(json, "/dataset/features/a", value) : NULL;
    json_t *merged = with != NULL ? json_merged(json, with) : NULL;
    int failed = merged == NULL || json_object_size(merged) != json_object_size(json);

    json_decref(merged);
    json_decref(with);
    json_decref(value);
    return failed;
}

static void changing_survives_every_failure(void **state)
{
    (void)state;
    json_t *json = read_text(specs[0]);
    assert_true(fail_each(change, json) > 20);
    json_decref(json);
}

static int make_options(void *context)
{
    (void)context;
    json_t *options = options_json();
    int failed = options == NULL;
    json_decref(options);
    return failed;
}

static int make_presets(void *context)
{
    (void)context;
    int failed = presets_json() == NULL;
    presets_clear();
    return failed;
}

static void tables_survive_every_failure(void **state)
{
    (void)state;
    assert_true(fail_each(make_options, NULL) > 500);
    assert_true(fail_each(make_presets, NULL) > 500);
}

static int expand(void *posted)
{
    struct faults faults = {0};
    json_t *json = presets_expand(posted, &faults);
    int failed = json == NULL;
    assert_int_equal(failed, faults.no_memory);
    json_decref(json);
    return failed;
}

static void expanding_survives_every_failure(void **state)
{
    (void)state;
    json_t *posted = read_text("{\"preset\":\"all_zero\",\"training\":{\"epochs\":3}}");
    assert_non_null(presets_json());
    assert_true(fail_each(expand, posted) > 10);
    json_decref(posted);
    presets_clear();
}

/* Changes that make objects on the way, take a field out and let others go. */
static int alter(void *json)
{
    struct faults faults = {0};
    json_t *spec = json_private(json_object_get(json, "spec"));
    json_t *changed =
        spec == NULL ? NULL : changes_make(spec, json_object_get(json, "changes"), 0, &faults);
    int failed = changed == NULL;
    assert_int_equal(failed, spec == NULL || faults.no_memory);
    json_decref(changed);
    return failed;
}

static int print_content(void *spec)
{
    struct text text = {0};
    spec_print_content(spec, &text);
    char *bytes = text_take(&text, NULL);
    int failed = bytes == NULL;
    free(bytes);
    return failed;
}

static void forking_survives_every_failure(void **state)
{
    (void)state;
    struct faults faults = {0};
    json_t *json = read_text(
        "{\"spec\":{\"dataset\":{\"features\":{\"a\":\"rand()\"},\"target\":\"a\"},\"training\":{"
        "\"optimizer\":{\"name\":\"momentum\",\"momentum\":0.5,\"l1\":0}}},\"changes\":{"
        "\"/training/optimizer/name\":\"adam\",\"/training/optimizer/l1\":null,"
        "\"/training/schedule/kind\":\"cosine\"}}");
    assert_true(fail_each(alter, json) > 10);
    struct spec *spec = spec_parse(json_object_get(json, "spec"), &faults);
    assert_true(fail_each(print_content, spec) > 10);
    spec_destroy(spec);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing_survives_every_failure),
        cmocka_unit_test(planning_survives_every_failure),
        cmocka_unit_test(refusing_survives_every_failure),
        cmocka_unit_test(reading_and_writing_survive_every_failure),
        cmocka_unit_test(changing_survives_every_failure),
        cmocka_unit_test(tables_survive_every_failure),
        cmocka_unit_test(expanding_survives_every_failure),
        cmocka_unit_test(forking_survives_every_failure),
    };
    json_allocate_with(json_allocate, json_release);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
