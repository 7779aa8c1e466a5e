/* A small server on the HTTP layer alone, for tests over raw sockets: every kind of reply, with
 * limits that the command line sets. Prints "listening on http://127.0.0.1:PORT/" and serves until
 * SIGTERM.
 *
 *   http_probe [--port N] [--host NAME]... [--connections N] [--streams N] [--desks N] [--queue N]
 *              [--limit BYTES] [--idle S] [--heartbeat S] [--head MS] [--body MS] [--drain MS]
 *              [--log LEVEL]
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "server/base/log.h"
#include "server/base/text.h"
#include "server/http/http.h"
#include "server/http/reply/assets.h"

static const unsigned char page[] = "<!doctype html><title>probe</title>\n";
static const unsigned char script[] = "export const probe = 1;\n";
static const unsigned char packed[] = "not really gzip";

/* Takes the place of the page's table in the library. */
const struct asset assets[] = {
    {"/", "text/html; charset=utf-8", "\"p1\"", page, sizeof page - 1, NULL, 0},
    {"/app.js", "text/javascript; charset=utf-8", "\"s1\"", script, sizeof script - 1, packed,
     sizeof packed - 1},
    {NULL, NULL, NULL, NULL, 0, NULL, 0},
};

static struct http_server *server;

static long number(const struct http_request *request, const char *name, long missing)
{
    const char *text = http_query(request, name);
    return text == NULL ? missing : strtol(text, NULL, 10);
}

static void reply_text(struct http_request *request, struct text *text, const char *type)
{
    size_t n_bytes = 0;
    char *body = text_take(text, &n_bytes);
    http_reply(request, 200, type, body, n_bytes);
}

/* --- plain replies -------------------------------------------------------------------------- */

static void reply_health(struct http_request *request)
{
    struct text text = {0};
    text_printf(&text, "{\"status\":\"%s\"}", http_is_stopping(server) ? "stopping" : "ok");
    reply_text(request, &text, "application/json");
}

/* What arrived, as the layer understood it. */
static void reply_echo(struct http_request *request)
{
    size_t n_body;
    const char *body = http_body(request, &n_body), *value = http_query(request, "value");
    const char *header = http_header(request, "X-Probe");
    struct text text = {0};
    text_printf(&text, "{\"method\":\"%s\",\"path\":", http_method_name(http_method(request)));
    text_json_string(&text, http_path(request));
    text_printf(&text, ",\"value\":");
    text_json_string(&text, value == NULL ? "(none)" : value);
    text_printf(&text, ",\"header\":");
    text_json_string(&text, header == NULL ? "(none)" : header);
    text_printf(&text, ",\"body\":");
    text_json_string(&text, body);
    text_printf(&text, ",\"body_bytes\":%zu,\"request_id\":\"%s\"}", n_body,
                http_request_id(request));
    reply_text(request, &text, "application/json");
}

