/* JSON: reading, writing, pointers, merging; growing texts. */
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

static json_t *read_text(const char *text)
{
    struct error error = ERROR_INIT;
    json_t *json = json_read(text, strlen(text), &error);
    if (json == NULL)
        fail_msg("%s: %s", text, error.text);
    return json;
}

static void assert_writes(const json_t *json, const char *expected)
{
    size_t n_bytes;
    char *text = json_text(json, &n_bytes);
    assert_string_equal(text, expected);
    assert_int_equal(n_bytes, strlen(expected));
    free(text);
}

/* --- writing ------------------------------------------------------------------------------- */

static void writes_back_what_it_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "[[],{}]",
        "{\"b\":1,\"a\":2}",
        "[true,false,null]",
        "[0.1,0.0004,1e-7,1e300,-0.0,0.30000000000000004,5e-324,1.7976931348623157e308]",
        "[0,-1,9007199254740993,9223372036854775807]",
        "[\"\",\"a\\\"b\\\\c\",\"\\n\\r\\t\",\"\\u0001\\u001f\\u007f\",\"\xc3\xbc \xe2\x98\x83 "
        "\xf0\x9f\x98\x80\",\"/\"]"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *json = read_text(texts[i]);
        assert_writes(json, texts[i]);
        json_decref(json);
    }
}

static void writes_null_for_what_is_not_finite(void **state)
{
    (void)state;
    const double values[] = {NAN, INFINITY, -INFINITY};
    struct text text = {0};

    for (int i = 0; i < 3; i++) {
        json_t *json = json_number(values[i]);
        assert_true(json_is_null(json));
        json_decref(json);
        text_number(&text, values[i]);
    }
    assert_string_equal(text.bytes, "nullnullnull");
    text_clear(&text);
    json_t *json = json_number(0.5);
    assert_true(json_real_value(json) == 0.5);
    json_decref(json);
}

static void texts_grow_over_many_additions(void **state)
{
    (void)state;
    struct text text = {0};
    size_t n_bytes;

    for (int i = 0; i < 10000; i++) {
        text_add(&text, "abc", 3);
        text_printf(&text, "%05d", i);
    }
    assert_int_equal(text.n_bytes, 80000);
    char *bytes = text_take(&text, &n_bytes);
    assert_int_equal(n_bytes, 80000);
    assert_int_equal(strlen(bytes), 80000);
    assert_memory_equal(bytes + 79992, "abc09999", 8);
    assert_null(text.bytes);
    free(bytes);
}

static void an_empty_text_is_taken_as_empty(void **state)
{
    (void)state;
    struct text text = {0};
    size_t n_bytes = 9;
    char *bytes = text_take(&text, &n_bytes);
    assert_string_equal(bytes, "");
    assert_int_equal(n_bytes, 0);
    free(bytes);
}

static void a_text_that_failed_stays_failed(void **state)
{
    (void)state;
    struct text text = {0};
    size_t n_bytes = 9;

    text_add(&text, "abc", 3);
    text_add(&text, "abc", SIZE_MAX / 2 + 10); /* no allocation of that size can succeed */
    text_add(&text, "def", 3);
    text_printf(&text, "%d", 1);
    assert_true(text.failed);
    assert_null(text_take(&text, &n_bytes));
    assert_int_equal(n_bytes, 0);
    assert_false(text.failed); /* and may be used again */
    text_clear(&text);
}

