/* A reply: recorded first, handed to libmicrohttpd when the request is complete.
 *
 * DESIGN: libmicrohttpd 0.9.75 ends a HEAD of unknown length with a chunk that belongs to nothing
 * (trap T6), so HEAD never gets a reply with a reader: its length is found out beforehand. */
#include "server/http/reply/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/http/connection/client.h"
#include "server/http/reply/problem.h"
#include "server/http/reply/stream.h"
#include "server/http/request.h"

enum { SLICE_BYTES = 16 * 1024, COUNTED_BYTES_MAX = 128 * 1024 };

/* Scripts, styles and requests only from here; nothing inline, nothing framed. */
static const char *const common_headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
};

/* --- recording ------------------------------------------------------------------------------ */

int reply_has_header(const struct reply *reply, const char *name)
{
    size_t at = 0;
    while (at < reply->headers.n_bytes) {
        const char *found = reply->headers.bytes + at;
        if (strcasecmp(found, name) == 0)
            return 1;
        at += strlen(found) + 1;
        at += strlen(reply->headers.bytes + at) + 1;
    }
    return 0;
}

void http_reply_header(struct http_request *request, const char *name, const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return;
    text_add(&request->reply.headers, name, strlen(name) + 1);
    text_add(&request->reply.headers, value, strlen(value) + 1);
}

/* The record to fill; NULL when the request has its reply already. */
static struct reply *record(struct http_request *request, enum reply_kind kind, int status,
                            const char *content_type)
{
    struct reply *reply = &request->reply;
    if (reply->kind != REPLY_NONE)
        return NULL;
    reply->kind = kind;
    reply->status = status;
    if (content_type != NULL)
        http_reply_header(request, "Content-Type", content_type);
    return reply;
}

void http_reply(struct http_request *request, int status, const char *content_type, char *body,
                size_t n_bytes)
{
    struct reply *reply = record(request, REPLY_BYTES, status, content_type);
    if (reply == NULL) {
        free(body);
        return;
    }
    reply->body = body;
    reply->n_bytes = body == NULL ? 0 : n_bytes;
}

void reply_still(struct http_request *request, int status, const char *content_type,
                 const void *bytes, size_t n_bytes)
{
    struct reply *reply = record(request, REPLY_BYTES, status, content_type);
    if (reply == NULL)
        return;
    reply->still = bytes;
    reply->n_bytes = n_bytes;
}

void http_reply_slices(struct http_request *request, int status, const char *content_type,
                       http_read_fn read, http_end_fn end, void *source)
{
    struct reply *reply = record(request, REPLY_SLICES, status, content_type);
    if (reply == NULL) {
        end(source);
        return;
    }
    reply->read = read;
    reply->end = end;
    reply->source = source;
}

void http_reply_stream(struct http_request *request, const struct http_stream_source *stream,
                       void *source)
{
    struct reply *reply = record(request, REPLY_STREAM, 200, "text/event-stream");
    if (reply == NULL) {
        stream->end(source);
        return;
    }
    http_reply_header(request, "X-Accel-Buffering", "no");
    reply->stream = *stream;
    reply->end = stream->end;
    reply->source = source;
}

/* A list of tags, weak ones compared by what they quote, or "*". */
int reply_is_known(const struct http_request *request, const char *etag)
{
    const char *list = http_header(request, "If-None-Match");
    size_t n_etag = strlen(etag);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " \t,");
        if (*list == '*')
            return 1;
        if (strncmp(list, "W/", 2) == 0)
            list += 2;
        if (strncmp(list, etag, n_etag) == 0)
            return 1; /* etag ends with its quote */
        list += strcspn(list, ",");
    }
    return 0;
}

int http_reply_unchanged(struct http_request *request, const char *etag, size_t n_bytes)
{
    http_reply_header(request, "ETag", etag);
    if (!reply_is_known(request, etag))
        return 0;
    struct reply *reply = record(request, REPLY_NOT_MODIFIED, 304, NULL);
    if (reply != NULL)
        reply->n_bytes = n_bytes;
    return 1;
}

void reply_clear(struct reply *reply)
{
    if (reply->end != NULL)
        reply->end(reply->source);
    free(reply->body);
    text_clear(&reply->headers);
    *reply = (struct reply){0};
}

/* --- slices --------------------------------------------------------------------------------- */

/* A reply being read by libmicrohttpd, owned by its response. */
struct slices {
    struct http_request *request; /* outlives every read */
    http_read_fn read;
    http_end_fn end;
    void *source;
};

static ssize_t slices_read(void *context, uint64_t position, char *out, size_t size)
{
    struct slices *slices = context;
    (void)position;
    ssize_t n = slices->read(slices->source, out, size);
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n < 0) { /* libmicrohttpd alone would keep the socket open for the idle time */
        client_reset(slices->request->client);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    slices->request->told_bytes += n;
    return n;
}

static void slices_end(void *context)
{
    struct slices *slices = context;
    slices->end(slices->source);
    free(slices);
}

