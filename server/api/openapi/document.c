/* GET /api/v1/openapi.json: all that the server answers, for programs.
 *
 * DESIGN: made anew for each reader, at a desk, from the table of routes and the table of options;
 * it is the same as long as the server runs, so that its tag spares most readers most of it. */
#include "server/api/openapi/bodies.h"
#include "server/api/openapi/operation.h"
#include "server/base/json.h"

#include <string.h>

/* Whether the route asks for the token. */
static int is_closed(const struct api *api, const struct route *route)
{
    return api->is_closed && strcmp(route->pattern, api->open_path) != 0;
}

static json_t *route_json(const struct api *api, const struct route *route)
{
    json_t *json = operation_json(route, is_closed(api, route));
    if (api->is_closed && !is_closed(api, route))
        json = json_put(json, "security", json_array());
    return json;
}

static json_t *paths_json(const struct api *api)
{
    json_t *paths = json_object();
    for (const struct route *route = route_table; route->pattern != NULL; route++) {
        const char *method = route->method == HTTP_GET      ? "get"
                             : route->method == HTTP_POST   ? "post"
                             : route->method == HTTP_PATCH  ? "patch"
                                                            : "delete";
        json_t *path = json_object_get(paths, route->pattern);
        path = path == NULL ? json_object() : json_incref(path);
        paths = json_put(paths, route->pattern, json_put(path, method, route_json(api, route)));
    }
    return paths;
}

/* As http_reply_problem makes it, and what query.c and refuse.c add. */
static json_t *problem_schema(void)
{
    json_t *fault = json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}}, s:[s]}", "type",
                              "object", "properties", "pointer", "type", "string", "description",
                              "Where in the body (RFC 6901).", "parameter", "type", "string",
                              "description", "Which name of the query.", "detail", "type", "string",
                              "description", "What was found, and what is allowed.", "required",
                              "detail");
    json_t *text = json_pack("{s:s}", "type", "string");
    json_t *properties = json_object();
    for (const char *const *name = (const char *const[]){"type", "title", "detail", "instance",
                                                         "request_id", NULL};
         *name != NULL; name++)
        properties = json_put(properties, *name, json_private(text));
    json_decref(text);
    properties = json_put(properties, "status", json_pack("{s:s}", "type", "integer"));
    properties = json_put(properties, "errors",
                          json_pack("{s:s, s:o}", "type", "array", "items", fault));
    return json_pack("{s:s, s:s, s:o, s:[s, s, s, s]}", "type", "object", "description",
                     "A problem (RFC 9457).", "properties", properties, "required", "type", "title",
                     "status", "detail");
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}}", "bearer", "type", "http",
                     "scheme", "bearer", "description", "The server's token.", "link", "type",
                     "apiKey", "in", "query", "name", "token", "description",
                     "The same in a link: answered with a cookie and a redirect.");
}

static json_t *components_json(const struct api *api)
{
    json_t *problem = json_pack("{s:s, s:{s:{s:{s:s}}}}", "description",
                                "It cannot be done; the problem says why.", "content",
                                "application/problem+json", "schema", "$ref",
                                "#/components/schemas/problem");
    json_t *schemas = bodies_add(json_pack("{s:o}", "problem", problem_schema()));
    json_t *json = json_pack("{s:o, s:{s:o}}", "schemas", schemas, "responses", "problem", problem);
    return api->is_closed ? json_put(json, "securitySchemes", security_schemes()) : json;
}

void openapi_get(struct call *call)
{
    const struct api *api = call->api;
    json_t *info = json_pack("{s:s, s:s, s:s}", "title", "Descent", "version", api->version,
                             "description", "A lab server for experiments with the mathematics of "
                             "small neural networks. Made from the tables that the server checks "
                             "by; what is not in it is refused.");
    json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "openapi", "3.1.0", "info", info, "paths",
                             paths_json(api), "components", components_json(api));
    if (api->is_closed)
        json = json_put(json, "security",
                        json_pack("[{s:[]}, {s:[]}]", "bearer", "link"));
    call_reply_record(call, json, 1);
}
