/* Changes to a spec: made, refused at their places, and the faults they cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/base/json.h"
#include "server/spec/changes.h"

static struct faults faults;

static const char spec_text[] =
    "{\"dataset\":{\"kind\":\"formula\",\"samples\":9,\"features\":{\"x\":\"rand()\"},"
    "\"target\":\"x\"},"
    "\"network\":{\"layers\":[{\"units\":2,\"activation\":\"relu\"},{\"units\":1,"
    "\"activation\":\"linear\"}],\"init\":{\"scheme\":\"uniform\",\"low\":0,\"high\":1,\"bias\":0,"
    "\"seed\":3}},"
    "\"training\":{\"loss\":\"mse\",\"gradient\":\"half\",\"optimizer\":{\"name\":\"momentum\","
    "\"learning_rate\":0.25,\"momentum\":0.5,\"l1\":0.5},\"epochs\":7}}";

static json_t *read_text(const char *text)
{
    struct error error = ERROR_INIT;
    json_t *json = json_read(text, strlen(text), &error);
    if (json == NULL)
        fail_msg("%s: %s", text, error.text);
    return json;
}

static json_t *change(const char *changes, int is_continued)
{
    memset(&faults, 0, sizeof faults);
    json_t *posted = read_text(changes);
    json_t *changed = changes_make(read_text(spec_text), posted, is_continued, &faults);
    assert_int_equal(changed == NULL, faults.n_found > 0);
    json_decref(posted);
    return changed;
}

/* The value at `pointer` after the changes, as text; "" for none. */
static void assert_made(const char *changes, const char *pointer, const char *expected)
{
    json_t *changed = change(changes, 0);
    if (changed == NULL)
        fail_msg("%s: %s: %s", changes, faults.items[0].pointer, faults.items[0].detail);
    const json_t *found = json_at(changed, pointer);
    char *text = found == NULL ? NULL : json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text == NULL ? "" : text, expected);
    free(text);
    json_decref(changed);
}

static void assert_refused(const char *changes, int is_continued, const char *pointer,
                           const char *detail)
{
    json_t *changed = change(changes, is_continued);
    assert_null(changed);
    assert_string_equal(faults.items[0].pointer, pointer);
    if (strstr(faults.items[0].detail, detail) == NULL)
        fail_msg("got '%s', expected '%s' in it", faults.items[0].detail, detail);
}

static void values_are_put_in_their_places(void **state)
{
    (void)state;
    assert_made("{\"/training/epochs\":3000}", "/training/epochs", "3000");
    assert_made("{\"/training/epochs\":3000}", "/training/loss", "\"mse\"");
    assert_made("{\"/network/layers/0/units\":5}", "/network/layers/0/units", "5");
    assert_made("{\"/dataset/features/y\":\"x\"}", "/dataset/features",
                "{\"x\":\"rand()\",\"y\":\"x\"}");
    assert_made("{\"/predict\":[[1]]}", "/predict", "[[1]]");
    assert_made("{}", "", spec_text);
}

static void null_takes_a_field_out(void **state)
{
    (void)state;
    assert_made("{\"/training/optimizer/l1\":null}", "/training/optimizer/l1", "");
    assert_made("{\"/training/schedule\":null}", "/training/schedule", "");
    assert_refused("{\"/network/layers/0\":null}", 0, "/changes/~1network~1layers~10",
                   "no element of a list");
}

static void objects_on_the_way_are_made(void **state)
{
    (void)state;
    assert_made("{\"/training/schedule/kind\":\"cosine\"}", "/training/schedule",
                "{\"kind\":\"cosine\"}");
    assert_made("{\"/dataset/split/train\":0.5,\"/dataset/split/test\":0.5}", "/dataset/split",
                "{\"train\":0.5,\"test\":0.5}");
}

static void fields_of_another_kind_go(void **state)
{
    (void)state;
    static const char adam[] = "{\"/training/optimizer/name\":\"adam\"}";
    assert_made(adam, "/training/optimizer",
                "{\"name\":\"adam\",\"learning_rate\":0.25,\"l1\":0.5}");
    assert_made("{\"/training/loss\":\"mae\"}", "/training/gradient", "");
    assert_made("{\"/network/init/scheme\":\"zeros\"}", "/network/init", "{\"scheme\":\"zeros\"}");
    assert_made("{\"/dataset/kind\":\"sine\"}", "/dataset", "{\"kind\":\"sine\",\"samples\":9}");
}

/* Then it is the checks that say so. */
static void what_the_changes_give_stays(void **state)
{
    (void)state;
    assert_made("{\"/training/optimizer/name\":\"adam\",\"/training/optimizer/momentum\":0.25}",
                "/training/optimizer/momentum", "0.25");
    assert_made("{\"/training/optimizer\":{\"name\":\"adam\",\"momentum\":0.25}}",
                "/training/optimizer", "{\"name\":\"adam\",\"momentum\":0.25}");
}

