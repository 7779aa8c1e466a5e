/* HTTP/1.1 on libmicrohttpd's external epoll mode: one loop thread owns every connection.
 *
 * The layer knows nothing of experiments: it is handed one dispatch function. It guards requests
 * (Host, framing, sizes, content types) before anything else sees them, answers HEAD, compiles
 * problems (RFC 9457), serves compiled-in assets, runs slow handlers on desk threads, and keeps
 * event streams: suspended while they have nothing to say, woken in batches.
 *
 * Threads: http_run is the loop thread. Only http_wake, http_stop, http_is_stopping and (inside a
 * handler run by http_later) the request's own functions may be used from other threads. */
#ifndef SERVER_HTTP_HTTP_H
#define SERVER_HTTP_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/error.h"

/* HTTP_OTHER: OPTIONS, TRACE and names unknown here; http_allow is the answer to all of them. */
enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };
const char *http_method_name(enum http_method method); /* "GET", ...; "" for HTTP_OTHER */

struct http_request; /* one request and its reply; valid until the reply is complete */
struct http_server;

/* Called on the loop thread once per request, body complete and checked. Must reply (below), defer
 * (http_later) or both fail and leave the request without a reply, which becomes a 500. HEAD comes
 * as HTTP_GET; the body of the reply is then dropped. */
typedef void (*http_dispatch_fn)(void *context, struct http_request *request);

struct http_config {
    const char *address;      /* "127.0.0.1", "::1", or another numeric one */
    uint16_t port;            /* 0: any free one */
    const char *const *hosts; /* Host names to accept beside localhost, 127.0.0.1, [::1] and
                                 `address` at this port: "lab.example" (at any port) or
                                 "lab.example:8443"; NULL-terminated, or NULL */
    const char *token;        /* whoever asks must show it (how: access.h), or gets 401; NULL: none,
                                 for a loopback address only */
    const char *open_path;    /* answered without the token, as "/healthz"; or NULL */
    size_t body_bytes_max;    /* larger bodies are refused with 413 */
    int connections_max;      /* 0: from the descriptor limit. When they are nearly used up, the
                                 one that has been idle longest is closed for a new one; when none
                                 is idle, the new one gets 503 */
    int streams_max;          /* event streams and held requests; further streams get 503 with
                                 Retry-After, further holds an answer at once; 0: default, at
                                 least 64 below connections_max (half of a small one) */
    int desks;                /* threads for HTTP_LONG work; at least 1. Of each lesser effort
                                 there is one more */
    int desk_queue_max;       /* requests of each effort waiting for a desk; others get 503; 0:
                                 default 256 */
    int idle_s;               /* connections without progress are closed; 0: default 30 */
    int heartbeat_s;          /* 0: default 15 */
    int head_ms;              /* a request's head must be complete by then; 0: default 10000 */
    int body_ms;              /* and its body by then after the head; 0: default 30000 */
    http_dispatch_fn dispatch;
    void *context;
};

/* Binds and listens, raises the soft descriptor limit to the hard one, and ignores SIGPIPE. NULL
 * with ERROR_INVALID (address, or it is not a loopback one and there is no token), ERROR_CONFLICT
 * (port in use), ERROR_MEMORY or ERROR_STORAGE. Copies the config (but for `context` and
 * `open_path`) and keeps no token, only digests. */
struct http_server *http_create(const struct http_config *config, struct error *error);
uint16_t http_port(const struct http_server *server);

/* Serves until http_stop; then stops listening, answers new requests with 503, ends every stream
 * with `event: shutdown`, lets running replies finish for at most `drain_ms`, cuts the rest, and
 * returns. Call once. */
void http_run(struct http_server *server, int drain_ms);

/* Ask http_run to return. Any thread; also safe in a signal handler. */
void http_stop(struct http_server *server);

/* 1 once http_stop was called: long work at a desk may look and give up. Any thread. */
int http_is_stopping(const struct http_server *server);

/* After http_run has returned (or was never called). Waits for work that is still at a desk. NULL
 * is fine. */
void http_destroy(struct http_server *server);

/* --- the request --------------------------------------------------------------------------- */

