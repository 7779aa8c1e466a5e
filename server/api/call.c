/* What every handler does with its call: read the body and the query, reply JSON. */
#include "server/api/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/json.h"

enum { DEPTH_MAX = 16 };

void call_reply_json(struct call *call, int status, json_t *json)
{
    size_t n_bytes = 0;
    char *body = json == NULL ? NULL : json_text(json, &n_bytes);
    json_decref(json);
    if (body == NULL) {
        struct error error = ERROR_INIT;
        error_set(&error, ERROR_MEMORY, "not enough memory to answer");
        http_reply_error(call->request, &error);
        return;
    }
    http_reply(call->request, status, "application/json", body, n_bytes);
}

/* The deepest nesting of brackets in JSON text; strings are skipped. */
static int depth_of(const char *text, size_t n_bytes)
{
    int depth = 0, deepest = 0, in_string = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > deepest)
            deepest = depth;
        else if (!in_string && (c == ']' || c == '}'))
            depth--;
    }
    return deepest;
}

json_t *call_body(struct call *call)
{
    size_t n_bytes;
    const char *body = http_body(call->request, &n_bytes);
    char detail[256];
    if (n_bytes == 0) {
        http_reply_problem(call->request, 400, "the body is empty, expected a JSON object", NULL);
        return NULL;
    }
    if (depth_of(body, n_bytes) > DEPTH_MAX) {
        snprintf(detail, sizeof detail, "the JSON is nested too deeply, at most %d levels are read",
                 DEPTH_MAX);
        http_reply_problem(call->request, 400, detail, NULL);
        return NULL;
    }
    json_error_t fault;
    json_t *json = json_loadb(body, n_bytes, JSON_REJECT_DUPLICATES, &fault);
    if (json == NULL) {
        snprintf(detail, sizeof detail, "not JSON: %s (line %d, column %d)", fault.text, fault.line,
                 fault.column);
        http_reply_problem(call->request, 400, detail, NULL);
    } else if (!json_is_object(json)) {
        json_decref(json);
        json = NULL;
        http_reply_problem(call->request, 400, "expected a JSON object", NULL);
    }
    return json;
}

int call_query_integer(struct call *call, const char *name, int64_t low, int64_t high,
                       int64_t missing, int64_t *out)
{
    const char *text = http_query(call->request, name);
    *out = missing;
    if (text == NULL)
        return 0;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && value >= low && value <= high) {
        *out = value;
        return 0;
    }
    char detail[256];
    snprintf(detail, sizeof detail, "?%s=%.40s: expected an integer from %lld to %lld", name, text,
             (long long)low, (long long)high);
    http_reply_problem(call->request, 400, detail, NULL);
    return -1;
}

int call_format(struct call *call, enum call_format *out)
{
    static const char *const names[] = {"json", "csv", "ndjson"};
    static const char *const types[] = {"application/json", "text/csv", "application/x-ndjson"};
    const char *name = http_query(call->request, "format");
    const char *accept = http_header(call->request, "Accept");
    http_reply_header(call->request, "Vary", "Accept");
    for (int i = 0; i < 3; i++) {
        int matches = name != NULL ? strcmp(name, names[i]) == 0
                                   : accept != NULL && strstr(accept, types[i]) != NULL;
        if (matches) {
            *out = (enum call_format)i;
            return 0;
        }
    }
    *out = FORMAT_JSON;
    if (name != NULL) {
        http_reply_problem(call->request, 400, "?format= expects json, csv or ndjson", NULL);
        return -1;
    }
    if (accept == NULL || strstr(accept, "*/*") != NULL || strstr(accept, "application/*") != NULL)
        return 0;
    http_reply_problem(call->request, 406,
                       "this table comes as application/json, text/csv or application/x-ndjson",
                       NULL);
    return -1;
}
