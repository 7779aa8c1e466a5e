/* Sweeps: the grid, where its faults are told, the values of ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/base/json.h"
#include "server/spec/sweep/ledger.h"
#include "server/spec/sweep/range.h"
#include "server/spec/sweep/sweep.h"

static const char base_text[] =
    "{\"dataset\":{\"seed\":0,\"samples\":9},\"network\":{\"layers\":[{\"units\":2}]},"
    "\"training\":{\"epochs\":1,\"optimizer\":{\"learning_rate\":1}}}";

static struct faults faults;

static json_t *read_text(const char *text)
{
    struct error error = ERROR_INIT;
    json_t *json = json_read(text, strlen(text), &error);
    if (json == NULL)
        fail_msg("%s: %s", text, error.text);
    return json;
}

/* A sweep over the base, which must be right; clear it. */
static void make(struct sweep *sweep, const char *text)
{
    json_t *json = read_text(text), *base = read_text(base_text);

    memset(sweep, 0, sizeof *sweep);
    memset(&faults, 0, sizeof faults);
    sweep_init(sweep, json, base, &faults);
    if (faults.n_found > 0)
        fail_msg("%s: %s: %s", text, faults.items[0].pointer, faults.items[0].detail);
    json_decref(json);
    json_decref(base);
}

/* --- the grid ------------------------------------------------------------------------------ */

static void without_a_sweep_there_is_one_run(void **state)
{
    (void)state;
    struct sweep sweep = {0};
    json_t *base = read_text(base_text);

    sweep_init(&sweep, NULL, base, &faults);
    assert_int_equal(sweep.n_runs, 1);
    json_t *applied = sweep_apply(&sweep, 0, base, &faults);
    assert_ptr_equal(applied, base);
    json_decref(applied);
    json_t *overrides = sweep_overrides(&sweep, 0);
    assert_int_equal(json_object_size(overrides), 0);
    json_decref(overrides);
    json_decref(base);
    sweep_clear(&sweep);
}

static void the_last_pointer_changes_fastest(void **state)
{
    (void)state;
    struct sweep sweep;

    make(&sweep, "{\"/dataset/seed\":[5,6],\"/training/epochs\":[1,2,3],"
                 "\"/network/layers/0/units\":[7,8]}");
    assert_int_equal(sweep.n_runs, 12);
    for (int run = 0; run < 12; run++) {
        assert_int_equal(sweep_index(&sweep, 0, run), run / 6);
        assert_int_equal(sweep_index(&sweep, 1, run), run / 2 % 3);
        assert_int_equal(sweep_index(&sweep, 2, run), run % 2);
    }
    sweep_clear(&sweep);
}

static void first_runs_stand_for_those_that_share_their_sections(void **state)
{
    (void)state;
    struct sweep sweep;
    const unsigned sections[] = {
        SWEEP_DATASET, SWEEP_TRAINING, SWEEP_NETWORK, SWEEP_DATASET | SWEEP_TRAINING, SWEEP_ALL, 0};
    const int n_expected[] = {2, 3, 2, 6, 12, 1};

    make(&sweep, "{\"/dataset/seed\":[5,6],\"/training/epochs\":[1,2,3],"
                 "\"/network/layers/0/units\":[7,8]}");
    for (int i = 0; i < 6; i++) {
        int n = 0;
        for (int run = 0; run < sweep.n_runs; run++)
            n += sweep_is_first(&sweep, run, sections[i]);
        assert_int_equal(n, n_expected[i]);
        assert_int_equal(sweep_n_different(&sweep, sections[i]), n_expected[i]);
        assert_true(sweep_is_first(&sweep, 0, sections[i]));
    }
    sweep_clear(&sweep);
}

static void a_run_shares_what_it_does_not_change(void **state)
{
    (void)state;
    struct sweep sweep;
    json_t *base = read_text(base_text);

    make(&sweep, "{\"/training/optimizer/learning_rate\":[0.5,0.25]}");
    json_t *applied = sweep_apply(&sweep, 1, base, &faults);
    assert_true(json_real_value(json_at(applied, "/training/optimizer/learning_rate")) == 0.25);
    assert_ptr_equal(json_at(applied, "/dataset"), json_at(base, "/dataset"));
    assert_ptr_equal(json_at(applied, "/training/epochs"), json_at(base, "/training/epochs"));
    assert_int_equal(json_integer_value(json_at(base, "/training/optimizer/learning_rate")), 1);
    json_decref(applied);
    json_decref(base);
    sweep_clear(&sweep);
}

