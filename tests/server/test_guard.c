/* The guard of server/http: which heads pass, which are refused, and with what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "server/http/gate/guard.h"

static const char *const hosts[] = {"lab.example", "proxy.example:8443", NULL};
static const struct guard_rules rules = {8080, hosts, 1000, NULL};

/* The status for a head written as "METHOD VERSION\nName: value\nName: value"; its detail in
 * `detail`. A name goes up to the first ':' and one space after that is left out. */
static char detail[GUARD_DETAIL_BYTES];

static int check(const char *head)
{
    static char copy[16384];
    struct guard guard = {0};
    assert_true(strlen(head) < sizeof copy);
    memcpy(copy, head, strlen(head) + 1);
    char *line = strchr(copy, '\n');
    if (line != NULL)
        *line++ = '\0';
    char *version = strchr(copy, ' ');
    *version++ = '\0';
    guard.method = copy;
    guard.version = version;
    while (line != NULL) {
        char *end = strchr(line, '\n'), *value;
        if (end != NULL)
            *end++ = '\0';
        value = strchr(line, ':');
        *value++ = '\0';
        value += *value == ' ';
        guard_header(&guard, line, strlen(line), value, strlen(value));
        line = end;
    }
    detail[0] = '\0';
    return guard_check(&guard, &rules, detail);
}

/* With a right Host before the other lines. */
static int check_local(const char *request_line, const char *lines)
{
    static char head[16384];
    int n = snprintf(head, sizeof head, "%s\nHost: localhost:8080%s%s", request_line,
                     lines[0] == '\0' ? "" : "\n", lines);
    assert_true(n > 0 && (size_t)n < sizeof head);
    return check(head);
}

static void plain_requests_pass(void **state)
{
    (void)state;
    assert_int_equal(check_local("GET HTTP/1.1", ""), 0);
    assert_int_equal(check_local("HEAD HTTP/1.1", "Accept: */*\nX-Empty:"), 0);
    assert_int_equal(check_local("POST HTTP/1.1", "Content-Length: 0"), 0);
    assert_int_equal(check_local("GET HTTP/1.1", "X-Latin: caf\xe9"), 0);
    assert_int_equal(check("GET HTTP/1.0"), 0);
    assert_string_equal(detail, "");
}

static void names_and_values_hold_no_control_characters(void **state)
{
    (void)state;
    static const char *const lines[] = {"X : 1", "X\x01: 1", "X Y: 1",  "X\xe9: 1",  "(X): 1",
                                        ": 1",   "X: a\rb",  "X: \x7f", "X: \x1b[0m"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(check_local("GET HTTP/1.1", lines[i]), 400);
    assert_int_equal(check_local("GET HTTP/1.1", "X: a\tb"), 0);
}

static void framing_is_unambiguous(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Content-Length: 2\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\ncontent-length: 2",
        "Content-Length: 2\nContent-Length: 2",
        "Content-Length: 2, 2",
        "Content-Length: +2",
        "Content-Length: -2",
        "Content-Length:",
        "Content-Length: 0x2",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked ",
        "Transfer-Encoding: chunked\nTransfer-Encoding: chunked",
        "TRANSFER-ENCODING: identity",
        "Host: localhost:8080",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(check_local("POST HTTP/1.1", lines[i]), 400);
        assert_int_equal(check_local("GET HTTP/1.1", lines[i]), 400);
    }
    assert_int_equal(check_local("GET HTTP/1.1", "Transfer-Encoding: Chunked"), 0);
    assert_int_equal(check_local("GET HTTP/1.0", "Transfer-Encoding: chunked"), 400);
}

static void versions_and_methods_have_a_form(void **state)
{
    (void)state;
    assert_int_equal(check_local("GET HTTP/1.2", ""), 505);
    assert_int_equal(check_local("GET HTTP/2.0", ""), 505);
    assert_int_equal(check_local("G(T HTTP/1.1", ""), 400);
    assert_int_equal(check_local("M-SEARCH HTTP/1.1", ""), 0);
}

