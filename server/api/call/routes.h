/* The table of routes: what the API answers, and to which queries. Private to server/api. */
#ifndef SERVER_API_CALL_ROUTES_H
#define SERVER_API_CALL_ROUTES_H

#include "server/api/call/call.h"

enum { ROUTE_QUERY_MAX = 7 };

/* Where its handler works: on the loop thread, or at a desk for that effort. */
enum route_place {
    ROUTE_AT_ONCE = -1,
    ROUTE_QUICK = HTTP_QUICK,
    ROUTE_MEDIUM = HTTP_MEDIUM,
    ROUTE_LONG = HTTP_LONG
};

/* A row. In a pattern {name} stands for one path segment of [A-Za-z0-9._-], {run} for a run number.
 * `query`: the names that its query may have, each once; any other is refused. */
struct route {
    enum http_method method;
    const char *pattern;
    enum route_place place;
    call_fn handler;
    const char *query[ROUTE_QUERY_MAX + 1]; /* NULL-terminated */
};

/* Ends with a pattern of NULL. */
extern const struct route route_table[];

#endif