static void an_axis_at_fault_leaves_the_others(void **state)
{
    (void)state;
    struct sweep sweep = {0};
    json_t *base = read_text(base_text);
    json_t *json = read_text("{\"/dataset/sede\":[1,2],\"/training/epochs\":[1,2]}");

    memset(&faults, 0, sizeof faults);
    sweep_init(&sweep, json, base, &faults);
    assert_int_equal(faults.n_found, 1);
    assert_int_equal(sweep.n_runs, 2);
    assert_true(sweep_is_unsure(&sweep, SWEEP_DATASET));
    assert_false(sweep_is_unsure(&sweep, SWEEP_NETWORK | SWEEP_TRAINING));
    sweep_clear(&sweep);
    json_decref(json);
    json_decref(base);
}

/* --- where faults are told ----------------------------------------------------------------- */

static void assert_origin(const struct sweep *sweep, int run, const char *pointer,
                          const char *expected)
{
    char out[FAULT_POINTER_BYTES];
    int is_value = sweep_origin(sweep, run, pointer, out);
    assert_string_equal(out, expected);
    assert_int_equal(is_value, strcmp(pointer, expected) != 0);
}

static void faults_are_told_at_the_value_they_come_from(void **state)
{
    (void)state;
    struct sweep sweep;

    make(&sweep, "{\"/network/layers\":[[],[]],\"/network/layers/0/units\":[1,2],"
                 "\"/training/epochs\":{\"from\":1,\"to\":2}}");
    assert_origin(&sweep, 4, "/network/layers/3/x~1y", "/sweep/~1network~1layers/1/3/x~1y");
    assert_origin(&sweep, 4, "/network/layers", "/sweep/~1network~1layers/1");
    assert_origin(&sweep, 6, "/network/layers/0/units", "/sweep/~1network~1layers~10~1units/1");
    assert_origin(&sweep, 0, "/training/epochs", "/sweep/~1training~1epochs");
    assert_origin(&sweep, 0, "/training", "/training");
    assert_origin(&sweep, 0, "/training/epochs2", "/training/epochs2");
    assert_origin(&sweep, 0, "/network", "/network");
    assert_origin(&sweep, 0, "", "");
    sweep_clear(&sweep);
}

static void runs_with_the_same_fault_tell_it_once(void **state)
{
    (void)state;
    struct sweep sweep;
    struct ledger ledger = {0};

    make(&sweep, "{\"/dataset/seed\":[5,6],\"/training/epochs\":[1,2,3]}");
    memset(&faults, 0, sizeof faults);
    for (int run = 0; run < sweep.n_runs; run++) {
        struct faults found = {0};
        faults_add(&found, "/network/layers", "in all");
        faults_add(&found, "/dataset/seed", "of a value");
        if (run >= 3)
            faults_add(&found, "/dataset/samples", "in some");
        ledger_enter(&ledger, &sweep, run, 0, &found);
    }
    ledger_tell(&ledger, &sweep, &faults);
    assert_int_equal(faults.n_found, 4);
    assert_string_equal(faults.items[0].detail, "in all");
    assert_string_equal(faults.items[1].pointer, "/sweep/~1dataset~1seed/0");
    assert_string_equal(faults.items[2].pointer, "/sweep/~1dataset~1seed/1");
    assert_string_equal(faults.items[3].detail, "in some (run 3)");
    sweep_clear(&sweep);
}

/* --- ranges -------------------------------------------------------------------------------- */

/* The values of a range; a new reference. */
static json_t *values_of(const char *text, const char *field)
{
    struct place place = {NULL, "range", 0};
    json_t *json = read_text(text), *given;

    memset(&faults, 0, sizeof faults);
    json_t *values = range_values(json, field ? option_find(field) : NULL, &place, &given, &faults);
    if (values == NULL)
        fail_msg("%s: %s", text, faults.items[0].detail);
    json_decref(given);
    json_decref(json);
    return values;
}

