/* Thousands of specs made by chance from the right ones: never a crash, always an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/base/json.h"
#include "server/spec/preset/presets.h"
#include "server/spec/plan.h"
#include "tests/server/spec_files.h"

/* The thread sanitizer sees nothing in them: no thread is begun. */
#ifdef __SANITIZE_THREAD__
enum { MUTATIONS_OF_VALID = 6, MUTATIONS_OF_INVALID = 2 };
#else
enum { MUTATIONS_OF_VALID = 60, MUTATIONS_OF_INVALID = 15 };
#endif

static uint64_t chance_state = 0x9e3779b97f4a7c15u; /* the same specs every time */

/* 0..n-1 (xorshift64*). */
static size_t chance(size_t n)
{
    chance_state ^= chance_state >> 12;
    chance_state ^= chance_state << 25;
    chance_state ^= chance_state >> 27;
    return (size_t)((chance_state * 0x2545f4914f6cdd1du >> 33) % n);
}

/* --- mutations ----------------------------------------------------------------------------- */

/* A value that may stand anywhere; a new reference. */
static json_t *any_value(void)
{
    static const char *const texts[] = {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "1",
                                        "-1",
                                        "2",
                                        "17",
                                        "1.5",
                                        "-0.0",
                                        "1e300",
                                        "-1e300",
                                        "1e-300",
                                        "4294967295",
                                        "4294967296",
                                        "9007199254740993",
                                        "9223372036854775807",
                                        "\"\"",
                                        "\"relu\"",
                                        "\"x\"",
                                        "\"rand()\"",
                                        "\"n1\"",
                                        "\"randint(0,1e9)\"",
                                        "\"n1 +\"",
                                        "\"1/0\"",
                                        "\"zeros\"",
                                        "\"table\"",
                                        "\"\xf0\x9f\x98\x80\"",
                                        "\"a/b~c\"",
                                        "[]",
                                        "{}",
                                        "[[]]",
                                        "[{}]",
                                        "[1,2,3]",
                                        "[[1,2],[3]]",
                                        "{\"a\":1}",
                                        "{\"from\":1,\"to\":3}",
                                        "{\"from\":1,\"to\":1e9,\"steps\":5,\"scale\":\"log\"}",
                                        "[[[1,2],[3,4]],[[5,6]]]",
                                        "{\"scheme\":\"normal\"}",
                                        "{\"units\":3}",
                                        "[{\"units\":2},{\"units\":1}]"};
    return json_loads(texts[chance(sizeof texts / sizeof texts[0])], JSON_DECODE_ANY, NULL);
}

/* Often one of the same type as `model`, which gets further. */
static json_t *value_like(const json_t *model)
{
    json_t *value = any_value();
    for (int i = 0; i < 6 && json_typeof(value) != json_typeof(model); i++) {
        json_decref(value);
        value = any_value();
    }
    return value;
}

/* A name that may stand anywhere. */
static const char *any_name(void)
{
    static const char *const names[] = {"name",
                                        "dataset",
                                        "kind",
                                        "samples",
                                        "seed",
                                        "features",
                                        "target",
                                        "targets",
                                        "rows",
                                        "names",
                                        "n_targets",
                                        "draws",
                                        "network",
                                        "layers",
                                        "units",
                                        "activation",
                                        "init",
                                        "scheme",
                                        "weights",
                                        "biases",
                                        "named",
                                        "weight",
                                        "bias",
                                        "low",
                                        "high",
                                        "mean",
                                        "sd",
                                        "training",
                                        "optimizer",
                                        "learning_rate",
                                        "batch_size",
                                        "epochs",
                                        "order",
                                        "sweep",
                                        "predict",
                                        "from",
                                        "to",
                                        "steps",
                                        "scale",
                                        "",
                                        "~",
                                        "a/b",
                                        "w1",
                                        "n1",
                                        "learning_rat",
                                        "/training/epochs",
                                        "/dataset",
                                        "/network/init/scheme",
                                        "/network/layers/0",
                                        "/network/layers/1/units",
                                        "/dataset/seed",
                                        "/training/optimizer/learning_rate",
                                        "/dataset/features/n1",
                                        "/network/init"};
    return names[chance(sizeof names / sizeof names[0])];
}

/* The i-th value of a container, borrowed. */
static json_t *child_at(json_t *json, size_t i, const char **out_key)
{
    *out_key = NULL;
    if (json_is_array(json))
        return json_array_get(json, i);
    void *at = json_object_iter(json);
    for (; i > 0; i--)
        at = json_object_iter_next(json, at);
    *out_key = json_object_iter_key(at);
    return json_object_iter_value(at);
}

static void mutate_list(json_t *list, size_t i, json_t *value)
{
    switch (chance(6)) {
    default:
        json_array_set(list, i, value);
        break;
    case 1:
        json_array_remove(list, i);
        break;
    case 2:
        json_array_insert(list, i, value);
        break;
    case 3:
        json_array_append(list, json_array_get(list, i));
    }
}

static void mutate_object(json_t *object, const char *key, json_t *value)
{
    char copy[256];

    snprintf(copy, sizeof copy, "%s", key);
    json_t *member = json_incref(json_object_get(object, key));
    switch (chance(6)) {
    default:
        json_object_set(object, copy, value);
        break;
    case 1:
        json_object_del(object, copy);
        break;
    case 2:
        json_object_set(object, any_name(), value);
        break;
    case 3:
        json_object_set(object, any_name(), member);
        json_object_del(object, copy);
    }
    json_decref(member);
}

