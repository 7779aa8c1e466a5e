/* The target of a request line: decoded once, and strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/http/gate/target.h"

/* Parsed into memory of exactly the promised size, so that a sanitizer sees any byte beyond. */
static struct target target;
static char *room;

static void parse(const char *raw)
{
    free(room);
    room = malloc(target_room(strlen(raw)));
    assert_non_null(room);
    target_parse(&target, raw, room);
}

static int forget(void **state)
{
    (void)state;
    free(room);
    room = NULL;
    return 0;
}

static void paths_are_decoded_once(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"/", "/"},         {"/a/b", "/a/b"},   {"/%61%2Fb", "/a/b"},
        {"/%2561", "/%61"}, {"/a+b", "/a+b"},   {"/%C3%A9", "/é"},
        {"/a?b", "/a"},     {"/a%3Fb", "/a?b"}, {"/%2e%2e/x", "/../x"},
        {"*", "*"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        parse(pairs[i][0]);
        assert_null(target.fault);
        assert_string_equal(target.path, pairs[i][1]);
    }
}

static void arguments_are_found_by_name(void **state)
{
    (void)state;
    parse("/x?a=1&b=x+y%2B%26&a=2&empty=&flag&%61b=c&==&&c=d=e");
    assert_null(target.fault);
    assert_string_equal(target_query(&target, "a"), "1");
    assert_string_equal(target_query(&target, "b"), "x y+&");
    assert_string_equal(target_query(&target, "empty"), "");
    assert_string_equal(target_query(&target, "flag"), "");
    assert_string_equal(target_query(&target, "ab"), "c");
    assert_string_equal(target_query(&target, ""), "=");
    assert_string_equal(target_query(&target, "c"), "d=e");
    assert_null(target_query(&target, "1"));
    assert_null(target_query(&target, "d"));
    parse("/x?");
    assert_null(target_query(&target, ""));
    parse("/x");
    assert_null(target_query(&target, "a"));
}

static void arguments_are_counted_with_their_names(void **state)
{
    (void)state;
    parse("/x?a=1&&b&a%3d=&=2");
    assert_string_equal(target_query_name(&target, 0), "a");
    assert_string_equal(target_query_name(&target, 1), "b");
    assert_string_equal(target_query_name(&target, 2), "a=");
    assert_string_equal(target_query_name(&target, 3), "");
    assert_null(target_query_name(&target, 4));
    assert_null(target_query_name(&target, 64));
    parse("/x?");
    assert_null(target_query_name(&target, 0));
    parse("/x");
    assert_null(target_query_name(&target, 0));
}

static void what_is_no_path_is_a_fault(void **state)
{
    (void)state;
    static const char *const raws[] = {
        "",          "a",    "?a",      "a/b",      "/a b",    "/a#b",       "/\x7f",
        "/\xc3\xa9", "/\n",  "/%",      "/%2",      "/%zz",    "/%-1",       "/%00",
        "/a%00b",    "/%0a", "/%7F",    "/a?b=%",   "/a?%=b",  "/a?b=%00",   "/a?%00",
        "**",        "*?a",  "http://", "http://a", "http:/a", "https://a/", "http://a?b"};
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        parse(raws[i]);
        assert_non_null(target.fault);
    }
}

static void a_query_may_hold_control_characters(void **state)
{
    (void)state;
    parse("/a?b=%0a");
    assert_null(target.fault);
    assert_string_equal(target_query(&target, "b"), "\n");
}

static void absolute_targets_have_an_authority(void **state)
{
    (void)state;
    parse("HTTP://localhost:80/a?b");
    assert_null(target.fault);
    assert_string_equal(target.path, "/a");
    assert_int_equal(target.authority_bytes, 12);
    assert_memory_equal(target.authority, "localhost:80", 12);
    assert_int_equal(target.raw_path_bytes, strlen("HTTP://localhost:80/a"));
    parse("/http://localhost/");
    assert_null(target.authority);
}

static void no_query_outgrows_its_room(void **state)
{
    (void)state;
    static const char *const raws[] = {"/?a&b&c&d&e&f", "/?=&=&=&=", "/?&&&&&",
                                       "/?a",           "/?=",       "/?a&"};
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        parse(raws[i]);
        assert_null(target.fault);
        assert_true((size_t)(target.query - room) + target.query_bytes <=
                    target_room(strlen(raws[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_decoded_once),
        cmocka_unit_test(arguments_are_found_by_name),
        cmocka_unit_test(arguments_are_counted_with_their_names),
        cmocka_unit_test(what_is_no_path_is_a_fault),
        cmocka_unit_test(a_query_may_hold_control_characters),
        cmocka_unit_test(absolute_targets_have_an_authority),
        cmocka_unit_test(no_query_outgrows_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