static double value_at(const json_t *values, size_t i)
{
    return json_number_value(json_array_get(values, i));
}

static void a_range_has_its_ends_exactly(void **state)
{
    (void)state;
    static const char *const scales[] = {"linear", "log"};
    char text[200];

    for (int i = 0; i < 2; i++) {
        for (int steps = 2; steps <= OPTIONS_RUNS_MAX; steps += 73) {
            snprintf(text, sizeof text,
                     "{\"from\":0.12345678901234567,\"to\":98.7654321098765432,\"steps\":%d,"
                     "\"scale\":\"%s\"}",
                     steps, scales[i]);
            json_t *values = values_of(text, NULL);
            assert_int_equal(json_array_size(values), steps);
            assert_true(value_at(values, 0) == 0.12345678901234567);
            assert_true(value_at(values, (size_t)steps - 1) == 98.7654321098765432);
            for (size_t k = 1; k < (size_t)steps; k++)
                assert_true(value_at(values, k) > value_at(values, k - 1));
            json_decref(values);
        }
    }
}

static void values_between_have_twelve_digits(void **state)
{
    (void)state;
    json_t *values = values_of("{\"from\":1e-6,\"to\":0.1,\"steps\":26,\"scale\":\"log\"}", NULL);

    for (size_t i = 1; i < 25; i++) {
        char digits[32];
        snprintf(digits, sizeof digits, "%.12g", value_at(values, i));
        assert_true(strtod(digits, NULL) == value_at(values, i));
        /* 12 digits: half a unit in the last place of 1.00000000000 */
        double exact = pow(10, -6 + (double)i / 5);
        assert_true(fabs(value_at(values, i) / exact - 1) < 5e-12);
    }
    assert_true(value_at(values, 5) == 1e-5);
    assert_true(value_at(values, 10) == 1e-4);
    json_decref(values);
}

static void linear_ranges_meet_round_values_and_zero(void **state)
{
    (void)state;
    json_t *values = values_of("{\"from\":-0.3,\"to\":0.1,\"steps\":5}", NULL);
    const double expected[] = {-0.3, -0.2, -0.1, 0, 0.1};

    for (size_t i = 0; i < 5; i++)
        assert_true(value_at(values, i) == expected[i]);
    json_decref(values);
}

static void ranges_of_whole_number_fields_are_whole(void **state)
{
    (void)state;
    json_t *values =
        values_of("{\"from\":1,\"to\":10000,\"steps\":9,\"scale\":\"log\"}", "/training/epochs");
    const double expected[] = {1, 3, 10, 32, 100, 316, 1000, 3162, 10000};

    for (size_t i = 0; i < 9; i++)
        assert_true(value_at(values, i) == expected[i]);
    json_decref(values);
}

static void extreme_ends_stay_finite(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"from\":-1e100,\"to\":1e100,\"steps\":1024}",
        "{\"from\":5e-324,\"to\":1e100,\"steps\":1024,\"scale\":\"log\"}"};

    for (int i = 0; i < 2; i++) {
        json_t *values = values_of(texts[i], NULL);
        assert_int_equal(json_array_size(values), 1024);
        for (size_t k = 0; k < 1024; k++)
            assert_true(isfinite(value_at(values, k)));
        json_decref(values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_sweep_there_is_one_run),
        cmocka_unit_test(the_last_pointer_changes_fastest),
        cmocka_unit_test(first_runs_stand_for_those_that_share_their_sections),
        cmocka_unit_test(a_run_shares_what_it_does_not_change),
        cmocka_unit_test(an_axis_at_fault_leaves_the_others),
        cmocka_unit_test(faults_are_told_at_the_value_they_come_from),
        cmocka_unit_test(runs_with_the_same_fault_tell_it_once),
        cmocka_unit_test(a_range_has_its_ends_exactly),
        cmocka_unit_test(values_between_have_twelve_digits),
        cmocka_unit_test(linear_ranges_meet_round_values_and_zero),
        cmocka_unit_test(ranges_of_whole_number_fields_are_whole),
        cmocka_unit_test(extreme_ends_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