/* Changes one thing somewhere in `json`. */
static void mutate(json_t *json)
{
    size_t n = json_is_array(json) ? json_array_size(json) : json_object_size(json);
    const char *key = NULL;
    size_t i = n > 0 ? chance(n) : 0;
    json_t *child = n > 0 ? child_at(json, i, &key) : json;

    if (n > 0 && (json_is_array(child) || json_is_object(child)) && chance(8) != 0) {
        mutate(child);
        return;
    }
    json_t *value = value_like(child);
    if (n > 0 && key != NULL)
        mutate_object(json, key, value);
    else if (n > 0)
        mutate_list(json, i, value);
    else if (json_is_array(json))
        json_array_append(json, value);
    else
        json_object_set(json, any_name(), value);
    json_decref(value);
}

/* --- what must hold ------------------------------------------------------------------------ */

static int n_accepted, n_refused;

/* A text that JSON may carry: valid UTF-8, ended within its room. */
static void assert_sound(const char *text, size_t size)
{
    size_t n = strnlen(text, size);
    assert_true(n < size);
    assert_int_equal(text_utf8_prefix(text, n), n);
}

static void assert_answer(const json_t *json)
{
    struct faults faults = {0};
    struct error error = ERROR_INIT;
    struct spec *spec = spec_parse(json, &faults);

    assert_int_equal(spec == NULL, faults.n_found > 0);
    assert_false(faults.no_memory);
    n_accepted += spec != NULL;
    n_refused += spec == NULL;
    for (int i = 0; i < faults_n_kept(&faults); i++) {
        assert_sound(faults.items[i].pointer, FAULT_POINTER_BYTES);
        assert_sound(faults.items[i].detail, FAULT_TEXT_BYTES);
        assert_true(faults.items[i].detail[0] != '\0');
    }
    if (spec == NULL)
        return;
    struct faults none = {0};
    struct spec *again = spec_parse(spec_json(spec), &none);
    if (again == NULL || !json_equal(spec_json(again), spec_json(spec))) {
        char *text = json_text(json, NULL);
        fail_msg("%s: its normalised form is another spec: %s", text, none.items[0].detail);
        free(text);
    }
    for (int k = 0; k < 2; k++) {
        struct run_plan plan;
        int run = k == 0 ? 0 : spec_n_runs(spec) - 1;
        if (spec_plan(spec, run, 1, &plan, &error) < 0)
            fail_msg("an accepted spec has no plan: %s", error.text);
        run_plan_clear(&plan);
        json_decref(spec_overrides(spec, run));
    }
    spec_destroy(again);
    spec_destroy(spec);
}

/* A copy to mutate; the largest data sets are made smaller, they would take most of the time. */
static json_t *copy_of(const json_t *spec)
{
    json_t *copy = json_deep_copy(spec);
    json_t *dataset = json_object_get(copy, "dataset");
    if (json_number_value(json_object_get(dataset, "samples")) > 1000)
        json_object_set_new(dataset, "samples", json_integer(1000));
    return copy;
}

static void mutate_file(void *context, const char *name, const json_t *file)
{
    (void)name;
    const json_t *spec = json_object_get(file, "spec");
    if (!json_is_object(spec))
        return;
    for (int i = 0; i < *(const int *)context; i++) {
        json_t *copy = copy_of(spec);
        for (size_t k = chance(3) + 1; k > 0; k--)
            mutate(copy);
        assert_answer(copy);
        json_decref(copy);
    }
}

static void mutated_specs_are_refused_or_right(void **state)
{
    (void)state;
    int n_valid = MUTATIONS_OF_VALID, n_invalid = MUTATIONS_OF_INVALID;

    spec_files_each("tests/specs/valid", mutate_file, &n_valid);
    spec_files_each("tests/specs/invalid", mutate_file, &n_invalid);
    print_message("%d accepted, %d refused\n", n_accepted, n_refused);
    /* A test that refuses or accepts everything would see nothing. */
    assert_true(n_accepted > 3 * MUTATIONS_OF_VALID && n_refused > 25 * MUTATIONS_OF_VALID);
}

/* Bytes changed in the text of a spec: malformed JSON or another spec. */
static void mutate_text(void *context, const char *name, const json_t *file)
{
    (void)context;
    (void)name;
    size_t n_bytes;
    json_t *copy = copy_of(json_object_get(file, "spec"));
    char *text = json_text(copy, &n_bytes);

    for (int i = 0; i < MUTATIONS_OF_VALID; i++) {
        struct error error = ERROR_INIT;
        size_t at = chance(n_bytes);
        char kept = text[at];
        text[at] = "\"{}[],:0-e~\\/\xff\x80 nx"[chance(19)];
        json_t *json = json_read(text, n_bytes, &error);
        if (json != NULL)
            assert_answer(json);
        else
            assert_sound(error.text, ERROR_TEXT_BYTES);
        assert_int_equal(json == NULL, error.kind == ERROR_INVALID);
        json_decref(json);
        text[at] = kept;
    }
    free(text);
    json_decref(copy);
}

static void mutated_texts_are_refused_or_right(void **state)
{
    (void)state;
    spec_files_each("tests/specs/valid", mutate_text, NULL);
}

static void mutated_presets_are_refused_or_right(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        struct faults faults = {0};
        json_t *posted = json_pack("{s:s,s:{}}", "preset", "learning_rates", "training");
        for (size_t k = chance(4) + 1; k > 0; k--)
            mutate(posted);
        json_t *spec = presets_expand(posted, &faults);
        if (spec != NULL)
            assert_answer(spec);
        else
            assert_int_equal(faults.n_found, 1);
        json_decref(spec);
        json_decref(posted);
    }
    presets_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutated_specs_are_refused_or_right),
        cmocka_unit_test(mutated_texts_are_refused_or_right),
        cmocka_unit_test(mutated_presets_are_refused_or_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
