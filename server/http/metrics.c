/* Metrics: what was asked, how it was answered, how long it took; as Prometheus reads it. */
#include "server/http/metrics.h"

#include "server/base/clock.h"
#include "server/base/metric.h"
#include "server/http/server.h"

#define SECOND_NS INT64_C(1000000000)

enum { INTERVAL_S = 15 };

const char METRICS_GUARD[] = "(guard)", METRICS_UNMATCHED[] = "(unmatched)";

/* When there is no room for another route or answer, which cannot happen while both are constants
 * of the program, the last place takes all others. */
static const char others[] = "(others)";

static const double bounds_s[METRICS_BUCKETS] = {0.001, 0.0025, 0.01, 0.05, 0.25, 1, 10, 60};

/* --- counting ------------------------------------------------------------------------------- */

static struct metrics_route *find_route(struct metrics *metrics, const char *name)
{
    struct metrics_route *route = metrics->routes;
    struct metrics_route *last = route + METRICS_ROUTES_MAX - 1;
    while (route < last && route->name != NULL && route->name != name)
        route++;
    if (route->name == NULL)
        route->name = route < last ? name : others;
    return route;
}

static struct metrics_answer *find_answer(struct metrics_route *route, const char *method,
                                          int status)
{
    struct metrics_answer *answer = route->answers;
    struct metrics_answer *last = answer + METRICS_ANSWERS_MAX - 1;
    while (answer < last && answer->n > 0 && (answer->method != method || answer->status != status))
        answer++;
    if (answer->n == 0) {
        answer->method = answer < last ? method : others;
        answer->status = answer < last ? status : 0;
    }
    return answer;
}

void metrics_count_request(struct metrics *metrics, const struct metrics_request *request)
{
    struct metrics_route *route = find_route(metrics, request->route);
    find_answer(route, request->method, request->status)->n++;
    if (request->took_ns < 0)
        return;
    route->n_timed++;
    route->timed_ns += request->took_ns;
    for (int i = 0; i < METRICS_BUCKETS; i++)
        route->n_within[i] += (double)request->took_ns <= bounds_s[i] * 1e9;
}

static void begin_interval(struct metrics *metrics, int64_t interval)
{
    if (interval == metrics->interval)
        return;
    metrics->longest_ns[1] = interval == metrics->interval + 1 ? metrics->longest_ns[0] : 0;
    metrics->longest_ns[0] = 0;
    metrics->interval = interval;
}

void metrics_count_turn(struct metrics *metrics, int64_t began_ns, int64_t ended_ns)
{
    int64_t took_ns = ended_ns - began_ns;
    begin_interval(metrics, ended_ns / (INTERVAL_S * SECOND_NS));
    metrics->n_turns++;
    metrics->turns_ns += took_ns;
    if (took_ns > metrics->longest_ns[0])
        metrics->longest_ns[0] = took_ns;
}

/* --- printing ------------------------------------------------------------------------------- */

static void print_seconds(struct text *text, int64_t ns)
{
    text_number(text, (double)ns / 1e9);
    text_add(text, "\n", 1);
}

static void print_answers(const struct metrics_route *route, struct text *text)
{
    for (int i = 0; i < METRICS_ANSWERS_MAX && route->answers[i].n > 0; i++) {
        const struct metrics_answer *answer = &route->answers[i];
        text_printf(text, "http_requests_total{route=\"%s\",method=\"%s\",code=\"", route->name,
                    answer->method);
        text_printf(text, answer->status == 0 ? "none" : "%d", answer->status);
        text_printf(text, "\"} %lld\n", (long long)answer->n);
    }
}