static void cuts_texts_between_characters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n_bytes, n_valid;
    } cases[] = {{"abc", 3, 3},
                 {"a\xc3\xbc", 3, 3},
                 {"a\xc3\xbc", 2, 1},
                 {"\xe2\x98\x83", 3, 3},
                 {"\xe2\x98\x83", 2, 0},
                 {"\xf0\x9f\x98\x80", 4, 4},
                 {"x\xf0\x9f\x98\x80", 4, 1},
                 {"a\x80", 2, 1},
                 {"a\xc0\xaf", 3, 1},
                 {"a\xed\xa0\x80", 4, 1},
                 {"\xf4\x90\x80\x80", 4, 0},
                 {"\xe0\x9f\x80", 3, 0},
                 {"\xf5\x80\x80\x80", 4, 0},
                 {"", 0, 0},
                 {"\xc3(", 2, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(text_utf8_prefix(cases[i].bytes, cases[i].n_bytes), cases[i].n_valid);
}

/* --- reading ------------------------------------------------------------------------------- */

static void integers_are_printed_as_printf_does(void **state)
{
    (void)state;
    const int64_t values[] = {0, 7, 10, -1, -10, 1000000000, 9999999999, -400, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct text text = {0};
        char expected[32];
        snprintf(expected, sizeof expected, "a%lld", (long long)values[i]);
        text_add(&text, "a", 1);
        text_integer(&text, values[i]);
        char *bytes = text_take(&text, NULL);
        assert_string_equal(bytes, expected);
        free(bytes);
    }
}

static void assert_refuses(const char *text, size_t n_bytes, const char *expected)
{
    struct error error = ERROR_INIT;
    json_t *json = json_read(text, n_bytes, &error);
    assert_null(json);
    assert_int_equal(error.kind, ERROR_INVALID);
    if (strstr(error.text, expected) == NULL)
        fail_msg("%s: got \"%s\", expected \"%s\" in it", text, error.text, expected);
}

static void refuses_malformed_json_with_line_and_column(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"{\n  \"a\": }", "line 2, column 8: "},
                                           {"", "line 1, column 0: "},
                                           {"{'a': 1}", "names and texts stand in double quotes"},
                                           {"{\"a\":1,\"a\":2}", "duplicate"},
                                           {"{\"a\":1} x", "end of file expected"},
                                           {"{\"a\":1e999}", "expected less than 1.8e308"},
                                           {"{\"a\":-1e999}", "real number overflow"},
                                           {"{\"a\":18446744073709551616}", "such as 1e19"},
                                           {"{\"a\":NaN}", "line 1"},
                                           {"{\"a\":01}", "line 1"},
                                           {"\xef\xbb\xbf{}", "line 1"},
                                           {"{\"a\":\"\xff\"}", "unable to decode byte 0xff"},
                                           {"{\"a\":\"\\u0000\"}", "\\u0000"},
                                           {"{\"a\":\"\\ud800\"}", "invalid Unicode"},
                                           {"3", "line 1"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refuses(cases[i][0], strlen(cases[i][0]), cases[i][1]);
    assert_refuses("{\"a\":\"x\0y\"}", 11, "line 1");
}

/* They would silently become 0. */
static void refuses_numbers_too_small_to_be_told_from_0(void **state)
{
    (void)state;
    static const char *const lost[] = {"1e-400", "-1e-400", "0.0001e-330", "9.9E-325", "2e-324"};
    static const char *const kept[] = {"0",    "-0.0",    "0e-400", "5e-324", "2.5e-324",
                                       "1e-1", "0.00e5", "1e-308"};
    char text[700], expected[80];

    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        snprintf(text, sizeof text, "{\n \"a\": [1, %s]}", lost[i]);
        snprintf(expected, sizeof expected, "line 2, column 11: %s is too small", lost[i]);
        assert_refuses(text, strlen(text), expected);
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        snprintf(text, sizeof text, "{\"a 1e-400\": [%s]}", kept[i]);
        json_decref(read_text(text));
    }
    snprintf(text, sizeof text, "[0.%0500d1]", 0);
    assert_refuses(text, strlen(text), "... is too small");
    assert_refuses("[1e-400", 7, "too small");
}

