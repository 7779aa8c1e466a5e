/* Problems: one shape for every refusal, one table from the kinds of errors to statuses. */
#include "server/http/reply/problem.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/text.h"
#include "server/http/reply/reply.h"
#include "server/http/request.h"

enum { PATH_SHOWN = 120 };

const char *problem_title(int status)
{
    return MHD_get_reason_phrase_for((unsigned)status);
}

static void add_member(struct text *text, const char *name, const char *value, size_t n_value)
{
    char copy[1024];
    n_value = text_utf8_prefix(value, n_value < sizeof copy ? n_value : sizeof copy - 1);
    memcpy(copy, value, n_value);
    copy[n_value] = '\0';
    text_printf(text, ",\"%s\":", name);
    text_json_string(text, copy);
}

char *problem_text(const struct http_request *request, int status, const char *detail,
                   const char *extension, size_t *out_n_bytes)
{
    struct text text = {0};
    text_printf(&text, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d",
                problem_title(status), status);
    add_member(&text, "detail", detail, strlen(detail));
    if (request != NULL) {
        add_member(&text, "instance", request->raw, request->target.raw_path_bytes);
        add_member(&text, "request_id", request->id, strlen(request->id));
    }
    if (extension != NULL && extension[0] != '\0')
        text_printf(&text, ",%s", extension);
    text_add(&text, "}", 1);
    return text_take(&text, out_n_bytes);
}

void http_reply_problem(struct http_request *request, int status, const char *detail,
                        const char *extension)
{
    size_t n_bytes = 0;
    char *body = problem_text(request, status, detail, extension, &n_bytes);
    if ((status == 503 || status == 429) && !reply_has_header(&request->reply, "Retry-After"))
        http_reply_header(request, "Retry-After", "2");
    http_reply(request, status, "application/problem+json", body, n_bytes);
}

void http_reply_error(struct http_request *request, const struct error *error)
{
    static const int statuses[] = {
        [ERROR_NONE] = 500,     [ERROR_INVALID] = 400,   [ERROR_NOT_FOUND] = 404,
        [ERROR_CONFLICT] = 409, [ERROR_TOO_LARGE] = 413, [ERROR_BUSY] = 503,
        [ERROR_MEMORY] = 503,   [ERROR_STORAGE] = 503,   [ERROR_INTERNAL] = 500,
    };
    http_reply_problem(request, statuses[error->kind], error->text, NULL);
}

void http_allow(struct http_request *request, const char *methods)
{
    char detail[256];
    http_reply_header(request, "Allow", methods);
    if (strcmp(request->method_name, "OPTIONS") == 0) {
        http_reply(request, 204, NULL, NULL, 0);
        return;
    }
    snprintf(detail, sizeof detail, "%.*s: got %.20s, expected one of %s",
             request->target.raw_path_bytes > PATH_SHOWN ? PATH_SHOWN
                                                         : (int)request->target.raw_path_bytes,
             request->raw, request->method_name, methods);
    http_reply_problem(request, 405, detail, NULL);
}