static void print_times(const struct metrics_route *route, struct text *text)
{
    static const char name[] = "http_request_duration_seconds";
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        text_printf(text, "%s_bucket{route=\"%s\",le=\"", name, route->name);
        text_number(text, bounds_s[i]);
        text_printf(text, "\"} %lld\n", (long long)route->n_within[i]);
    }
    text_printf(text, "%s_bucket{route=\"%s\",le=\"+Inf\"} %lld\n", name, route->name,
                (long long)route->n_timed);
    text_printf(text, "%s_sum{route=\"%s\"} ", name, route->name);
    print_seconds(text, route->timed_ns);
    text_printf(text, "%s_count{route=\"%s\"} %lld\n", name, route->name,
                (long long)route->n_timed);
}

static void print_turns(const struct metrics *metrics, int64_t now_ns, struct text *text)
{
    int64_t age = now_ns / (INTERVAL_S * SECOND_NS) - metrics->interval, longest_ns = 0;
    for (int i = 0; i < METRICS_TURNS && i + age < METRICS_TURNS; i++)
        if (metrics->longest_ns[i] > longest_ns)
            longest_ns = metrics->longest_ns[i];
    metric_print(text, "http_loop_lag_seconds", "gauge",
                 "The longest turn of the loop in the last 15 to 30 s: how long a client may have "
                 "waited for others.",
                 (double)longest_ns / 1e9);
    metric_head(text, "http_loop_turn_seconds", "summary", "Turns of the loop.");
    text_printf(text, "http_loop_turn_seconds_count %lld\nhttp_loop_turn_seconds_sum ",
                (long long)metrics->n_turns);
    print_seconds(text, metrics->turns_ns);
}

void metrics_print(const struct metrics *metrics, int64_t now_ns, struct text *text)
{
    metric_head(text, "http_requests_total", "counter",
                "Requests answered, by the template of their route.");
    for (int i = 0; i < METRICS_ROUTES_MAX && metrics->routes[i].name != NULL; i++)
        print_answers(&metrics->routes[i], text);
    metric_head(text, "http_request_duration_seconds", "histogram",
                "From a request's first line to the end of its answer; not of event streams.");
    for (int i = 0; i < METRICS_ROUTES_MAX && metrics->routes[i].name != NULL; i++)
        if (metrics->routes[i].n_timed > 0)
            print_times(&metrics->routes[i], text);
    print_turns(metrics, now_ns, text);
}

/* --- all the layer counts ------------------------------------------------------------------- */

static void print_gauges(const struct http_counts *counts, struct text *text)
{
    metric_print(text, "http_connections_open", "gauge", "Connections.", counts->connections);
    metric_print(text, "http_requests_held", "gauge", "Requests that wait for something to end.",
                 counts->held);
    metric_print(text, "http_desk_waiting", "gauge", "Requests that wait for a desk.",
                 counts->desk_waiting);
    metric_print(text, "sse_streams_open", "gauge", "Event streams.", counts->streams);
    metric_print(text, "sse_streams_sleeping", "gauge", "Event streams with nothing to say.",
                 counts->streams_sleeping);
}

static void print_counters(const struct http_counts *counts, struct text *text)
{
    metric_print(text, "sse_streams_opened_total", "counter", "Event streams opened.",
                 (double)counts->streams_opened);
    metric_print(text, "sse_streams_gone_total", "counter", "Event streams ended by their reader.",
                 (double)counts->streams_gone);
    metric_print(text, "sse_streams_stalled_total", "counter",
                 "Of these: cut, since the reader took nothing.", (double)counts->streams_stalled);
    metric_print(text, "http_deadlines_missed_total", "counter",
                 "Requests that came too slowly and were cut.", (double)counts->deadlines_missed);
    metric_print(text, "http_connections_shed_total", "counter",
                 "Idle connections closed to make room.", (double)counts->connections_shed);
    metric_print(text, "http_connections_refused_total", "counter",
                 "Connections answered 503, since there was no room.",
                 (double)counts->connections_refused);
}

void http_print_metrics(const struct http_server *server, struct text *text)
{
    struct http_counts counts = http_counts(server);
    metrics_print(&server->metrics, clock_monotonic_ns(), text);
    print_gauges(&counts, text);
    print_counters(&counts, text);
}