/* What is said back to a terminal must not turn its lines around. */
static void escapes_what_hides(void **state)
{
    (void)state;
    struct text text = {0};
    text_json_string(&text, "a\n\x7f \xc2\x85 \xe2\x80\xae \xe2\x80\xa8 "
                            "\xe2\x81\xa6 \xe2\x80\x8f \xd8\x9c");
    assert_string_equal(text.bytes, "\"a\\n\\u007f \\u0085 \\u202e \\u2028 "
                                    "\\u2066 \\u200f \\u061c\"");
    text_clear(&text);
}

/* Bytes are looked at eight at once: so each at each of their places, and behind them. */
static void a_byte_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    for (int byte = 1; byte < 0x80; byte++) {
        for (size_t place = 0; place < 20; place++) {
            char plain[21] = "abcdefghijklmnop !~}";
            struct text text = {0};
            plain[place] = (char)byte;
            text_json_string(&text, plain);
            json_t *json = json_loadb(text.bytes, text.n_bytes, JSON_DECODE_ANY, NULL);
            int is_plain = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
            if (json == NULL || strcmp(json_string_value(json), plain) != 0 ||
                (text.n_bytes == 22) != is_plain)
                fail_msg("byte %d at %zu: %s", byte, place, text.bytes);
            json_decref(json);
            text_clear(&text);
        }
    }
}

static void letters_of_every_script_stand_for_themselves(void **state)
{
    (void)state;
    static const char *const names[] = {
        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85", /* Hebrew, Arabic */
        "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", /* Persian */
        "\xc3\xa9 \xc2\xa0 \xe4\xb8\xad \xf0\x9f\x98\x80", /* Chinese, emoji */
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct text text = {0};
        assert_int_equal(text_hidden(names[i]), 0);
        text_json_string(&text, names[i]);
        assert_int_equal(text.n_bytes, strlen(names[i]) + 2);
        assert_memory_equal(text.bytes + 1, names[i], strlen(names[i]));
        text_clear(&text);
    }
    assert_int_equal(text_hidden("\xd7\xa9\xe2\x80\x8f"), 0x200f);
    assert_int_equal(text_hidden("\xe2\x80"), 0); /* no UTF-8: U+FFFD */
}

static void refuses_deep_nesting_before_parsing(void **state)
{
    (void)state;
    static char text[200000];
    char deepest[2 * JSON_DEPTH_MAX + 1];

    memset(text, '[', sizeof text);
    assert_refuses(text, sizeof text, "line 1, column 17: nested 17 deep, expected at most 16");
    memset(text, '\n', 3);
    assert_refuses(text, sizeof text, "line 4, column 17: ");
    memset(deepest, '[', JSON_DEPTH_MAX);
    memset(deepest + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    deepest[2 * JSON_DEPTH_MAX] = '\0';
    json_decref(read_text(deepest));
}

static void brackets_in_strings_do_not_nest(void **state)
{
    (void)state;
    json_t *json = read_text("[\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[\\\\\", [[]], \"{{{{{{{{\"]");
    assert_int_equal(json_array_size(json), 3);
    json_decref(json);
}

/* --- pointers ------------------------------------------------------------------------------ */

static void finds_values_by_pointer(void **state)
{
    (void)state;
    /* The examples of RFC 6901, section 5. */
    json_t *json = read_text("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
                             "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");
    static const char *const pointers[] = {"/",     "/a~1b", "/c%d", "/e^f", "/g|h",
                                           "/i\\j", "/k\"l", "/ ",   "/m~0n"};

    assert_ptr_equal(json_at(json, ""), json);
    assert_string_equal(json_string_value(json_at(json, "/foo/0")), "bar");
    assert_string_equal(json_string_value(json_at(json, "/foo/1")), "baz");
    for (int i = 0; i < 9; i++)
        assert_int_equal(json_integer_value(json_at(json, pointers[i])), i);
    json_decref(json);
}

static void finds_nothing_for_other_pointers(void **state)
{
    (void)state;
    json_t *json = read_text("{\"a\":[1,2],\"b\":{\"c\":null},\"d\":3}");
    static const char *const pointers[] = {"a",
                                           "/x",
                                           "/a/2",
                                           "/a/-",
                                           "/a/-1",
                                           "/a/01",
                                           "/a/00",
                                           "/a/",
                                           "/a/1x",
                                           "/a/ 1",
                                           "/b/x",
                                           "/d/0",
                                           "/d/e",
                                           "/b/c/d",
                                           "/~2",
                                           "/~",
                                           "/a/18446744073709551616",
                                           "/a/0/0"};
    char longest[600];

    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++)
        assert_null(json_at(json, pointers[i]));
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    assert_null(json_at(json, longest));
    assert_null(json_at(NULL, "/a"));
    json_decref(json);
}

