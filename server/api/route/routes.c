/* Which handler answers which path and method: the table walked.
 *
 * DESIGN: what may wait for the disk, parse a spec or run a network is done at a desk; the
 * others are answered on the loop thread. A route that is quick as a rule, and longer for some runs
 * or queries, is called at a desk for quick work and moves on from there (call_move). */
#include "server/api/route/routes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/route/query.h"
#include "server/api/route/signpost.h"
#include "server/http/reply/assets.h"

static int take_name(const char **path, struct call *call)
{
    size_t n = 0;
    for (; isalnum((unsigned char)**path) || (**path != '\0' && strchr("._-", **path)); (*path)++) {
        if (n == sizeof call->name - 1)
            return 0;
        call->name[n++] = **path;
    }
    call->name[n] = '\0';
    return n > 0;
}

static int take_run(const char **path, struct call *call)
{
    int n_digits = 0;
    call->run = 0;
    for (; isdigit((unsigned char)**path); (*path)++, n_digits++) {
        if (n_digits == 6)
            return 0;
        call->run = call->run * 10 + (**path - '0');
    }
    return n_digits > 0;
}

static int matches(const char *pattern, const char *path, struct call *call)
{
    while (*pattern != '\0') {
        if (strncmp(pattern, "{name}", 6) == 0) {
            if (!take_name(&path, call))
                return 0;
            pattern += 6;
        } else if (strncmp(pattern, "{run}", 5) == 0) {
            if (!take_run(&path, call))
                return 0;
            pattern += 5;
        } else if (*pattern++ != *path++) {
            return 0;
        }
    }
    return *path == '\0';
}

/* At a desk thread. */
static void work(void *context, struct http_request *request)
{
    struct call *call = context;
    call->request = request;
    call->route->handler(call);
    free(call);
}

static void answer(struct call *call)
{
    if (query_check(call) != 0)
        return;
    if (call->route->place == ROUTE_AT_ONCE) {
        call->route->handler(call);
        return;
    }
    struct error error = ERROR_INIT;
    struct call *later = memory_array(1, sizeof *later, &error);
    if (later == NULL) {
        http_reply_error(call->request, &error);
        return;
    }
    *later = *call;
    if (http_later(call->request, (enum http_effort)call->route->place, work, later) != 0)
        free(later);
}

int call_move(struct call *call, enum http_effort effort)
{
    struct call *again;
    if (http_effort(call->request) >= effort ||
        (again = memory_array(1, sizeof *again, NULL)) == NULL)
        return 0;
    *again = *call;
    http_move(call->request, effort, work, again);
    return 1;
}

void api_dispatch(void *context, struct http_request *request)
{
    struct call call = {.api = context, .request = request};
    const char *path = http_path(request);
    char allowed[64] = "";
    for (const struct route *route = route_table; route->pattern != NULL; route++) {
        if (!matches(route->pattern, path, &call))
            continue;
        http_name_route(request, route->pattern);
        if (route->method == http_method(request)) {
            call.route = route;
            answer(&call);
            return;
        }
        size_t n = strlen(allowed);
        snprintf(allowed + n, sizeof allowed - n, "%s%s, ", http_method_name(route->method),
                 route->method == HTTP_GET ? ", HEAD" : "");
    }
    size_t n = strlen(allowed);
    snprintf(allowed + n, sizeof allowed - n, "OPTIONS");
    if (n > 0)
        http_allow(request, allowed);
    else if (!assets_reply(request))
        signpost_reply(request);
}