static void heads_have_a_limit(void **state)
{
    (void)state;
    static char line[12000];
    memset(line, 'x', sizeof line - 1);
    memcpy(line, "X: ", 3);
    line[11000] = '\0';
    assert_int_equal(check_local("GET HTTP/1.1", line), 0);
    line[11000] = 'x';
    assert_int_equal(check_local("GET HTTP/1.1", line), 431);
    memcpy(line, "cookie: ", 8); /* counts twice */
    line[6000] = '\0';
    assert_int_equal(check_local("GET HTTP/1.1", line), 431);
    line[5500] = '\0';
    assert_int_equal(check_local("GET HTTP/1.1", line), 0);
}

static void only_own_hosts_are_served(void **state)
{
    (void)state;
    static const char *const own[] = {"localhost:8080",    "LOCALHOST:8080", "127.0.0.1:8080",
                                      "[::1]:8080",        "lab.example",    "Lab.Example:1",
                                      "proxy.example:8443"};
    static const char *const foreign[] = {"",
                                          ":",
                                          ":8080",
                                          "evil.com",
                                          "localhost",
                                          "localhost:80",
                                          "localhost:8080.evil.com",
                                          "localhost.evil.com",
                                          "localhost.evil.com:8080",
                                          "127.0.0.1.nip.io",
                                          "localhost.:8080",
                                          "localhost:",
                                          "localhost:8080x",
                                          "localhost:08080x",
                                          "localhost:99999999999999999999",
                                          "[::1",
                                          "[::1]",
                                          "[::1]x:8080",
                                          "[",
                                          "]",
                                          "::1",
                                          "127.0.0.1:8080:1",
                                          "a@localhost:8080",
                                          "localhost:8080,localhost:8080",
                                          "xlab.example",
                                          "lab.example.",
                                          "proxy.example",
                                          "proxy.example:84430",
                                          "0x7f.1:8080"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_true(guard_host_is_allowed(&rules, (struct guard_value){own[i], strlen(own[i])}));
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_false(
            guard_host_is_allowed(&rules, (struct guard_value){foreign[i], strlen(foreign[i])}));
    assert_int_equal(check("GET HTTP/1.1\nHost: evil.com"), 421);
    assert_non_null(strstr(detail, "\"evil.com\""));
    assert_non_null(strstr(detail, "localhost:8080"));
    assert_int_equal(check("GET HTTP/1.0\nHost: evil.com"), 421);
    assert_int_equal(check("GET HTTP/1.1\nHost:"), 421);
    assert_int_equal(check("GET HTTP/1.1"), 400);
}

static void port_80_may_be_left_out(void **state)
{
    (void)state;
    static const struct guard_rules web = {80, NULL, 1000, NULL};
    assert_true(guard_host_is_allowed(&web, (struct guard_value){"localhost", 9}));
    assert_true(guard_host_is_allowed(&web, (struct guard_value){"localhost:80", 12}));
    assert_false(guard_host_is_allowed(&web, (struct guard_value){"lab.example", 11}));
}

static void the_bound_address_is_an_own_host_at_its_port(void **state)
{
    (void)state;
    static const char *const own[] = {"192.0.2.7:8080", "[2001:db8::1]:8080", "localhost:8080"};
    static const char *const foreign[] = {"192.0.2.7", "192.0.2.7:80", "192.0.2.70:8080",
                                          "[2001:db8::1]", ":8080", ""};
    for (int i = 0; i < 2; i++) {
        struct guard_rules bound = {8080, NULL, 1000, i == 0 ? "192.0.2.7" : "[2001:DB8::1]"};
        assert_true(guard_host_is_allowed(&bound, (struct guard_value){own[i], strlen(own[i])}));
        assert_false(guard_host_is_allowed(
            &bound, (struct guard_value){own[1 - i], strlen(own[1 - i])}));
        assert_true(guard_host_is_allowed(&bound, (struct guard_value){own[2], strlen(own[2])}));
        for (size_t f = 0; f < sizeof foreign / sizeof *foreign; f++)
            assert_false(guard_host_is_allowed(
                &bound, (struct guard_value){foreign[f], strlen(foreign[f])}));
    }
    static const struct guard_rules any = {8080, NULL, 1000, ""};
    assert_false(guard_host_is_allowed(&any, (struct guard_value){":8080", 5}));
    assert_false(guard_host_is_allowed(&any, (struct guard_value){"", 0}));
}

static void changes_come_from_own_pages(void **state)
{
    (void)state;
    assert_int_equal(check_local("POST HTTP/1.1", "Origin: http://localhost:8080"), 0);
    assert_int_equal(check_local("POST HTTP/1.1", "Origin: https://lab.example"), 0);
    assert_int_equal(check_local("POST HTTP/1.1", "Origin: null"), 403);
    assert_int_equal(check_local("POST HTTP/1.1", "Origin:"), 403);
    assert_int_equal(check_local("DELETE HTTP/1.1", "Origin: http://evil.com"), 403);
    assert_int_equal(check_local("BREW HTTP/1.1", "Origin: http://localhost:8081"), 403);
    assert_int_equal(check_local("GET HTTP/1.1", "Origin: http://evil.com"), 0);
    assert_int_equal(check_local("PATCH HTTP/1.1", "Sec-Fetch-Site: cross-site"), 403);
    assert_int_equal(check_local("PUT HTTP/1.1", "Sec-Fetch-Site: same-site"), 403);
    assert_int_equal(check_local("PUT HTTP/1.1", "Sec-Fetch-Site: same-origin"), 0);
    assert_int_equal(check_local("PUT HTTP/1.1", "Sec-Fetch-Site: none"), 0);
    assert_int_equal(check_local("get HTTP/1.1", "Sec-Fetch-Site: cross-site"), 403);
}

static void bodies_have_a_limit(void **state)
{
    (void)state;
    static const char json[] = "Content-Type: application/json\nContent-Length: ";
    static const char *const lengths[] = {"1001", "18446744073709551615", "18446744073709551616",
                                          "99999999999999999999999999"};
    char lines[128];
    snprintf(lines, sizeof lines, "%s%s", json, "1000");
    assert_int_equal(check_local("POST HTTP/1.1", lines), 0);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        snprintf(lines, sizeof lines, "%s%s", json, lengths[i]);
        assert_int_equal(check_local("POST HTTP/1.1", lines), 413);
        assert_int_equal(check_local("GET HTTP/1.1", lines), 413);
        assert_non_null(strstr(detail, "1000"));
    }
}

