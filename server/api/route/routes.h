/* The table of routes: what the API answers, and what it takes. Private to server/api. */
#ifndef SERVER_API_ROUTE_ROUTES_H
#define SERVER_API_ROUTE_ROUTES_H

#include "server/api/call/call.h"
#include "server/api/route/parameter.h"

enum { ROUTE_QUERY_MAX = 7, ROUTE_HEADERS_MAX = 2 };

/* Where its handler works: on the loop thread, or at a desk for that effort. */
enum route_place {
    ROUTE_AT_ONCE = -1,
    ROUTE_QUICK = HTTP_QUICK,
    ROUTE_MEDIUM = HTTP_MEDIUM,
    ROUTE_LONG = HTTP_LONG
};

/* A row. In a pattern {name} stands for one path segment of [A-Za-z0-9._-], {run} for a run number.
 * The lists end with NULL. */
struct route {
    enum http_method method;
    const char *pattern;
    enum route_place place;
    call_fn handler;
    const char *summary; /* one sentence */
    const struct parameter *query[ROUTE_QUERY_MAX + 1]; /* each once; any other is refused */
    const struct parameter *headers[ROUTE_HEADERS_MAX + 1];
    json_t *(*body)(void);     /* the JSON Schema of what it takes; NULL: no body */
    const char *body_type;     /* its media type; NULL: application/json */
    const char *const *types;  /* media types of its answer; NULL: application/json alone */
    const char *statuses;      /* "201|409"; NULL: 200. Beside them are those that follow from the
                                  rest of the row: see operation.h of server/api/openapi */
};

/* Ends with a pattern of NULL. */
extern const struct route route_table[];

#endif
