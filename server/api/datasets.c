/* Uploaded data sets: CSV files for specs of kind upload. */
#include "server/api/call/call.h"

#include <stdio.h>
#include <strings.h>

#include "server/api/route/query.h"
#include "server/base/json.h"
#include "server/lab/uploads.h"

static void reply_described(struct call *call, int status, const char *id)
{
    struct error error = ERROR_INIT;
    json_t *json = uploads_json(lab_engine(call->api->lab), id, &error);
    if (json == NULL && error.kind != ERROR_NONE)
        http_reply_error(call->request, &error);
    else
        call_reply_json(call, status, json);
}

void datasets_create(struct call *call)
{
    struct error error = ERROR_INIT;
    const char *type = http_header(call->request, "Content-Type");
    char id[UPLOADS_ID_BYTES], location[64 + UPLOADS_ID_BYTES];
    size_t n_bytes;
    int is_new;
    const char *body = http_body(call->request, &n_bytes);
    if (n_bytes > 0 && (type == NULL || strncasecmp(type, "text/csv", 8) != 0)) {
        http_reply_problem(call->request, 415,
                           "a data set is a CSV file: send it with Content-Type: text/csv, as curl "
                           "--data-binary @FILE -H 'Content-Type: text/csv' does",
                           NULL);
        return;
    }
    if (uploads_add(lab_engine(call->api->lab), body, n_bytes, id, &is_new, &error) != 0) {
        if (error.kind == ERROR_INVALID)
            http_reply_problem(call->request, 422, error.text, NULL);
        else
            http_reply_error(call->request, &error);
        return;
    }
    snprintf(location, sizeof location, "/api/v1/datasets/%s", id);
    http_reply_header(call->request, "Location", location);
    reply_described(call, is_new ? 201 : 200, id);
}

void datasets_list(struct call *call)
{
    struct error error = ERROR_INIT;
    int64_t limit, cursor, next = 0;
    if (call_query_page(call, &limit, &cursor) != 0)
        return;
    json_t *list =
        uploads_list(lab_engine(call->api->lab), cursor, (int)limit, &next, &error);
    if (list == NULL && error.kind != ERROR_NONE)
        http_reply_error(call->request, &error);
    else
        call_reply_page(call, "datasets", list, next);
}

/* The file as it was sent. */
static void reply_file(struct call *call)
{
    struct error error = ERROR_INIT;
    void *bytes;
    size_t n_bytes;
    if (engine_read_dataset(lab_engine(call->api->lab), call->name, &bytes, &n_bytes, &error) != 0)
        http_reply_error(call->request, &error);
    else
        http_reply(call->request, 200, "text/csv; charset=utf-8", bytes, n_bytes);
}

void datasets_get(struct call *call)
{
    enum call_format format;
    if (call_format(call, &format) != 0)
        return;
    if (format == FORMAT_CSV)
        reply_file(call);
    else
        reply_described(call, 200, call->name);
}

void datasets_delete(struct call *call)
{
    struct error error = ERROR_INIT;
    if (engine_delete_dataset(lab_engine(call->api->lab), call->name, &error) != 0)
        http_reply_error(call->request, &error);
    else
        http_reply(call->request, 204, NULL, NULL, 0);
}
