/* Which handler answers which path and method.
 *
 * DESIGN: a table. A pattern's {name} takes one path segment of [A-Za-z0-9._-], {run} a run
 * number. What may wait for the disk, parse a spec or run a network is done at a desk; the others
 * are answered on the loop thread. */
#include "server/api/api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "server/api/call.h"
#include "server/http/assets.h"

enum place { AT_ONCE, AT_A_DESK };

struct route {
    enum http_method method;
    const char *pattern;
    enum place place;
    call_fn handler;
};

static const struct route routes[] = {
    {HTTP_POST, "/api/v1/experiments", AT_A_DESK, experiments_create},
    {HTTP_GET, "/api/v1/experiments", AT_A_DESK, experiments_list},
    {HTTP_GET, "/api/v1/experiments/{name}", AT_A_DESK, experiments_get},
    {HTTP_PATCH, "/api/v1/experiments/{name}", AT_A_DESK, experiments_rename},
    {HTTP_DELETE, "/api/v1/experiments/{name}", AT_A_DESK, experiments_delete},
    {HTTP_POST, "/api/v1/experiments/{name}/cancel", AT_A_DESK, experiments_cancel},
    {HTTP_GET, "/api/v1/experiments/{name}/events", AT_ONCE, events_get},
    {HTTP_GET, "/api/v1/experiments/{name}/epochs", AT_A_DESK, epochs_side_by_side},
    {HTTP_GET, "/api/v1/experiments/{name}/dataset", AT_A_DESK, dataset_get},
    {HTTP_GET, "/api/v1/experiments/{name}/runs/{run}", AT_A_DESK, runs_get},
    {HTTP_GET, "/api/v1/experiments/{name}/runs/{run}/epochs", AT_A_DESK, epochs_of_run},
    {HTTP_POST, "/api/v1/experiments/{name}/runs/{run}/predict", AT_A_DESK, runs_predict},
    {HTTP_GET, "/api/v1/experiments/{name}/runs/{run}/parameters", AT_A_DESK, runs_parameters},
    {HTTP_GET, "/api/v1/events", AT_ONCE, events_of_several},
    {HTTP_GET, "/api/v1/presets", AT_ONCE, catalog_presets},
    {HTTP_GET, "/api/v1/presets/{name}", AT_ONCE, catalog_preset},
    {HTTP_GET, "/api/v1/options", AT_ONCE, catalog_options},
    {HTTP_GET, "/healthz", AT_ONCE, health_get},
    {HTTP_GET, "/readyz", AT_A_DESK, operations_ready},
    {HTTP_GET, "/metrics", AT_ONCE, operations_metrics},
};
enum { N_ROUTES = sizeof routes / sizeof *routes };

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
    call_fn handler = routes[call->route].handler;
    call->request = request;
    handler(call);
    free(call);
}

static void answer(const struct call *matched, const struct route *route)
{
    struct call call = *matched;
    if (route->place == AT_ONCE) {
        route->handler(&call);
        return;
    }
    struct error error = ERROR_INIT;
    struct call *later = memory_array(1, sizeof *later, &error);
    if (later == NULL) {
        http_reply_error(call.request, &error);
        return;
    }
    *later = call;
    if (http_later(call.request, work, later) != 0)
        free(later);
}

void api_dispatch(void *context, struct http_request *request)
{
    struct call call = {.api = context, .request = request};
    const char *path = http_path(request);
    char allowed[64] = "";
    for (int i = 0; i < N_ROUTES; i++) {
        if (!matches(routes[i].pattern, path, &call))
            continue;
        http_name_route(request, routes[i].pattern);
        if (routes[i].method == http_method(request)) {
            call.route = i;
            answer(&call, &routes[i]);
            return;
        }
        size_t n = strlen(allowed);
        snprintf(allowed + n, sizeof allowed - n, "%s%s%s", n == 0 ? "" : ", ",
                 http_method_name(routes[i].method),
                 routes[i].method == HTTP_GET ? ", HEAD" : "");
    }
    if (allowed[0] != '\0')
        http_allow(request, allowed);
    else if (!assets_reply(request))
        http_reply_problem(request, 404, "nothing is served at this path", NULL);
}
