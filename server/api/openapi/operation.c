/* One route as the OpenAPI document has it: parameters, body, answers. */
#include "server/api/openapi/operation.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/json.h"
#include "server/spec/option/options.h"

/* --- parameters ---------------------------------------------------------------------------- */

static json_t *put_range(json_t *schema, const struct parameter *row)
{
    schema = json_put(schema, "minimum", json_integer(row->minimum));
    return row->maximum == INT64_MAX ? schema
                                     : json_put(schema, "maximum", json_integer(row->maximum));
}

static json_t *value_schema(const struct parameter *row)
{
    switch (row->type) {
    case PARAMETER_INTEGER:
        return put_range(json_pack("{s:s}", "type", "integer"), row);
    case PARAMETER_EPOCH:
        return json_pack("{s:[o, {s:s}]}", "oneOf",
                         put_range(json_pack("{s:s}", "type", "integer"), row), "const", "best");
    case PARAMETER_NUMBER:
        return json_pack("{s:s, s:I, s:I}", "type", "number", "exclusiveMinimum",
                         (json_int_t)row->minimum, "maximum", (json_int_t)row->maximum);
    case PARAMETER_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case PARAMETER_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", option_words_json(row->choices));
    case PARAMETER_TEXT:
        break;
    }
    json_t *text = json_pack("{s:s}", "type", "string");
    return row->pattern == NULL ? text : json_put(text, "pattern", json_string(row->pattern));
}

static json_t *parameter_json(const struct parameter *row, const char *in)
{
    int is_word = row->type == PARAMETER_CHOICE || row->type == PARAMETER_TEXT;
    json_t *schema = value_schema(row);
    if (row->fallback != NULL)
        schema = json_put(schema, "default",
                          is_word ? json_string(row->fallback)
                                  : json_loads(row->fallback, JSON_DECODE_ANY, NULL));
    json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "name", row->name, "in", in, "description",
                             row->description, "schema", schema);
    return row->is_required ? json_put(json, "required", json_true()) : json;
}

static json_t *name_json(const struct route *route)
{
    int n = (int)(strstr(route->pattern, "/{name}") - route->pattern);
    json_t *description = json_sprintf("Its id or name, as GET %.*s lists it.", n, route->pattern);
    return json_pack("{s:s, s:s, s:b, s:o, s:{s:s, s:s}}", "name", "name", "in", "path", "required",
                     1, "description", description, "schema", "type", "string", "pattern",
                     "^[A-Za-z0-9._-]{1,63}$");
}

static json_t *run_json(void)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:{s:s, s:i, s:i}}", "name", "run", "in", "path",
                     "required", 1, "description", "The run's number, counted from 0.", "schema",
                     "type", "integer", "minimum", 0, "maximum", OPTIONS_RUNS_MAX - 1);
}

static json_t *parameters_json(const struct route *route)
{
    json_t *list = json_array();
    if (strstr(route->pattern, "{name}") != NULL)
        list = json_push(list, name_json(route));
    if (strstr(route->pattern, "{run}") != NULL)
        list = json_push(list, run_json());
    for (const struct parameter *const *row = route->query; *row != NULL; row++)
        list = json_push(list, parameter_json(*row, "query"));
    for (const struct parameter *const *row = route->headers; *row != NULL; row++)
        list = json_push(list, parameter_json(*row, "header"));
    return list;
}

/* --- answers ------------------------------------------------------------------------------- */

static const char *status_text(int status)
{
    switch (status) {
    case 201:
        return "It was made; Location says where it is.";
    case 202:
        return "It will be done.";
    case 204:
        return "It is done; there is nothing more to say.";
    case 304:
        return "The client has it already (If-None-Match).";
    default:
        return "The answer.";
    }
}

static json_t *content_json(const struct route *route)
{
    static const char *const json_type[] = {"application/json", NULL};
    json_t *content = json_object();
    for (const char *const *type = route->types != NULL ? route->types : json_type; *type != NULL;
         type++)
        content = json_put(content, *type,
                           json_pack("{s:{s:s}}", "schema", "type",
                                     strcmp(*type, *json_type) == 0 ? "object" : "string"));
    return content;
}

static json_t *response_json(const struct route *route, int status)
{
    if (status >= 400)
        return json_pack("{s:s}", "$ref", OPERATION_PROBLEM);
    json_t *json = json_pack("{s:s}", "description", status_text(status));
    return status == 204 || status == 304 ? json
                                          : json_put(json, "content", content_json(route));
}

static json_t *put_status(json_t *responses, const struct route *route, int status)
{
    char name[4] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
                    (char)('0' + status % 10), '\0'};
    return json_put(responses, name, response_json(route, status));
}

static json_t *responses_json(const struct route *route, int is_closed)
{
    json_t *responses = json_object();
    char *end;
    for (const char *at = route->statuses != NULL ? route->statuses : "200"; *at != '\0';
         at = *end == '|' ? end + 1 : end)
        responses = put_status(responses, route, (int)strtol(at, &end, 10));
    responses = put_status(responses, route, 400);
    if (is_closed)
        responses = put_status(responses, route, 401);
    if (strchr(route->pattern, '{') != NULL)
        responses = put_status(responses, route, 404);
    if (route->types != NULL && route->types[1] != NULL)
        responses = put_status(responses, route, 406);
    if (route->body != NULL) {
        responses = put_status(responses, route, 413);
        responses = put_status(responses, route, 415);
        responses = put_status(responses, route, 422);
    }
    return json_put(responses, "default", json_pack("{s:s}", "$ref", OPERATION_PROBLEM));
}

/* --- operation ----------------------------------------------------------------------------- */

/* "get_experiments_name_runs_run_epochs". */
static json_t *operation_id(const struct route *route)
{
    static const char version[] = "/api/v1";
    struct text text = {0};
    const char *at = route->pattern;
    if (strncmp(at, version, sizeof version - 1) == 0 && at[sizeof version - 1] == '/')
        at += sizeof version - 1;
    for (const char *method = http_method_name(route->method); *method != '\0'; method++)
        text_printf(&text, "%c", tolower((unsigned char)*method));
    for (; *at != '\0'; at++)
        if (*at != '{' && *at != '}')
            text_printf(&text, "%c", isalnum((unsigned char)*at) ? *at : '_');
    json_t *json = text.failed ? NULL : json_stringn(text.bytes, text.n_bytes);
    text_clear(&text);
    return json;
}

json_t *operation_json(const struct route *route, int is_closed)
{
    json_t *json = json_pack("{s:o, s:s, s:o}", "operationId", operation_id(route), "summary",
                             route->summary, "parameters", parameters_json(route));
    if (route->body != NULL) {
        const char *type = route->body_type != NULL ? route->body_type : "application/json";
        json = json_put(json, "requestBody",
                        json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content", type, "schema",
                                  route->body()));
    }
    return json_put(json, "responses", responses_json(route, is_closed));
}
