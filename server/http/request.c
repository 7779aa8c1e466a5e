/* A request: read, guarded, dispatched, logged.
 *
 * DESIGN: libmicrohttpd calls request_begin with the request line, request_handle when the head is
 * complete, again for each piece of body, once more when all is there, and request_end whatever
 * happened. A reply queued in the head's call closes the connection (trap T3), so only refusals are
 * sent there; libmicrohttpd then reads no further, and the client lingers to be told. */
#include "server/http/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/http/connection/client.h"
#include "server/http/connection/farewell.h"
#include "server/http/later/desk.h"
#include "server/http/reply/stream.h"

/* BODIES: as many bodies of the largest size are held at once, in reading and at desks. */
enum { BODY_FIRST_BYTES = 1024, BODIES_MAX = 64 };

/* --- what handlers ask ---------------------------------------------------------------------- */

static const char *const method_names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

const char *http_method_name(enum http_method method)
{
    return method < HTTP_OTHER ? method_names[method] : "";
}

enum http_method http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_path(const struct http_request *request)
{
    return request->target.path;
}

const char *http_query(const struct http_request *request, const char *name)
{
    return target_query(&request->target, name);
}

const char *http_query_name(const struct http_request *request, int n)
{
    return target_query_name(&request->target, n);
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_body(const struct http_request *request, size_t *out_bytes)
{
    *out_bytes = request->body_bytes;
    return request->body == NULL ? "" : request->body;
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

void http_name_route(struct http_request *request, const char *route)
{
    request->route = route;
}

struct http_server *http_request_server(const struct http_request *request)
{
    return request->server;
}

/* --- begin ---------------------------------------------------------------------------------- */

/* Before libmicrohttpd takes the target apart, which may end in its silence. */
static void refuse_target(struct http_request *request)
{
    char detail[GUARD_DETAIL_BYTES];
    snprintf(detail, sizeof detail,
             "the target of the request line has %zu bytes and %d arguments, at most %d and %d are "
             "read",
             request->target.raw_bytes, request->target.n_arguments, TARGET_BYTES_MAX,
             TARGET_ARGUMENTS_MAX);
    request->phase = REQUEST_REPLIED;
    if (request->client == NULL)
        return;
    farewell_say(request->client->fd, request, 414, detail);
    request->client->lingers = 1;
    client_cut(request->client);
}

void *request_begin(void *context, const char *raw, struct MHD_Connection *connection)
{
    size_t n_raw = strlen(raw);
    struct http_request *request = calloc(1, sizeof *request + n_raw + 1 + target_room(n_raw));
    if (request == NULL)
        return NULL;
    request->server = context;
    request->connection = connection;
    request->client = client_of(connection);
    request->began_ns = clock_monotonic_ns();
    request->route = METRICS_GUARD;
    request->method_name = "";
    memcpy(request->room, raw, n_raw + 1);
    request->raw = request->room;
    target_parse(&request->target, request->raw, request->room + n_raw + 1);
    request->server->n_requests_open++;
    client_begins_head(request->client, request);
    if (request->target.raw_bytes > TARGET_BYTES_MAX ||
        request->target.n_arguments > TARGET_ARGUMENTS_MAX)
        refuse_target(request);
    return request;
}

static enum http_method find_method(const char *name)
{
    if (strcmp(name, "HEAD") == 0)
        return HTTP_GET;
    for (int i = 0; i < HTTP_OTHER; i++)
        if (strcmp(name, method_names[i]) == 0)
            return (enum http_method)i;
    return HTTP_OTHER;
}

/* The client's X-Request-Id if it is [A-Za-z0-9-]{1,64}, else one of our own. */
static void choose_id(struct http_request *request)
{
    const char *given = http_header(request, "X-Request-Id");
    size_t n = given == NULL ? 0
                             : strspn(given, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
                                             "xyz0123456789-");
    if (n > 0 && n < REQUEST_ID_BYTES && given[n] == '\0')
        memcpy(request->id, given, n + 1);
    else
        snprintf(request->id, sizeof request->id, "%08x-%llx", request->server->boot,
                 (unsigned long long)request->server->counts.requests);
}

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t n_name, const char *value, size_t n_value)
{
    (void)kind;
    guard_header(context, name, n_name, value == NULL ? "" : value, n_value);
    return MHD_YES;
}

/* 0, or the status of its refusal. */
static int check(struct http_request *request, struct guard *guard, const char *version,
                 char detail[GUARD_DETAIL_BYTES])
{
    if (request->target.fault != NULL) {
        snprintf(detail, GUARD_DETAIL_BYTES, "%s", request->target.fault);
        return 400;
    }
    guard->method = request->method_name;
    guard->version = version;
    guard->authority =
        (struct guard_value){request->target.authority, request->target.authority_bytes};
    guard->head_bytes =
        request->target.raw_bytes + (size_t)request->target.n_arguments * GUARD_LINE_BYTES;
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, take_header, guard);
    return guard_check(guard, &request->server->rules, detail);
}

