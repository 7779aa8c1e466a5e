/* What every handler does with its call: read the body and the query, reply JSON. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/api/route/routes.h"
#include "server/base/digest.h"
#include "server/base/json.h"
#include "server/base/text.h"

enum { TAG_BYTES = 16 }; /* of the digest */

/* The text of `json` (taken), or NULL after replying that there is no memory for it. */
static char *make_body(struct call *call, json_t *json, size_t *out_n_bytes)
{
    char *body = json == NULL ? NULL : json_text(json, out_n_bytes);
    json_decref(json);
    if (body == NULL) {
        struct error error = ERROR_INIT;
        error_set(&error, ERROR_MEMORY, "not enough memory to answer");
        http_reply_error(call->request, &error);
    }
    return body;
}

void call_reply_json(struct call *call, int status, json_t *json)
{
    size_t n_bytes = 0;
    char *body = make_body(call, json, &n_bytes);
    if (body != NULL)
        http_reply(call->request, status, "application/json", body, n_bytes);
}

void call_may_be_kept(struct call *call)
{
    http_reply_header(call->request, "Cache-Control", "private, no-cache");
}

int call_is_known(struct call *call, const char *text, size_t n_text, size_t n_body)
{
    unsigned char digest[DIGEST_BYTES];
    char etag[2 * TAG_BYTES + 3] = "\"";
    digest_of(text, n_text, digest);
    for (int i = 0; i < TAG_BYTES; i++)
        snprintf(etag + 1 + 2 * i, 3, "%02x", digest[i]);
    etag[2 * TAG_BYTES + 1] = '"';
    return http_reply_unchanged(call->request, etag, n_body);
}

void call_reply_record(struct call *call, json_t *json, int is_final)
{
    size_t n_bytes = 0;
    char *body = make_body(call, json, &n_bytes);
    if (body == NULL)
        return;
    call_may_be_kept(call);
    if (is_final && call_is_known(call, body, n_bytes, n_bytes))
        free(body);
    else
        http_reply(call->request, 200, "application/json", body, n_bytes);
}

json_t *call_body(struct call *call)
{
    struct error error = ERROR_INIT;
    size_t n_bytes;
    const char *body = http_body(call->request, &n_bytes);
    const char *type = http_header(call->request, "Content-Type");
    if (type != NULL && strncasecmp(type, "text/csv", 8) == 0) {
        http_reply_problem(call->request, 415,
                           "Content-Type: got \"text/csv\", expected application/json here; a CSV "
                           "file is posted to /api/v1/datasets",
                           NULL);
        return NULL;
    }
    if (n_bytes == 0) {
        http_reply_problem(call->request, 400, "the body is empty, expected a JSON object", NULL);
        return NULL;
    }
    json_t *json = json_read(body, n_bytes, &error);
    if (json == NULL) {
        if (error.kind == ERROR_INVALID)
            http_reply_problem(call->request, 400, error.text, NULL);
        else
            http_reply_error(call->request, &error);
    } else if (!json_is_object(json)) {
        json_decref(json);
        json = NULL;
        http_reply_problem(call->request, 400, "expected a JSON object", NULL);
    }
    return json;
}

static int is_stopping(void *request)
{
    return http_is_stopping(http_request_server(request));
}

struct replay_wish call_replay(struct call *call, const struct study *study)
{
    return (struct replay_wish){.engine = lab_engine(call->api->lab),
                                .study = study,
                                .run = call->run,
                                .stop = is_stopping,
                                .context = call->request};
}

void call_reply_replay_error(struct call *call, const struct error *error)
{
    if (error->kind == ERROR_TOO_LARGE)
        http_reply_problem(call->request, 422, error->text, NULL);
    else
        http_reply_error(call->request, error);
}

/* --- the query ----------------------------------------------------------------------------- */

const struct parameter *call_parameter(const struct call *call, const char *name)
{
    const struct parameter *const *row = call->route->query;
    while (strcmp((*row)->name, name) != 0)
        row++;
    return *row;
}