static void wrong_pointers_are_refused_with_a_guess(void **state)
{
    (void)state;
    assert_refused("{\"epochs\":3}", 0, "/changes/epochs", "expected a pointer to a field");
    assert_refused("{\"\":{}}", 0, "/changes/", "expected a pointer to a field");
    assert_refused("{\"/sweep\":{}}", 0, "/changes/~1sweep", "expected a pointer to a field");
    assert_refused("{\"/training/epoch\":3}", 0, "/changes/~1training~1epoch",
                   "no such field, did you mean /training/epochs?");
    assert_refused("{\"/network/layers/2/units\":3}", 0, "/changes/~1network~1layers~12~1units",
                   "no place for it");
    assert_refused("{\"/training/epochs\":3,\"/training\":{}}", 0, "/changes/~1training",
                   "would overwrite /training/epochs; put it before that one");
    assert_refused("{\"/training/optimizer/lr\":3}", 0, "/changes/~1training~1optimizer~1lr",
                   "learning_rate");
}

static void every_wrong_change_is_told(void **state)
{
    (void)state;
    assert_null(change("{\"/a\":3,\"/training/epochs\":4,\"/network/layers/9\":{},\"/b\":1}", 0));
    assert_int_equal(faults.n_found, 3);
}

static void the_start_of_a_continuation_stays(void **state)
{
    (void)state;
    assert_refused("{\"/network/init/seed\":3}", 1, "/changes/~1network~1init~1seed",
                   "fork it at \"start\"");
    assert_refused("{\"/network/init\":{}}", 1, "/changes/~1network~1init", "fork it at \"start\"");
    assert_refused("{\"/network\":{}}", 1, "/changes/~1network", "fork it at \"start\"");
}

static void too_many_or_no_object_is_refused(void **state)
{
    (void)state;
    char text[16 * (CHANGES_MAX + 2)] = "{";
    size_t n = 1;
    for (int i = 0; i <= CHANGES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s\"/a%d\":1", i == 0 ? "" : ",", i);
    snprintf(text + n, sizeof text - n, "}");
    assert_refused(text, 0, "/changes", "got 101 changes, expected at most 100");
    assert_int_equal(faults.n_found, 1);
    assert_refused("[1]", 0, "/changes", "expected an object of values by pointer");
}

/* --- faults -------------------------------------------------------------------------------- */

static void assert_placed(const char *changes, const char *pointer, const char *expected,
                          const char *detail)
{
    json_t *posted = read_text(changes);
    memset(&faults, 0, sizeof faults);
    faults_add(&faults, pointer, "got 0");
    changes_place_faults(posted, &faults);
    assert_string_equal(faults.items[0].pointer, expected);
    assert_string_equal(faults.items[0].detail, detail);
    json_decref(posted);
}

static void faults_stand_at_the_change_that_made_them(void **state)
{
    (void)state;
    static const char one[] = "{\"/training/epochs\":0}";
    assert_placed(one, "/training/epochs", "/changes/~1training~1epochs", "got 0");
    assert_placed("{\"/training\":{},\"/training/optimizer\":{}}", "/training/optimizer/l1",
                  "/changes/~1training~1optimizer/l1", "got 0");
    assert_placed(one, "/training", "/changes/~1training~1epochs", "/training: got 0");
    assert_placed(one, "/training/epochs_more", "/changes", "/training/epochs_more: got 0");
    assert_placed(one, "/dataset", "/changes", "/dataset: got 0");
    assert_placed(one, "/sweep/~1training~1epochs/1", "/sweep/~1training~1epochs/1", "got 0");
    assert_placed(one, "/name", "/name", "got 0");
    assert_placed(one, "", "", "got 0");
}

static void long_texts_stay_whole_characters(void **state)
{
    (void)state;
    char text[FAULT_TEXT_BYTES] = "";
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    json_t *posted = json_object();
    memset(&faults, 0, sizeof faults);
    faults_add(&faults, "/a", "%s", text);
    changes_place_faults(posted, &faults);
    assert_memory_equal(faults.items[0].detail, "/a: \xc3\xa9", 6);
    json_t *json = json_string(faults.items[0].detail); /* NULL unless UTF-8 */
    assert_non_null(json);
    json_decref(json);
    json_decref(posted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_put_in_their_places),
        cmocka_unit_test(null_takes_a_field_out),
        cmocka_unit_test(objects_on_the_way_are_made),
        cmocka_unit_test(fields_of_another_kind_go),
        cmocka_unit_test(what_the_changes_give_stays),
        cmocka_unit_test(wrong_pointers_are_refused_with_a_guess),
        cmocka_unit_test(every_wrong_change_is_told),
        cmocka_unit_test(the_start_of_a_continuation_stays),
        cmocka_unit_test(too_many_or_no_object_is_refused),
        cmocka_unit_test(faults_stand_at_the_change_that_made_them),
        cmocka_unit_test(long_texts_stay_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