/* Where libmicrohttpd cannot reply: told past it, and closed. */
static enum MHD_Result give_up(struct http_request *request, int status, const char *detail)
{
    if (request->client != NULL) {
        farewell_say(request->client->fd, request, status, detail);
        request->client->lingers = 1;
    }
    return MHD_NO;
}

/* A reply to the head alone: a body is not read, though the client may be sending it. */
static enum MHD_Result reply_early(struct http_request *request)
{
    if (request->client != NULL)
        request->client->lingers = 1;
    return reply_send(request);
}

/* The head is complete. */
static enum MHD_Result accept_head(struct http_request *request, const char *method,
                                   const char *version)
{
    struct guard guard = {0};
    char detail[GUARD_DETAIL_BYTES];
    size_t n_bytes;
    request->server->counts.requests++;
    request->method_name = method;
    request->method = find_method(method);
    request->is_head = strcmp(method, "HEAD") == 0;
    choose_id(request);
    int status = check(request, &guard, version, detail);
    if (status == 431) /* the connection's memory may not hold another head */
        return give_up(request, status, detail);
    if (status != 0)
        http_reply_problem(request, status, detail, NULL);
    if (status != 0 || !access_admit(request))
        return reply_early(request);
    request->phase = REQUEST_BODY;
    if (guard_has_body(&guard, &n_bytes))
        client_begins_body(request->client);
    return MHD_YES;
}

/* --- body ----------------------------------------------------------------------------------- */

/* Room for n_bytes and a NUL. 0, or -1 without memory. */
static int reserve_body(struct http_request *request, size_t n_bytes)
{
    struct http_server *server = request->server;
    if (n_bytes < request->body_capacity)
        return 0;
    size_t capacity = request->body_capacity > 0 ? request->body_capacity : BODY_FIRST_BYTES;
    while (capacity <= n_bytes)
        capacity *= 2;
    size_t others = server->body_bytes - request->body_capacity;
    if (others + capacity > BODIES_MAX * (server->rules.body_bytes_max + BODY_FIRST_BYTES))
        return -1;
    char *body = realloc(request->body, capacity);
    if (body == NULL)
        return -1;
    server->body_bytes = others + capacity;
    request->body = body;
    request->body_capacity = capacity;
    return 0;
}

static enum MHD_Result take_body(struct http_request *request, const char *upload, size_t *n_upload)
{
    char detail[GUARD_DETAIL_BYTES];
    size_t max = request->server->rules.body_bytes_max;
    if (*n_upload > max - request->body_bytes) {
        snprintf(detail, sizeof detail, "the body has more than the %zu bytes that are taken", max);
        return give_up(request, 413, detail);
    }
    if (reserve_body(request, request->body_bytes + *n_upload) != 0)
        return give_up(request, 503, "too many large bodies at once, try again soon");
    memcpy(request->body + request->body_bytes, upload, *n_upload);
    request->body_bytes += *n_upload;
    request->body[request->body_bytes] = '\0';
    *n_upload = 0;
    return MHD_YES;
}

/* --- dispatch ------------------------------------------------------------------------------- */

