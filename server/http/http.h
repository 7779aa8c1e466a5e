/* HTTP/1.1 on libmicrohttpd's external epoll mode: one loop thread owns every connection.
 *
 * The layer knows nothing of experiments: it is handed one dispatch function. It guards requests
 * (Host, framing, sizes, content types) before anything else sees them, answers HEAD and OPTIONS,
 * compiles problems (RFC 9457), serves compiled-in assets, runs slow handlers on a desk thread, and
 * keeps event streams: suspended while they have nothing to say, woken in batches.
 *
 * Threads: http_run is the loop thread. Only http_wake, http_stop and (inside a handler run by
 * http_later) the request's own functions may be used from other threads. */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/error.h"

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };

struct http_request; /* one request and its reply; valid until the reply is complete */
struct http_server;

/* Called on the loop thread once per request, body complete and checked. Must reply (below), defer
 * (http_later) or both fail and leave the request without a reply, which becomes a 500. HEAD comes
 * as HTTP_GET; the body of the reply is then dropped. */
typedef void (*http_dispatch_fn)(void *context, struct http_request *request);

struct http_config {
    const char *address;      /* "127.0.0.1" or "::1" */
    uint16_t port;            /* 0: any free one */
    const char *const *hosts; /* further Host names to accept, NULL-terminated, or NULL */
    size_t body_bytes_max;    /* larger bodies are refused with 413 */
    int connections_max;      /* 0: from the descriptor limit */
    int streams_max;          /* event streams; further ones get 503 with Retry-After; 0: default,
                                 at least 64 below connections_max */
    int desks;                /* threads for http_later; at least 1 */
    int idle_s;               /* connections without progress are closed; 0: default 30 */
    int heartbeat_s;          /* 0: default 15 */
    http_dispatch_fn dispatch;
    void *context;
};

/* Binds and listens; NULL with ERROR_CONFLICT (port in use) or ERROR_STORAGE. Copies the config
 * (but for `context`). */
struct http_server *http_create(const struct http_config *config, struct error *error);
uint16_t http_port(const struct http_server *server);

/* Serves until http_stop; then stops listening, ends every stream with `event: shutdown`, lets
 * running replies finish for at most `drain_ms`, and returns. Call once. */
void http_run(struct http_server *server, int drain_ms);

/* Ask http_run to return. Any thread; also safe in a signal handler. */
void http_stop(struct http_server *server);
void http_destroy(struct http_server *server);

/* --- the request --------------------------------------------------------------------------- */

enum http_method http_method(const struct http_request *request);
const char *http_path(const struct http_request *request); /* percent-decoded once, no query */
/* Value of a query argument ("" for `?validate`), or NULL; decoded; borrowed. */
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name); /* or NULL */
const char *http_body(const struct http_request *request, size_t *out_bytes);  /* never NULL */
const char *http_request_id(const struct http_request *request);

/* --- the reply ----------------------------------------------------------------------------- */

/* Adds a header to the reply about to be made. Before http_reply*. */
void http_reply_header(struct http_request *request, const char *name, const char *value);

/* A whole reply. Takes `body` (malloc'ed; may be NULL when n_bytes is 0). */
void http_reply(struct http_request *request, int status, const char *content_type, char *body,
                size_t n_bytes);

/* application/problem+json: {"type","title","status","detail","instance","request_id"} plus
 * `extension` (JSON text of members without braces, e.g. "\"errors\":[...]", or NULL; borrowed).
 * `detail` borrowed. The title follows from the status. */
void http_reply_problem(struct http_request *request, int status, const char *detail,
                        const char *extension);

/* The same from an error: its kind chooses the status (one table), its text is the detail. */
void http_reply_error(struct http_request *request, const struct error *error);

/* A long reply written in slices on the loop thread: `read` fills up to `size` bytes and returns
 * how many, 0 at the end, -1 to cut the connection. `end` is called once, always. Each call should
 * take about a millisecond at most. */
typedef ssize_t (*http_read_fn)(void *source, char *out, size_t size);
typedef void (*http_end_fn)(void *source);
void http_reply_slices(struct http_request *request, int status, const char *content_type,
                       http_read_fn read, http_end_fn end, void *source);

/* Runs `work(work_context, request)` on a desk thread while the connection waits; `work` must
 * reply. Call at most once, from dispatch, and reply nothing there. */
typedef void (*http_work_fn)(void *work_context, struct http_request *request);
void http_later(struct http_request *request, http_work_fn work, void *work_context);

/* --- event streams ------------------------------------------------------------------------- */

/* What a stream says. All three run on the loop thread. `read` writes whole or partial event bytes
 * and returns how many; 0 when there is nothing now (the connection then sleeps until http_wake
 * finds `ready` true); -1 at the end of the stream, after its last byte. `ready` must be cheap: it
 * is asked for every sleeping stream at every wake. The layer itself writes the opening `retry:`,
 * a heartbeat (`event: ping`, only between events) and `event: shutdown`. */
struct http_stream_source {
    ssize_t (*read)(void *source, char *out, size_t size);
    int (*ready)(void *source);
    http_end_fn end;
};

/* Replies 200 text/event-stream, or 503 when streams_max is reached (then `end` is called at
 * once). */
void http_reply_stream(struct http_request *request, const struct http_stream_source *stream,
                       void *source);

/* There may be news for sleeping streams. Any thread; many calls within 50 ms become one wake. */
void http_wake(struct http_server *server);

/* For /metrics and tests. Loop thread. */
struct http_counts {
    int connections, streams, streams_sleeping;
    int64_t requests, streams_opened, streams_gone;
};
struct http_counts http_counts(const struct http_server *server);

/* The server a request belongs to. */
struct http_server *http_request_server(const struct http_request *request);

#endif