static void with_shares_all_but_the_way(void **state)
{
    (void)state;
    json_t *json = read_text("{\"a\":[1,{\"b\":2,\"c\":[3]}],\"d\":{}}");
    json_t *value = read_text("[9]");
    json_t *changed = json_with(json, "/a/1/b", value);

    assert_writes(json, "{\"a\":[1,{\"b\":2,\"c\":[3]}],\"d\":{}}");
    assert_writes(changed, "{\"a\":[1,{\"b\":[9],\"c\":[3]}],\"d\":{}}");
    assert_ptr_equal(json_at(json, "/d"), json_at(changed, "/d"));
    assert_ptr_equal(json_at(json, "/a/1/c"), json_at(changed, "/a/1/c"));
    assert_ptr_equal(json_at(changed, "/a/1/b"), value);
    json_decref(changed);
    changed = json_with(json, "/d/new", value);
    assert_writes(changed, "{\"a\":[1,{\"b\":2,\"c\":[3]}],\"d\":{\"new\":[9]}}");
    json_decref(changed);
    changed = json_with(json, "", value);
    assert_ptr_equal(changed, value);
    assert_null(json_with(json, "/a/5", value));
    assert_null(json_with(json, "/a/x/y", value));
    assert_null(json_with(json, "/a/0/y", value));
    assert_null(json_with(json, "a", value));
    json_decref(changed);
    json_decref(value);
    json_decref(json);
}

/* --- merging ------------------------------------------------------------------------------- */

static void merges_as_rfc_7396_says(void **state)
{
    (void)state;
    /* The test cases of RFC 7396, appendix A, with an object or list on either side. */
    static const char *const cases[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json = read_text(cases[i][0]), *patch = read_text(cases[i][1]);
        json_t *merged = json_merged(json, patch);
        assert_writes(merged, cases[i][2]);
        assert_writes(json, cases[i][0]);
        assert_writes(patch, cases[i][1]);
        json_decref(merged);
        json_decref(patch);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_back_what_it_read),
        cmocka_unit_test(writes_null_for_what_is_not_finite),
        cmocka_unit_test(texts_grow_over_many_additions),
        cmocka_unit_test(an_empty_text_is_taken_as_empty),
        cmocka_unit_test(a_text_that_failed_stays_failed),
        cmocka_unit_test(cuts_texts_between_characters),
        cmocka_unit_test(integers_are_printed_as_printf_does),
        cmocka_unit_test(refuses_malformed_json_with_line_and_column),
        cmocka_unit_test(refuses_numbers_too_small_to_be_told_from_0),
        cmocka_unit_test(escapes_what_hides),
        cmocka_unit_test(a_byte_is_escaped_wherever_it_stands),
        cmocka_unit_test(letters_of_every_script_stand_for_themselves),
        cmocka_unit_test(refuses_deep_nesting_before_parsing),
        cmocka_unit_test(brackets_in_strings_do_not_nest),
        cmocka_unit_test(finds_values_by_pointer),
        cmocka_unit_test(finds_nothing_for_other_pointers),
        cmocka_unit_test(with_shares_all_but_the_way),
        cmocka_unit_test(merges_as_rfc_7396_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
