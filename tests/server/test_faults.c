/* Faults: their places and texts fit, whatever was posted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/base/text.h"
#include "server/spec/faults.h"
#include "server/spec/place.h"

static void faults_beyond_the_last_are_counted(void **state)
{
    (void)state;
    struct faults faults = {0};

    for (int i = 0; i < FAULTS_MAX + 5; i++) {
        assert_int_equal(faults_n_kept(&faults), i < FAULTS_MAX ? i : FAULTS_MAX);
        faults_add(&faults, "/a", "number %d", i);
    }
    assert_int_equal(faults.n_found, FAULTS_MAX + 5);
    assert_string_equal(faults.items[FAULTS_MAX - 1].detail, "number 19");
}

static void missing_memory_is_told_once(void **state)
{
    (void)state;
    struct faults faults = {0};
    faults_add_memory(&faults);
    faults_add_memory(&faults);
    assert_int_equal(faults.n_found, 1);
    assert_true(faults.no_memory);
    assert_string_equal(faults.items[0].pointer, "");
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    static char text[FAULT_TEXT_BYTES + 100];

    /* A text of 3-byte characters, moved along so that every way to cut one comes up. */
    for (size_t shift = 0; shift < 3; shift++) {
        struct faults faults = {0};
        size_t n = shift;
        memset(text, 'x', shift);
        for (; n + 4 < sizeof text; n += 3)
            memcpy(text + n, "\xe2\x98\x83", 4);
        faults_add(&faults, text, "%s", text);
        const struct fault *fault = &faults.items[0];
        size_t n_pointer = strlen(fault->pointer), n_detail = strlen(fault->detail);
        assert_int_equal(text_utf8_prefix(fault->pointer, n_pointer), n_pointer);
        assert_int_equal(text_utf8_prefix(fault->detail, n_detail), n_detail);
        assert_in_range(n_pointer, FAULT_POINTER_BYTES - 4, FAULT_POINTER_BYTES - 1);
        assert_in_range(n_detail, FAULT_TEXT_BYTES - 4, FAULT_TEXT_BYTES - 1);
    }
}

/* --- places -------------------------------------------------------------------------------- */

static void places_become_pointers(void **state)
{
    (void)state;
    char pointer[FAULT_POINTER_BYTES];
    struct place network = {NULL, "net/wo~rk", 0}, layers = {&network, "layers", 0};
    struct place layer = {&layers, NULL, 17}, empty = {&layer, "", 0};

    place_print(NULL, pointer);
    assert_string_equal(pointer, "");
    place_print(&layer, pointer);
    assert_string_equal(pointer, "/net~1wo~0rk/layers/17");
    place_print(&empty, pointer);
    assert_string_equal(pointer, "/net~1wo~0rk/layers/17/");
}

static void tokens_that_do_not_fit_are_left_out_whole(void **state)
{
    (void)state;
    char name[2 * FAULT_POINTER_BYTES];
    struct {
        char pointer[FAULT_POINTER_BYTES];
        char guard[8];
    } out;

    for (size_t n = 0; n < sizeof name - 1; n++) {
        for (const char *c = "x~"; *c != '\0'; c++) {
            memset(name, *c, n);
            name[n] = '\0';
            memset(&out, 0x55, sizeof out);
            snprintf(out.pointer, sizeof out.pointer, "/abc");
            place_add_token(out.pointer, name);
            size_t n_token = *c == '~' ? 2 * n : n, n_out = strlen(out.pointer);
            assert_int_equal(out.guard[0], 0x55);
            assert_true(n_out == 4 || n_out == 5 + n_token);
            assert_true(n_out > 4 || n_token > FAULT_POINTER_BYTES - 10);
        }
    }
}

static void nothing_fits_into_a_full_pointer(void **state)
{
    (void)state;
    static const char *const tokens[] = {"~~", "xx", "x", ""};
    struct {
        char pointer[FAULT_POINTER_BYTES];
        char guard[8];
    } out;

    for (int i = 0; i < 4; i++) {
        memset(&out, 0x55, sizeof out);
        out.pointer[FAULT_POINTER_BYTES - 1] = '\0';
        place_add_token(out.pointer, tokens[i]);
        assert_int_equal(strlen(out.pointer), FAULT_POINTER_BYTES - 1);
        assert_int_equal(out.guard[0], 0x55);
    }
}

/* --- what was found ------------------------------------------------------------------------ */

static void assert_got(const char *text, const char *expected)
{
    char out[FAULT_GOT_BYTES];
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    assert_string_equal(fault_got(out, json), expected);
    json_decref(json);
}

static void values_are_told_shortly(void **state)
{
    (void)state;
    char out[FAULT_GOT_BYTES];

    assert_got("0", "0");
    assert_got("-9223372036854775808", "-9223372036854775808");
    assert_got("0.1", "0.1");
    assert_got("-1.7976931348623157e308", "-1.7976931348623157e308");
    assert_got("true", "true");
    assert_got("false", "false");
    assert_got("null", "null");
    assert_got("[1,2]", "a list of 2");
    assert_got("{\"a\":1}", "an object");
    assert_got("\"\"", "\"\"");
    assert_got("\"a\\nb\\u007fc\"", "\"a b c\"");
    assert_got("\"123456789012345678901234567890123456789012345678\"",
               "\"123456789012345678901234567890123456789012345678\"");
    assert_got("\"1234567890123456789012345678901234567890123456789\"",
               "\"123456789012345678901234567890123456789012345678...\"");
    assert_got("\"12345678901234567890123456789012345678901234567\xc3\xbc\"",
               "\"12345678901234567890123456789012345678901234567...\"");
    assert_string_equal(fault_got(out, NULL), "nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_beyond_the_last_are_counted),
        cmocka_unit_test(missing_memory_is_told_once),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(places_become_pointers),
        cmocka_unit_test(tokens_that_do_not_fit_are_left_out_whole),
        cmocka_unit_test(nothing_fits_into_a_full_pointer),
        cmocka_unit_test(values_are_told_shortly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
