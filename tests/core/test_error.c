/* What a failed call says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/error.h"

static void keeps_kind_and_text_and_returns_minus_one(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    assert_int_equal(error_set(&error, ERROR_INVALID, "got %d, expected %s", 0, "1 to 4"), -1);
    assert_int_equal(error.kind, ERROR_INVALID);
    assert_string_equal(error.text, "got 0, expected 1 to 4");
}

static void first_error_stays(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    error_set(&error, ERROR_BUSY, "first");
    assert_int_equal(error_set(&error, ERROR_MEMORY, "second"), -1);
    assert_int_equal(error.kind, ERROR_BUSY);
    assert_string_equal(error.text, "first");
}

static void nobody_need_listen(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERROR_INTERNAL, "unheard"), -1);
}

static void long_text_is_cut_at_the_size(void **state)
{
    (void)state;
    char text[2 * ERROR_TEXT_BYTES];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    struct error error = ERROR_INIT;
    error_set(&error, ERROR_INVALID, "%s", text);
    assert_int_equal(strlen(error.text), ERROR_TEXT_BYTES - 1);
}

static void text_is_one_line_of_valid_utf8(void **state)
{
    (void)state;
    const char *const cases[][2] = {
        {"plain ~", "plain ~"},
        {"two\nlines\tand\x7f", "two lines and "},
        {"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC "
                                                             "\xF0\x9F\x98\x80"},
        {"\xFF\x80", "??"},
        {"cut \xE2\x82", "cut ??"},
        {"overlong \xC0\xAF \xE0\x80\xAF \xF0\x80\x80\xAF", "overlong ?? ??? ????"},
        {"surrogate \xED\xA0\x80", "surrogate ???"},
        {"beyond \xF4\x90\x80\x80 \xF5", "beyond ???? ?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = ERROR_INIT;
        error_set(&error, ERROR_INVALID, "%s", cases[i][0]);
        assert_string_equal(error.text, cases[i][1]);
    }
}

static void character_cut_by_the_size_leaves_valid_utf8(void **state)
{
    (void)state;
    char text[ERROR_TEXT_BYTES + 8];
    memset(text, 'a', sizeof text);
    memcpy(text + ERROR_TEXT_BYTES - 3, "\xE2\x82\xAC", 4);
    struct error error = ERROR_INIT;
    error_set(&error, ERROR_INVALID, "%s", text);
    assert_string_equal(error.text + ERROR_TEXT_BYTES - 4, "a??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_kind_and_text_and_returns_minus_one),
        cmocka_unit_test(first_error_stays),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(long_text_is_cut_at_the_size),
        cmocka_unit_test(text_is_one_line_of_valid_utf8),
        cmocka_unit_test(character_cut_by_the_size_leaves_valid_utf8),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
