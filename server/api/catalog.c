/* What the server comes with: routes, presets, options, and that it is alive. */
#include "server/api/route/routes.h"

#include <stdio.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/json.h"
#include "server/spec/option/options.h"
#include "server/spec/preset/labs.h"
#include "server/spec/preset/presets.h"

static json_t *present_route(const struct route *route)
{
    json_t *query = json_array();
    for (const struct parameter *const *row = route->query; *row != NULL; row++)
        query = json_push(query, json_string((*row)->name));
    return json_pack("{s:s, s:s, s:s, s:o}", "method", http_method_name(route->method), "path",
                     route->pattern, "summary", route->summary, "query", query);
}

void catalog_routes(struct call *call)
{
    json_t *routes = json_array();
    for (const struct route *route = route_table; route->pattern != NULL; route++)
        routes = json_push(routes, present_route(route));
    http_reply_header(call->request, "Cache-Control", "no-cache");
    call_reply_json(call, 200, json_pack("{s:s, s:s, s:o}", "version", call->api->version,
                                         "openapi", "/api/v1/openapi.json", "routes", routes));
}

void catalog_presets(struct call *call)
{
    http_reply_header(call->request, "Cache-Control", "no-cache");
    call_reply_json(call, 200, json_private(presets_json()));
}

void catalog_preset(struct call *call)
{
    size_t g, p;
    json_t *group, *preset;
    json_array_foreach (json_object_get(presets_json(), "groups"), g, group) {
        json_array_foreach (json_object_get(group, "presets"), p, preset) {
            if (strcmp(json_string_value(json_object_get(preset, "name")), call->name) != 0)
                continue;
            call_reply_json(call, 200, json_private(preset));
            return;
        }
    }
    char detail[160];
    snprintf(detail, sizeof detail, "no preset is named %.60s; GET /api/v1/presets lists them",
             call->name);
    http_reply_problem(call->request, 404, detail, NULL);
}

void catalog_labs(struct call *call)
{
    http_reply_header(call->request, "Cache-Control", "no-cache");
    call_reply_json(call, 200, json_private(labs_json()));
}

void catalog_lab(struct call *call)
{
    size_t l;
    json_t *lab;
    json_array_foreach (json_object_get(labs_json(), "labs"), l, lab)
        if (strcmp(json_string_value(json_object_get(lab, "name")), call->name) == 0) {
            call_reply_json(call, 200, json_private(lab));
            return;
        }
    char detail[160];
    snprintf(detail, sizeof detail, "no lab is named %.60s; GET /api/v1/labs lists them",
             call->name);
    http_reply_problem(call->request, 404, detail, NULL);
}

void catalog_options(struct call *call)
{
    http_reply_header(call->request, "Cache-Control", "no-cache");
    call_reply_json(call, 200, options_json());
}

void health_get(struct call *call)
{
    int64_t uptime_ns = clock_monotonic_ns() - call->api->started_ns;
    json_t *json = json_pack("{s:s, s:s, s:I, s:i}", "status", "ok", "version", call->api->version,
                             "uptime_ms", (json_int_t)(uptime_ns / 1000000), "workers",
                             lab_n_workers(call->api->lab));
    call_reply_json(call, 200, json);
}
