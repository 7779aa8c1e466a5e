/* The metrics of server/http: what is counted where, and that the number of series is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/http/metrics.h"

#define MS INT64_C(1000000)

static const char get[] = "GET", post[] = "POST";

static void count(struct metrics *metrics, const char *route, const char *method, int status,
                  int64_t took_ns)
{
    struct metrics_request request = {route, method, status, took_ns};
    metrics_count_request(metrics, &request);
}

/* The value of the series whose line begins with `series`; -1 when there is none. */
static double value(const struct metrics *metrics, const char *series)
{
    struct text text = {0};
    text_add(&text, "\n", 1);
    metrics_print(metrics, 0, &text);
    char line[200];
    snprintf(line, sizeof line, "\n%s ", series);
    const char *found = strstr(text.bytes, line);
    double result = found == NULL ? -1 : strtod(found + strlen(line), NULL);
    text_clear(&text);
    return result;
}

static void counts_by_route_method_and_code(void **state)
{
    struct metrics *metrics = *state;
    static const char a[] = "/a", b[] = "/{b}";
    count(metrics, a, get, 200, MS);
    count(metrics, a, get, 200, MS);
    count(metrics, a, get, 404, MS);
    count(metrics, a, post, 200, MS);
    count(metrics, b, get, 200, MS);
    count(metrics, b, get, 0, MS);
    assert_true(value(metrics, "http_requests_total{route=\"/a\",method=\"GET\",code=\"200\"}") == 2);
    assert_true(value(metrics, "http_requests_total{route=\"/a\",method=\"GET\",code=\"404\"}") == 1);
    assert_true(value(metrics, "http_requests_total{route=\"/a\",method=\"POST\",code=\"200\"}") ==
                1);
    assert_true(value(metrics, "http_requests_total{route=\"/{b}\",method=\"GET\",code=\"none\"}") ==
                1);
}

static void a_histogram_counts_all_within_each_bound(void **state)
{
    struct metrics *metrics = *state;
    static const char a[] = "/a";
    static const int64_t took_ms[] = {1, 2, 5, 200, 61000};
    for (size_t i = 0; i < sizeof took_ms / sizeof *took_ms; i++)
        count(metrics, a, get, 200, took_ms[i] * MS);
    count(metrics, a, get, 200, -1); /* a stream: not timed */
    static const struct {
        const char *bound;
        double n;
    } expected[] = {{"0.001", 1}, {"0.0025", 2}, {"0.01", 3}, {"0.05", 3}, {"0.25", 4},
                    {"1", 4},     {"10", 4},     {"60", 4},   {"+Inf", 5}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char series[120];
        snprintf(series, sizeof series,
                 "http_request_duration_seconds_bucket{route=\"/a\",le=\"%s\"}", expected[i].bound);
        assert_true(value(metrics, series) == expected[i].n);
    }
    assert_true(value(metrics, "http_request_duration_seconds_count{route=\"/a\"}") == 5);
    assert_true(value(metrics, "http_request_duration_seconds_sum{route=\"/a\"}") == 61.208);
    assert_true(value(metrics, "http_requests_total{route=\"/a\",method=\"GET\",code=\"200\"}") == 6);
}

static void what_has_no_place_is_counted_together(void **state)
{
    struct metrics *metrics = *state;
    static char routes[3 * METRICS_ROUTES_MAX][16];
    for (int i = 0; i < 3 * METRICS_ROUTES_MAX; i++) {
        snprintf(routes[i], sizeof routes[i], "/%d", i);
        count(metrics, routes[i], get, 200, MS);
    }
    assert_true(value(metrics, "http_requests_total{route=\"/62\",method=\"GET\",code=\"200\"}") == 1);
    assert_true(value(metrics, "http_requests_total{route=\"/63\",method=\"GET\",code=\"200\"}") ==
                -1);
    assert_true(value(metrics,
                      "http_requests_total{route=\"(others)\",method=\"GET\",code=\"200\"}") ==
                3 * METRICS_ROUTES_MAX - (METRICS_ROUTES_MAX - 1));
    for (int status = 200; status < 600; status++)
        count(metrics, routes[0], get, status, MS);
    assert_true(value(metrics, "http_requests_total{route=\"/0\",method=\"(others)\",code=\"none\"}") ==
                400 - (METRICS_ANSWERS_MAX - 1));
}

static double lag(const struct metrics *metrics, int64_t now_ms)
{
    struct text text = {0};
    metrics_print(metrics, now_ms * MS, &text);
    const char *found = strstr(text.bytes, "\nhttp_loop_lag_seconds ");
    double result = strtod(found + 23, NULL);
    text_clear(&text);
    return result;
}

static void the_lag_is_the_longest_turn_of_late(void **state)
{
    struct metrics *metrics = *state;
    metrics_count_turn(metrics, 100000 * MS, 100005 * MS);
    metrics_count_turn(metrics, 100010 * MS, 100050 * MS);
    metrics_count_turn(metrics, 100060 * MS, 100061 * MS);
    assert_true(lag(metrics, 100061) == 0.04);
    metrics_count_turn(metrics, 110000 * MS, 110002 * MS); /* the next 15 s */
    assert_true(lag(metrics, 110002) == 0.04);
    assert_true(lag(metrics, 119999) == 0.04);
    assert_true(lag(metrics, 120001) == 0.002);
    assert_true(lag(metrics, 135001) == 0);
    metrics_count_turn(metrics, 200000 * MS, 200001 * MS);
    assert_true(lag(metrics, 200001) == 0.001);
    assert_true(value(metrics, "http_loop_turn_seconds_count") == 5);
    assert_true(value(metrics, "http_loop_turn_seconds_sum") == 0.049);
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct metrics));
    return *state == NULL;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest metrics[] = {
        cmocka_unit_test_setup_teardown(counts_by_route_method_and_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_histogram_counts_all_within_each_bound, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_has_no_place_is_counted_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_lag_is_the_longest_turn_of_late, set_up, tear_down),
    };
    return cmocka_run_group_tests(metrics, NULL, NULL);
}