static void bodies_that_change_something_are_json(void **state)
{
    (void)state;
    static const char *const good[] = {"application/json", "APPLICATION/JSON",
                                       "application/json;charset=utf-8",
                                       "application/json ; charset=\"UTF-8\""};
    static const char *const bad[] = {"",
                                      "text/plain",
                                      "application/jsonx",
                                      "application/json x",
                                      "application/json;",
                                      "application/json; charset=latin-1",
                                      "application/json; charset=utf-8; a=b"};
    char lines[128];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(lines, sizeof lines, "Content-Type: %s\nContent-Length: 2", good[i]);
        assert_int_equal(check_local("POST HTTP/1.1", lines), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(lines, sizeof lines, "Content-Type: %s\nTransfer-Encoding: chunked", bad[i]);
        assert_int_equal(check_local("POST HTTP/1.1", lines), 415);
        assert_int_equal(check_local("GET HTTP/1.1", lines), 0);
    }
    assert_int_equal(check_local("POST HTTP/1.1", "Content-Length: 2"), 415);
    assert_int_equal(check_local("POST HTTP/1.1", "Content-Type: text/plain"), 0);
    assert_int_equal(check_local("POST HTTP/1.1", "Content-Type: application/json\n"
                                                  "Content-Encoding: gzip\nContent-Length: 2"),
                     415);
}

static void details_are_printable(void **state)
{
    (void)state;
    assert_int_equal(check("GET HTTP/1.1\nHost: \xff\"\xc3\xa9%s%n"), 421);
    for (const char *c = detail; *c != '\0'; c++)
        assert_in_range((unsigned char)*c, 0x20, 0x7e);
    assert_non_null(strstr(detail, "%s%n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_pass),
        cmocka_unit_test(names_and_values_hold_no_control_characters),
        cmocka_unit_test(framing_is_unambiguous),
        cmocka_unit_test(versions_and_methods_have_a_form),
        cmocka_unit_test(heads_have_a_limit),
        cmocka_unit_test(only_own_hosts_are_served),
        cmocka_unit_test(port_80_may_be_left_out),
        cmocka_unit_test(the_bound_address_is_an_own_host_at_its_port),
        cmocka_unit_test(changes_come_from_own_pages),
        cmocka_unit_test(bodies_have_a_limit),
        cmocka_unit_test(bodies_that_change_something_are_json),
        cmocka_unit_test(details_are_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