enum http_method http_method(const struct http_request *request);
const char *http_path(const struct http_request *request); /* percent-decoded once, no query */
/* Value of a query argument ("" for `?validate`; the first of several), or NULL; decoded;
 * borrowed. Neither path nor query ever holds a NUL; a path holds no control character. */
const char *http_query(const struct http_request *request, const char *name);
/* The name of the n-th query argument, counted from 0 (decoded; borrowed); NULL behind the last. */
const char *http_query_name(const struct http_request *request, int n);
const char *http_header(const struct http_request *request, const char *name); /* or NULL */
/* Never NULL; a NUL follows the last byte. */
const char *http_body(const struct http_request *request, size_t *out_bytes);
const char *http_request_id(const struct http_request *request); /* [A-Za-z0-9-]{1,64} */

/* What the log and the metrics call the request's route: its template, "/experiments/{name}", a
 * string constant without quotes, never what the client sent. "(unmatched)" until it is said. From
 * dispatch. */
void http_name_route(struct http_request *request, const char *route);

/* --- the reply -----------------------------------------------------------------------------
 *
 * Every reply carries the security headers (a strict Content-Security-Policy among them),
 * X-Request-Id, and Cache-Control: no-store; a header of the same name set by the handler takes
 * its place. The first reply to a request stands, a second one is dropped. */

/* Adds a header to the reply about to be made; both are copied. Before http_reply*. A value with
 * control characters is dropped. */
void http_reply_header(struct http_request *request, const char *name, const char *value);

/* A whole reply. Takes `body` (malloc'ed; may be NULL when n_bytes is 0). content_type is copied;
 * NULL: none. */
void http_reply(struct http_request *request, int status, const char *content_type, char *body,
                size_t n_bytes);

/* Gives the reply to come the strong tag `etag` ("\"...\"", copied). 1 when the client has what it
 * stands for, by If-None-Match: 304 has then been replied. n_bytes: how long the body of a 200
 * would be; SIZE_MAX when that is not known, which costs a 304 its connection. For GET. */
int http_reply_unchanged(struct http_request *request, const char *etag, size_t n_bytes);

/* application/problem+json: {"type","title","status","detail","instance","request_id"} plus
 * `extension` (JSON text of members without braces, e.g. "\"errors\":[...]", or NULL; borrowed).
 * `detail` borrowed. The title follows from the status. */
void http_reply_problem(struct http_request *request, int status, const char *detail,
                        const char *extension);

/* The same from an error: its kind chooses the status (one table in problem.c), its text is the
 * detail. Statuses that ask for another try later carry Retry-After. */
void http_reply_error(struct http_request *request, const struct error *error);

/* The path is served, but not with this method: 204 to OPTIONS, else a problem 405; both with
 * `Allow: methods`, e.g. "GET, HEAD". */
void http_allow(struct http_request *request, const char *methods);

/* A long reply written in slices on the loop thread: `read` fills up to `size` bytes and returns
 * how many, 0 at the end, -1 to break it off: the connection is then reset, so that it looks whole
 * to nobody. `end` is called once, always. Each call should take about a millisecond at most. To
 * HEAD, one of up to 128 KiB is read to its end for its Content-Length; a longer one is answered
 * without, and the connection closed. */
typedef ssize_t (*http_read_fn)(void *source, char *out, size_t size);
typedef void (*http_end_fn)(void *source);
void http_reply_slices(struct http_request *request, int status, const char *content_type,
                       http_read_fn read, http_end_fn end, void *source);

/* How long work at a desk may take. Work of one effort waits for no work of a greater one: an
 * answer that is only read is there at once though hundreds that must be computed were asked for
 * before. */
enum http_effort {
    HTTP_QUICK, /* some milliseconds: reads what is stored */
    HTTP_MEDIUM,  /* some tenths of a second: reads a posted body, writes, works something out */
    HTTP_LONG,
    HTTP_EFFORTS
};

/* Runs `work(work_context, request)` on a desk thread while the connection waits; `work` must
 * reply, by any function above or below. Call at most once, from dispatch, as the last thing done
 * with the request there. A client that closes its side meanwhile may not get the reply.
 * Returns 0, and `work` is then called exactly once, also when the client is gone by then; or -1
 * when too many are waiting: 503 has been replied and work_context stays the caller's. */
