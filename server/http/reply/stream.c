/* Event streams.
 *
 * DESIGN: libmicrohttpd asks stream_read for bytes whenever the socket takes some. With nothing to
 * say the stream suspends its connection and waits in server->sleeping, whose deadlines are the
 * heartbeats; it is resumed by a wake, a heartbeat, the end of the server, or its reader's leaving.
 * News that trickle are gathered: a stream that said little waits in server->gathering before it
 * says more, since a write costs the same for one event and for a hundred.
 *
 * A suspended connection is out of libmicrohttpd's sight (trap T2): client.h tells of its end. A
 * resume only takes effect in the next MHD_run, and a second one, or one of a connection
 * that is not suspended, breaks it (T12): so all resuming is done by rouse(), on the loop thread,
 * before MHD_run, and only of what sleeps.
 *
 * Sources write whole events into the server's scratch; what libmicrohttpd's buffer does not take
 * is kept in `rest` until the reader has taken it. So what the layer says of itself always falls
 * between events, and a slow reader holds HTTP_STREAM_BYTES at most, plus its socket's buffer. */
#include "server/http/reply/stream.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/http/connection/client.h"
#include "server/http/request.h"

/* RETRY: a restart must not bring all readers back in the same moment. LITTLE: worth gathering.
 * BLOCK: for HTTP/1.0 only, chunks are made in the connection's own memory. */
enum {
    RETRY_MS_MIN = 2000,
    RETRY_MS_SPREAD = 2001,
    LITTLE_BYTES = 4096,
    SEND_BUFFER_BYTES = 32 * 1024,
    BLOCK_BYTES = 2048
};

struct stream {
    struct http_server *server;
    struct http_request *request; /* outlives every read; NULL once it has ended */
    struct MHD_Connection *connection;
    struct deadline nap; /* armed while its connection is suspended, else disarmed */
    struct http_stream_source source;
    void *context;
    char *rest; /* owned; NULL when nothing is left over */
    size_t rest_begin, rest_end;
    int64_t little_ms;           /* when it last said little; 0: it said much, or nothing */
    int is_open;                 /* the opening was said */
    int is_ping_due, is_leaving; /* goodbye was said */
    int is_finished, is_gone;    /* by its source; by its reader */
};

int streams_are_full(const struct http_server *server)
{
    return server->counts.streams + server->held.n_armed >= server->config.streams_max;
}

static int is_asleep(const struct stream *stream)
{
    return stream->nap.queue != NULL;
}

void stream_forget_request(struct stream *stream)
{
    stream->request = NULL;
}

/* --- sleeping and waking -------------------------------------------------------------------- */

static void rouse(struct stream *stream)
{
    deadline_disarm(&stream->nap);
    stream->server->counts.streams_sleeping--;
    MHD_resume_connection(stream->connection);
}

/* The reader has closed its side, or its connection broke. Nothing more is to be sent: so the end
 * of the body fails to be, and libmicrohttpd gives the socket back. */
void stream_reader_left(struct stream *stream)
{
    stream->is_gone = 1;
    client_cut(stream->request->client); /* if not asleep, it may wait for room in the socket */
    if (is_asleep(stream))
        rouse(stream);
}

/* What stream_read returns after it: 0, or the end if there is nobody to sleep for. */
static ssize_t fall_asleep(struct stream *stream, struct deadline_queue *queue)
{
    struct http_server *server = stream->server;
    assert(!is_asleep(stream));
    if (stream->request->client->has_left)
        return MHD_CONTENT_READER_END_OF_STREAM;
    MHD_suspend_connection(stream->connection);
    deadline_arm(&stream->nap, queue, server->now_ms);
    server->counts.streams_sleeping++;
    return 0;
}

void streams_wake_ready(struct http_server *server)
{
    for (struct deadline *at = server->sleeping.first, *after; at != NULL; at = after) {
        struct stream *stream = PART_OF(stream, nap, at);
        after = at->after;
        if (stream->source.ready(stream->context))
            rouse(stream);
    }
}

void streams_wake_due(struct http_server *server)
{
    while (deadline_next_ms(&server->gathering) <= server->now_ms)
        rouse(PART_OF(stream, nap, server->gathering.first));
    while (deadline_next_ms(&server->sleeping) <= server->now_ms) {
        struct stream *stream = PART_OF(stream, nap, server->sleeping.first);
        stream->is_ping_due = 1;
        rouse(stream);
    }
}

void streams_wake_all(struct http_server *server)
{
    while (server->gathering.first != NULL)
        rouse(PART_OF(stream, nap, server->gathering.first));
    while (server->sleeping.first != NULL)
        rouse(PART_OF(stream, nap, server->sleeping.first));
}

/* --- speaking ------------------------------------------------------------------------------- */