/* `result`, after replying 400 when it says that the query is wrong. */
static int or_refuse(struct call *call, int result, const struct error *error)
{
    if (result != 0)
        http_reply_problem(call->request, 400, error->text, NULL);
    return result;
}

int call_query_within(struct call *call, const char *name, int64_t low, int64_t high,
                      int64_t missing, int64_t *out)
{
    const char *text = http_query(call->request, name);
    struct error error = ERROR_INIT;
    *out = missing;
    if (text == NULL)
        return 0;
    return or_refuse(call, parameter_integer(call_parameter(call, name), text, low, high, out,
                                             &error), &error);
}

int call_query_integer(struct call *call, const char *name, int64_t *out)
{
    const char *fallback = call_parameter(call, name)->fallback;
    return call_query_within(call, name, INT64_MIN, INT64_MAX,
                             fallback == NULL ? 0 : strtoll(fallback, NULL, 10), out);
}

int call_query_epoch(struct call *call, const struct engine_run *run, int64_t high,
                     int64_t missing, int64_t *out)
{
    const char *text = http_query(call->request, "epoch");
    if (text == NULL || strcmp(text, "best") != 0)
        return call_query_within(call, "epoch", 0, high, missing, out);
    *out = run->best.epoch;
    if (run->best.epoch > 0)
        return 0;
    http_reply_problem(call->request, 409,
                       "?epoch=best: the run has no epoch yet whose monitored loss is finite",
                       NULL);
    return -1;
}

int call_query_choice(struct call *call, const char *name, int missing, int *out)
{
    const char *text = http_query(call->request, name);
    struct error error = ERROR_INIT;
    *out = missing;
    if (text == NULL)
        return 0;
    return or_refuse(call, parameter_choice(call_parameter(call, name), text, out, &error), &error);
}

int call_query_page(struct call *call, int64_t *out_limit, int64_t *out_cursor)
{
    return call_query_integer(call, "limit", out_limit) == 0 &&
                   call_query_integer(call, "cursor", out_cursor) == 0
               ? 0
               : -1;
}

void call_reply_page(struct call *call, const char *name, json_t *list, int64_t next)
{
    json_t *cursor = next == 0 ? json_null() : json_sprintf("%lld", (long long)next);
    call_reply_json(call, 200, json_pack("{s:o, s:o}", name, list, "next", cursor));
}

int call_query_flag(struct call *call, const char *name, int *out)
{
    const char *text = http_query(call->request, name);
    int is_true = text != NULL && (text[0] == '\0' || strcmp(text, "true") == 0);
    *out = is_true;
    if (text == NULL || is_true || strcmp(text, "false") == 0)
        return 0;
    char detail[128];
    snprintf(detail, sizeof detail, "?%s=%.40s: expected true or false", name, text);
    http_reply_problem(call->request, 400, detail, NULL);
    return -1;
}

/* The first of the route's media types that the client accepts; -1 when it accepts none. */
static int find_accepted(const struct call *call)
{
    const char *accept = http_header(call->request, "Accept");
    const char *const *types = call->route->types;
    for (int i = 0; types[i] != NULL && accept != NULL; i++)
        if (strstr(accept, types[i]) != NULL)
            return i;
    return accept == NULL || strstr(accept, "*/*") != NULL ||
                   strstr(accept, "application/*") != NULL
               ? FORMAT_JSON
               : -1;
}

int call_format(struct call *call, enum call_format *out)
{
    int format;
    http_reply_header(call->request, "Vary", "Accept");
    if (call_query_choice(call, "format", FORMAT_JSON, &format) != 0)
        return -1;
    if (http_query(call->request, "format") == NULL)
        format = find_accepted(call);
    *out = (enum call_format)format;
    if (format >= 0)
        return 0;
    struct text detail = {0};
    text_printf(&detail, "this comes as %s", call->route->types[0]);
    for (const char *const *type = call->route->types + 1; *type != NULL; type++)
        text_printf(&detail, type[1] == NULL ? " or %s" : ", %s", *type);
    http_reply_problem(call->request, 406, detail.failed ? "no such media type" : detail.bytes,
                       NULL);
    text_clear(&detail);
    return -1;
}