typedef void (*http_work_fn)(void *work_context, struct http_request *request);
int http_later(struct http_request *request, enum http_effort effort, http_work_fn work,
               void *work_context);

/* For work at a desk that finds out how long it is, as the last thing it does, instead of replying:
 * `work(work_context, request)` is then called exactly once, at a desk for that effort. Headers
 * that were added to the reply are forgotten. */
void http_move(struct http_request *request, enum http_effort effort, http_work_fn work,
               void *work_context);

/* For which effort the desk is that the request's work is done at. */
enum http_effort http_effort(const struct http_request *request);

/* Lets the connection sleep, without a desk, until `ready(work_context)` is true or timeout_ms have
 * passed; then `work(work_context, request)` runs at a desk, as after http_later. For work at a
 * desk, as the last thing it does, instead of replying; the next work may ask again. Like that of
 * a stream, `ready` runs on the loop thread at every http_wake and must be cheap.
 *
 * Returns 0, and `work` is then called exactly once; or -1 when there is no more waiting: then
 * reply now. That is so when the server is stopping or streams_max is reached (held requests count
 * as streams), and when the client has left; each of these also ends a wait before its time, so
 * `work` looks for itself what has become true. */
typedef int (*http_ready_fn)(void *work_context);
int http_when(struct http_request *request, http_ready_fn ready, int timeout_ms, http_work_fn work,
              void *work_context);

/* --- event streams ------------------------------------------------------------------------- */

/* What a stream says. All three run on the loop thread.
 *
 * `read` writes whole events (each with its empty line) and returns how many bytes; `size` is never
 * less than HTTP_STREAM_BYTES, so an event of up to that length always fits. 0 when there is
 * nothing now: the connection then sleeps until a wake finds `ready` true. -1 at the end of the
 * stream, after its last byte. `read` is called again only when the reader has taken all of what
 * came before, so nothing piles up for a slow one; and, while `ready` and only a few KiB were said,
 * at most every 50 ms, so that news that trickle are said together.
 *
 * `ready` (is there anything to read, be it the end?) must be cheap: it is asked for every sleeping
 * stream at every wake. `end` is called once, always: at the end, when the reader is gone, and when
 * the stream never began.
 *
 * The layer itself writes, between events, the opening `retry:`, a heartbeat (`event: ping` with
 * data {}) after heartbeat_s of silence, and `event: shutdown`. A reader that closes its side is
 * gone within a second, also one that only half-closes; one that takes nothing for idle_s is cut.
 * HEAD opens no stream: its reply has these headers and Content-Length: 0. */
enum { HTTP_STREAM_BYTES = 20 * 1024 };

struct http_stream_source {
    ssize_t (*read)(void *source, char *out, size_t size);
    int (*ready)(void *source);
    http_end_fn end;
};

/* Replies 200 text/event-stream, or 503 when streams_max is reached (then `end` is called at
 * once). */
void http_reply_stream(struct http_request *request, const struct http_stream_source *stream,
                       void *source);

/* There may be news for sleeping streams. Any thread; cheap; many calls within 50 ms become one
 * wake. */
void http_wake(struct http_server *server);

/* For /metrics and tests. Loop thread. */
struct http_counts {
    int connections, streams, streams_sleeping, desk_waiting, held;
    int64_t requests;        /* whose head arrived, refused ones too */
    int64_t streams_opened;
    int64_t streams_gone;    /* ended by the reader: closed, reset or stalled */
    int64_t streams_stalled; /* of these: took nothing for idle_s */
    int64_t deadlines_missed; /* requests that came too slowly */
    int64_t connections_shed, connections_refused; /* idle ones closed, new ones given 503 */
};
struct http_counts http_counts(const struct http_server *server);

/* All that the layer counts, as Prometheus reads it, added to `text`. Loop thread. */
struct text;
void http_print_metrics(const struct http_server *server, struct text *text);

/* The server a request belongs to. */
struct http_server *http_request_server(const struct http_request *request);

#endif