static ssize_t say_opening(struct stream *stream, char *out, size_t size)
{
    uint32_t *jitter = &stream->server->jitter;
    *jitter = *jitter * 1664525u + 1013904223u;
    stream->is_open = 1;
    return snprintf(out, size, ": open\nretry: %u\n\n",
                    RETRY_MS_MIN + (*jitter >> 16) % RETRY_MS_SPREAD);
}

static ssize_t say_goodbye(struct stream *stream, char *out, size_t size)
{
    if (stream->is_leaving)
        return -1;
    stream->is_leaving = 1;
    return snprintf(out, size, "event: shutdown\ndata: {}\n\n");
}

/* What comes next, whole events: how many bytes, 0 for nothing now, -1 at the end. */
static ssize_t speak(struct stream *stream, char *out, size_t size)
{
    if (!stream->is_open)
        return say_opening(stream, out, size);
    if (stream->server->is_draining)
        return say_goodbye(stream, out, size);
    ssize_t n = stream->source.read(stream->context, out, size);
    stream->little_ms = n > 0 && n < LITTLE_BYTES ? stream->server->now_ms : 0;
    if (n == 0 && stream->is_ping_due)
        n = snprintf(out, size, "event: ping\ndata: {}\n\n");
    stream->is_ping_due = 0;
    return n;
}

/* It said little just now, and there are more news already. */
static int should_gather(const struct stream *stream)
{
    const struct http_server *server = stream->server;
    return stream->little_ms != 0 && !server->is_draining &&
           server->now_ms < stream->little_ms + server->gathering.wait_ms &&
           stream->source.ready(stream->context);
}

/* Passes on what was left over. */
static ssize_t take_rest(struct stream *stream, char *out, size_t size)
{
    size_t n = stream->rest_end - stream->rest_begin;
    n = n < size ? n : size;
    memcpy(out, stream->rest + stream->rest_begin, n);
    stream->rest_begin += n;
    if (stream->rest_begin == stream->rest_end) {
        free(stream->rest);
        stream->rest = NULL;
    }
    return (ssize_t)n;
}

/* Passes on as many of the n bytes as fit and keeps the others. */
static ssize_t pass_on(struct stream *stream, const char *bytes, size_t n, char *out, size_t size)
{
    if (n <= size) {
        memcpy(out, bytes, n);
        return (ssize_t)n;
    }
    memcpy(out, bytes, size);
    stream->rest = malloc(n - size);
    if (stream->rest == NULL) {
        client_reset(stream->request->client);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    memcpy(stream->rest, bytes + size, n - size);
    stream->rest_begin = 0;
    stream->rest_end = n - size;
    return (ssize_t)size;
}

/* The next bytes, from what was left over or newly said. */
static ssize_t find_words(struct stream *stream, char *out, size_t size)
{
    char *scratch = stream->server->scratch;
    if (stream->rest != NULL)
        return take_rest(stream, out, size);
    if (should_gather(stream))
        return fall_asleep(stream, &stream->server->gathering);
    ssize_t n = speak(stream, scratch, HTTP_STREAM_BYTES);
    if (n > 0)
        return pass_on(stream, scratch, (size_t)n, out, size);
    if (n == 0)
        return fall_asleep(stream, &stream->server->sleeping);
    stream->is_finished = 1;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static ssize_t stream_read(void *context, uint64_t position, char *out, size_t size)
{
    struct stream *stream = context;
    (void)position;
    if (stream->is_gone) /* after END_WITH_ERROR the socket would stay open for the idle time */
        return MHD_CONTENT_READER_END_OF_STREAM;
    ssize_t n = find_words(stream, out, size);
    if (n > 0)
        stream->request->told_bytes += n;
    return n;
}

/* --- beginning and end ---------------------------------------------------------------------- */

static void stream_end(void *context)
{
    struct stream *stream = context;
    struct http_server *server = stream->server;
    assert(!is_asleep(stream));
    if (stream->request != NULL)
        stream->request->stream = NULL;
    server->counts.streams--;
    if (!stream->is_finished && !server->is_draining)
        server->counts.streams_gone++;
    stream->source.end(stream->context);
    free(stream->rest);
    free(stream);
}

/* A reader that stops reading holds little of the kernel's memory; one that vanished without a word
 * is found out. */
static void tune_socket(int fd, int idle_s)
{
    int send_bytes = SEND_BUFFER_BYTES, timeout_ms = 2 * idle_s * 1000;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

struct MHD_Response *stream_respond(struct http_request *request)
{
    struct reply *reply = &request->reply;
    struct http_server *server = request->server;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL || request->client == NULL) {
        free(stream);
        return NULL;
    }
    stream->server = server;
    stream->request = request;
    stream->connection = request->connection;
    stream->source = reply->stream;
    stream->context = reply->source;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, stream_read, stream, stream_end);
    if (response == NULL) {
        free(stream);
        return NULL;
    }
    reply->end = NULL; /* handed over */
    request->stream = stream;
    request->is_stream = 1;
    server->counts.streams++;
    server->counts.streams_opened++;
    tune_socket(request->client->fd, server->config.idle_s);
    return response;
}