static void dispatch(struct http_request *request)
{
    const struct http_config *config = &request->server->config;
    request->route = METRICS_UNMATCHED;
    if (request->server->is_draining)
        http_reply_problem(request, 503, "the server is stopping", NULL);
    else if (strcmp(request->target.path, "*") == 0)
        http_allow(request, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    else
        config->dispatch(config->context, request);
}

int http_later(struct http_request *request, enum http_effort effort, http_work_fn work,
               void *work_context)
{
    request->effort = effort;
    request->work = work;
    request->work_context = work_context;
    if (desk_submit(request->server->desk, request) != 0) {
        http_reply_problem(request, 503, "too many requests are waiting, try again soon", NULL);
        return -1;
    }
    request->phase = REQUEST_AT_DESK;
    return 0;
}

/* All of it is there. */
static enum MHD_Result answer(struct http_request *request)
{
    client_waits(request->client);
    dispatch(request);
    if (request->phase != REQUEST_AT_DESK)
        return reply_send(request);
    request->server->n_at_desk++;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

enum MHD_Result request_handle(void *context, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *n_upload, void **request_context)
{
    struct http_request *request = *request_context;
    (void)context, (void)connection, (void)url;
    if (request == NULL)
        return MHD_NO;
    switch (request->phase) {
    case REQUEST_HEAD:
        return accept_head(request, method, version);
    case REQUEST_BODY:
        return *n_upload > 0 ? take_body(request, upload, n_upload) : answer(request);
    case REQUEST_AT_DESK: /* its work is done, and the loop resumed it */
        return reply_send(request);
    case REQUEST_REPLIED:
        break;
    }
    return MHD_NO;
}

void request_client_left(struct http_request *request)
{
    if (request->stream != NULL)
        stream_reader_left(request->stream);
    else
        hold_client_left(request);
}

/* --- end ------------------------------------------------------------------------------------ */

void request_was_told(struct http_request *request, int status, size_t n_bytes)
{
    if (request == NULL)
        return;
    request->told_status = status;
    request->told_bytes += (int64_t)n_bytes;
}

static void count(const struct http_request *request, int64_t took_ns)
{
    struct metrics_request counted = {.route = request->route,
                                      .method = http_method_name(request->method),
                                      .status = request->told_status,
                                      .took_ns = request->is_stream ? -1 : took_ns};
    if (request->is_head)
        counted.method = "HEAD";
    else if (request->method == HTTP_OTHER || request->method_name[0] == '\0')
        counted.method = "OTHER";
    metrics_count_request(&request->server->metrics, &counted);
}

static void write_log(const struct http_request *request, int64_t took_ns, const char *ending)
{
    int status = request->told_status;
    enum log_level level = status >= 500                  ? LOG_LEVEL_ERROR
                           : status >= 400 || status == 0 ? LOG_LEVEL_WARNING
                                                          : LOG_LEVEL_INFO;
    if (!log_is_on(level))
        return;
    char path[256], method[32];
    log_quote(path, sizeof path, request->raw, request->target.raw_path_bytes);
    log_quote(method, sizeof method, request->method_name, strlen(request->method_name));
    log_line(level,
             "request id=%s method=%s route=\"%s\" path=%s status=%d bytes=%lld ms=%.3f end=%s",
             request->id, method, request->route, path, status, (long long)request->told_bytes,
             (double)took_ns / 1e6, ending);
}

void request_end(void *context, struct MHD_Connection *connection, void **request_context,
                 enum MHD_RequestTerminationCode code)
{
    static const char *const endings[] = {
        [MHD_REQUEST_TERMINATED_COMPLETED_OK] = "complete",
        [MHD_REQUEST_TERMINATED_WITH_ERROR] = "cut",
        [MHD_REQUEST_TERMINATED_TIMEOUT_REACHED] = "stalled",
        [MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN] = "shutdown",
        [MHD_REQUEST_TERMINATED_READ_ERROR] = "gone",
        [MHD_REQUEST_TERMINATED_CLIENT_ABORT] = "gone",
    };
    struct http_request *request = *request_context;
    (void)context, (void)connection;
    *request_context = NULL;
    if (request == NULL)
        return;
    int64_t took_ns = clock_monotonic_ns() - request->began_ns;
    count(request, took_ns);
    write_log(request, took_ns, endings[code]);
    if (request->is_stream && code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
        request->server->counts.streams_stalled++;
    client_is_done(request->client);
    if (request->stream != NULL)
        stream_forget_request(request->stream);
    request->server->n_requests_open--;
    request->server->body_bytes -= request->body_capacity;
    reply_clear(&request->reply);
    free(request->body);
    free(request);
}