static struct MHD_Response *respond_slices(struct http_request *request)
{
    struct reply *reply = &request->reply;
    struct slices *slices = malloc(sizeof *slices);
    if (slices == NULL)
        return NULL;
    *slices = (struct slices){request, reply->read, reply->end, reply->source};
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, SLICE_BYTES, slices_read, slices, slices_end);
    if (response == NULL)
        free(slices);
    else
        reply->end = NULL; /* handed over */
    return response;
}

/* --- HEAD ----------------------------------------------------------------------------------- */

/* Never read: libmicrohttpd sends no body to HEAD. */
static ssize_t nothing_read(void *context, uint64_t position, char *out, size_t size)
{
    (void)context, (void)position, (void)out, (void)size;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* The head of a reply whose body would have so many bytes. Without a length (SIZE_MAX) the
 * connection is closed, since an HTTP/1.0 reply is the only one that libmicrohttpd leaves without.
 */
static struct MHD_Response *respond_length(size_t n_bytes)
{
    uint64_t length = n_bytes == SIZE_MAX ? MHD_SIZE_UNKNOWN : n_bytes;
    struct MHD_Response *response =
        MHD_create_response_from_callback(length, 1, nothing_read, NULL, NULL);
    if (response != NULL && n_bytes == SIZE_MAX)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

/* With the length of a GET's slices, if they are few. */
static struct MHD_Response *respond_slices_head(struct http_request *request)
{
    struct reply *reply = &request->reply;
    char *scratch = request->server->scratch;
    size_t n_bytes = 0;
    ssize_t n;
    do {
        n = reply->read(reply->source, scratch, sizeof request->server->scratch);
        n_bytes += n > 0 ? (size_t)n : 0;
    } while (n > 0 && n_bytes <= COUNTED_BYTES_MAX);
    return respond_length(n == 0 ? n_bytes : SIZE_MAX);
}

/* --- sending -------------------------------------------------------------------------------- */

static struct MHD_Response *respond_bytes(struct http_request *request)
{
    struct reply *reply = &request->reply;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        reply->n_bytes, reply->body != NULL ? reply->body : (void *)(uintptr_t)reply->still,
        reply->body != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return NULL;
    reply->body = NULL; /* handed over */
    request->told_bytes += request->is_head || reply->status == 304 ? 0 : (int64_t)reply->n_bytes;
    return response;
}

static struct MHD_Response *respond(struct http_request *request)
{
    switch (request->reply.kind) {
    case REPLY_SLICES:
        return request->is_head ? respond_slices_head(request) : respond_slices(request);
    case REPLY_STREAM:
        return request->is_head ? respond_length(0) : stream_respond(request);
    case REPLY_NOT_MODIFIED:
        return respond_length(request->reply.n_bytes);
    case REPLY_BYTES:
    case REPLY_NONE:
        break;
    }
    return respond_bytes(request);
}

static int add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES ? 0 : -1;
}

/* 0, or -1 without memory. */
static int add_headers(struct MHD_Response *response, const struct http_request *request)
{
    const struct text *own = &request->reply.headers;
    int result = own->failed ? -1 : 0;
    for (size_t at = 0; result == 0 && at < own->n_bytes;) {
        const char *name = own->bytes + at, *value = name + strlen(name) + 1;
        result = add_header(response, name, value);
        at = (size_t)(value - own->bytes) + strlen(value) + 1;
    }
    size_t n_common = sizeof common_headers / sizeof *common_headers;
    for (size_t i = 0; result == 0 && i < n_common; i++)
        if (!reply_has_header(&request->reply, common_headers[i][0]))
            result = add_header(response, common_headers[i][0], common_headers[i][1]);
    if (result == 0)
        result = add_header(response, "X-Request-Id", request->id);
    if (result == 0 && request->server->is_draining)
        result = add_header(response, "Connection", "close");
    return result;
}

/* Streams are counted here, on the loop thread, not where they are asked for. */
static void settle(struct http_request *request)
{
    struct reply *reply = &request->reply;
    const char *refusal = NULL;
    int status = 503;
    if (reply->kind == REPLY_STREAM && !request->is_head && streams_are_full(request->server))
        refusal = "too many event streams are open, try again soon";
    if (reply->kind == REPLY_NONE || reply->status < 200 || reply->status > 599)
        refusal = "the server made no reply", status = 500;
    if (refusal == NULL)
        return;
    reply_clear(reply);
    http_reply_problem(request, status, refusal, NULL);
}

enum MHD_Result reply_send(struct http_request *request)
{
    settle(request);
    request->phase = REQUEST_REPLIED;
    struct MHD_Response *response = respond(request);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, request) == 0)
        result = MHD_queue_response(request->connection, (unsigned)request->reply.status, response);
    if (result == MHD_YES)
        request_was_told(request, request->reply.status, 0);
    MHD_destroy_response(response);
    return result;
}