static void reply_counts(struct http_request *request)
{
    struct http_counts counts = http_counts(http_request_server(request));
    struct rusage usage;
    struct text text = {0};
    getrusage(RUSAGE_SELF, &usage);
    text_printf(&text, "{\"connections\":%d,\"streams\":%d,\"streams_sleeping\":%d,",
                counts.connections, counts.streams, counts.streams_sleeping);
    text_printf(&text, "\"streams_opened\":%lld,\"streams_gone\":%lld,\"streams_stalled\":%lld,",
                (long long)counts.streams_opened, (long long)counts.streams_gone,
                (long long)counts.streams_stalled);
    text_printf(&text, "\"requests\":%lld,\"deadlines_missed\":%lld,\"desk_waiting\":%d,",
                (long long)counts.requests, (long long)counts.deadlines_missed,
                counts.desk_waiting);
    text_printf(&text, "\"held\":%d,", counts.held);
    text_printf(&text, "\"connections_shed\":%lld,\"connections_refused\":%lld,",
                (long long)counts.connections_shed, (long long)counts.connections_refused);
    text_printf(&text, "\"cpu_s\":%.6f}",
                (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    reply_text(request, &text, "application/json");
}

static void reply_error(struct http_request *request)
{
    struct error error = ERROR_INIT;
    error_set(&error, (enum error_kind)number(request, "kind", ERROR_INTERNAL), "a whole sentence");
    http_reply_error(request, &error);
}

/* --- slices --------------------------------------------------------------------------------- */

/* "0123456789..." of a length, cut after some bytes if that is asked for. */
struct digits {
    long at, n_bytes, cut;
};

static ssize_t digits_read(void *source, char *out, size_t size)
{
    struct digits *digits = source;
    size_t n = 0;
    if (digits->cut >= 0 && digits->at >= digits->cut)
        return -1;
    while (n < size && digits->at < digits->n_bytes)
        out[n++] = (char)('0' + digits->at++ % 10);
    return (ssize_t)n;
}

static void reply_slices(struct http_request *request)
{
    struct digits *digits = malloc(sizeof *digits);
    if (digits == NULL)
        return;
    *digits = (struct digits){0, number(request, "n", 100), number(request, "cut", -1)};
    http_reply_slices(request, 200, "text/plain", digits_read, free, digits);
}

/* --- at a desk ------------------------------------------------------------------------------ */

static int reply_by_path(struct http_request *request, const char *path);

static void sleep_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* The slow handler: goes on at a desk for the effort ?to=, takes ?ms= and replies as ?as= (a path),
 * or with the echo. */
static void work_slowly(void *context, struct http_request *request)
{
    char *reminder = context; /* the layer must call us, or this leaks */
    const char *as = http_query(request, "as");
    enum http_effort to = (enum http_effort)number(request, "to", HTTP_QUICK);
    if (http_effort(request) < to) {
        http_move(request, to, work_slowly, reminder);
        return;
    }
    sleep_ms(number(request, "ms", 0));
    if (as == NULL || !reply_by_path(request, as))
        reply_echo(request);
    free(reminder);
}

static void reply_later(struct http_request *request)
{
    char *reminder = malloc(1);
    enum http_effort effort = (enum http_effort)number(request, "effort", HTTP_LONG);
    if (reminder != NULL && http_later(request, effort, work_slowly, reminder) != 0)
        free(reminder);
}

/* --- event streams -------------------------------------------------------------------------- */

/* What POST /feed appended; streams are positions in it. The lock is for feeders at a desk. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct text feed;

enum stream_kind { STREAM_FED, STREAM_SILENT, STREAM_FLOOD, STREAM_TRICKLE, STREAM_BURST };

struct reader {
    enum stream_kind kind;
    size_t at;      /* in the feed */
    long n_left;    /* events of a burst */
    size_t n_bytes; /* of each */
};

/* As many whole events as fit; "end" as an event's name ends the stream. */
static ssize_t read_feed(struct reader *reader, char *out, size_t size)
{
    ssize_t n = 0;
    pthread_mutex_lock(&lock);
    while (reader->at < feed.n_bytes) {
        const char *event = feed.bytes + reader->at;
        size_t n_event = (size_t)(strstr(event, "\n\n") + 2 - event);
        if ((size_t)n + n_event > size)
            break;
        if (n == 0 && strncmp(event, "event: end\n", 11) == 0) {
            n = -1;
            break;
        }
        if (strncmp(event, "event: end\n", 11) == 0)
            break;
        memcpy(out + n, event, n_event);
        n += (ssize_t)n_event;
        reader->at += n_event;
    }
    pthread_mutex_unlock(&lock);
    return n;
}

/* One event of exactly reader->n_bytes. */
static ssize_t read_burst(struct reader *reader, char *out, size_t size)
{
    if (reader->kind == STREAM_BURST && reader->n_left-- <= 0)
        return -1;
    if (reader->n_bytes > size || reader->n_bytes < 9)
        return -1;
    memcpy(out, "data: ", 6);
    memset(out + 6, 'x', reader->n_bytes - 8);
    memcpy(out + reader->n_bytes - 2, "\n\n", 2);
    return (ssize_t)reader->n_bytes;
}

static ssize_t reader_read(void *source, char *out, size_t size)
{
    struct reader *reader = source;
    if (reader->kind == STREAM_SILENT)
        return 0;
    return reader->kind == STREAM_FED ? read_feed(reader, out, size)
                                      : read_burst(reader, out, size);
}

static int reader_is_ready(void *source)
{
    struct reader *reader = source;
    pthread_mutex_lock(&lock);
    int is_ready =
        reader->kind == STREAM_TRICKLE || (reader->kind == STREAM_FED && reader->at < feed.n_bytes);
    pthread_mutex_unlock(&lock);
    return is_ready;
}

static void reply_stream(struct http_request *request, enum stream_kind kind)
{
    static const struct http_stream_source source = {reader_read, reader_is_ready, free};
    struct reader *reader = malloc(sizeof *reader);
    if (reader == NULL)
        return;
    *reader =
        (struct reader){kind, 0, number(request, "n", 1), (size_t)number(request, "bytes", 64)};
    http_reply_stream(request, &source, reader);
}

/* The body, a line, becomes an event; ?name= its name, ?times= how often. */
static void take_feed(struct http_request *request)
{
    size_t n_body;
    const char *body = http_body(request, &n_body), *name = http_query(request, "name");
    pthread_mutex_lock(&lock);
    for (long i = number(request, "times", 1); i > 0; i--)
        text_printf(&feed, "event: %s\ndata: %s\n\n", name == NULL ? "message" : name, body);
    pthread_mutex_unlock(&lock);
    http_wake(server);
    http_reply(request, 204, NULL, NULL, 0);
}

/* --- holds ---------------------------------------------------------------------------------- */

/* Waits for the feed to grow, at most ?ms=. */
struct waiter {
    size_t seen; /* of the feed */
    int n_looks;
    struct timespec began;
};

static int feed_grew(void *context)
{
    const struct waiter *waiter = context;
    pthread_mutex_lock(&lock);
    int grew = feed.n_bytes > waiter->seen;
    pthread_mutex_unlock(&lock);
    return grew;
}

/* "refused" when holding was declined, else "grew" or "late". */
static void look(void *context, struct http_request *request)
{
    struct waiter *waiter = context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left_ms = number(request, "ms", 1000) - (now.tv_sec - waiter->began.tv_sec) * 1000 -
                   (now.tv_nsec - waiter->began.tv_nsec) / 1000000;
    const char *why = feed_grew(waiter) ? "grew" : left_ms <= 0 ? "late" : NULL;
    waiter->n_looks++;
    if (why == NULL && http_when(request, feed_grew, (int)left_ms, look, waiter) == 0)
        return;
    struct text text = {0};
    text_printf(&text, "{\"why\":\"%s\",\"looks\":%d}", why == NULL ? "refused" : why,
                waiter->n_looks);
    reply_text(request, &text, "application/json");
    free(waiter);
}

static void reply_held(struct http_request *request)
{
    struct waiter *waiter = malloc(sizeof *waiter);
    if (waiter == NULL)
        return;
    pthread_mutex_lock(&lock);
    *waiter = (struct waiter){.seen = feed.n_bytes};
    pthread_mutex_unlock(&lock);
    clock_gettime(CLOCK_MONOTONIC, &waiter->began);
    if (http_later(request, HTTP_LONG, look, waiter) != 0)
        free(waiter);
}

/* --- dispatch ------------------------------------------------------------------------------- */

static int reply_by_path(struct http_request *request, const char *path)
{
    if (strcmp(path, "/healthz") == 0)
        reply_health(request);
    else if (strcmp(path, "/echo") == 0)
        reply_echo(request);
    else if (strcmp(path, "/counts") == 0)
        reply_counts(request);
    else if (strcmp(path, "/error") == 0)
        reply_error(request);
    else if (strcmp(path, "/slices") == 0)
        reply_slices(request);
    else if (strcmp(path, "/later") == 0)
        reply_later(request);
    else if (strcmp(path, "/hold") == 0)
        reply_held(request);
    else if (strcmp(path, "/events") == 0)
        reply_stream(request, STREAM_FED);
    else if (strcmp(path, "/silence") == 0)
        reply_stream(request, STREAM_SILENT);
    else if (strcmp(path, "/flood") == 0)
        reply_stream(request, STREAM_FLOOD);
    else if (strcmp(path, "/trickle") == 0) /* a flood that says so */
        reply_stream(request, STREAM_TRICKLE);
    else if (strcmp(path, "/burst") == 0)
        reply_stream(request, STREAM_BURST);
    else if (strcmp(path, "/nothing") != 0) /* gets no reply */
        return 0;
    return 1;
}

static void dispatch(void *context, struct http_request *request)
{
    (void)context;
    const char *path = http_path(request);
    enum http_method method = http_method(request);
    if (strcmp(path, "/feed") == 0) {
        if (method == HTTP_POST)
            take_feed(request);
        else
            http_allow(request, "POST, OPTIONS");
    } else if (strcmp(path, "/echo") == 0 && method != HTTP_OTHER) {
        reply_echo(request);
    } else if (strcmp(path, "/later") == 0 && method == HTTP_POST) {
        reply_later(request);
    } else if (method == HTTP_GET && reply_by_path(request, path)) {
        return;
    } else if (!assets_reply(request)) {
        if (method == HTTP_GET)
            http_reply_problem(request, 404, "nothing is served at this path", NULL);
        else
            http_allow(request, "GET, HEAD, OPTIONS");
    }
}

/* --- main ----------------------------------------------------------------------------------- */

static void stop(int signal_number)
{
    (void)signal_number;
    http_stop(server);
}

/* 0, or -1 for an unknown option. */
static int parse(int n, char **words, struct http_config *config, const char **hosts, int *drain_ms)
{
    struct option {
        const char *name;
        int *value;
    } options[] = {
        {"--idle", &config->idle_s},
        {"--heartbeat", &config->heartbeat_s},
        {"--head", &config->head_ms},
        {"--body", &config->body_ms},
        {"--connections", &config->connections_max},
        {"--streams", &config->streams_max},
        {"--desks", &config->desks},
        {"--queue", &config->desk_queue_max},
        {"--drain", drain_ms},
    };
    for (int i = 1; i + 1 < n; i += 2) {
        size_t found = 0, n_options = sizeof options / sizeof *options;
        while (found < n_options && strcmp(words[i], options[found].name) != 0)
            found++;
        if (found < n_options)
            *options[found].value = (int)strtol(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--port") == 0)
            config->port = (uint16_t)strtol(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--limit") == 0)
            config->body_bytes_max = (size_t)strtol(words[i + 1], NULL, 10);
        else if (strcmp(words[i], "--log") == 0)
            log_set_level((enum log_level)log_level_find(words[i + 1]));
        else if (strcmp(words[i], "--host") == 0)
            *hosts++ = words[i + 1];
        else
            return -1;
    }
    return n % 2 == 1 ? 0 : -1;
}

int main(int n, char **words)
{
    const char *hosts[64] = {NULL};
    struct http_config config = {.address = "127.0.0.1",
                                 .hosts = hosts,
                                 .body_bytes_max = 65536,
                                 .desks = 2,
                                 .dispatch = dispatch};
    struct error error = ERROR_INIT;
    int drain_ms = 1000;
    if (n > 64 || parse(n, words, &config, hosts, &drain_ms) != 0) {
        fprintf(stderr, "http_probe: options are pairs, see the head of http_probe.c\n");
        return 2;
    }
    server = http_create(&config, &error);
    if (server == NULL) {
        fprintf(stderr, "http_probe: %s\n", error.text);
        return 1;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    printf("listening on http://127.0.0.1:%d/\n", http_port(server));
    fflush(stdout);
    http_run(server, drain_ms);
    http_destroy(server);
    text_clear(&feed);
    return 0;
}
