/* Metrics: what was asked, how it was answered, how long it took; as Prometheus reads it. Private.
 *
 * Requests are counted in one place (request_end), by their route's template, so the number of
 * series is bounded whatever is asked. Loop thread; no lock, no allocation. */
#ifndef SERVER_HTTP_METRICS_H
#define SERVER_HTTP_METRICS_H

#include <stdint.h>

#include "server/base/text.h"

enum { METRICS_ROUTES_MAX = 64, METRICS_ANSWERS_MAX = 24, METRICS_BUCKETS = 8, METRICS_TURNS = 2 };

/* Routes of requests that reached none: the guard or access answered; no path was found. */
extern const char METRICS_GUARD[], METRICS_UNMATCHED[];

struct metrics_route {
    const char *name; /* its template; borrowed for ever, compared by address */
    struct metrics_answer {
        const char *method; /* a constant of ours */
        int status;         /* 0: the client left before there was one */
        int64_t n;
    } answers[METRICS_ANSWERS_MAX];                       /* unused ones have n == 0 */
    int64_t n_within[METRICS_BUCKETS], n_timed, timed_ns; /* not of streams */
};

struct metrics {
    struct metrics_route routes[METRICS_ROUTES_MAX]; /* unused ones have no name */
    int64_t n_turns, turns_ns;                       /* of the loop */
    int64_t longest_ns[METRICS_TURNS];               /* turn of this and of the last interval */
    int64_t interval;                                /* the present one */
};

struct metrics_request {
    const char *route, *method; /* constants */
    int status;
    int64_t took_ns; /* -1: not timed */
};

void metrics_count_request(struct metrics *metrics, const struct metrics_request *request);

/* A turn of the loop: while it takes, nobody else is served. Monotonic clock. */
void metrics_count_turn(struct metrics *metrics, int64_t began_ns, int64_t ended_ns);

void metrics_print(const struct metrics *metrics, int64_t now_ns, struct text *text);

#endif
